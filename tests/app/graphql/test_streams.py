"""Subscriptions over both transports, with a real engine's changes."""

import asyncio
from asyncio import Event
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from app.graphql import websocket
from app.graphql.streams import End, Open
from app.http.ending import NAME, Ending
from resolvers import credentials, sessions
from resolvers.access import Caller
from resolvers.context import utc_now
from resolvers.errors import Unauthenticated
from resolvers.store import single_writes
from tests.app.graphql.sockets import (
    SECONDS,
    ClosedByServerError,
    Socket,
    connected,
    happens,
    streaming,
)
from tests.contract.whole import EVERYTHING, Whole, opened
from tests.resolvers.followed import BOT, bot_id, made
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.anyio

BOTS = "subscription { botSessionChanged { action sessionId cursor session { channel } } }"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One event loop: the application lives on it."""
    return "asyncio"


@pytest.fixture(scope="module")
async def application(engine: WireEngine) -> AsyncIterator[Whole]:
    """Small limits, and everything counted."""
    limits = {"max_subscriptions": 2, "max_waiting_changes": 5, "metrics_port": 0}
    limits |= {"max_answer_bytes": 65_536, "max_query_aliases": 200}
    async with opened(engine, **limits) as found:
        yield found


@pytest.fixture
async def whole(application: Whole) -> AsyncIterator[Whole]:
    """Over an empty database, whose feed begins now: what was put back is not news."""
    async with application.restored():
        await application.app.state.gateway.feed.close()  # type: ignore[attr-defined]
        yield application


async def followed(whole: Whole, listeners: int = 1) -> None:
    """Return once the feed is running, so that what happens now is seen."""
    await happens(lambda: len(whole.app.state.gateway.feed) >= listeners)


async def read_all(socket: Socket) -> None:
    """Until the server closes it."""
    while True:
        await socket.get()


def counted(whole: Whole, name: str) -> float:
    """A metric without labels, or with one outcome: `gateway_changes_total{sent}`."""
    metrics: Any = whole.app.entrance  # type: ignore[attr-defined]
    name, _, outcome = name.rstrip("}").partition("{")
    labels = {"outcome": outcome} if outcome else {}
    return float(metrics._metrics.collectors.get_sample_value(name, labels) or 0)


async def test_changes_over_a_websocket(whole: Whole) -> None:
    """They come as they happen, until the client has enough."""
    issued = await whole.issue(*EVERYTHING)
    async with connected(whole.app) as socket:
        await socket.init(issued.key)
        await socket.subscribe(BOTS)
        await followed(whole)
        assert counted(whole, "gateway_subscriptions") == 1
        await made(whole.context, "1")
        answer = (await socket.get())["payload"]["data"]["botSessionChanged"]
        assert (answer["action"], answer["session"]) == ("CREATED", {"channel": "rtm"})
        await socket.send(type="complete", id="1")
        await happens(lambda: not counted(whole, "gateway_subscriptions"))
        assert len(whole.app.state.gateway.feed) == 0


async def test_changes_as_events(whole: Whole) -> None:
    """The same as server-sent events, which nothing on the path may keep back."""
    issued = await whole.issue(*EVERYTHING)
    async with streaming(whole.app, issued.key, BOTS) as events:
        headers = dict(events.start["headers"])
        assert events.start["status"] == 200
        assert headers[b"content-type"].startswith(b"text/event-stream")
        assert b"content-encoding" not in headers
        assert headers[b"x-accel-buffering"] == b"no"
        assert headers[b"cache-control"] == b"no-store"
        await followed(whole)
        await made(whole.context, "1")
        name, data = await events.get()
        assert name == "next"
        assert data["data"]["botSessionChanged"]["sessionId"] == bot_id("1")


async def test_a_query_as_events(whole: Whole) -> None:
    """One `next`, then `complete`; so for what is not valid."""
    issued = await whole.issue(*EVERYTHING)
    for query, member in (("{ viewer { name } }", "data"), ("{ nothing }", "errors")):
        async with streaming(whole.app, issued.key, query) as events:
            name, data = await events.get()
            assert (name, set(data)) == ("next", {member})
            assert await events.get() == ("complete", None)


async def test_a_client_that_leaves_while_it_is_written(
    whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write is not cancelled halfway: nobody would know what it did."""
    issued, begun, go_on, done = await whole.issue(*EVERYTHING), Event(), Event(), Event()
    original = single_writes.insert_one

    async def slow(*given: Any, **options: Any) -> Any:
        begun.set()
        await go_on.wait()
        result = await original(*given, **options)
        done.set()
        return result

    monkeypatch.setattr(single_writes, "insert_one", slow)
    query = "mutation { createChatSession(input: {}) { errors { code } } }"
    async with asyncio.timeout(SECONDS):
        async with streaming(whole.app, issued.key, query):
            await begun.wait()
            asyncio.get_running_loop().call_later(0.1, go_on.set)
        assert done.is_set()


