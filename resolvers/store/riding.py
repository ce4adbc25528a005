"""Which part of a query an engine without ordered walks finds by an index, and what is left.

SecantusDB takes every row that the bounds on one index leave: equalities on its first columns, and
a range of the next. The rest of a query is compared row by row, so it must not decide how many rows
a read looks at. An `$in` of equalities is taken apart, for it bounds no further column.

    {"botId": {"$in": ["a", "b"]}, "startedAt": {"$lt": t}, "channel": "rtm"}

by startedAt: the prefixes {"botId": "a"} and {"botId": "b"}, until t; the rest {"channel": "rtm"}.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any

from resolvers.kind import Kind
from resolvers.store.operators import Query

PREFIXES = 16
"""Combinations of values that are read one beside another."""
BOUNDS = frozenset({"$gt", "$gte", "$lt", "$lte"})


@dataclass(frozen=True, slots=True)
class Riding:
    """A query, taken apart along one column of moments."""

    path: str
    prefixes: tuple[Query, ...]
    """Equalities on the columns before it in an index; one empty one if there are none."""
    least: datetime | None
    until: datetime | None
    """The bounds that the query itself sets, or wider ones."""
    bounds: Query
    """The query's own conditions on the path."""
    rest: Query

    def within(self, low: datetime | None, high: datetime | None, prefix: Query) -> Query:
        """What an index finds of a window, whose upper end is not in it."""
        window = dict(self.bounds)
        if low is not None and (self.least is None or low > self.least):
            window.pop("$gt", None)
            window["$gte"] = low
        if high is not None and (self.until is None or high < self.until):
            window.pop("$lte", None)
            window["$lt"] = high
        return {**prefix, self.path: window}

    def without(self, prefix: Query) -> Query:
        """The rows that have no moment there."""
        return {**prefix, self.path: None}


def riding(kind: Kind, query: Query, path: str) -> Riding | None:
    """The query along a column; None if it asks for one moment of it."""
    own = query.get(path, {})
    if not isinstance(own, Mapping):
        return None
    bounds = {name: value for name, value in own.items() if name in BOUNDS}
    if not all(isinstance(value, datetime) for value in bounds.values()):
        return None
    taken = _prefix(kind, query, path)
    rest = {key: value for key, value in query.items() if key not in taken and key != path}
    if others := {name: value for name, value in own.items() if name not in BOUNDS}:
        rest[path] = others
    lows = [value for name, value in bounds.items() if name in ("$gt", "$gte")]
    highs = [value for name, value in bounds.items() if name in ("$lt", "$lte")]
    return Riding(
        path,
        tuple(_combined(query, taken)),
        max(lows, default=None),
        min(highs, default=None),
        bounds,
        rest,
    )


def _prefix(kind: Kind, query: Query, path: str) -> tuple[str, ...]:
    """The columns before `path` in an index that the query compares for equality; the most."""
    best: tuple[str, ...] = ()
    for index in kind.indexes:
        if path not in index.keys:
            continue
        before = index.keys[: index.keys.index(path)]
        if len(before) > len(best) and all(equalities(query.get(key, {})) for key in before):
            best = before
    combinations = 1
    for key in best:
        combinations *= len(equalities(query[key]))
    return best if combinations <= PREFIXES else ()


def equalities(condition: Any) -> list[Any]:
    """The values that a condition compares for equality; none if it is another condition."""
    if not isinstance(condition, Mapping):
        return [condition]
    if set(condition) == {"$in"}:
        return list(dict.fromkeys(condition["$in"]))
    return [condition["$eq"]] if set(condition) == {"$eq"} else []


def _combined(query: Query, paths: tuple[str, ...]) -> Iterator[Query]:
    for values in product(*(equalities(query[path]) for path in paths)):
        yield dict(zip(paths, values, strict=True))
