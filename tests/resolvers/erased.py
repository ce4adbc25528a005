"""A person in every text of every kind, and where they are still found in a database."""

import random
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

import bson

from resolvers import customers, sessions
from resolvers.context import Context
from resolvers.folding import fold
from resolvers.identifiers import Identifier, IdentifierType
from resolvers.kind import Column, Document, Kind
from resolvers.rebuild import outdated
from resolvers.store.store import Store
from resolvers.value_types import BOOLEAN, ENUM, OBJECT, TEXT
from tests.conftest import KINDS_BY_NAME, NOW

T = TypeVar("T")
KINDS = tuple(KINDS_BY_NAME.values())
LENGTH = 2
"""Of each list."""


class KilledError(Exception):
    """Stands for the end of a process."""


@dataclass(frozen=True, slots=True)
class Mortal(Store):
    """A store of a process that may be killed: before a command, or after it and unanswered."""

    dice: random.Random = field(default_factory=lambda: random.Random(0))
    commands_left: list[int] = field(default_factory=lambda: [100_000])

    async def run(self, work: Awaitable[T]) -> T:
        """After the last command nothing happens any more."""
        self.commands_left[0] -= 1
        if self.commands_left[0] < 0 or (self.commands_left[0] == 0 and self.dice.random() < 0.5):
            work.close()  # type: ignore[attr-defined]  # a coroutine
            raise KilledError
        found = await work
        if self.commands_left[0] == 0:
            raise KilledError
        return found


class Planter:
    """Makes values that nobody else has: `Zq7x` and three Chinese characters, of which no other
    value has any."""

    def __init__(self, first: int = 0) -> None:
        self._numbers = count(first)
        self.planted: list[str] = []

    def text(self) -> str:
        """A new value."""
        number = next(self._numbers)
        run = "".join(chr(0x4E00 + 3 * number + place) for place in range(3))
        self.planted += [f"Zq{number}x", *run]
        return f"Zq{number}x {run}"

    def values(self, columns: Sequence[Column]) -> Document:
        """Every column that can have a text has one of these; lists have LENGTH entries."""
        found = {column.name: self._value(column) for column in columns if not column.derived}
        return {name: value for name, value in found.items() if value is not None}

    def _value(self, column: Column) -> Any:
        if column.many:
            return [self._one(column) for _ in range(LENGTH)]
        return self._one(column)

    def _one(self, column: Column) -> Any:
        if column.type is OBJECT:
            return self.values(column.columns)
        if column.type is TEXT:
            return self._text(column)
        if column.type is BOOLEAN:
            return True
        if column.default or column.nullable:
            return None
        if column.type is ENUM:
            return column.values[0]
        return NOW if column.type.sound(NOW) else max(column.minimum or 0, 1)

    def _text(self, column: Column) -> str | None:
        if column.pattern or column.format == "timezone":
            return None  # nobody can write anything else there
        if column.format == "uri":
            return f"https://example.com/{self.text().split()[0]}"
        return "neutral" if column.impersonal else self.text()


@dataclass
class Planted:
    """A person whose sessions are stored."""

    planted: list[str]
    by: Identifier
    ids: list[tuple[Kind, str]]
    """Every session of theirs."""


async def plant(context: Context, first: int = 0) -> Planted:
    """One session of each kind, full of values of one person, and the links that lead to all."""
    await outdated(context.store, KINDS)
    planter = Planter(first)
    by = Identifier(IdentifierType.CUSTOMER_ID, planter.text())
    identifiers, beside, stored = [by], [], []
    for kind in sorted(KINDS, key=lambda kind: kind.name == "chat"):  # the last one names others
        given = {**planter.values(kind.own_columns), "relatedSessions": []}
        if kind.name == "chat":
            given["relatedSessions"] = beside
        document = await sessions.create(context, kind, given)
        if reserved := kind.reservation(document):
            planter.planted.append(reserved.value)
        known = document.get("customer", {})
        found = [
            Identifier(type_, known[name])
            for type_, name in ((IdentifierType.CUSTOMER_ID, "id"), (IdentifierType.EMAIL, "email"))
            if name in known
        ]
        identifiers += found
        if not found:
            beside.append({"kind": kind.enum_name, "sessionId": document["_id"]})
        stored.append((kind, document["_id"]))
    await customers.link(context, identifiers)
    return Planted(planter.planted, by, stored)


async def everything(store: Store) -> dict[tuple[str, str], bytes]:
    """Every document of the database as bytes, by its collection and id."""
    names = await store.database.list_collection_names()
    return {
        (name, str(row["_id"])): bson.encode(row)
        for name in names
        for row in await store.database[name].find({}).to_list(None)
    }


def traces(documents: dict[tuple[str, str], bytes], planted: Sequence[str]) -> Iterator[str]:
    """Where planted values occur, in capitals or not."""
    for place, raw in documents.items():
        text = fold(f"{place} {raw.decode('utf-8', 'replace')}")
        yield from (f"{value} in {place}" for value in planted if fold(value) in text)


def theirs(
    documents: dict[tuple[str, str], bytes], planted: Sequence[str]
) -> dict[tuple[str, str], bytes]:
    """The documents in which planted values occur."""
    return {place: raw for place, raw in documents.items() if any(traces({place: raw}, planted))}
