"""What the benchmark's operations cost in counts, which no machine changes: the guard of speed.

Commands, documents and fields are counted by the canned engine, functions by the compiler.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from benchmarks.canned import listen
from benchmarks.cases import find_case
from benchmarks.replies import Engine
from benchmarks.sessions import PROJECTION
from resolvers.context import Context
from resolvers.store import driver
from resolvers.store.store import Store
from schema.build import Schema, build
from schema.execution import compiler
from schema.kinds import KINDS

pytestmark = pytest.mark.anyio

SELECTED = set(PROJECTION) - {"tags", "startedAt"} | {
    f"tags.{list_}.{name}" for list_ in ("userTags", "sessionTags") for name in ("name", "value")
}
"""The stored fields behind the benchmark's selection."""


class Gateway:
    """The schema over a canned engine."""

    def __init__(self, schema: Schema, engine: Engine, store: Store) -> None:
        self.schema = schema
        self.engine = engine
        self.store = store

    async def ask(self, body: bytes) -> tuple[dict[str, int], list[dict[str, Any]]]:
        """The commands and reads of one request that must succeed."""
        self.engine.reset()
        asked = json.loads(body)
        result = await self.schema.execute(
            asked["query"],
            variable_values=asked.get("variables"),
            context_value=Context(self.store),
        )
        assert result.errors is None
        stats = self.engine.stats()
        sent = {name: times for name, times in stats["commands"].items() if name not in CONNECTION}
        return sent, stats["reads"]

    async def query(self, text: str) -> tuple[dict[str, int], list[dict[str, Any]]]:
        """The same for a text."""
        return await self.ask(json.dumps({"query": text}).encode())


CONNECTION = {"hello", "isMaster", "ismaster", "ping", "endSessions"}
"""What the driver sends for itself."""


@pytest.fixture(scope="module")
def schema() -> Schema:
    return build(KINDS)


@pytest.fixture
async def gateway(schema: Schema) -> AsyncIterator[Gateway]:
    """Over an engine of this test's own."""
    engine = Engine()
    server = await listen(engine, 0)
    port = server.sockets[0].getsockname()[1]
    client = driver.connect(
        f"mongodb://127.0.0.1:{port}", "pymongo", 30.0, asyncio.get_running_loop()
    )
    yield Gateway(schema, engine, Store(driver.database(client, "canned", 30.0), 30.0))
    await driver.close(client)
    server.close()


@pytest.mark.parametrize("rows", [1, 20, 100])
async def test_first_page(gateway: Gateway, rows: int) -> None:
    """A page is one find of the selected fields and what its cursors need; nothing else."""
    for _ in range(3):
        sent, (read,) = await gateway.ask(find_case(f"list-{rows}").bodies[0])
        assert sent == {"find": 1}
        assert set(read["fields"]) == SELECTED | {"startedAt"}
        assert read["limit"] == rows + 1
        assert gateway.engine.documents == rows


async def test_ordering_without_cursors(gateway: Gateway) -> None:
    """The ordering's column is not read where no cursor is selected."""
    for _ in range(3):
        sent, (read,) = await gateway.query("{ botSessions { nodes { botId } } }")
        assert sent == {"find": 1}
        assert set(read["fields"]) - {"_id"} == {"botId"}


async def test_total_count(gateway: Gateway) -> None:
    """A total is one command more, and one only."""
    for _ in range(3):
        sent, _ = await gateway.query("{ botSessions { nodes { botId } totalCount } }")
        assert sent == {"find": 1, "count": 1}


async def test_one_session(gateway: Gateway) -> None:
    """A lookup is one find of the selected fields of one document."""
    for _ in range(3):
        sent, (read,) = await gateway.ask(find_case("one").bodies[0])
        assert sent == {"find": 1}
        assert set(read["fields"]) == SELECTED
        assert gateway.engine.documents == 1


async def test_same_session_twice(gateway: Gateway) -> None:
    """One session under two names is read once."""
    text = '{ a: botSession(sessionId: "x") { botId } b: botSession(sessionId: "x") { channel } }'
    for _ in range(3):
        sent, (read,) = await gateway.query(text)
        assert sent == {"find": 1}
        assert set(read["fields"]) - {"_id"} == {"botId", "channel"}
        assert gateway.engine.documents == 1


async def test_creation(gateway: Gateway) -> None:
    """One stored write is one command: the answer is made from what was written."""
    for _ in range(3):
        sent, reads = await gateway.ask(find_case("create").bodies[0])
        assert sent == {"insert": 1}
        assert reads == []


@pytest.mark.parametrize("case", ["list-20", "one", "create"])
async def test_functions_compiled(
    gateway: Gateway, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operation's text becomes one function, however often it is sent."""
    made: list[compiler.Selection] = []
    original = compiler.compile_selection

    def count(selection: compiler.Selection) -> compiler.Renderer:
        made.append(selection)
        return original(selection)

    monkeypatch.setattr(compiler, "compile_selection", count)
    asked = json.loads(find_case(case).bodies[0])
    asked["query"] += "# a text of its own"
    for _ in range(5):
        await gateway.ask(json.dumps(asked).encode())
    assert len(made) == 1
