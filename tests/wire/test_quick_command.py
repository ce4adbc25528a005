"""Commands over PyMongo's connections: equal to the driver's own, and as safe when something fails.

If a release of PyMongo changes what is used here, these tests notice.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from pymongo.errors import ConnectionFailure, OperationFailure

from resolvers.store import driver, quick_command
from resolvers.store.listeners import Commands
from resolvers.store.store import Store
from tests.conftest import OpenStore, opened_store
from tests.timing import limit
from tests.wire.engine import MakeEngine, WireEngine

pytestmark = [
    pytest.mark.anyio,
    # PyMongo leaves a socket to the garbage collector when it is cancelled while it connects.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]

ROWS = [{"_id": number, "text": "x" * number} for number in range(50)]
FIND = {"find": "rows", "filter": {"_id": {"$gte": 0}}, "limit": 5, "batchSize": 5}


@pytest.fixture(autouse=True, scope="module")
def forgotten_sockets() -> Iterator[None]:
    """Collected while their warning is ignored, not by another test."""
    yield
    gc.collect()


@pytest.fixture
async def filled(wire_store: Store) -> Store:
    """With some rows."""
    await wire_store.database["rows"].insert_many([*ROWS])
    return wire_store


async def test_it_is_there(wire_store: Store, open_store: OpenStore) -> None:
    """With PyMongo's client; Motor's has its own way."""
    assert quick_command.AVAILABLE
    assert quick_command.serves(wire_store.database)
    assert not quick_command.serves((await open_store("motor")).database)


@pytest.mark.parametrize(
    "command",
    [
        FIND,
        {**FIND, "filter": {"text": "none"}},
        {**FIND, "sort": {"_id": -1}, "projection": {"text": 1}, "skip": 3, "maxTimeMS": 1000},
        {"count": "rows"},
        {"ping": 1},
    ],
)
async def test_replies_are_equal(filled: Store, command: dict[str, Any]) -> None:
    """But for the times in them; and the command stays as it was."""
    before = repr(command)
    found = await quick_command.run(filled.database, command)
    expected = await filled.database.command(dict(command), codec_options=driver.CODEC)
    for reply in (found, expected):
        reply.pop("$clusterTime", None)
        reply.pop("operationTime", None)
    assert found == expected
    assert repr(command) == before


@pytest.mark.parametrize("command", [{"nonsense": 1}, {**FIND, "filter": {"$nonsense": 1}}])
async def test_refusals_are_equal(filled: Store, command: dict[str, Any]) -> None:
    """The same error with the same code; the connection stays good."""
    failures = []
    for run in (
        quick_command.run(filled.database, command),
        filled.database.command(dict(command)),
    ):
        with pytest.raises(OperationFailure) as failure:
            await run
        failures.append((failure.value.code, str(failure.value.details.get("errmsg"))))
    assert failures[0] == failures[1]
    assert (await quick_command.run(filled.database, FIND))["cursor"]["firstBatch"] == ROWS[:5]


async def test_many_at_once(filled: Store) -> None:
    """Each gets its own reply."""

    async def one(number: int) -> bool:
        reply = await quick_command.run(filled.database, {**FIND, "filter": {"_id": number}})
        return bool(reply["cursor"]["firstBatch"] == [ROWS[number]])

    assert all(await asyncio.gather(*(one(number % 50) for number in range(500))))


async def test_who_is_cancelled_leaves_no_reply_behind(filled: Store, engine_client: Any) -> None:
    """Its connection is closed: the next one who reads gets what it asked for."""
    slow = {"failCommands": ["find"], "blockConnection": True, "blockTimeMS": int(limit(300))}
    for number in range(1, 6):
        times = {"times": 1}
        engine_client.admin.command("configureFailPoint", "failCommand", mode=times, data=slow)
        waiting = asyncio.ensure_future(quick_command.run(filled.database, {"find": "rows"}))
        await asyncio.sleep(limit(0.02))
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        reply = await quick_command.run(filled.database, {**FIND, "filter": {"_id": number}})
        assert reply["cursor"]["firstBatch"] == [ROWS[number]]


@pytest.mark.slow
async def test_a_connection_that_is_lost(make_engine: MakeEngine) -> None:
    """It fails as PyMongo's own command does, and works again afterwards."""
    engine = make_engine()
    async with opened_store(engine.uri, "lost") as store:
        await store.database["rows"].insert_many([*ROWS])
        await quick_command.run(store.database, FIND)
        engine.kill()
        with pytest.raises(ConnectionFailure):
            await quick_command.run(store.database, FIND)
        engine.start()
        assert (await quick_command.run(store.database, FIND))["cursor"]["firstBatch"] == ROWS[:5]


