"""Stored documents of all kinds, sound and damaged in every way that BSON allows."""

from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any

from bson import Binary, Code, Decimal128, Int64, ObjectId
from bson.datetime_ms import DatetimeMS

from resolvers.kind import Column, Kind
from resolvers.lists import add_counts
from resolvers.value_types import DATETIME, FLOAT, INTEGER, ValueType
from schema.kinds import KINDS

Document = dict[str, Any]

IDS = ("a", "b", "ü/?", "12334", "0b6f3c55-6a3c-4a1e-9f4f-53a0c8f6c7d1")

SOUND: dict[ValueType, tuple[Any, ...]] = {
    INTEGER: (Int64(12),),
    FLOAT: (Int64(4), 2**60),
    DATETIME: (datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999000)),
}
"""What a database may give besides the examples of a type."""
DAMAGED: tuple[Any, ...] = (
    None,
    "OTHER",
    "",
    5,
    True,
    False,
    2**31,
    -(2**31) - 1,
    2**63 - 1,
    10**400,  # no BSON holds it, but nothing here may break on it either
    Int64(2**40),
    1.5,
    3.0,
    float("nan"),
    float("inf"),
    float("-inf"),
    datetime(2026, 3, 1),
    DatetimeMS(2**60),
    [],
    [None],
    ["x", None, 5],
    [[]],
    [{}],
    [{"name": 5}, None, {"name": "x", "value": "y"}],
    {},
    {"name": "x"},
    {"_id": 5, "userTags": "none"},
    ObjectId("0123456789abcdef01234567"),
    Decimal128("1.5"),
    Binary(b"\x00\xff"),
    Code("text"),
)


class Documents:
    """Makes documents; `damage` is the chance that a value is not what its column promises."""

    def __init__(self, random: Random, damage: float) -> None:
        self._random = random
        self._damage = damage

    def all(self) -> dict[str, list[Document]]:
        """Some documents for each collection."""
        return {entry.kind.collection: self._rows(entry.kind) for entry in KINDS}

    def _rows(self, kind: Kind) -> list[Document]:
        count = self._random.choice((0, 1, 2, 3, len(IDS)))
        rows = [self._session(kind, session_id) for session_id in IDS[:count]]
        if rows and self._chance(self._damage):
            rows.append(
                {**rows[0], "_id": self._random.choice((5, None, ObjectId("f" * 24), True))}
            )
        return rows

    def _session(self, kind: Kind, session_id: str) -> Document:
        damage = self._damage if self._chance(0.4) else 0.0
        row = self._part(kind.columns, damage) | {"_id": session_id}
        if self._chance(0.6):
            add_counts(kind.columns, row)
        if self._chance(0.3):
            row["unheardOf"] = {"x": [1]}
        return row

    def _part(self, columns: Sequence[Column], damage: float) -> Document:
        part: Document = {"revision": 1} if self._chance(0.7) else {}
        for column in columns:
            if self._chance(damage):
                if self._chance(0.8):
                    part[column.path] = self._random.choice(DAMAGED)
            elif column.many:
                self._put_list(part, column, damage)
            elif not (column.nullable and self._chance(0.3)):
                part[column.path] = self._one(column, damage)
            elif self._chance(0.5):
                part[column.path] = None
        return part

    def _put_list(self, part: Document, column: Column, damage: float) -> None:
        if self._chance(0.9):
            part[column.path] = [
                self._random.choice(DAMAGED) if self._chance(damage) else self._one(column, damage)
                for _ in range(self._random.choice((0, 1, 1, 2, 3)))
            ]

    def _one(self, column: Column, damage: float) -> Any:
        if column.columns:
            return self._part(column.columns, damage)
        return self._random.choice(
            column.values or (*column.type.examples, *SOUND.get(column.type, ()))
        )

    def _chance(self, share: float) -> bool:
        return self._random.random() < share
