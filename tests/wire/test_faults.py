"""The database stops, freezes, is slow or holds nonsense: an answer in time, and then recovery."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from pymongo import MongoClient

from resolvers import documents, sessions
from resolvers.context import Context
from resolvers.errors import CorruptDocument, GatewayError, Invalid, Timeout, Unavailable
from resolvers.request import EVERYTHING, Compare, Operator, Read
from resolvers.store import preparation
from resolvers.store.driver import Driver
from resolvers.store.store import Store
from tests.chaos.proxy import Mode, Proxy
from tests.conftest import KINDS_BY_NAME, NOW, OpenStore, opened_store
from tests.kinds import EXAMPLES
from tests.timing import limit
from tests.wire.engine import MakeEngine, WireEngine

pytestmark = [
    pytest.mark.anyio,
    # PyMongo 4.20 leaves a socket to the garbage collector when it is cancelled while it connects
    # (pool_shared._async_create_connection), as a deadline does to whoever waits for a connection.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]

BOT = KINDS_BY_NAME["bot"]
CHAT = KINDS_BY_NAME["chat"]
BOT_VALUES = EXAMPLES["bot"].values
DEADLINE = limit(1.5)
SLACK = limit(1)
"""Seconds by which a busy machine may be late."""
SHORT = limit(0.5)
DRIVERS = pytest.mark.parametrize("driver_name", ["pymongo", "motor"])


@pytest.fixture
def forgotten_sockets() -> Iterator[None]:
    """Of whoever was cancelled: collected while their warning is ignored, not by another test."""
    yield
    gc.collect()


@asynccontextmanager
async def serving(engine: WireEngine, driver_name: Driver) -> AsyncIterator[Context]:
    """A request's surroundings on an engine that holds one bot session, `s`."""
    async with opened_store(engine.uri, "faults") as patient:
        await preparation.prepare(patient, [BOT], {})
        await sessions.create(Context(store=patient), BOT, {**BOT_VALUES, "sessionId": "s"})
    async with opened_store(engine.uri, "faults", driver_name, DEADLINE) as store:
        context = Context(store=store)
        assert await sessions.get(context, BOT, "s")
        yield context


