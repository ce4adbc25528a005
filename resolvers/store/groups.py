"""Statistics as one aggregation: sessions grouped and counted, numbers added up.

    Grouping(keys=("botId",), calendar=None, parts=(Part(), Part("durationSeconds", sums=True)))

becomes, after the `$match` of the filter, the branches of a `$facet`

    [{"$group": {"_id": {"k0": "$botId"}, "n": {"$sum": 1}}}]
    [{"$match": <the duration is a finite number>},
     {"$group": {"_id": {"k0": "$botId", "p": …}, "n": …, "s": {"$sum": "$durationSeconds"}}}]

so that numbers that are missing, damaged or not finite spoil no sum. Slots of time and buckets of
numbers are found by arithmetic. Only stages and operators are used that every engine has, and
few comparisons: they are what the embedded engine is slowest at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bson import Code

from resolvers.kind import Document, Kind
from resolvers.percentiles import GROWTH, LEAST, signed
from resolvers.request import Filter
from resolvers.store.cursors import aggregate
from resolvers.store.leader import led
from resolvers.store.look_limit import Look, bounded
from resolvers.store.numbers import as_float, finite, no_list
from resolvers.store.operators import Query, conjoin, paths_of, query
from resolvers.store.read import shaped
from resolvers.store.store import Store
from resolvers.time_buckets import FIRST, LAST, Calendar, from_ms

Stage = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """What one pass over the matches works out for each group, besides counting."""

    path: str | None = None
    """Where the numbers are stored; None: sessions are counted, nothing else."""
    sums: bool = False
    ends: bool = False
    percentiles: bool = False
    where: Filter | None = None
    """Counts only the sessions that meet this too."""
    whole: bool = False
    """Counts all matches together, each once."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """What sessions are grouped by, in all parts alike."""

    keys: tuple[str, ...]
    """Stored paths."""
    calendar: Calendar | None
    parts: tuple[Part, ...]
    lists: tuple[str, ...] = ()
    """Those of the keys that are lists: a session counts for each of its values."""


class Row(NamedTuple):
    """A part's figures over the sessions of one group, or over some of them."""

    part: int
    keys: tuple[Any, ...]
    """As they are stored, whatever that is; None where there is nothing."""
    slots: tuple[int, ...]
    """The slots of time: see Calendar.phases."""
    bucket: int | None
    """The number of a bucket of numbers; None where there is no percentile."""
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here
    total: float
    low: float | None
    high: float | None


async def read(store: Store, kind: Kind, where: Filter, asked: Grouping, most: int) -> list[Row]:
    """At most `most` rows of each part, and one more where there are more."""
    where = await led(store, kind, where)
    branches = [_branch(asked, place, most + 1) for place in range(len(asked.parts))]
    stages = [*_first(store, kind, where, asked), *_side_by_side(branches)]
    found = await _aggregate(store, kind, stages, most)
    return [_row(asked, row) for row in found]


async def count(store: Store, kind: Kind, where: Filter, asked: Grouping) -> int:
    """How many combinations of keys and slots of time there are."""
    where = await led(store, kind, where)
    stages = [
        *_first(store, kind, where, asked),
        *_unwound(asked),
        {"$group": {"_id": _id(asked, {})}},
        {"$count": "n"},
    ]
    found = await _aggregate(store, kind, stages, 1)
    return int(found[0]["n"]) if found else 0


async def _aggregate(
    store: Store, kind: Kind, stages: Sequence[Stage], most: int
) -> list[Document]:
    # More than there can be, so that one reply has them all, up to 16 MB.
    work = aggregate(store, kind, stages, batchSize=most + 2)
    return await store.run(bounded(store, kind, stages[0]["$match"], Look.SCAN, work))


def _first(store: Store, kind: Kind, where: Filter, asked: Grouping) -> list[Stage]:
    """The sessions that meet a filter, with what is asked of them where they have another shape."""
    paths = {*asked.keys, *(["startedAt"] if asked.calendar else [])}
    for part in asked.parts:
        paths |= {part.path} if part.path else set()
        paths |= set(paths_of(query(part.where))) if part.where else set()
    return [
        {"$match": store.query(kind, _match(where, asked))},
        *shaped(store, kind, sorted(paths)),
    ]


