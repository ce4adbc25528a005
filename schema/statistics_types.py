"""The types of statistics, generated from a kind's columns.

    BotSessionStatistics { groups: [BotSessionGroup!]! groupCount: Int! }
    BotSessionGroup { key: BotSessionGroupKey! count: Int! share: Float! rate: Float … }

Their values are documents, and their fields columns, so that they are rendered as sessions are.
"""

import enum
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Optional

import strawberry
from strawberry import UNSET
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_snake_case

from resolvers.groups import (
    MOST_GROUPS,
    MOST_KEYS,
    MOST_RANKED,
    MOST_RANKINGS,
    Leaf,
    groupable,
    measurable,
)
from resolvers.kind import Column, Kind
from resolvers.percentiles import ERROR_PERCENT, NumberFigures
from resolvers.time_buckets import CHANGES, KNOWN_FROM
from resolvers.value_types import DATETIME, FLOAT, INTEGER, OBJECT, ValueType
from schema.columns import NOTE, ColumnField, column, columns_of
from schema.inputs import annotation_of
from schema.paging import OrderDirection
from schema.root_field import Argument

FIGURES = "figures"
"""Where a document of NumberStatistics keeps the NumberFigures that percentiles are asked of."""


@strawberry.enum(description="How long a bucket of time is, on the clocks of `timeZone`.")
class TimeBucket(enum.Enum):
    """Values of resolvers.time_buckets.Unit."""

    HOUR = strawberry.enum_value(
        "HOUR", description="From a full hour to the next; the day that clocks go back has 25."
    )
    DAY = strawberry.enum_value("DAY", description="From midnight, or the day's first instant.")
    WEEK = strawberry.enum_value("WEEK", description="From Monday.")
    MONTH = strawberry.enum_value("MONTH", description="From the first of the month.")
    QUARTER = strawberry.enum_value(
        "QUARTER", description="From the first of January, April, July or October."
    )
    YEAR = strawberry.enum_value("YEAR", description="From the first of January.")


@strawberry.enum(description="What groups of sessions can be ordered by.")
class StatisticsOrderField(enum.Enum):
    """Values of resolvers.groups.Figure."""

    COUNT = strawberry.enum_value("COUNT", description="How many sessions there are.")
    KEY = strawberry.enum_value("KEY", description="The values of `groupBy`, in its order.")
    PERIOD_START = strawberry.enum_value("PERIOD_START", description="The bucket of time.")
    RATE = strawberry.enum_value("RATE", description="The share that meets `rateOf`.")
    AVERAGE = strawberry.enum_value("AVERAGE", description="The average of the column `of`.")
    MINIMUM = strawberry.enum_value("MINIMUM", description="The least value of `of`.")
    MAXIMUM = strawberry.enum_value("MAXIMUM", description="The greatest value of `of`.")
    SUM = strawberry.enum_value("SUM", description="The sum of `of`.")
    PERCENTILE = strawberry.enum_value("PERCENTILE", description="The percentile `p` of `of`.")


class PercentileField(StrawberryField):
    """`percentile(p)`: asked of the NumberFigures in a document."""

    def __init__(self, description: str) -> None:
        super().__init__(python_name=None, description=description)
        self.arguments = [
            StrawberryArgument(
                "p", "p", StrawberryAnnotation(float), description="From 0 to 1: the 95th is 0.95."
            )
        ]

    @property
    def is_basic_field(self) -> bool:
        """Never: it is not an attribute of a document."""
        return False

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> float | None:
        """The percentile, or BadInput."""
        figures: NumberFigures = source[FIGURES]
        return figures.percentile(kwargs["p"])


@strawberry.type(
    description="Figures of one column over the sessions of a group. Sessions without a value are "
    "left out, as are stored values that are damaged or not finite."
)
class NumberStatistics:
    """A document; resolvers.percentiles has its values."""

    count: int = column("How many sessions have a value.")
    average: float | None = column("To three decimals; null over no values.")
    minimum: float | None = column("The least value; null over none.")
    maximum: float | None = column("The greatest value; null over none.")
    sum: float | None = column(
        "To three decimals; 0 over no values, null if it is too large for a Float."
    )
    percentile: float | None = PercentileField(  # type: ignore[assignment]  # a field
        "The smallest value that at least the share `p` of the values does not exceed, within "
        f"{ERROR_PERCENT} % of it; exact for `p` 0 and 1. Null over no values.",
    )