async def all_fail(context: Context, expected: type[GatewayError]) -> None:
    """Every verb answers with the error, all at once and in time."""
    started = time.monotonic()
    results = await asyncio.gather(
        sessions.get(context, BOT, "s"),
        sessions.list_(context, Read(BOT, count=True)),
        sessions.summarise(context, BOT, EVERYTHING),
        sessions.create(context, BOT, BOT_VALUES),
        sessions.update(context, BOT, "s", {"channel": "web"}),
        sessions.delete(context, BOT, "s"),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [expected] * len(results)
    assert time.monotonic() - started < DEADLINE + SLACK


@DRIVERS
@pytest.mark.usefixtures("forgotten_sockets")
async def test_killed_database(make_engine: MakeEngine, driver_name: Driver) -> None:
    """Unavailable while it is down, at work again on the first request once it is back."""
    own = make_engine()
    async with serving(own, driver_name) as context:
        own.kill()
        await all_fail(context, Unavailable)
        own.start()
        assert await sessions.get(context, BOT, "s")
        assert await sessions.create(context, BOT, BOT_VALUES)


@DRIVERS
@pytest.mark.usefixtures("forgotten_sockets")
async def test_frozen_database(make_engine: MakeEngine, driver_name: Driver) -> None:
    """Connections that stay open and silent are no reason to wait longer."""
    own = make_engine()
    async with serving(own, driver_name) as context:
        own.freeze()
        await all_fail(context, Unavailable)
        own.thaw()
        assert await sessions.list_(context, Read(BOT))


@asynccontextmanager
async def behind_a_proxy(engine: WireEngine) -> AsyncIterator[tuple[Proxy, str]]:
    """A network that can be silent, and the connection string through it."""
    proxy = Proxy(engine.port)
    await proxy.open()
    try:
        yield proxy, engine.uri.replace(f":{engine.port}", f":{proxy.port}")
    finally:
        await proxy.close()


@asynccontextmanager
async def busy() -> AsyncIterator[None]:
    """The event loop comes round late."""

    async def work_hard() -> None:
        while True:
            time.sleep(0.002)  # noqa: ASYNC251  # what else a process has to do
            await asyncio.sleep(0)

    working = asyncio.create_task(work_hard())
    try:
        yield
    finally:
        working.cancel()


@pytest.mark.slow
@pytest.mark.usefixtures("forgotten_sockets")
async def test_many_who_gave_up(engine: WireEngine, prepared_name: str) -> None:
    """However many wait in vain for a silent network in a busy process: then it works again.

    Each of them gives its place in the driver's pool back, or nobody would ever get one.
    """

    async def ask(context: Context) -> bool:
        with suppress(GatewayError):
            return await sessions.get(context, BOT, "s") is None
        return False

    async with (
        behind_a_proxy(engine) as (proxy, uri),
        opened_store(uri, prepared_name, deadline=SHORT) as store,
    ):
        context = Context(store=store)
        await ask(context)
        proxy.mode = Mode.BLACK_HOLE
        async with busy():
            await asyncio.gather(*(ask(context) for _ in range(100)))
        proxy.mode = Mode.PASS
        proxy.reset()
        tries = [await ask(context) for _ in range(10)]
        assert any(tries)


@pytest.fixture
async def impatient(engine: WireEngine, prepared_name: str) -> AsyncIterator[Context]:
    """Surroundings with a short deadline, on the shared engine."""
    async with opened_store(engine.uri, prepared_name, deadline=SHORT) as store:
        yield Context(store=store)


@pytest.mark.usefixtures("forgotten_sockets")
async def test_late_answer_is_a_timeout(
    impatient: Context, engine_client: MongoClient[dict[str, Any]]
) -> None:
    """A database that is alive and slow is not one that is down."""
    engine_client.admin.command(
        "configureFailPoint",
        "failCommand",
        mode={"times": 1},
        data={"failCommands": ["find"], "blockConnection": True, "blockTimeMS": int(3000 * SHORT)},
    )
    with pytest.raises(Timeout) as failure:
        await sessions.get(impatient, BOT, "s")
    assert f"{SHORT:g} s" in failure.value.message
    assert await sessions.get(impatient, BOT, "s") is None


@pytest.mark.parametrize(
    ("code", "expected"), [(50, Timeout), (91, Unavailable), (11600, Unavailable)]
)
async def test_refusals_of_the_database(
    impatient: Context,
    engine_client: MongoClient[dict[str, Any]],
    code: int,
    expected: type[GatewayError],
) -> None:
    """What the database says of itself reaches the client in our words."""
    engine_client.admin.command(
        "configureFailPoint",
        "failCommand",
        mode={"times": 2},  # a read is tried twice
        data={"failCommands": ["find"], "errorCode": code},
    )
    with pytest.raises(expected):
        await sessions.get(impatient, BOT, "s")


async def test_slow_scan_is_cut_by_the_database(open_store: OpenStore) -> None:
    """The database itself gives up on a scan, long before the deadline: no work goes on unseen."""
    store = await open_store()
    rows = [{"_id": str(place), "channel": "x" * 50} for place in range(5000)]
    await store.collection(BOT).insert_many(rows)
    hurried = Context(store=replace(store, max_time_ms=2))
    contains = Compare((BOT.by_name["channel"],), Operator.CONTAINS, "y")
    with pytest.raises(Timeout):
        await sessions.list_(hurried, Read(BOT, contains))
    with pytest.raises(Timeout):
        await sessions.summarise(hurried, BOT, contains)


async def insert_broken(store: Store, **broken: Any) -> None:
    """Three sessions, the second of which holds nonsense."""
    rows = [
        {"_id": str(place), "botId": "b", "startedAt": NOW.replace(day=9 - place), "tags": {}}
        for place in range(3)
    ]
    rows[1] |= broken
    await store.collection(BOT).insert_many(rows, bypass_document_validation=True)


@pytest.mark.parametrize("broken", [{"botId": 7}, {"botId": None}, {"botId": {"$gt": ""}}])
async def test_broken_field_spoils_itself_only(
    wire_context: Context, broken: dict[str, Any]
) -> None:
    """The rest of the session and of the page can be read; the error names session and field."""
    await insert_broken(wire_context.store, **broken)
    page = await sessions.list_(wire_context, Read(BOT))
    good, bad, other = page.documents
    assert documents.read(BOT.by_name["botId"], good) == "b"
    assert documents.read(BOT.by_name["botId"], other) == "b"
    assert documents.read(BOT.by_name["startedAt"], bad)
    with pytest.raises(CorruptDocument) as failure:
        documents.read(BOT.by_name["botId"], bad)
    assert failure.value.details == {"sessionId": "1", "field": "botId"}


async def test_broken_session_is_not_changed(wire_context: Context) -> None:
    """A change that would build on nonsense is refused."""
    await insert_broken(wire_context.store, startTime="yesterday", endTime=NOW)
    with pytest.raises((CorruptDocument, Invalid)):
        await sessions.update(wire_context, BOT, "1", {"channel": "web", "userId": "u"})


async def test_missing_list_is_an_empty_one(wire_context: Context) -> None:
    """A verb that adds to a list works on a session that was stored without it."""
    created = await sessions.create(wire_context, CHAT, EXAMPLES["chat"].values)
    await wire_context.store.collection(CHAT).update_one(
        {"_id": created["_id"]}, {"$unset": {"messages": ""}}, bypass_document_validation=True
    )

    def change(document: dict[str, Any]) -> None:
        document["messages"] = [*document["messages"]]
        document["status"] = "CLOSED"

    changed = await sessions.act(wire_context, CHAT, created["_id"], change)
    assert changed["messages"] == []


@pytest.mark.slow
async def test_session_larger_than_the_database_can_store(wire_context: Context) -> None:
    """More than 16 MB is refused as invalid, at creation as well as by growth."""
    message = {"message": "\U0001f600" * 10_000, "source": "VISITOR"}
    values = {**EXAMPLES["chat"].values, "sessionId": "large", "messages": [message] * 300}
    created = await sessions.create(wire_context, CHAT, values)
    with pytest.raises(Invalid, match="16 MB"):
        await sessions.create(
            wire_context, CHAT, {**values, "sessionId": "x", "messages": [message] * 450}
        )

    def grow(document: dict[str, Any]) -> None:
        more = [{**one, "id": f"{one['id']}2"} for one in document["messages"]]
        document["messages"] = [*document["messages"], *more]

    with pytest.raises(Invalid, match="16 MB"):
        await sessions.act(wire_context, CHAT, "large", grow)
    assert await sessions.get(wire_context, CHAT, "large") == created
