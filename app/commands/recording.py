"""GraphQL over a database that notes every command and answers plausibly, without any database.

    await (await Recorder.ready()).run("{ botSession(sessionId: \"a\") { channel } }")

gives a Recording whose only command is

    Command("bot_sessions", "find", {"filter": {"_id": "a"}, "projection": {"channel": 1}, …})

Reads by id find a session as the kind's own creation stores it; pages are empty. Writes succeed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from resolvers.context import Context
from resolvers.kind import Document
from resolvers.store.store import Store
from schema.build import Schema, build, root_fields
from schema.sample_operations import sample
from schema.strawberry_internals import core_schema

DEADLINE = 60.0
"""Seconds; nothing here waits."""


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


@dataclass(frozen=True, slots=True)
class _Rows:
    """The answer of an aggregation."""

    rows: list[Document]

    async def to_list(self, _most: int | None) -> list[Document]:
        return self.rows


class _Collection:
    """One collection: the methods of the driver that resolvers.store uses."""

    def __init__(self, database: "RecordingDatabase", name: str) -> None:
        self._database = database
        self._name = name

    def _note(self, method: str, **given: Any) -> None:
        self._database.commands.append(Command(self._name, method, given))

    async def aggregate(self, pipeline: list[Document], **_options: Any) -> _Rows:
        self._note("aggregate", pipeline=pipeline)
        return _Rows([{"_id": None, "count": 1, "average": 60.0}])

    async def count_documents(self, filter: Document, **_options: Any) -> int:  # noqa: A002  # the driver's name
        self._note("count_documents", filter=filter)
        return 1

    async def estimated_document_count(self, **_options: Any) -> int:
        self._note("estimated_document_count")
        return 1

    async def insert_one(self, document: Document) -> None:
        self._note("insert_one", document=document)

    async def update_one(self, filter: Document, update: Document, **_options: Any) -> Any:  # noqa: A002  # the driver's name
        self._note("update_one", filter=filter, update=update)
        return SimpleNamespace(matched_count=1)

    async def delete_one(self, filter: Document) -> Any:  # noqa: A002  # the driver's name
        self._note("delete_one", filter=filter)
        return SimpleNamespace(deleted_count=1)

    async def find_one(self, filter: Document) -> None:  # noqa: A002  # the driver's name
        self._note("find_one", filter=filter)

    async def find_one_and_update(
        self,
        filter: Document,  # noqa: A002  # the driver's name
        update: Document,
        **_options: Any,
    ) -> Document:
        """Nobody came before: the row is as the update makes it."""
        self._note("find_one_and_update", filter=filter, update=update)
        return {**filter, **update.get("$setOnInsert", {}), **update.get("$inc", {})}


@dataclass
class RecordingDatabase:
    """Collections of any name."""

    stored: Mapping[str, Document] = field(default_factory=dict)
    """A session of each collection: what reads by id find, under the id that is asked for."""
    commands: list[Command] = field(default_factory=list)

    def __getitem__(self, name: str) -> _Collection:
        return _Collection(self, name)

    async def command(self, command: Mapping[str, Any], **_options: Any) -> Document:
        """A find, as resolvers.store.find sends it."""
        shown = {
            name: value
            for name, value in command.items()
            if name in ("filter", "projection", "sort", "skip", "limit")
        }
        self.commands.append(Command(command["find"], "find", shown))
        rows = self._found(command["find"], command["filter"].get("_id"))
        return {"cursor": {"id": 0, "firstBatch": rows}}

    def _found(self, collection: str, wanted: Any) -> list[Document]:
        session = self.stored.get(collection)
        ids = wanted.get("$in", []) if isinstance(wanted, dict) else [wanted] if wanted else []
        return [{**session, "_id": one} for one in ids] if session else []


@dataclass(frozen=True, slots=True)
class Recorder:
    """Runs operations of one schema, each over a database of its own."""

    schema: Schema
    stored: Mapping[str, Document]

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
        result = await self.schema.execute(
            text,
            variable_values=variables,
            operation_name=name,
            context_value=Context(Store(database, DEADLINE)),
        )
        errors = result.errors or []
        ran = all(error.path for error in errors)
        return Recording(database.commands, [error.message for error in errors], ran)
