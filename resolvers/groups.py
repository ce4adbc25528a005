"""A question of statistics, as an immutable value: what to group by, and what to work out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from resolvers.kind import Column
from resolvers.request import All, Compare, Filter, Operator, Order
from resolvers.time_buckets import Every

MOST_GROUPS = 1000
"""In one answer."""
MOST_RANKED = 10_000
"""Groups that may be ordered before `first` cuts."""
MOST_ROWS = 50_000
"""That the database may give for one field: percentiles need many for each group."""
MOST_KEYS = 4
MOST_MEASURES = 10
MOST_RANKINGS = 10
"""Levels of an ordering."""
KIND = "kind"
"""The column that says of which kind a session is: known without reading it."""


class Leaf(NamedTuple):
    """A column of which a session has one value at most, and the objects it is a part of.

    Or a list of values that sessions are grouped by: a session is in the group of each.
    """

    column: Column
    parents: tuple[Column, ...] = ()

    @property
    def name(self) -> str:
        """As clients call it: `customerId`."""
        return self.column.element or Order(self.column, parents=self.parents).name

    @property
    def description(self) -> str:
        """Of a group's key."""
        if not self.column.many:
            return self.column.description
        return (
            f"One of its `{self.column.name}`: a session is in the group of each of them, and in "
            "that of null if it has none."
        )

    @property
    def path(self) -> str:
        """Where its values are stored."""
        return ".".join(column.path for column in (*self.parents, self.column))

    @property
    def columns(self) -> tuple[Column, ...]:
        """It and the objects around it."""
        return (*self.parents, self.column)


@lru_cache(1000)
def groupable(columns: tuple[Column, ...]) -> Mapping[str, Leaf]:
    """What can be grouped by, by name: texts, enums and booleans that can be filtered by."""
    lists = (Leaf(column) for column in columns if column.element)
    return {
        leaf.name: leaf
        for leaf in (*_leaves(columns), *lists)
        if leaf.column.type.grouped and leaf.path != "_id"
    }


@lru_cache(1000)
def measurable(columns: tuple[Column, ...]) -> Mapping[str, Leaf]:
    """What can be added up, by name: numbers that can be filtered by."""
    return {leaf.name: leaf for leaf in _leaves(columns) if leaf.column.type.measured}


def _leaves(columns: Sequence[Column], parents: tuple[Column, ...] = ()) -> Iterator[Leaf]:
    for column in columns:
        if column.many or column.hidden or not column.filterable:
            continue
        if column.columns:
            yield from _leaves(column.columns, (*parents, column))
        else:
            yield Leaf(column, parents)


class Figure(StrEnum):
    """What groups can be ordered by."""

    COUNT = "COUNT"
    KEY = "KEY"
    PERIOD_START = "PERIOD_START"
    RATE = "RATE"
    AVERAGE = "AVERAGE"
    MINIMUM = "MINIMUM"
    MAXIMUM = "MAXIMUM"
    SUM = "SUM"
    PERCENTILE = "PERCENTILE"


OF_NUMBERS = frozenset(
    {Figure.AVERAGE, Figure.MINIMUM, Figure.MAXIMUM, Figure.SUM, Figure.PERCENTILE}
)
"""The figures of one column."""


class Ranking(NamedTuple):
    """One level of an ordering of groups."""

    figure: Figure
    descending: bool = False
    of: Leaf | None = None
    p: float | None = None


class Measure(NamedTuple):
    """A column of numbers, and what is asked of them besides how many there are."""

    leaf: Leaf
    sums: bool = False
    ends: bool = False
    """The least and the greatest."""
    percentiles: bool = False

    def united(self, other: "Measure") -> "Measure":
        """What either asks."""
        return Measure(
            self.leaf,
            self.sums or other.sums,
            self.ends or other.ends,
            self.percentiles or other.percentiles,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of the sessions that meet a filter."""

    where: Filter
    group_by: tuple[Leaf, ...] = ()
    every: Every | None = None
    measures: tuple[Measure, ...] = ()
    rate_of: Filter | None = None
    """Of each group, the share that meets this too."""
    rated: bool = True
    """Whether that share is worked out; a filter that nobody asks the share of is checked only."""
    order: tuple[Ranking, ...] = ()
    first: int | None = None

    @property
    def most_groups(self) -> int:
        """How many there may be."""
        return MOST_GROUPS if self.first is None else MOST_RANKED

    @property
    def overlapping(self) -> bool:
        """Whether a session may be in several groups."""
        return any(leaf.column.many for leaf in self.group_by)

    def with_measures(self, more: Iterable[Measure]) -> "Question":
        """The question that asks for these, too."""
        found = {measure.leaf: measure for measure in self.measures}
        for measure in more:
            known = found.get(measure.leaf)
            found[measure.leaf] = known.united(measure) if known else measure
        return replace(self, measures=tuple(found.values()))


def bounds(where: Filter) -> tuple[datetime | None, datetime | None]:
    """Between which moments all sessions that meet a filter start; the second is outside."""
    match where:
        case Compare((Column(name="startedAt"),), operator, datetime() as moment):
            after = _after(moment)
            return {
                Operator.EQ: (moment, after),
                Operator.GTE: (moment, None),
                Operator.GT: (after, None),
                Operator.LT: (None, moment),
                Operator.LTE: (None, after),
            }.get(operator, (None, None))
        case All(parts):
            pairs = [bounds(part) for part in parts]
            starts = [start for start, _ in pairs if start is not None]
            ends = [end for _, end in pairs if end is not None]
            return max(starts, default=None), min(ends, default=None)
    return None, None


def _after(moment: datetime) -> datetime:
    """The next one: dates are whole milliseconds."""
    step = timedelta(milliseconds=1)
    return moment + step if moment < datetime.max - step else moment
