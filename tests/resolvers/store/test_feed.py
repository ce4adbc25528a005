"""The feed of one process: failures of the database, slow listeners, and when it ends."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest
from bson import Timestamp
from pymongo.errors import AutoReconnect

from resolvers.errors import GatewayError, LimitExceeded, SlowReader, Timeout, Unavailable
from resolvers.kind import Document, Kind
from resolvers.store import feed as feeds
from resolvers.store.change_stream import ChangeAction, ChangeStream, Event
from resolvers.store.feed import Feed, Listener, parts
from resolvers.store.store import Store
from resolvers.stream_places import StreamPlace
from tests.conftest import NOW, mock_store, opened_store, prepared
from tests.resolvers.followed import BOT, KINDS
from tests.timing import limit
from tests.wire.engine import MakeEngine

pytestmark = pytest.mark.anyio

START = StreamPlace(1, 0, 0)


def event(number: int) -> Event:
    """The so many-th."""
    place = StreamPlace(1, number, 0)
    return Event(place, BOT, ChangeAction.CREATED, str(number), NOW, None, {"_id": str(number)})


def chosen(one: Event) -> str:
    """What every listener here gets: the session's id."""
    return one.session_id


async def stored(store: Store, number: int) -> None:
    """One more session, however long the database needs to come back."""
    async with asyncio.timeout(limit(60)):
        while True:
            try:
                change = {"$setOnInsert": {"startedAt": NOW}}
                await store.change(
                    store.collection(BOT).update_one,
                    {"_id": str(number)},
                    change,
                    upsert=True,
                    bypass_document_validation=True,
                )
                return
            except GatewayError:
                await asyncio.sleep(0.05)


async def test_a_slow_listener_is_left_behind() -> None:
    """One that has too much waiting ends with its error; the others get everything."""
    slow, quick = (Listener(chosen, START, most) for most in (2, 10))
    for number in range(1, 5):
        for one in (slow, quick):
            one.offer(event(number))
    with pytest.raises(SlowReader, match="More than 2 changes"):
        await slow.next()
    assert [await quick.next() for _ in range(4)] == ["1", "2", "3", "4"]


async def test_what_is_known_is_not_repeated() -> None:
    """Events up to the place that a client came with are not for it."""
    listener = Listener(chosen, event(2).place, 10)
    for number in range(1, 4):
        listener.offer(event(number))
    assert await listener.next() == "3"


async def test_an_error_of_one_listener_is_its_own() -> None:
    """What goes wrong in choosing ends that listener alone."""

    def broken(_event: Event) -> Any:
        raise RuntimeError("broken")

    one, other = Listener(broken, START, 10), Listener(chosen, START, 10)
    for listener in (one, other):
        listener.offer(event(1))
    with pytest.raises(RuntimeError, match="broken"):
        await one.next()
    assert await other.next() == "1"


@pytest.mark.slow
async def test_the_database_is_killed(make_engine: MakeEngine) -> None:
    """The stream goes on where it was, and no event is lost or repeated."""
    engine = make_engine()
    async with opened_store(engine.uri, "killed", deadline=limit(10)) as store:
        await prepared(store)
        feed = Feed()
        place = await feed.start(store, KINDS)
        found: list[str] = []

        async def follow() -> None:
            async for one in feed.follow(store, KINDS, place, chosen, 1000):
                found.append(one)
                if one == "40":
                    return

        following = asyncio.create_task(follow())
        for number in range(1, 41):
            await stored(store, number)
            if number in (10, 25):
                engine.kill()
                engine.start()
        async with asyncio.timeout(limit(60)):
            await following
        await feed.close()
    assert found == [str(number) for number in range(1, 41)]


@pytest.mark.parametrize(
    ("failure", "told"), [(AutoReconnect("killed"), Unavailable), (TimeoutError(), Timeout)]
)
async def test_the_database_fails_in_the_past(
    monkeypatch: pytest.MonkeyPatch, failure: Exception, told: type[GatewayError]
) -> None:
    """A page says so as any read does; who follows waits, and then gets everything."""
    store, feed = await mock_store(), Feed()
    feed._place = feed._floor = StreamPlace(2, 0, 0)
    monkeypatch.setattr(feeds, "FIRST_PAUSE", 0.0)
    failures = [failure, failure]
    closed = asyncio.Semaphore(0)

    class Cursor:
        resume_token = None

        async def try_next(self) -> Any:
            if failures:
                raise failures.pop()
            at = {"clusterTime": Timestamp(2, 0), "ns": {"coll": store.name(BOT)}}
            change = {"_id": "t", "documentKey": {"_id": "1"}, "operationType": "delete"}
            return {**change, **at}

        async def close(self) -> None:
            closed.release()

    async def opened(_stream: ChangeStream) -> Cursor:
        return Cursor()

    monkeypatch.setattr(ChangeStream, "_open", opened)
    async with asyncio.timeout(limit(10)):
        past = feed.past(store, KINDS, START, lambda: feed._floor)
        with pytest.raises(told):
            await anext(past)
        async with aclosing(feed.follow(store, KINDS, START, chosen, 10)) as changes:
            assert await anext(changes) == "1"
        for _ in range(3):
            await closed.acquire()


async def test_it_ends_once_nobody_listens(
    wire_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream is closed after a while, and opened again for the next one."""
    feed = Feed()
    for number in (1, 2):
        monkeypatch.setattr(feeds, "IDLE_SECONDS", limit(60))
        place = await feed.start(wire_store, KINDS)
        changes = feed.follow(wire_store, KINDS, place, chosen, 10)
        coming = asyncio.ensure_future(anext(changes))
        await stored(wire_store, number)
        async with asyncio.timeout(limit(20)):
            assert await coming == str(number)
        assert len(feed) == 1
        monkeypatch.setattr(feeds, "IDLE_SECONDS", 0.0)
        await changes.aclose()
        async with asyncio.timeout(limit(20)):
            await feed.ended()
        assert len(feed) == 0


async def test_sessions_that_are_too_large_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are read and held in parts, each with its own place; nothing is left out."""
    read: list[int] = []

    async def get_many(_store: Store, _kind: Kind, ids: list[str], *_: Any) -> dict[str, Document]:
        if len(ids) > 2:
            raise LimitExceeded("too large")
        read.append(len(ids))
        return {one: {"_id": one} for one in ids}

    monkeypatch.setattr(feeds.reads, "get_many", get_many)
    events, end = [event(number) for number in range(7)], StreamPlace(1, 9, 0)
    found = [part async for part in parts(Store(None, 1.0), events, end)]
    assert [one.session_id for part, _ in found for one in part] == list("0123456")
    assert [reached for _, reached in found] == [*(part[-1].place for part, _ in found[:-1]), end]
    assert max(read) == 2