def _match(where: Filter, asked: Grouping) -> Query:
    """The sessions that meet a filter; of buckets of time, those with a start that is a date."""
    wanted = [query(where)]
    if asked.calendar is not None:
        wanted += [{"startedAt": {"$gte": FIRST, "$lt": LAST}}, no_list("startedAt")]
    return conjoin(wanted)


def _side_by_side(branches: Sequence[list[Stage]]) -> list[Stage]:
    """One branch as it is; several as a row of documents all the same, in any number."""
    if len(branches) == 1:
        return branches[0]
    named = {f"part{place}": stages for place, stages in enumerate(branches)}
    return [
        {"$facet": named},
        {"$project": {"row": {"$concatArrays": [f"${name}" for name in named]}}},
        {"$unwind": "$row"},
    ]


def _branch(asked: Grouping, place: int, limit: int) -> list[Stage]:
    part = asked.parts[place]
    more: dict[str, Any] = {"p": {"$literal": place}} if place else {}
    group: Stage = {"n": {"$sum": 1}}
    stages: list[Stage] = []
    if part.where is not None:
        stages.append({"$match": query(part.where)})
    if part.path is not None:
        stages.append({"$match": finite(part.path)})
        value = f"${part.path}"
        more |= _bucket(value) if part.percentiles else {}
        group |= {"s": {"$sum": value}} if part.sums else {}
        group |= {"lo": {"$min": value}, "hi": {"$max": value}} if part.ends else {}
    if part.whole:
        return [{"$group": {"_id": more, **group}}]
    keyed = {"$group": {"_id": _id(asked, more), **group}}
    return [*stages, *_unwound(asked), keyed, {"$limit": limit}]


def _unwound(asked: Grouping) -> list[Stage]:
    """A session for each value of its lists; one without a value has null."""
    return [
        {"$unwind": {"path": f"${path}", "preserveNullAndEmptyArrays": True}}
        for path in asked.lists
    ]


def _id(asked: Grouping, more: dict[str, Any]) -> Any:
    keys: dict[str, Any] = {f"k{place}": f"${path}" for place, path in enumerate(asked.keys)}
    if asked.calendar is not None:
        keys |= _slots(asked.calendar)
    return keys | more or None


def _bucket(value: str) -> dict[str, Any]:
    """Sign and power of a finite number, as `resolvers.percentiles.bucket_of` has them."""
    size = {"$add": [{"$abs": value}, LEAST]}
    return {"b": {"$ceil": {"$log": [size, GROWTH]}}, "z": {"$divide": [value, size]}}


def _slots(calendar: Calendar) -> dict[str, Any]:
    """The number of the slot of time of each phase."""
    slots = {}
    for place, phase in enumerate(calendar.phases):
        since = {"$subtract": ["$startedAt", from_ms(phase)]}
        slots[f"t{place}"] = {"$floor": {"$divide": [since, calendar.slot]}}
    return slots


def _row(asked: Grouping, found: Document) -> Row:
    row = found.get("row", found)
    id_ = row["_id"] or {}
    phases = asked.calendar.phases if asked.calendar is not None else ()
    total, low, high = (as_float(row.get(name)) for name in ("s", "lo", "hi"))
    return Row(
        id_.get("p", 0),
        tuple(_key(id_.get(f"k{place}")) for place in range(len(asked.keys))),
        tuple(int(id_.get(f"t{place}", 0)) for place in range(len(phases))),
        signed(round(as_float(id_["z"]) or 0), int(as_float(id_["b"]) or 0))
        if "z" in id_
        else None,
        int(row["n"]),
        total or 0.0,
        low,
        high,
    )


def _key(value: Any) -> Any:
    """A value that is grouped by; BSON's code is a text that cannot be a key in Python."""
    return str(value) if isinstance(value, Code) else value
