"""Rows of the database put together to groups, with the empty ones, in the order that was asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from resolvers.documents import is_sound
from resolvers.errors import LimitExceeded
from resolvers.groups import MOST_GROUPS, MOST_RANKED, Figure, Leaf, Measure, Question, Ranking
from resolvers.percentiles import NumberFigures
from resolvers.store.groups import Row
from resolvers.time_buckets import Calendar, from_ms
from resolvers.value_types import INTEGER

Key = tuple[tuple[Any, ...], int | None]
"""The values of the columns that are grouped by, and the start of the bucket of time."""


@dataclass(slots=True)
class Group:
    """The sessions that have the same values, and started in the same bucket of time."""

    keys: tuple[Any, ...]
    """In the order of the question; None where a session has no value, or a damaged one."""
    period_start: datetime | None
    figures: tuple[NumberFigures, ...]
    """In the order of the question's measures."""
    count: int = 0
    matching: int = 0
    """How many of them meet `rate_of` too."""
    share: float = 0.0
    """Of all sessions that meet the filter."""

    @property
    def rate(self) -> float | None:
        """The share of the group that meets `rate_of`; None over no sessions."""
        return self.matching / self.count if self.count else None


class Statistics(NamedTuple):
    """The groups that are shown, and how many there are."""

    groups: Sequence[Group]
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here


@dataclass(slots=True)
class Tally:
    """Groups, as rows of one kind after another are added."""

    question: Question
    calendar: Calendar | None
    groups: dict[Key, Group] = field(default_factory=dict)
    total: int = 0
    _starts: dict[tuple[int, ...], int | None] = field(default_factory=dict)

    def add(self, rows: Iterable[Row], known: Sequence[Any]) -> None:
        """Put the rows of a kind to the groups.

        `known` has the values of keys that are not read, and None for those that are.
        """
        for row in rows:
            if not row.count:  # mongomock has a row over nothing
                continue
            if row.part == self._total_part:
                self.total += row.count
            if row.part == 0 or row.part > self._total_part:
                self._add(row, self._keys(row.keys, known))

    @property
    def _total_part(self) -> int:
        """The part whose rows make the number of all sessions together."""
        return 1 if self.question.overlapping else 0

    def _add(self, row: Row, keys: tuple[Any, ...]) -> None:
        group = self._group((keys, self._start(row.slots)))
        place = row.part - self._total_part - 1
        if row.part == 0:
            group.count += row.count
        elif place < len(group.figures):
            group.figures[place].add(row.count, row.total, row.low, row.high, row.bucket)
        else:
            group.matching += row.count

    def _group(self, key: Key) -> Group:
        group = self.groups.get(key)
        if group is None:
            keys, start = key
            figures = tuple(
                NumberFigures(whole=measure.leaf.column.type is INTEGER)
                for measure in self.question.measures
            )
            group = Group(keys, None if start is None else from_ms(start), figures)
            self.groups[key] = group
        return group

    def _keys(self, stored: Sequence[Any], known: Sequence[Any]) -> tuple[Any, ...]:
        values = iter(stored)
        return tuple(
            _value(leaf, next(values)) if given is None else given
            for leaf, given in zip(self.question.group_by, known, strict=True)
        )

    def _start(self, slots: tuple[int, ...]) -> int | None:
        if self.calendar is None:
            return None
        if slots not in self._starts:
            self._starts[slots] = self.calendar.bucket_of(slots)
        return self._starts[slots]

    def ended(self) -> Statistics:
        """The groups in their order, `first` of them; LimitExceeded if there are too many."""
        self._fill()
        count = len(self.groups)
        if count > self.question.most_groups:
            raise too_many(count, self.question.most_groups)
        for group in self.groups.values():
            group.share = group.count / self.total if self.total else 0.0
        ordered = ranked(list(self.groups.values()), self.question)
        return Statistics(ordered[: self.question.first], count)

    def _fill(self) -> None:
        """Add the groups without sessions: the only one, and buckets of a bounded range."""
        keys = {keys for keys, _ in self.groups}
        if not self.question.group_by:
            keys.add(())
        starts = self.calendar.starts() if self.calendar else None
        if starts is None:
            if not self.question.group_by and self.calendar is None:
                self._group(((), None))
            return
        count, most = len(keys) * len(starts), self.question.most_groups
        if count > most:
            raise too_many(count, most)
        for start in starts:
            for key in keys:
                self._group((key, start))


def _value(leaf: Leaf, stored: Any) -> Any:
    return stored if stored is not None and is_sound(leaf.column, stored) else None


def too_many(count: int, most: int, about: bool = False) -> LimitExceeded:
    """The refusal of that many groups, or `about` so many, where `most` are allowed."""
    number = f"up to {count:,}" if about else f"{count:,}"
    return LimitExceeded(
        f"This makes {number} groups: at most {MOST_GROUPS:,} are answered. Narrow the filter, "
        "group by fewer columns or longer periods, or keep the `first` of an ordering (of at most "
        f"{MOST_RANKED:,}).",
        limit="groups",
        maximum=most,
        actual=count,
    )


def ranked(groups: list[Group], question: Question) -> list[Group]:
    """The groups in their order; the key decides between equal ones, and null is the smallest."""
    groups.sort(key=_place)
    order = question.order or (() if question.every else (Ranking(Figure.COUNT, True),))
    for ranking in reversed(order):
        groups.sort(key=lambda group: _worth(group, ranking, question), reverse=ranking.descending)
    return groups


def _place(group: Group) -> Any:
    return (_sortable(group.period_start), *map(_sortable, group.keys))


def _sortable(value: Any) -> tuple[Any, ...]:
    return () if value is None else (value,)


def _worth(group: Group, ranking: Ranking, question: Question) -> Any:
    match ranking.figure:
        case Figure.COUNT:
            return group.count
        case Figure.KEY:
            return tuple(map(_sortable, group.keys))
        case Figure.PERIOD_START:
            return _sortable(group.period_start)
        case Figure.RATE:
            return _sortable(group.rate)
    return _sortable(_of_numbers(_figures(group, ranking.of, question.measures), ranking))


def _figures(group: Group, leaf: Leaf | None, measures: Sequence[Measure]) -> NumberFigures:
    place = next(place for place, measure in enumerate(measures) if measure.leaf == leaf)
    return group.figures[place]


def _of_numbers(figures: NumberFigures, ranking: Ranking) -> float | None:
    match ranking.figure:
        case Figure.AVERAGE:
            return figures.average
        case Figure.MINIMUM:
            return figures.low
        case Figure.MAXIMUM:
            return figures.high
        case Figure.SUM:
            return figures.sum
    assert ranking.p is not None
    return figures.percentile(ranking.p)