@pytest.fixture
async def heard(engine: WireEngine, database_name: str) -> AsyncIterator[tuple[Any, list[Any]]]:
    """A database to whose commands somebody listens, and what was heard."""
    calls: list[Any] = []

    def listen(*told: Any) -> None:
        calls.append(told)

    client = driver.connect(
        engine.uri,
        "pymongo",
        limit(20),
        asyncio.get_running_loop(),
        listeners=[Commands(listen)],
    )
    yield driver.database(client, database_name, limit(20)), calls
    await driver.close(client)


async def test_listeners_hear_of_it(heard: tuple[Any, list[Any]]) -> None:
    """Metrics and traces count these commands like all others, failed ones too."""
    database, calls = heard
    assert quick_command.serves(database)
    await database.command(FIND)
    expected = len(calls)
    assert expected
    await quick_command.run(database, FIND)
    assert len(calls) == 2 * expected
    with pytest.raises(OperationFailure):
        await quick_command.run(database, {"nonsense": 1})
    assert len(calls) == 3 * expected


INSERT = {"insert": "rows", "ordered": True, "documents": [{"_id": "new", "n": 1}]}
UPDATE = {
    "update": "rows",
    "ordered": True,
    "updates": [{"q": {"_id": 1}, "u": {"$inc": {"n": 1}}}],
}


async def test_writes(filled: Store) -> None:
    """They are acknowledged, and say how many documents they met."""
    rows = filled.database["rows"]
    assert (await quick_command.change(filled.database, INSERT))["n"] == 1
    assert (await quick_command.change(filled.database, UPDATE))["n"] == 1
    nobody = {**UPDATE, "updates": [{"q": {"_id": "nobody"}, "u": {"$set": {"n": 1}}}]}
    assert (await quick_command.change(filled.database, nobody))["n"] == 0
    assert await rows.find_one({"_id": "new"}) == {"_id": "new", "n": 1}
    assert await rows.find_one({"_id": 1}) == {**ROWS[1], "n": 1}


@pytest.mark.parametrize("command", [INSERT, UPDATE])
async def test_writes_are_tried_again_once(
    filled: Store, engine: WireEngine, engine_client: Any, command: dict[str, Any]
) -> None:
    """A connection that is lost before the reply changes nothing: the write is done once.

    Where the connection string allows it; that of the embedded database does not.
    """
    fault = {"failCommands": ["insert", "update"], "closeConnection": True}
    uri = engine.uri.replace("retryWrites=false", "retryWrites=true")
    async with opened_store(uri, filled.database.name) as retrying:
        for number in (1, 2):
            times = {"times": 1}
            engine_client.admin.command("configureFailPoint", "failCommand", mode=times, data=fault)
            if command is INSERT:
                document = {"_id": f"new {number}"}
                await quick_command.change(retrying.database, {**INSERT, "documents": [document]})
            else:
                await quick_command.change(retrying.database, UPDATE)
    rows = filled.database["rows"]
    if command is INSERT:
        assert await rows.count_documents({"_id": {"$regex": "^new"}}) == 2
    else:
        assert await rows.find_one({"_id": 1}) == {**ROWS[1], "n": 2}


async def test_refused_writes_are_equal(filled: Store) -> None:
    """Taken ids, documents that break a rule or are too large: errors as the driver's own."""
    database, rows = filled.database, filled.database["rows"]
    await database.create_collection("ruled", validator={"n": {"$type": "number"}})
    large = {"_id": "large", "text": "x" * 17_000_000}
    for name, document in (("rows", {"_id": 1}), ("ruled", {"_id": 1, "n": "x"}), ("rows", large)):
        failures = []
        for write in (
            quick_command.change(database, {**INSERT, "insert": name, "documents": [document]}),
            database[name].insert_one(dict(document)),
        ):
            with pytest.raises(Exception) as failure:  # noqa: PT011  which one is compared
                await write
            failures.append((type(failure.value), getattr(failure.value, "code", None)))
        assert failures[0] == failures[1]
    assert await rows.count_documents({}) == len(ROWS)


async def test_documents_between_the_limits(filled: Store) -> None:
    """One of 16 MB less a little is stored and read as ever."""
    document = {"_id": "large", "text": "x" * 15_900_000}
    await quick_command.change(filled.database, {**INSERT, "documents": [document]})
    found = await quick_command.run(filled.database, {**FIND, "filter": {"_id": "large"}})
    assert found["cursor"]["firstBatch"] == [document]
