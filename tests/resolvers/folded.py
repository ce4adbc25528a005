"""Statistics worked out document by document, in the plainest manner: the yardstick."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from resolvers.documents import is_sound
from resolvers.groups import Leaf
from resolvers.kind import Document
from resolvers.time_buckets import Every, Unit

MINUTE = timedelta(minutes=1)
Key = tuple[tuple[Any, ...], datetime | None]


@dataclass
class Folded:
    """One group."""

    count: int = 0
    matching: int = 0
    values: list[list[float]] = field(default_factory=list)
    """Of each measure."""


def period_start(moment: datetime, every: Every) -> datetime:
    """The first instant of a moment's bucket, both in UTC and without an offset."""
    local = _local(moment, every.zone)
    if every.unit is Unit.HOUR:
        return _hour(moment.replace(second=0, microsecond=0), every.zone)
    return _first_instant(first_day(local.date(), every.unit), every.zone)


@lru_cache(100_000)
def _hour(minute: datetime, zone: str) -> datetime:
    """The last minute until then that shows a full hour, or another hour than the one before."""
    shown = _local(minute, zone)
    while shown.minute:
        before = _local(minute - MINUTE, zone)
        if before.hour != shown.hour:
            break
        minute, shown = minute - MINUTE, before
    return minute


def first_day(day: date, unit: Unit) -> date:
    """The first day of a day's week, month and so on."""
    match unit:
        case Unit.WEEK:
            return day - timedelta(days=day.weekday())
        case Unit.MONTH:
            return day.replace(day=1)
        case Unit.QUARTER:
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case Unit.YEAR:
            return day.replace(month=1, day=1)
    return day


@lru_cache(10_000)
def _first_instant(day: date, zone: str) -> datetime:
    """The first minute at which a zone's clocks show this day, or a later one."""
    moment = datetime(day.year, day.month, day.day) - timedelta(hours=15)
    while _shown(moment + timedelta(hours=1), zone) < day:
        moment += timedelta(hours=1)
    while _shown(moment, zone) < day:
        moment += MINUTE
    return moment


def _shown(moment: datetime, zone: str) -> date:
    return _local(moment, zone).date()


def _local(moment: datetime, zone: str) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))


def buckets(start: datetime, end: datetime, every: Every) -> set[datetime]:
    """The buckets that some quarter of an hour of a range is in."""
    found, moment = set(), start
    while moment < end:
        found.add(period_start(moment, every))
        moment += 15 * MINUTE
    found.add(period_start(end - timedelta(milliseconds=1), every))
    return found


def fold(
    documents: Iterable[Document],
    group_by: Sequence[Leaf],
    every: Every | None,
    measures: Sequence[Leaf],
    rate_of: Callable[[Document], bool] = lambda _document: False,
) -> dict[Key, Folded]:
    """The groups of these documents, by their keys."""
    groups: dict[Key, Folded] = {}
    for document in documents:
        started = document.get("startedAt")
        if every and not isinstance(started, datetime):
            continue
        start = period_start(started, every) if every else None
        for keys in product(*(values(leaf, document) for leaf in group_by)):
            group = groups.setdefault((keys, start), Folded(values=[[] for _ in measures]))
            group.count += 1
            group.matching += rate_of(document)
            for place, leaf in enumerate(measures):
                value = at(leaf, document)
                if type(value) in (int, float) and math.isfinite(value):
                    group.values[place].append(value)
    return groups


def at(leaf: Leaf, document: Document) -> Any:
    """What a document has there; None where it has nothing."""
    value: Any = document
    for column in leaf.columns:
        value = value.get(column.path) if isinstance(value, dict) else None
    return value


def values(leaf: Leaf, document: Document) -> list[Any]:
    """The values by which a document is grouped: several of a list, if they are as promised."""
    value = at(leaf, document)
    found = value if leaf.column.many and isinstance(value, list) else [value]
    return [
        one if one is not None and is_sound(leaf.column, one) else None for one in found or [None]
    ]


def nearest_rank(values: Sequence[float], p: float) -> float:
    """The smallest value that at least the share `p` of them does not exceed."""
    return sorted(values)[max(1, math.ceil(p * len(values) - 1e-9)) - 1]
