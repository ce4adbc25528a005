"""An in-process client: all of GraphQL over a database in memory, with a clock that stands."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from mongomock_motor import AsyncMongoMockClient

from resolvers.context import Context
from resolvers.store.store import Store
from schema.build import Schema, build
from schema.errors import formatted
from schema.kinds import KINDS
from tests.timing import limit

NOW = datetime(2026, 3, 1, 9, 30)


@dataclass
class Clock:
    """Stands until it is moved."""

    time: datetime = NOW

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **amount: float) -> None:
        self.time += timedelta(**amount)


@dataclass
class Client:
    """Runs operations one after another on a loop of its own."""

    schema: Schema
    context: Context
    runner: asyncio.Runner
    clock: Clock
    reads: list[tuple[str, Any]] = field(default_factory=list)
    """Collection and projection of every find."""

    def __call__(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole response."""
        return self.together((query, variables))[0]

    def together(self, *operations: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
        """The responses to operations that run at the same time."""

        async def run() -> list[dict[str, Any]]:
            return await asyncio.gather(*(self._execute(*operation) for operation in operations))

        return self.runner.run(run())

    def data(self, query: str, **variables: Any) -> Any:
        """The data of a response without errors; of a single root field, its value."""
        response = self(query, **variables)
        assert "errors" not in response, response["errors"]
        values = list(response["data"].values())
        return values[0] if len(values) == 1 else response["data"]

    def error(self, query: str, **variables: Any) -> dict[str, Any]:
        """The only error of a response."""
        (error,) = self(query, **variables)["errors"]
        return error

    def refusal(self, query: str, **variables: Any) -> dict[str, Any]:
        """The only user error of a mutation whose payload selects `errors`."""
        (error,) = self.data(query, **variables)["errors"]
        return error

    def stored(self, kind: str, session_id: str) -> dict[str, Any] | None:
        """A session as it is stored."""
        return self.runner.run(self.collection(kind).find_one({"_id": session_id}))

    def insert(self, kind: str, *documents: dict[str, Any]) -> None:
        """Store documents as they are, whatever they are."""
        self.runner.run(self.collection(kind).insert_many(list(documents)))

    def collection(self, kind: str) -> Any:
        return self.context.store.database[f"{kind}_sessions"]

    async def _execute(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        result = await self.schema.execute(
            query, variable_values=variables, context_value=self.context
        )
        response: dict[str, Any] = {"data": result.data}
        if result.errors:
            response["errors"] = [formatted(error) for error in result.errors]
        return response


@pytest.fixture(scope="session")
def schema() -> Schema:
    """The schema of all kinds; with TEST_COMPILED=off, graphql-core does everything."""
    return build(KINDS, compiled=os.environ.get("TEST_COMPILED") != "off")


@pytest.fixture
def client(schema: Schema) -> Iterator[Client]:
    """A client of an empty database."""
    clock = Clock()
    with asyncio.Runner() as runner:

        async def connect() -> Any:
            return AsyncMongoMockClient(tz_aware=False)["sessions"]

        store = Store(runner.run(connect()), deadline=limit(5))
        yield Client(schema, Context(store=store, now=clock), runner, clock)


@pytest.fixture
def finds(client: Client, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Filter and projection of every find, as they are sent."""
    sent: list[dict[str, Any]] = []
    original = type(client.collection("bot")).find

    def find(self: Any, wanted: Any, projection: Any = None, *rest: Any, **options: Any) -> Any:
        sent.append({"filter": wanted, "projection": projection or {}})
        return original(self, wanted, projection, *rest, **options)

    monkeypatch.setattr(type(client.collection("bot")), "find", find)
    return sent


@pytest.fixture
def counts(client: Client, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The method of every count that is sent."""
    sent: list[str] = []
    for name in ("count_documents", "estimated_document_count"):
        original = getattr(type(client.collection("bot")), name)

        def count(
            self: Any, *args: Any, _name: str = name, _original: Any = original, **o: Any
        ) -> Any:
            sent.append(_name)
            return _original(self, *args, **o)

        monkeypatch.setattr(type(client.collection("bot")), name, count)
    return sent