GROUP_BY = (
    f"At most {MOST_KEYS} columns: a group for each combination of values that occurs, null among "
    "them. One group of all sessions if left out. Personal columns need the scope `pii:read`."
)
EVERY = (
    "A group for each bucket of `startedAt`, too. If `filter` bounds `startedAt` on both sides, "
    "buckets without sessions are there with 0. Changes of the clocks are known from "
    f"{CHANGES[0]} to {CHANGES[1]}; if `filter` sets no start, from {KNOWN_FROM}."
)
TIME_ZONE = "The IANA name of the zone whose clocks `every` follows; UTC if left out."
RATE_OF = (
    "Of each group, the share that meets this too is its `rate`: the drop-offs among a bot's "
    "sessions, for example."
)
ORDER_BY = (
    f"The ordering of groups, at most {MOST_RANKINGS} levels, each figure once; if left out, by "
    "bucket and key, or largest first without `every`."
)
FIRST = (
    f"How many groups from the start of the ordering: 0 to {MOST_GROUPS:,}. Without it, more than "
    f"{MOST_GROUPS:,} groups are refused; with it, more than {MOST_RANKED:,}."
)


class StatisticsTypes:
    """The types of one kind's statistics: BotSessionStatistics, BotSessionGroup, …"""

    def __init__(self, type_: type, kind: Kind, more: Mapping[str, Any]) -> None:
        """`more` has the annotations of columns that the type lacks, by name."""
        self._type, self._kind, self._more = type_, kind, more
        self._keys, self._measures = groupable(kind.columns), measurable(kind.columns)
        for name in self._measures.keys() & {"key", "count", "share", "rate"}:
            raise TypeError(f"{kind.type_name}: a column of numbers cannot be called {name!r}.")

    @cached_property
    def group_by(self) -> Any:
        """`BotSessionGroupBy`."""
        name = f"{self._kind.type_name}GroupBy"
        return _enum_of(name, f"What {self._kind.type_name}s can be grouped by.", self._keys)

    @cached_property
    def order(self) -> Any:
        """`BotSessionStatisticsOrder`."""
        kind = self._kind.type_name
        text = f"Which numbers of {kind}s are measured."
        measure = _enum_of(f"{kind}Measure", text, self._measures)
        fields: dict[str, tuple[Any, Any]] = {
            "field": (StatisticsOrderField, _described("What to order by.")),
            "of": (
                Optional[measure],  # noqa: UP045  # made at run time
                _described("The column of an average, minimum, maximum, sum or percentile.", UNSET),
            ),
            "p": (
                float | None,
                _described("Of a percentile, from 0 to 1: the 95th is 0.95.", UNSET),
            ),
            "direction": (OrderDirection, _described("The direction.", OrderDirection.ASC)),
        }
        namespace = {
            "__annotations__": {field: annotation for field, (annotation, _) in fields.items()},
            **{field: made for field, (_, made) in fields.items()},
        }
        name = f"{kind}StatisticsOrder"
        return strawberry.input(
            type(name, (), namespace),
            name=name,
            description="One level of an ordering of groups. Among equal ones the key decides; "
            "null is the smallest value.",
        )

    @cached_property
    def statistics(self) -> Any:
        """`BotSessionStatistics`."""
        name = self._kind.type_name
        group = self._group
        groups = _column("groups", OBJECT, "The groups.", many=True, columns=columns_of(group))
        text = (
            "How many groups there are, before `first` cuts: with the empty buckets of a bounded "
            "range."
        )
        count = _column("groupCount", INTEGER, text)
        return _object(
            f"{name}Statistics",
            f"{name}s in groups.",
            {"groups": (list[group], groups), "group_count": (int, count)},  # type: ignore[valid-type]  # made at run time
        )

    @property
    def _group(self) -> Any:
        name, key = self._kind.type_name, self._key
        fields: dict[str, tuple[Any, Column]] = {
            "key": (
                key,
                _column("key", OBJECT, "What they have in common.", columns=columns_of(key)),
            ),
            "count": (int, _column("count", INTEGER, "How many there are.")),
            "share": (
                float,
                _column("share", FLOAT, "Of all sessions that meet `filter`, from 0 to 1."),
            ),
            "rate": (
                float | None,
                _column(
                    "rate",
                    FLOAT,
                    "Which share of the group meets `rateOf` too, from 0 to 1; null without "
                    "`rateOf`, and over no sessions.",
                    nullable=True,
                ),
            ),
        }
        numbers = columns_of(NumberStatistics)
        for leaf in self._measures.values():
            measure = _column(leaf.name, OBJECT, leaf.column.description, columns=numbers)
            fields[to_snake_case(leaf.name)] = (NumberStatistics, measure)
        return _object(f"{name}Group", f"{name}s that have something in common.", fields)

    @property
    def _key(self) -> Any:
        name = self._kind.type_name
        text = "The bucket's first instant, in UTC; null without `every`."
        start = _column("periodStart", DATETIME, text, nullable=True)
        fields: dict[str, tuple[Any, Column]] = {"period_start": (datetime | None, start)}
        for leaf in self._keys.values():
            shown = replace(
                leaf.column,
                name=leaf.name,
                stored="",
                nullable=True,
                many=False,
                description=leaf.description,
            )
            annotation = Optional[self._annotation(leaf)]  # type: ignore[valid-type]  # noqa: UP045  # as above
            fields[to_snake_case(leaf.name)] = (annotation, shown)
        return _object(
            f"{name}GroupKey",
            "What the sessions of a group have in common. A column that is not in `groupBy` is "
            "null, and so is one that the sessions of this group have no value of.",
            fields,
        )

    def _annotation(self, leaf: Leaf) -> Any:
        if leaf.name in self._more:
            return self._more[leaf.name]
        type_ = self._type
        for parent in leaf.parents:
            type_ = annotation_of(type_, parent)
        return annotation_of(type_, leaf.column)

    def arguments(self, filter_type: Any) -> tuple[Argument, ...]:
        """What a field takes besides its filter."""
        group_by, order = list[self.group_by], list[self.order]  # type: ignore[name-defined]  # made at run time
        return (
            Argument("groupBy", Optional[group_by], GROUP_BY),  # noqa: UP045  # made at run time
            Argument("every", TimeBucket | None, EVERY),
            Argument("timeZone", str | None, TIME_ZONE),
            Argument("rateOf", Optional[filter_type], RATE_OF, conditions=True),  # noqa: UP045
            Argument("orderBy", Optional[order], ORDER_BY),  # noqa: UP045  # made at run time
            Argument("first", int | None, FIRST),
        )