async def test_only_the_head(whole: Whole) -> None:
    """Nothing goes on without a body."""
    issued = await whole.issue(*EVERYTHING)
    headers = {"authorization": f"Bearer {issued.key}", "accept": "text/event-stream"}
    answer = await whole.http.head("/graphql", params={"query": BOTS}, headers=headers)
    assert answer.status_code == 406


async def test_refused_before_it_begins(whole: Whole) -> None:
    """A wrong key has its status, as with any request."""
    async with streaming(whole.app, "nobody's", BOTS) as events:
        assert events.start["status"] == 401


async def test_too_many_subscriptions_of_one_key(whole: Whole) -> None:
    """The limit has a name; other keys have their own."""
    issued, other = await whole.issue(*EVERYTHING), await whole.issue(*EVERYTHING)
    async with connected(whole.app) as socket, connected(whole.app) as second:
        await socket.init(issued.key)
        await second.init(other.key)
        for id_ in "12":
            await socket.subscribe(BOTS, id_)
        answer = await socket.ask(BOTS, "3")
        assert answer["payload"][0]["extensions"]["limit"] == "subscriptions"
        async with streaming(whole.app, issued.key, BOTS) as events:
            _, data = await events.get()
            assert data["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
            assert await events.get() == ("complete", None)
        await second.subscribe(BOTS)
        await followed(whole)
        await made(whole.context, "1")
        assert (await second.get())["type"] == "next"


async def test_a_slow_reader(whole: Whole) -> None:
    """It is closed with a code; one beside it gets everything."""
    issued = await whole.issue(*EVERYTHING)
    before = counted(whole, "gateway_changes_total{left_behind}")
    async with connected(whole.app) as slow, connected(whole.app) as quick:
        slow.to_client._maxsize = 1  # type: ignore[attr-defined]  # it reads one thing at a time
        for socket in (slow, quick):
            await socket.init(issued.key)
            await socket.subscribe(BOTS)
        await followed(whole, 2)
        for number in range(12):
            await made(whole.context, str(number))
            assert (await quick.get())["payload"]["data"]["botSessionChanged"]["sessionId"]
        with pytest.raises(ClosedByServerError, match="4410"):
            await read_all(slow)
    assert counted(whole, "gateway_changes_total{left_behind}") == before + 1


async def test_a_revoked_key_ends_events(whole: Whole) -> None:
    """The last event says why."""
    issued = await whole.issue(*EVERYTHING)
    async with streaming(whole.app, issued.key, BOTS) as events:
        await followed(whole)
        await credentials.revoke(whole.context.store, issued.credential.id, utc_now())
        name, data = await events.get()
        assert (name, data["errors"][0]["extensions"]["code"]) == ("next", "UNAUTHENTICATED")
        assert (await events.get())[0] == "complete"


async def test_too_many_operations_of_one_connection(
    whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One too many is refused with the limit's name; the others go on."""
    monkeypatch.setattr(websocket, "MOST_OPERATIONS", 1)
    issued = await whole.issue(*EVERYTHING)
    async with connected(whole.app) as socket:
        await socket.init(issued.key)
        await socket.subscribe(BOTS)
        await followed(whole)
        await socket.subscribe(BOTS, "2")
        refused = await socket.get()
        assert (refused["type"], refused["id"]) == ("error", "2")
        assert refused["payload"][0]["extensions"]["limit"] == "operations"
        await made(whole.context, "1")
        assert (await socket.get())["id"] == "1"


async def test_streams_end_while_their_keys_are_looked_at(whole: Whole) -> None:
    """All other keys are looked at all the same."""
    streams = whole.app.streams  # type: ignore[attr-defined]
    caller = whole.context.caller
    ended = Open(replace(caller, id="ended"), None)
    revoked = Open(replace(caller, id="revoked"), None)
    watching = AsyncExitStack()

    class Keys:
        """The first one that is looked at takes its time."""

        async def current(self, asked: Caller) -> Caller:
            if asked == caller:
                await watching.aclose()
                return asked
            raise Unauthenticated("revoked")

    async with AsyncExitStack() as others:
        await others.enter_async_context(streams.watched(Open(caller, None), Keys()))
        await watching.enter_async_context(streams.watched(ended, Keys()))
        await others.enter_async_context(streams.watched(revoked, Keys()))
        await streams._look(Keys())
        assert revoked.ended.result() is End.REVOKED
    assert not ended.ended.done()


async def test_the_end_of_the_server_ends_events(whole: Whole) -> None:
    """Without `complete`: so clients connect again."""
    issued, ending = await whole.issue(*EVERYTHING), Ending()
    async with streaming(whole.app, issued.key, BOTS, **{NAME: ending}) as events:
        await followed(whole)
        ending.closing = True
        assert await events.get() == ("", None)


async def test_the_largest_answer(whole: Whole) -> None:
    """Each answer has the room of a request of its own, and time of its own."""
    issued = await whole.issue(*EVERYTHING)
    related = "relatedSessions { session { id } }"
    query = f"subscription {{ botSessionChanged {{ session {{ {related} }} }} }}"
    async with connected(whole.app) as socket:
        await socket.init(issued.key)
        await socket.subscribe(query)
        await followed(whole)
        for number in "12":
            other = {"kind": "BOT", "sessionId": bot_id("1")}
            await sessions.create(
                whole.context,
                BOT,
                {"sessionId": bot_id(number), "botId": "st-1", "channel": "rtm", "userId": "u",
                 "relatedSessions": [other]},
            )  # fmt: skip
            change = (await socket.get())["payload"]["data"]["botSessionChanged"]
            assert change["session"]["relatedSessions"][0]["session"]


def often(field: str, type_: str, inner: str) -> tuple[str, str]:
    """A field ten times, with four long names each, and their fragment: only bytes tell."""
    fields = " ".join(f"f{number}: {field} {{ ...F }}" for number in range(20))
    names = " ".join(f"{'n' * 980}{number}: {inner}" for number in range(4))
    return fields, f" fragment F on {type_} {{ {names} }}"


QUERY = "{{ {} }}{}".format(*often("viewer", "Viewer", "name"))
PULLED = "{{ sessionChanges {{ {} }} }}{}".format(*often("pageInfo", "PageInfo", "endCursor"))
FOLLOWED = "subscription {{ botSessionChanged {{ {} }} }}{}".format(
    *often("session", "BotSession", "botId")
)


@pytest.mark.parametrize("query", [QUERY, PULLED, FOLLOWED])
async def test_too_large_an_answer(whole: Whole, query: str) -> None:
    """It is refused over every transport, by its bytes; a subscription ends with that."""
    issued = await whole.issue(*EVERYTHING)
    follows = query is FOLLOWED
    async with connected(whole.app) as socket:
        await socket.init(issued.key)
        await socket.subscribe(query)
        async with streaming(whole.app, issued.key, query) as events:
            if follows:
                await followed(whole, 2)
                await made(whole.context, "1")
            _, data = await events.get()
            assert data["errors"][0]["extensions"]["limit"] == "answer_bytes"
            assert await events.get() == ("complete", None)
        answer = await socket.get()
        assert answer["type"] == "error"
        assert answer["payload"][0]["extensions"]["limit"] == "answer_bytes"
    if not follows:
        answer = await whole.graphql(issued, query)
        assert answer["errors"][0]["extensions"]["limit"] == "answer_bytes"
