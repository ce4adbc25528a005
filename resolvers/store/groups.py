"""Statistics as one aggregation: sessions grouped and counted, numbers added up.

    Grouping(keys=("botId",), calendar=None, parts=(Part("durationSeconds", sums=True),))

becomes, after the `$match` of the filter,

    {"$group": {"_id": {"k0": "$botId", "b": <whether the duration is a finite number>},
                "n": {"$sum": 1}, "s": {"$sum": "$durationSeconds"}}}

Numbers that are missing, damaged or not finite stand in rows of their own, so that they spoil no
sum. For percentiles `b` is the number of a bucket (resolvers.figures). Several parts are the
branches of one `$facet`. Only stages and operators are used that every engine has.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from resolvers.figures import LOG_GROWTH, NEGATIVE, ZERO
from resolvers.kind import Document, Kind
from resolvers.request import Filter
from resolvers.store.driver import opened
from resolvers.store.operators import query
from resolvers.store.store import Store
from resolvers.time_buckets import (
    EPOCH,
    FIRST,
    LAST,
    LENGTHS,
    MILLISECOND,
    MONTHS,
    ORIGINS,
    SPREAD,
    Calendar,
    Span,
    Unit,
    from_ms,
)

Stage = dict[str, Any]
INFINITY = float("inf")
STARTED = "$startedAt"


@dataclass(frozen=True, slots=True)
class Part:
    """What one pass over the matches works out for each group, besides counting."""

    path: str | None = None
    """Where the numbers are stored; None: sessions are counted, nothing else."""
    sums: bool = False
    ends: bool = False
    percentiles: bool = False
    where: Filter | None = None
    """Only of the sessions that meet this too."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """What sessions are grouped by, in all parts alike."""

    keys: tuple[str, ...]
    """Stored paths."""
    calendar: Calendar | None
    parts: tuple[Part, ...]


class Row(NamedTuple):
    """A part's figures over the sessions of one group, or over some of them."""

    part: int
    keys: tuple[Any, ...]
    """As they are stored, whatever that is; None where there is nothing."""
    period: int | None
    """The number of a bucket of time (resolvers.time_buckets)."""
    bucket: int | None
    """The number of a bucket of numbers; None where there is no percentile."""
    sound: bool
    """Whether these sessions have a finite number."""
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here
    total: float
    low: float | None
    high: float | None


async def read(store: Store, kind: Kind, where: Filter, asked: Grouping, most: int) -> list[Row]:
    """At most `most` rows of each part, and one more where there are more."""
    branches = [_branch(asked, place, most + 1) for place in range(len(asked.parts))]
    found = await _aggregate(store, kind, [*_match(where), *_side_by_side(branches)], most)
    return [_row(asked, row) for row in found]


async def count(store: Store, kind: Kind, where: Filter, asked: Grouping) -> int:
    """How many groups there are."""
    stages = [*_match(where), {"$group": {"_id": _id(asked, {})}}, {"$count": "n"}]
    found = await _aggregate(store, kind, stages, 1)
    return int(found[0]["n"]) if found else 0


async def _aggregate(
    store: Store, kind: Kind, stages: Sequence[Stage], most: int
) -> list[Document]:
    async def rows() -> list[Document]:
        # More than there can be, so that one reply has them all, up to 16 MB.
        asked = {"maxTimeMS": store.max_time_ms, "batchSize": most + 2}
        found = await opened(store.collection(kind).aggregate(list(stages), **asked))
        documents: list[Document] = await found.to_list(None)
        return documents

    return await store.run(rows())


def _match(where: Filter) -> list[Stage]:
    return [{"$match": query(where)}]


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
    more: dict[str, Any] = {"p": place} if place else {}
    group: Stage = {"n": {"$sum": 1}}
    if part.path is not None:
        value = f"${part.path}"
        more["b"] = _bucket(value) if part.percentiles else _sound(value)
        group |= {"s": {"$sum": value}} if part.sums else {}
        if part.ends:  # texts and the like are left out: mongomock compares no text with a number
            below = {"$cond": [{"$lt": [value, INFINITY]}, value, None]}
            group |= {"lo": {"$min": below}, "hi": {"$max": below}}
    stages: list[Stage] = [{"$group": {"_id": _id(asked, more), **group}}, {"$limit": limit}]
    return stages if part.where is None else [*_match(part.where), *stages]


