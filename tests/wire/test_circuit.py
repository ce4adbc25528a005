"""A database that is down: failures are known at once, and it is used again as soon as it is up."""

import asyncio
import logging
import time
from typing import Any

import pytest
from pymongo import MongoClient

from resolvers import sessions
from resolvers.context import Context
from resolvers.errors import Unavailable
from resolvers.store import circuit
from resolvers.store.driver import Driver
from tests.conftest import KINDS_BY_NAME, OpenStore, opened_store
from tests.timing import limit
from tests.wire.engine import MakeEngine

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]

BOT = KINDS_BY_NAME["bot"]
DEADLINE = limit(2)


async def refused(context: Context) -> float:
    """How long a read takes to say that the database is unreachable."""
    started = time.monotonic()
    with pytest.raises(Unavailable):
        await sessions.get(context, BOT, "s")
    return time.monotonic() - started


@pytest.mark.parametrize("driver_name", ["pymongo", "motor"])
async def test_a_killed_database(
    make_engine: MakeEngine, driver_name: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    """The first request waits; the rest do not, until it is back; each change is one line."""
    engine = make_engine()
    async with opened_store(engine.uri, "circuit", driver_name, DEADLINE) as store:
        context = Context(store)
        await sessions.get(context, BOT, "s")
        engine.kill()
        with caplog.at_level(logging.WARNING, logger="resolvers.store.circuit"):
            await refused(context)
            times = [await refused(context) for _ in range(20)]
            times += await asyncio.gather(*(refused(context) for _ in range(20)))
            assert max(times) < DEADLINE / 4
            engine.start()
            found = (sessions.get(context, BOT, "s") for _ in range(20))
            assert await asyncio.gather(*found) == [None] * 20
            assert await sessions.get(context, BOT, "s") is None
        assert not store.circuit.open
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "the database is unreachable",
        "the database answers again",
    ]


async def test_one_broken_connection(
    open_store: OpenStore, engine_client: MongoClient[dict[str, Any]]
) -> None:
    """A request that fails on its way to a database that is well leads to no other failure."""
    context = Context(await open_store())
    assert await sessions.get(context, BOT, "s") is None
    engine_client.admin.command(
        "configureFailPoint",
        "failCommand",
        mode={"times": 2},
        data={"failCommands": ["find"], "closeConnection": True},
    )
    await refused(context)
    found = (sessions.get(context, BOT, "s") for _ in range(10))
    assert await asyncio.gather(*found) == [None] * 10


async def test_a_silent_database(make_engine: MakeEngine) -> None:
    """One that accepts connections and says nothing is tried now and then until it wakes."""
    engine = make_engine()
    async with opened_store(engine.uri, "circuit", deadline=limit(0.5)) as store:
        context = Context(store)
        await sessions.get(context, BOT, "s")
        engine.kill()
        await refused(context)
        engine.start()
        engine.freeze()
        slow = await refused(context)
        assert await refused(context) < slow / 2
        engine.thaw()
        async with asyncio.timeout(limit(20)):
            while store.circuit.open:  # noqa: ASYNC110  # it has no event
                await asyncio.sleep(0.01)
        assert await sessions.get(context, BOT, "s") is None


async def test_who_asks_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next question is not the one that others still wait for."""

    async def accepts(_database: Any) -> bool:
        await asyncio.sleep(0)
        return True

    monkeypatch.setattr(circuit, "_accepts", accepts)
    shared = circuit.Circuit()

    async def twice() -> list[bool]:
        return [await shared._listens(None) for _ in range(2)]

    async with asyncio.timeout(limit(10)):
        assert await asyncio.gather(twice(), twice()) == [[True, True]] * 2
