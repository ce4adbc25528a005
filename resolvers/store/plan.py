"""A read as MongoDB finds: keyset paging by index ranges.

After a cursor, an ordering falls apart into ranges that follow one another: the rows that tie with
the cursor in all columns but the last, then in all but the last two, and so on; a nullable column
adds the range of its nulls. Each range is one `find` with plain bounds on one index, in the
ordering's own sort, so a page costs the same wherever it lies, ties and nulls included, and no
planner has to see through an `$or` (docs/adr/0002-keyset-ranges.md).

    Read(BOT, Compare((botId,), EQ, "b"), window=Window(first=20, after=<startedAt t, id x>))

becomes two finds, sorted by {startedAt: -1, _id: -1} and limited to 21:

    {"botId": "b", "startedAt": t, "_id": {"$lt": "x"}}
    {"botId": "b", "startedAt": {"$lt": t}}

A collection that is not under the gateway's rules may lack any value, or have values of any type.
There, values of other types follow in the order of types (resolvers.store.bson_order): one range
more at the end of the list.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from resolvers.kind import Kind
from resolvers.lists import parts
from resolvers.paging import decode_cursor, ordering
from resolvers.request import Columns, IdBound, Order, Paths, Read, Window
from resolvers.store import bson_order
from resolvers.store.mapped import Mapped
from resolvers.store.operators import NOTHING, Query, conjoin, query

KNOWN = 1000
"""How many orderings and projections are cached."""

Sort = list[tuple[str, int]]
Projection = dict[str, Any]
"""1 for a stored path that is read, `$slice` for a part of a list."""


class Plan(NamedTuple):
    """The finds of one page, to be run one after another until `limit` rows are there."""

    queries: tuple[Query, ...]
    sort: Sort
    limit: int
    """One more row than the page, to learn whether another page follows."""
    backward: bool
    """Rows arrive in reverse and are turned round."""
    projection: Projection | None
    match: Query
    """What `totalCount` counts: the filter alone."""


class Key(NamedTuple):
    """A column of an ordering, where it is stored."""

    path: str
    descending: bool
    nullable: bool
    least: Any
    is_id: bool


@lru_cache(KNOWN)
def _sort(keys: tuple[Key, ...]) -> tuple[tuple[str, int], ...]:
    return tuple((part.path, -1 if part.descending else 1) for part in keys)


def plan(
    read: Read, of_any_type: bool = False, mapped: Mapped | None = None, ranged: bool = False
) -> Plan:
    """How to fetch the rows that `read` describes.

    Values may be `of_any_type`, ids too; they may be in a collection of another shape. Values that
    tie with a place are asked for by a range if they may be: DocumentDB walks the index in order
    for `{$gte: v, $lte: v}`, and sorts for `v`; MongoDB does the same for both.
    """
    order, window = ordering(read), read.window
    backward = window.last is not None
    keys = _keys(read.kind, order, backward)
    start, end = _bounds(read, order, window, backward)
    match = query(read.where)
    if mapped:
        paths = [key.path for key in keys]
        start, end = (_stored(mapped, paths, place) for place in (start, end))
        keys = tuple(key._replace(path=mapped.path(key.path)) for key in keys)
        match = mapped.query(match)
    beyond = _beyond_any if of_any_type else _beyond
    equal = _within if ranged and not of_any_type else _equal
    within = conjoin([match, _until(keys, end, beyond, equal)]) if end else match
    if start:
        queries = tuple(conjoin([within, bound]) for bound in _after(keys, start, beyond, equal))
    else:
        queries = (within,)
    return Plan(
        queries=queries,
        sort=list(_sort(keys)),  # a driver may change what it is given
        limit=(window.last if backward else window.first or 0) + 1,  # type: ignore[operator]  # one of both is set
        backward=backward,
        projection=projection(read.columns),
        match=match,
    )


def _stored(mapped: Mapped, paths: Sequence[str], place: Sequence[Any] | None) -> Any:
    """A place among the sessions of a mapped collection."""
    if place is None:
        return None
    values = zip(paths, place, strict=False)
    return [one if isinstance(one, IdBound) else mapped.stored(path, one) for path, one in values]


def projection(columns: Columns) -> Projection | None:
    """What `find` returns of a document; None for all of it.

    A new one each time: a driver may change what it is given, and mongomock does.
    """
    return None if columns is None else _projection(columns).copy()


@lru_cache(KNOWN)
def _projection(columns: Paths) -> Projection:
    paths = {path for path in columns if isinstance(path, str)}
    # MongoDB refuses a path beside its own parent.
    shown = (p for p in paths if not any(p.startswith(f"{other}.") for other in paths))
    return dict.fromkeys(sorted(shown), 1) | _lists(columns) or {"_id": 1}


def _lists(columns: Paths) -> Projection:
    """The lists in parts: what is read of each, and its count."""
    found: Projection = {}
    for column, window in parts(columns):
        found[column.count] = 1
        if window is None:
            found[column.path] = 1
        elif (reach := window.reach) is not None:
            found[column.path] = {"$slice": [*reach] if isinstance(reach, tuple) else reach}
    return found


@lru_cache(KNOWN)
def _keys(kind: Kind, order: tuple[Order, ...], backward: bool) -> tuple[Key, ...]:
    """The ordering with its tie-break, in the direction of reading."""
    tie_break = Order(kind.by_name["sessionId"], order[-1].descending)
    names = [*(part.name for part in order), "sessionId"]
    # Nothing is left to decide after the session id.
    complete = (*order, tie_break)[: names.index("sessionId") + 1]
    return tuple(
        Key(
            part.path,
            part.descending != backward,
            part.nullable,
            part.column.type.least,
            part.path == "_id",
        )
        for part in complete
    )


def _bounds(
    read: Read, order: tuple[Order, ...], window: Window, backward: bool
) -> tuple[Sequence[Any] | None, Sequence[Any] | None]:
    """The cursor values where reading starts and where it must end."""
    after, before = (
        decode_cursor(place, read.kind, order, argument) if isinstance(place, str) else place
        for place, argument in ((window.after, "after"), (window.before, "before"))
    )
    return (before, after) if backward else (after, before)


Beyond = Callable[[Key, Any], Iterator[Query]]
"""The ranges that follow a value in one column."""
Equal = Callable[[Any], Any]
"""The condition for a value itself."""


def _after(
    keys: tuple[Key, ...], values: Sequence[Any], beyond: Beyond, equal: Equal
) -> Iterator[Query]:
    """The ranges that follow a place, nearest first."""
    if isinstance(bound := values[-1], IdBound):
        keys = keys[: len(values) - 1]
        # All rows that tie with the place stand on one side of it.
        if bound is (IdBound.GREATEST if keys[-1].descending else IdBound.LEAST):
            yield {key.path: equal(value) for key, value in zip(keys, values, strict=False)}
    for last in reversed(range(len(keys))):
        ties = {
            key.path: equal(value) for key, value in zip(keys[:last], values[:last], strict=True)
        }
        for bound in beyond(keys[last], values[last]):
            yield conjoin([ties, bound])


def _equal(value: Any) -> Any:
    """The condition for a value; a number that is none is equal to itself here."""
    return {"$eq": value} if isinstance(value, dict) else value


def _within(value: Any) -> Any:
    """The same as a range; nulls have none."""
    ordered = isinstance(value, str | int | float | datetime) and not isinstance(value, bool)
    return {"$gte": value, "$lte": value} if ordered else _equal(value)


def _beyond(key: Key, value: Any) -> Iterator[Query]:
    """What follows `value` in one column; nulls are its smallest value."""
    if key.descending:
        if value is not None:
            yield {key.path: {"$lt": value}}
            if key.nullable:
                yield {key.path: None}
    else:
        yield {key.path: {"$gte": key.least} if value is None else {"$gt": value}}


def _beyond_any(key: Key, value: Any) -> Iterator[Query]:
    """The same where values of every type may follow; among few rows, those with an equal place,
    in one range."""
    parts = bson_order.beyond(value, key.descending)
    if key.is_id:
        parts = [[condition for conditions in parts for condition in conditions]]
    for conditions in parts:
        wanted = [{key.path: condition} for condition in conditions]
        yield wanted[0] if len(wanted) == 1 else {"$or": wanted}


def _until(keys: tuple[Key, ...], values: Sequence[Any], beyond: Beyond, equal: Equal) -> Query:
    """The rows before a place: the ranges that would follow it in the opposite direction."""
    opposite = tuple(key._replace(descending=not key.descending) for key in keys)
    ranges = list(_after(opposite, values, beyond, equal))
    return {"$or": ranges} if ranges else NOTHING