@lru_cache(100)
def types_of(type_: type, kind: Kind) -> StatisticsTypes:
    """The types of one kind's statistics."""
    return StatisticsTypes(type_, kind, {})


def _enum_of(name: str, description: str, leaves: Mapping[str, Leaf]) -> Any:
    members = {
        to_snake_case(leaf_name).upper(): strawberry.enum_value(
            leaf_name, description=leaf.description
        )
        for leaf_name, leaf in leaves.items()
    }
    made: Any = enum.Enum(name, members)  # type: ignore[misc]  # known at run time
    return strawberry.enum(made, name=name, description=description)


def _described(description: str, *default: Any) -> Any:
    """A field of an input; one without a default is required."""
    given = {"default": default[0]} if default else {}
    return strawberry.field(description=description, **given)


def _column(name: str, type_: ValueType, description: str, **more: Any) -> Column:
    return Column(**{"nullable": False, **more}, name=name, type=type_, description=description)


def _object(name: str, description: str, fields: Mapping[str, tuple[Any, Column]]) -> Any:
    """A type of documents; `fields` has the names of its attributes."""
    namespace: dict[str, Any] = {
        "__annotations__": {field: annotation for field, (annotation, _) in fields.items()},
        "__doc__": description,
    }
    for field, (_, shown) in fields.items():
        namespace[field] = ColumnField(
            graphql_name=shown.name, description=shown.description, metadata={NOTE: shown}
        )
    return strawberry.type(type(name, (), namespace), name=name, description=description)
