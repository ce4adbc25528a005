"""GraphQL over a database that notes every command and answers plausibly, without any database.

    await (await Recorder.ready()).run("{ botSession(sessionId: \"a\") { channel } }")

gives a Recording whose only command is

    Command("bot_sessions", "find", {"filter": {"_id": "a"}, "projection": {"channel": 1}, …})

Reads by id find a session as the kind's own creation stores it; pages are empty. Writes succeed.
What reads ids alone, as a creation does, finds that none is taken.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from resolvers.access import EVERYBODY, Caller
from resolvers.common_columns import TENANT
from resolvers.context import Context
from resolvers.kind import Document
from resolvers.store.capabilities import named
from resolvers.store.change_stream import BEGINNING
from resolvers.store.cursors import encoded
from resolvers.store.store import Store
from schema.build import Schema, build, root_fields
from schema.sample_operations import sample
from schema.strawberry_internals import core_schema

DEADLINE = 60.0
"""Seconds; nothing here waits."""

ID_ALONE = {"_id": 1}
"""The projection of a find that asks which ids are taken."""


@dataclass(frozen=True, slots=True)
class Command:
    """What was sent: the collection, the driver's method or command, and what it was given."""

    collection: str
    name: str
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recording:
    """One operation's commands, in their order, and its errors' messages."""

    commands: list[Command]
    errors: list[str]
    ran: bool
    """Whether it ran: its text and variables could be used."""


def _row(given: Mapping[str, Document]) -> Document:
    """A row that was not there before, as its first update makes it."""
    update = given["update"]
    return {**given["filter"], **update.get("$setOnInsert", {}), **update.get("$inc", {})}


class _NoRows:
    """What a find outside the collections of sessions is answered."""

    async def to_list(self, _most: int | None) -> list[Document]:
        return []


class _Batches:
    """A cursor of one raw batch."""

    def __init__(self, rows: list[Document]) -> None:
        self._rows = rows

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield encoded(self._rows)

    async def close(self) -> None:
        """It has nothing open."""


class _Figures:
    """The answer of an aggregation: of a summary, or of statistics over one group."""

    async def to_list(self, _most: int | None) -> list[Document]:
        return [{"_id": None, "count": 1, "average": 60.0, "n": 1}]


METHODS: Mapping[str, tuple[tuple[str, ...], Callable[[Mapping[str, Any]], Any]]] = {
    "aggregate": (("pipeline",), lambda _given: _Figures()),
    "count_documents": (("filter",), lambda _given: 1),
    "estimated_document_count": ((), lambda _given: 1),
    "insert_one": (("document",), lambda _given: None),
    "insert_many": (("documents",), lambda _given: None),
    "update_one": (("filter", "update"), lambda _given: SimpleNamespace(matched_count=1)),
    "delete_one": (("filter",), lambda _given: SimpleNamespace(deleted_count=1)),
    "delete_many": (("filter",), lambda _given: SimpleNamespace(deleted_count=1)),
    "find_one": (("filter",), lambda _given: None),
    "find_one_and_update": (("filter", "update"), _row),
}
"""The driver's methods that resolvers.store uses: the names of their arguments, and the answer."""


@dataclass(frozen=True, slots=True)
class _Collection:
    """One collection, which notes each call of a method."""

    database: "RecordingDatabase"
    name: str

    def find(self, wanted: Mapping[str, Any]) -> _NoRows:
        """Such as the links between a customer's identifiers."""
        self.database.commands.append(Command(self.name, "find", {"filter": wanted}))
        return _NoRows()

    def find_raw_batches(
        self, wanted: Mapping[str, Any], projection: Any = None, **options: Any
    ) -> "_Batches":
        """A find whose rows come as they are sent: kinds with types that the driver cannot read."""
        shown = {"filter": wanted, "limit": options["limit"]}
        shown |= {"projection": projection} if projection else {}
        shown |= {"sort": dict(options["sort"])} if options["sort"] else {}
        return _Batches(self.database.rows(self.name, shown))

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        names, answer = METHODS[method]

        async def call(*values: Any, **_options: Any) -> Any:
            given = dict(zip(names, values, strict=True))
            self.database.commands.append(Command(self.name, method, given))
            return answer(given)

        return call


@dataclass
class RecordingDatabase:
    """Collections of any name."""

    stored: Mapping[str, Document] = field(default_factory=dict)
    """A session of each collection: what reads by id find, under the id that is asked for."""
    commands: list[Command] = field(default_factory=list)

    def __getitem__(self, name: str) -> _Collection:
        return _Collection(self, name)

    def get_collection(self, name: str, **_options: Any) -> _Collection:
        """The same, where a read is to have options."""
        return self[name]

    async def command(self, command: Mapping[str, Any], **_options: Any) -> Document:
        """A find, as resolvers.store.find sends it."""
        shown = {
            name: value
            for name, value in command.items()
            if name in ("filter", "projection", "sort", "skip", "limit")
        }
        rows = self.rows(command["find"], shown)
        return {"cursor": {"id": 0, "firstBatch": rows}, "operationTime": BEGINNING}

    def rows(self, collection: str, shown: Mapping[str, Any]) -> list[Document]:
        """What a find gives, which is noted."""
        self.commands.append(Command(collection, "find", shown))
        if shown.get("projection") == ID_ALONE:
            return []
        return self._found(collection, shown["filter"].get("_id"))

    def _found(self, collection: str, wanted: Any) -> list[Document]:
        session = self.stored.get(collection)
        ids = wanted.get("$in", []) if isinstance(wanted, dict) else [wanted] if wanted else []
        return [{**session, "_id": one} for one in ids] if session else []


@dataclass(frozen=True, slots=True)
class Recorder:
    """Runs operations of one schema, each over a database of its own."""

    schema: Schema
    stored: Mapping[str, Document]
    caller: Caller = EVERYBODY

    def limited_to(self, tenant: str) -> "Recorder":
        """The same for a caller that sees one tenant alone, whose sessions are found."""
        stored = {name: {**row, TENANT.path: tenant} for name, row in self.stored.items()}
        caller = replace(self.caller, tenants=frozenset({tenant}))
        return replace(self, stored=stored, caller=caller)

    @classmethod
    async def ready(cls) -> "Recorder":
        """With a session of each kind, made by the kind's own creation."""
        first = cls(build(), {})
        stored: dict[str, Document] = {}
        for kind, name, _work in root_fields():
            if kind and name == f"create{kind.type_name}":
                recording = await first.run(sample(core_schema(first.schema), name))
                stored |= {
                    command.collection: command.given["document"]
                    for command in recording.commands
                    if command.name == "insert_one"
                }
        return cls(first.schema, stored)

    async def run(
        self, text: str, variables: dict[str, Any] | None = None, name: str | None = None
    ) -> Recording:
        """The commands and errors of one operation."""
        database = RecordingDatabase(self.stored)
        store = Store(database, DEADLINE, capabilities=named({}))
        result = await self.schema.execute(
            text,
            variable_values=variables,
            operation_name=name,
            context_value=Context(store, caller=self.caller),
        )
        errors = result.errors or []
        ran = all(error.path for error in errors)
        return Recording(database.commands, [error.message for error in errors], ran)
