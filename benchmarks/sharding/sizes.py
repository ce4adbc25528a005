"""Bytes of a session and of its index entries, measured on generated sessions.

A document counts as BSON has it, an index entry as BSON has the values of its key, with the number
by which MongoDB finds the document. Both are before compression: MongoDB compresses blocks of
documents, and index entries that begin alike share what they begin with.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import product
from typing import Any

import bson

from app.commands.demo.generate import generate
from resolvers import bulk
from resolvers.context import Context
from resolvers.kind import Document, Kind
from schema.kinds import KINDS

SAMPLE = 300
"""Sessions of each kind: as many as the demo has."""
NOW = datetime(2026, 1, 1)
SEED = 0
TENANT = "tenant-1"
RECORD_ID = 8
"""Bytes at most of the number by which an index entry finds its document."""
EMPTY = len(bson.encode({}))


@dataclass(frozen=True, slots=True)
class Size:
    """Mean bytes of one session."""

    document: float
    indexes: Mapping[str, float]
    """By the index's name; all entries that one session has there."""

    @property
    def index(self) -> float:
        """In all indexes."""
        return sum(self.indexes.values())


@cache
def measured(kind: Kind, count: int = SAMPLE) -> Size:
    """Of generated sessions of a kind, each of which has a tenant."""
    rows = list(_sessions(kind, count))
    keys = {"_id_": ("_id",), **{one.name: one.keys for one in kind.indexes}}
    indexes = {
        name: sum(_entry_bytes(row, paths) for row in rows) / count for name, paths in keys.items()
    }
    return Size(sum(len(bson.encode(row)) for row in rows) / count, indexes)


def mean() -> Size:
    """Of a session of any kind, where there are as many of each; all indexes are one."""
    found = [measured(entry.kind) for entry in KINDS]
    documents, indexes = ([getattr(one, name) for one in found] for name in ("document", "index"))
    return Size(sum(documents) / len(found), {"all": sum(indexes) / len(found)})


def _sessions(kind: Kind, count: int) -> Iterator[Document]:
    context = Context.offline()
    for draft in generate(kind, count, SEED, NOW):
        yield {**bulk.prepare(context, draft), "tenant": TENANT}


def _entry_bytes(session: Document, keys: Sequence[str]) -> int:
    """Of all entries of one session in an index: one for each element of a list."""
    columns = [_distinct(values(session, key.lstrip("-").split("."))) for key in keys]
    return sum(RECORD_ID + sum(map(_bytes, entry)) for entry in product(*columns))


def _distinct(found: Iterable[Any]) -> list[Any]:
    return list({repr(one): one for one in found}.values())


def values(document: Any, names: Sequence[str]) -> list[Any]:
    """The values at a stored path, as an index has them: through lists, None where nothing is."""
    if isinstance(document, list):
        return [value for one in document for value in values(one, names)] or [None]
    if not names:
        return [document]
    inner = document.get(names[0]) if isinstance(document, dict) else None
    return values(inner, names[1:])


def _bytes(value: Any) -> int:
    """Of a value in BSON, with its type and an empty name."""
    return len(bson.encode({"": value})) - EMPTY
