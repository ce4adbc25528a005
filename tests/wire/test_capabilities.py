"""Engines that lack something: a canned one refuses commands, and the gateway starts and serves."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import bson
import pytest

from app.commands import serve
from app.settings import Settings
from benchmarks.canned import listen
from benchmarks.replies import Engine
from resolvers import sessions
from resolvers.context import Context
from resolvers.request import Read
from resolvers.store import indexes, preparation, probes, rules
from resolvers.store.capabilities import ALL, Capabilities, Capability
from resolvers.store.policy import Indexes, Policy
from resolvers.store.rules import RuleAction
from resolvers.store.store import Store
from tests.conftest import KINDS_BY_NAME, mock_store, opened_store
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.anyio

BOT = KINDS_BY_NAME["bot"]
CODES = {"ferretdb": 238, "documentdb": 115, "schemas of its own": 9, "a shell of one": 59}
"""What such engines answer to what they do not know."""


class Refusing(Engine):
    """Knows no rules, no index that removes documents, no change streams and no plans."""

    def __init__(self, code: int, info: Mapping[str, Any]) -> None:
        super().__init__()
        self._code, self._info = code, info
        self.refused: list[str] = []

    def answer(self, command: Mapping[str, Any], sequences: Mapping[str, int]) -> bytes:
        name = next(iter(command))
        if name == "buildInfo":
            return bson.encode({"ok": 1.0, "version": "7.0.0", **self._info})
        refused = (
            (name in ("create", "collMod") and "validator" in command)
            or (name == "createIndexes" and "expireAfterSeconds" in str(command["indexes"]))
            or (name == "aggregate" and "$changeStream" in str(command["pipeline"]))
            or name in ("explain", "listIndexes")
        )
        if not refused:
            return super().answer(command, sequences)
        self.refused.append(name)
        return bson.encode({"ok": 0.0, "code": self._code, "errmsg": f"{name}: not this"})


@asynccontextmanager
async def canned(engine: Engine) -> AsyncIterator[str]:
    """The address of a canned engine."""
    server = await listen(engine, 0)
    try:
        yield f"mongodb://127.0.0.1:{server.sockets[0].getsockname()[1]}/?directConnection=true"
    finally:
        server.close()


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
async def test_an_engine_that_lacks_much_is_served(
    code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The start says what is missing, in one line each, and sessions are read."""
    engine = Refusing(code, {"ferretdbVersion": "v1.24.0"})
    async with canned(engine) as uri:
        settings = Settings(mongodb_uri=uri, retention_bot_seconds=60, database_rules="warn")
        await serve.prepare(settings, demo=False)
        async with opened_store(uri, "sessions") as store:
            page = await sessions.list_(Context(store), Read(BOT))
    said = capsys.readouterr().err.splitlines()
    assert [line for line in said if line.startswith("FerretDB v1.24.0: it has no validation")]
    assert [line for line in said if line.startswith("FerretDB v1.24.0: it removes nothing")]
    assert [line for line in said if line.startswith("FerretDB v1.24.0: it has no change streams")]
    assert len([line for line in said if line.startswith("FerretDB")]) == 4
    assert {"create", "createIndexes", "aggregate", "explain"} <= {*engine.refused}
    assert len(page.documents) == 20


async def test_what_is_known_to_be_missing_is_not_tried() -> None:
    """The operator's setting spares the engine commands that it refuses."""
    engine = Refusing(238, {})
    async with canned(engine) as uri, opened_store(uri, "sessions") as store:
        lacking = Capabilities("x", ALL - {Capability.RULES, Capability.TTL})
        lean = Store(store.database, store.deadline, capabilities=lacking)
        report = await preparation.prepare(lean, [BOT], {BOT.name: 60})
    assert {Capability.RULES, Capability.TTL} == report.lacks
    assert {*engine.refused} == {"listIndexes"}


async def test_a_refusal_for_another_reason_ends_the_start() -> None:
    """A missing right is no missing capability."""
    engine = Refusing(13, {})
    async with canned(engine) as uri, opened_store(uri, "sessions") as store:
        with pytest.raises(Exception, match="not this"):
            await preparation.prepare(store, [BOT], {}, Policy(indexes=Indexes.OFF))


async def test_an_index_that_is_refused_costs_that_index(wire_store: Store) -> None:
    """The others are built, and the start names the one that is missing."""

    class Picky(Refusing):
        def answer(self, command: Mapping[str, Any], sequences: Mapping[str, int]) -> bytes:
            if "searchKeys" in str(command.get("indexes")):
                return bson.encode({"ok": 0.0, "code": 67, "errmsg": "no such index"})
            return Engine.answer(self, command, sequences)

    async with canned(Picky(67, {})) as uri, opened_store(uri, "sessions") as store:
        found = await indexes.build(store, BOT)
    assert [*found.refused] == [one.name for one in BOT.indexes if "searchKeys" in one.keys]
    assert len(found.built) + len(found.refused) == len(BOT.indexes)


async def test_the_embedded_engine_is_known(wire_store: Store) -> None:
    """What SecantusDB cannot do is known by its name, what it can is found out."""
    found = await probes.learn(wire_store)
    assert found.engine.startswith("SecantusDB 0.")
    assert set(found.lacks) == {
        Capability.ORDERED_WALK,
        Capability.TIME_LIMIT,
        Capability.TRUE_LTE,
        Capability.TIMED_CHANGES,
    }
    assert len(found.sentences()) == 1


async def test_a_change_stream_that_was_tried_is_closed(wire_store: Store) -> None:
    """The question leaves no cursor open."""
    before = await open_cursors(wire_store)
    await probes.learn(wire_store)
    assert await open_cursors(wire_store) == before


async def open_cursors(store: Store) -> Any:
    """How many cursors the engine keeps."""
    return (await store.database.command("serverStatus"))["metrics"]["cursor"]["open"]["total"]


async def test_the_operator_has_the_last_word(wire_store: Store) -> None:
    """`+` and `-` win over what was found."""
    found = await probes.learn(wire_store, ["+ordered_walk", "-ttl", "-explain"])
    assert Capability.ORDERED_WALK in found
    assert Capability.TTL not in found
    assert Capability.EXPLAIN not in found


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [("ttl", "not \\+ or -"), ("-tll", "Did you mean ttl"), ("+ttl,-ttl", "with \\+ and with -")],
)
async def test_a_wrong_override_is_refused(wrong: str, hint: str) -> None:
    """With the nearest name."""
    with pytest.raises(ValueError, match=hint):
        Settings.model_validate({"engine_capabilities": wrong})


async def test_mongomock_is_known() -> None:
    """The database in memory answers buildInfo as if it were MongoDB."""
    found = await probes.learn(await mock_store())
    assert found.lacks == [
        Capability.RULES,
        Capability.CHANGE_STREAMS,
        Capability.EXPLAIN,
        Capability.TRUE_LTE,
        Capability.TIMED_CHANGES,
    ]


async def test_old_rules_stay_known_where_they_cannot_be_renewed(
    wire_store: Store, engine_client: Any, engine: WireEngine
) -> None:
    """An engine that took rules once has them, whatever it answers to collMod."""
    name = wire_store.database.name
    fault = {"failCommands": ["collMod"], "errorCode": 59, "namespace": f"{name}.{BOT.collection}"}
    engine_client.admin.command("configureFailPoint", "failCommand", mode="alwaysOn", data=fault)
    assert await rules.change(wire_store, BOT, RuleAction.ERROR)