def _id(asked: Grouping, more: dict[str, Any]) -> Any:
    keys: dict[str, Any] = {f"k{place}": f"${path}" for place, path in enumerate(asked.keys)}
    if asked.calendar is not None:
        keys["t"] = _period(asked.calendar)
    return keys | more or None


def _sound(value: str) -> Any:
    """Whether it is a finite number: all other types, and NaN, come before or after those."""
    return {"$cond": [{"$gt": [value, -INFINITY]}, {"$lt": [value, INFINITY]}, False]}


def _bucket(value: str) -> Any:
    """As `resolvers.figures.bucket_of` has it; null for anything but a finite number."""
    above = {"$cond": [{"$lt": [value, INFINITY]}, _logarithm(value), None]}
    below = {"$add": [_logarithm({"$subtract": [0, value]}), NEGATIVE]}
    not_above = {"$cond": [{"$lt": [value, 0]}, below, ZERO]}
    number = {"$cond": [{"$gt": [value, -INFINITY]}, not_above, None]}
    return {"$cond": [{"$gt": [value, 0]}, above, number]}


def _logarithm(value: Any) -> Any:
    return {"$ceil": {"$divide": [{"$ln": value}, LOG_GROWTH]}}


def _period(calendar: Calendar) -> Any:
    """The number of the bucket of time; null for other values, and dates in no bucket."""
    numbered = [
        (span, _number(calendar.unit, place, span)) for place, span in enumerate(calendar.spans)
    ]
    number = _search(numbered)
    if calendar.end is None:
        number = {"$cond": [{"$gt": [STARTED, LAST]}, None, number]}
    return {"$cond": [{"$lt": [STARTED, calendar.start or FIRST]}, None, number]}


def _search(numbers: Sequence[tuple[Span, Any]]) -> Any:
    """A binary search for the span: a handful of comparisons even for a hundred years."""
    if len(numbers) == 1:
        return numbers[0][1]
    middle = len(numbers) // 2
    start = from_ms(numbers[middle][0].start)
    return {
        "$cond": [{"$lt": [STARTED, start]}, _search(numbers[:middle]), _search(numbers[middle:])]
    }


def _number(unit: Unit, place: int, span: Span) -> Any:
    """The number of a bucket, for sessions of one span."""
    if unit in MONTHS:
        shown = {"$subtract": [STARTED, -span.offset]}
        months = {"$add": [{"$multiply": [{"$year": shown}, 12]}, {"$month": shown}, -1]}
        return {"$floor": {"$divide": [months, MONTHS[unit]]}}
    origin: datetime = EPOCH + (ORIGINS[unit] - span.offset) * MILLISECOND
    number = {"$floor": {"$divide": [{"$subtract": [STARTED, origin]}, LENGTHS[unit]]}}
    if unit is Unit.HOUR and place:
        return {"$add": [number, place * SPREAD]}
    return number


def _row(asked: Grouping, found: Document) -> Row:
    row = found.get("row", found)
    id_ = row["_id"] or {}
    part, bucket = id_.get("p", 0), id_.get("b")
    period = id_.get("t")
    percentiles = asked.parts[part].percentiles
    sound = bucket is not None if percentiles else bool(bucket)
    return Row(
        part,
        tuple(id_.get(f"k{place}") for place in range(len(asked.keys))),
        None if period is None else int(period),
        int(_float(bucket)) if percentiles and sound else None,
        sound,
        int(row["n"]),
        *_numbers(row if sound else {}, ("s", "lo", "hi")),
    )


def _numbers(row: Document, names: Iterable[str]) -> tuple[float, float | None, float | None]:
    total, low, high = (
        None if (value := row.get(name)) is None else _float(value) for name in names
    )
    return total or 0.0, low, high


def _float(value: Any) -> float:
    """A number of any of BSON's classes; Decimal128 becomes a float by its text alone."""
    return float(value if isinstance(value, (int, float)) else str(value))
