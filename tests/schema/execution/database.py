"""A database that notes every command, finds by `_id` alone, and fails where it is told to."""

import asyncio
import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from pymongo.errors import DuplicateKeyError

from benchmarks.replies import _ids
from benchmarks.sessions import project

Document = dict[str, Any]


class Cursor:
    """The rows of one find."""

    def __init__(self, collection: "Collection", rows: list[Document]) -> None:
        self._collection = collection
        self._rows = rows

    async def to_list(self, most: int | None) -> list[Document]:
        await self._collection.work("find")
        return self._rows[:most]


@dataclass
class Collection:
    """The documents of one kind, in the order of every answer."""

    name: str
    database: "Database"
    rows: list[Document] = field(default_factory=list)

    async def work(self, method: str) -> None:
        """Answer in the order of the commands, well apart from each other; fail if that is due."""
        for _ in range(20 * len(self.database.commands)):
            await asyncio.sleep(0)
        fault = self.database.faults.get((self.name, method))
        if fault is not None:
            raise fault

    def note(self, method: str, *parts: Any) -> None:
        self.database.commands.append(repr((self.name, method, *parts)))

    def find(self, wanted: Document, projection: Any = None, **options: Any) -> Cursor:
        self.note("find", wanted, projection, sorted(options.items(), key=str))
        rows = self._matching(wanted)[: options.get("limit") or None]
        return Cursor(self, [copy.deepcopy(project(row, projection)) for row in rows])

    async def find_one(self, wanted: Document) -> Document | None:
        self.note("find_one", wanted)
        await self.work("find_one")
        return copy.deepcopy(next(iter(self._matching(wanted)), None))

    async def estimated_document_count(self, **options: Any) -> int:
        self.note("estimated", options)
        await self.work("count")
        return self.database.figures[0]

    async def count_documents(self, wanted: Document, **options: Any) -> int:
        self.note("count", wanted, options)
        await self.work("count")
        return len(self._matching(wanted))

    async def aggregate(self, stages: Sequence[Document], **options: Any) -> Cursor:
        self.note("aggregate", stages, options)
        await self.work("aggregate")
        count, average = self.database.figures
        groups = next((stage["$group"] for stage in stages if "$group" in stage), None)
        if groups is None or "n" in groups:
            return Cursor(self, _groups(stages, count, average))
        return Cursor(self, [{"_id": None, "count": count, "average": average}] if count else [])

    async def insert_one(self, document: Document) -> None:
        self.note("insert", document)
        await self.work("insert")
        if any(row["_id"] == document["_id"] for row in self.rows):
            raise DuplicateKeyError("taken")
        self.rows.append(copy.deepcopy(document))

    async def update_one(self, guard: Document, change: Document, **_options: Any) -> Any:
        self.note("update", guard, change)
        await self.work("update")
        rows = self._matching(guard)[:1]
        for row in rows:
            _apply(row, copy.deepcopy(change))
        return SimpleNamespace(matched_count=len(rows))

    async def delete_one(self, wanted: Document) -> Any:
        self.note("delete", wanted)
        await self.work("delete")
        rows = self._matching(wanted)[:1]
        for row in rows:
            self.rows.remove(row)
        return SimpleNamespace(deleted_count=len(rows))

    async def find_one_and_update(self, wanted: Document, change: Document, **_: Any) -> Document:
        self.note("find_one_and_update", wanted, change)
        await self.work("find_one_and_update")
        rows = self._matching(wanted)
        if not rows:
            rows = [dict(wanted) | change.get("$setOnInsert", {})]
            self.rows += rows
        for name, step in change.get("$inc", {}).items():
            rows[0][name] = rows[0].get(name, 0) + step
        return copy.deepcopy(rows[0])

    def _matching(self, wanted: Mapping[str, Any]) -> list[Document]:
        ids = _ids(wanted)
        return self.rows if ids is None else [row for row in self.rows if row["_id"] in ids]


def _groups(stages: Sequence[Document], count: int, average: Any) -> list[Document]:
    """Two rows for each part of a question of statistics: with values, and with none."""
    parts = next((stage["$facet"].values() for stage in stages if "$facet" in stage), [stages])
    rows = []
    for part in parts:
        spec = next(stage["$group"]["_id"] for stage in part if "$group" in stage) or {}
        part_number = spec.get("p", {"$literal": 0})["$literal"]
        slots = {name: 20_000 for name in spec if name[0] == "t"}
        known = {"p": part_number, **slots, **{name: 1 for name in spec if name in ("b", "z")}}
        keys = {name: "text" for name in spec if name[0] == "k"}
        numbers = {"n": count, "s": average, "lo": average, "hi": average}
        rows += [{"_id": {**known, **keys}, **numbers}, {"_id": known, **numbers}]
    return rows


def _apply(row: Document, change: Document) -> None:
    row |= change.get("$set", {})
    for name, pushed in change.get("$push", {}).items():
        row[name] = [*row[name], *pushed["$each"]]
    for name in change.get("$unset", {}):
        row.pop(name, None)


class Database:
    """Collections by name, made when they are asked for."""

    client = None
    """No driver's."""

    def __init__(
        self,
        stored: Mapping[str, Sequence[Document]] | None = None,
        faults: Mapping[tuple[str, str], Exception] | None = None,
        figures: tuple[int, Any] = (3, 1.5),
    ) -> None:
        self.figures = figures
        """What counting and averaging come to."""
        self.commands: list[str] = []
        self.faults = faults or {}
        self.collections: dict[str, Collection] = {}
        for name, rows in (stored or {}).items():
            self[name].rows += copy.deepcopy(list(rows))

    def __getitem__(self, name: str) -> Collection:
        if name not in self.collections:
            self.collections[name] = Collection(name, self)
        return self.collections[name]

    async def command(self, command: str | Document, **_: Any) -> Document:
        """A find, or a ping."""
        if isinstance(command, str):
            return {}
        name, wanted, projection, limit = (
            command.get(part) for part in ("find", "filter", "projection", "limit")
        )
        found = self[name].find(wanted, projection, limit=limit, sort=command.get("sort"))
        return {"cursor": {"id": 0, "firstBatch": await found.to_list(limit)}}

    def shown(self) -> str:
        """Everything that is stored, for comparison."""
        return repr(sorted((name, one.rows) for name, one in self.collections.items() if one.rows))
