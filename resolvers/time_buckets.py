"""Hours, days and longer buckets of time, as a zone's clocks show them.

    Calendar(Every(Unit.DAY, "Europe/Berlin"), start, end).starts()

gives the first instant of each day, in UTC: 22:00 in summer, 23:00 in winter. A zone is a row of
spans, each with one offset, so that nothing else has to know its rules.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from resolvers.moments import MILLISECOND

EPOCH = datetime(1970, 1, 1)
HOUR, DAY, WEEK = 3_600_000, 86_400_000, 7 * 86_400_000
"""In milliseconds."""
PROBE = timedelta(days=3)
"""No zone has changed its clocks twice within that time since 1900."""
CHANGES = (1900, 2100)
"""The years whose changes of the clocks are known. Before and after, the clocks stay as they are at
these ends: so a question about thousands of years costs no more than one about these."""
KNOWN_FROM = 1970
"""The first such year where a range has no start of its own."""
FIRST, LAST = datetime(2, 1, 1), datetime(9999, 12, 25)
"""Dates beyond these are in no bucket: its start could not be shown in every zone."""


class Unit(StrEnum):
    """How long a bucket is."""

    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"


MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}
"""How many months a bucket has; the other units are a fixed time on a clock without changes."""
LENGTHS = {Unit.HOUR: HOUR, Unit.DAY: DAY, Unit.WEEK: WEEK}
ORIGINS = {Unit.HOUR: 0, Unit.DAY: 0, Unit.WEEK: -3 * DAY}
"""Where bucket 0 begins: weeks begin on Mondays, and 1970 began on a Thursday."""


class Every(NamedTuple):
    """A unit of time on the clocks of a zone."""

    unit: Unit
    zone: str = "UTC"
    """An IANA name."""


class Span(NamedTuple):
    """A time without changes of the clocks: it ends where the next one begins."""

    start: int
    """Milliseconds since 1970, in UTC."""
    offset: int
    """Milliseconds that the clocks are ahead of UTC."""


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return (moment - EPOCH) // MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """The moment so many milliseconds after 1970; OverflowError beyond the years 1 to 9999."""
    return EPOCH + milliseconds * MILLISECOND


class Calendar:
    """The buckets of a unit in a zone, between two moments where there are any."""

    def __init__(self, every: Every, start: datetime | None, end: datetime | None) -> None:
        """`end` itself is outside."""
        self.unit = every.unit
        self.start = None if start is None else max(start, FIRST)
        self.end = None if end is None else min(end, LAST)
        self.spans = spans(every.zone, start, end)
        self._begins = [span.start for span in self.spans]

    @property
    def empty(self) -> bool:
        """Whether no session can be in its range."""
        after_all = self.start is not None and self.start >= LAST
        before_all = self.end is not None and self.end <= FIRST
        return after_all or before_all or self.size() == 0

    def starts(self) -> list[int] | None:
        """The starts of all buckets; None where the range is not bounded."""
        if self.start is None or self.end is None:
            return None
        first, last = to_ms(self.start), to_ms(self.end) - 1
        if last < first:
            return []
        if self.unit is Unit.HOUR:
            return list(self._hours(first, last))
        numbers = range(self._number(first), self._number(last) + 1)
        found = (self._start_of(number) for number in numbers)
        return sorted({start for start in found if start is not None})

    def size(self) -> int | None:
        """How many buckets a bounded range has, about, worked out without looking at each."""
        if self.start is None or self.end is None:
            return None
        first, last = to_ms(self.start), to_ms(self.end) - 1
        if last < first:
            return 0
        if self.unit is Unit.HOUR:
            return last // HOUR - first // HOUR + 1
        return self._number(last) - self._number(first) + 1

    @property
    def slot(self) -> int:
        """How long a slot of time is: as a bucket, or a day for months."""
        return LENGTHS.get(self.unit, DAY)

    @cached_property
    def phases(self) -> tuple[int, ...]:
        """Where slots begin, after a whole number of them since 1970.

        Mostly one for each offset of the zone: midnight in winter and midnight in summer. Buckets
        begin only where a slot of some phase does. So the database finds the slots of a session by
        division alone, and does not have to know when clocks change.
        """
        origin = ORIGINS.get(self.unit, 0)
        known = [(place, span) for place, span in enumerate(self.spans) if self._touches(place)]
        found = {(origin - span.offset) % self.slot for _, span in known}
        leaps = (  # clocks leap into a bucket, or back into the one before
            span.start
            for place, span in known
            if place and self.bucket(span.start) != self.bucket(span.start - 1)
        )
        return tuple(sorted(found | {start % self.slot for start in leaps}))

    def _touches(self, place: int) -> bool:
        before_end = place == 0 or self.end is None or self.spans[place].start < to_ms(self.end)
        return before_end and self._end_of(place) > self._first

    @cached_property
    def _first(self) -> int:
        """The start of the first bucket, which may lie before a change of the clocks."""
        if self.start is None:
            return to_ms(datetime.min)
        start = to_ms(self.start)
        bucket = self.bucket(start)
        return start if bucket is None else bucket

    def bucket_of(self, slots: Sequence[int]) -> int | None:
        """The start of the bucket of a session, from its slot of each phase."""
        starts = (
            number * self.slot + phase for number, phase in zip(slots, self.phases, strict=True)
        )
        return self.bucket(max(starts))

    def bucket(self, moment: int) -> int | None:
        """The first instant of the bucket that a moment is in."""
        if self.unit is Unit.HOUR:
            index = self._index(moment)
            return self._start_of_hour(index, (moment + self.spans[index].offset) // HOUR)
        return self._start_of(self._number(moment))

    def _start_of(self, number: int) -> int | None:
        """The first instant of a bucket; None for a day that a zone leapt over."""
        begin, end = self._local(number), self._local(number + 1)
        place = max(0, bisect_right(self._begins, begin - DAY) - 1)
        for index in range(place, len(self.spans)):
            span = self.spans[index]
            if index and span.start - DAY > end:
                break
            start = begin - span.offset
            if index:
                start = max(start, span.start)
            if start + span.offset < end and start < self._end_of(index):
                return start
        return None

    def _start_of_hour(self, index: int, hour: int) -> int:
        """An hour begins where a clock shows a full hour, or leaps into one.

        Clocks that are put back by half an hour stay in the hour that they were in.
        """
        span = self.spans[index]
        start = hour * HOUR - span.offset
        if index == 0 or start >= span.start:
            return start
        shown_before = (span.start + self.spans[index - 1].offset - 1) // HOUR
        if shown_before == hour:
            return self._start_of_hour(index - 1, hour)
        return span.start

    def _hours(self, first: int, last: int) -> Iterator[int]:
        moment, before = first, None
        while moment <= last:
            index = self._index(moment)
            hour = (moment + self.spans[index].offset) // HOUR
            start = self._start_of_hour(index, hour)
            if start != before:
                yield start
            before = start
            moment = min((hour + 1) * HOUR - self.spans[index].offset, self._end_of(index))

    def _index(self, moment: int) -> int:
        return max(0, bisect_right(self._begins, moment) - 1)

    def _end_of(self, index: int) -> int:
        return self._begins[index + 1] if index + 1 < len(self._begins) else to_ms(datetime.max)

    def _number(self, moment: int) -> int:
        local = moment + self.spans[self._index(moment)].offset
        if self.unit in LENGTHS:
            return (local - ORIGINS[self.unit]) // LENGTHS[self.unit]
        day = from_ms(local)
        return (day.year * 12 + day.month - 1) // MONTHS[self.unit]

    def _local(self, number: int) -> int:
        """What the clocks show when a bucket begins, if they ever show it."""
        if self.unit in LENGTHS:
            return ORIGINS[self.unit] + number * LENGTHS[self.unit]
        year, month = divmod(number * MONTHS[self.unit], 12)
        if year > date.max.year:
            return (date.max.toordinal() + 1 - EPOCH.toordinal()) * DAY
        return (date(year, month + 1, 1).toordinal() - EPOCH.toordinal()) * DAY


def spans(zone: str, start: datetime | None, end: datetime | None) -> tuple[Span, ...]:
    """The spans of a zone from before the bucket of `start` to `end`; the first has no start."""
    low, high = CHANGES
    first = KNOWN_FROM if start is None else min(max(start.year - 1, low), high)
    last = high if end is None else min(end.year + 1, high)
    return _spans(zone, first, max(first, last))


@lru_cache(50)
def _spans(zone: str, first_year: int, last_year: int) -> tuple[Span, ...]:
    clock = ZoneInfo(zone)
    low = datetime(first_year, 1, 1, tzinfo=clock)
    before = _offset(clock, low)
    found = [Span(to_ms(low.replace(tzinfo=None)), before // MILLISECOND)]
    for _ in range(((last_year - first_year + 1) * 366) // PROBE.days + 1):
        high = low + PROBE
        after = _offset(clock, high)
        if after != before:
            change = _change(clock, low, high)
            found.append(Span(to_ms(change), after // MILLISECOND))
            before = after
        low = high
    return tuple(found)


def _change(clock: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The second between two moments at which the offset changes."""
    before = _offset(clock, low)
    same, other = 0, (high - low) // timedelta(seconds=1)
    while other - same > 1:
        middle = (same + other) // 2
        if _offset(clock, low + timedelta(seconds=middle)) == before:
            same = middle
        else:
            other = middle
    return (low + timedelta(seconds=other)).replace(tzinfo=None)


def _offset(clock: ZoneInfo, moment: datetime) -> timedelta:
    """How far the clocks are ahead at a moment in UTC, which names the zone all the same.

    Moments of one zone are subtracted as its clocks show them.
    """
    return clock.fromutc(moment) - moment
