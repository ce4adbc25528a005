"""Where in time a collection has rows, roughly: for engines that walk no index in order.

Such an engine reads whatever lies within the bounds of a find, so a reader must know how far it may
look at once. A survey asks for slices of a grid of cells, whose width grows with their age, and
reads what lies between slices without a row. It costs some hundred small finds, and what it says is
an estimate: answers never depend on it, only how many rows are looked at.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

GROWTH, LATER_GROWTH = 256, 32
"""A cell is this part of its age wide, and at least FINEST; the second where it is OLD."""
FINEST: Final = timedelta(hours=1)
OLD: Final = timedelta(days=6 * 365)
SLICE: Final = 64
"""A slice is this part of a cell, which has two of them."""
TOGETHER: Final = 16
"""Cells that are looked at before what lies between their slices is read."""
OLDEST: Final = datetime(1970, 1, 1)
AHEAD: Final = timedelta(days=1)
"""Clocks differ: rows may begin so much later than now."""
FRESH: Final = timedelta(hours=1)
MOST_SHARES: Final = 1000

Count = Callable[[datetime, datetime], Awaitable[int]]
"""How many rows begin from one moment until another; it reads them all."""


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment until another, with about so many rows."""

    start: datetime
    end: datetime
    rows: int
    seen: datetime | None = None
    """A moment from which on there were some."""


@dataclass(slots=True)
class Timeline:
    """The spans of one column of a collection, the newest first; they follow one another."""

    spans: list[Span] = field(default_factory=list)
    made: datetime = datetime.min
    newest: datetime | None = None
    oldest: datetime | None = None
    """Moments with few rows after, or before them, from what was read last."""
    shares: dict[str, float] = field(default_factory=dict)
    """Which part of all rows has some values, about, by these values; as old as the survey."""

    def note_share(self, values: str, share: float) -> None:
        """Remember one; all are forgotten where they would be too many."""
        if len(self.shares) >= MOST_SHARES:
            self.shares.clear()
        self.shares[values] = share

    def as_text(self) -> str:
        """For a mark in the database: it has moments and numbers, and nothing of anybody."""
        rows = [
            [
                one.start.isoformat(),
                one.end.isoformat(),
                one.rows,
                one.seen and one.seen.isoformat(),
            ]
            for one in self.spans
        ]
        return json.dumps({"made": self.made.isoformat(), "spans": rows})

    @classmethod
    def of_text(cls, text: str) -> "Timeline":
        """What `as_text` wrote."""
        at, said = datetime.fromisoformat, json.loads(text)
        return cls(
            [
                Span(at(low), at(high), rows, seen and at(seen))
                for low, high, rows, seen in said["spans"]
            ],
            at(said["made"]),
        )

    def between(self, start: datetime, end: datetime, falling: bool) -> Iterator[Span]:
        """The spans of a stretch of time, from its end if `falling`; empty ones are joined."""
        found = []
        at = end
        for one in self.spans:
            low, high = max(one.start, start), min(one.end, end)
            if low >= high:
                continue
            if high < at:
                found.append(Span(high, at, 0))
            share = (high - low) / (one.end - one.start)
            found.append(Span(low, high, max(1, round(one.rows * share))))
            at = low
        if start < at:
            found.append(Span(start, at, 0))
        return iter(found if falling else found[::-1])


def merged(spans: Iterable[Span], share: float, least: int) -> Iterator[Span]:
    """Neighbours as one, until they have so many rows; of each only a share of the rows counts."""
    held: Span | None = None
    for one in spans:
        rows = round(one.rows * share)
        if held is None:
            held = Span(one.start, one.end, rows)
        elif held.rows + rows <= least:
            start, end = min(held.start, one.start), max(held.end, one.end)
            held = Span(start, end, held.rows + rows)
        else:
            yield held
            held = Span(one.start, one.end, rows)
    if held is not None:
        yield held


def now() -> datetime:
    """The moment, in UTC without an offset, as stored."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


async def survey(count: Count) -> Timeline:
    """Look along time from a day ahead to 1970."""
    found: list[Span] = []
    cells = list(_cells(now()))
    for place in range(0, len(cells), TOGETHER):
        await _look(count, cells[place : place + TOGETHER], found)
    return Timeline(found, now())


def _cells(moment: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The grid, the newest cell first."""
    end = moment + AHEAD
    while end > OLDEST:
        age = moment - end
        width = age / (LATER_GROWTH if age > OLD else GROWTH)
        start = max(OLDEST, end - max(FINEST, width))
        yield start, end
        end = start


async def _look(count: Count, cells: list[tuple[datetime, datetime]], found: list[Span]) -> None:
    """Add what some cells have: estimated by a slice of each, or by all of those without a row."""
    empty: list[tuple[datetime, datetime]] = []

    async def read_empty() -> None:
        if empty:
            start, end = empty[-1][0], empty[0][1]
            if rows := await count(start, end):
                found.append(Span(start, end, rows))
            empty.clear()

    for start, end in cells:
        quarter = (end - start) / 4
        hits = {}
        for low in (start + quarter, end - quarter):
            hits[low] = await count(low, low + (end - start) / SLICE)
        if rows := sum(hits.values()):
            await read_empty()
            fullest = max(hits, key=lambda low: hits[low])
            found.append(Span(start, end, rows * SLICE // 2, fullest))
        else:
            empty.append((start, end))
    await read_empty()


@dataclass(slots=True)
class Timelines:
    """Those of one process, by what they are of."""

    known: dict[str, Timeline] = field(default_factory=dict)
    making: dict[str, asyncio.Task[Timeline]] = field(default_factory=dict)

    async def of(self, name: str, make: Callable[[], Awaitable[Timeline]]) -> Timeline:
        """The timeline of a column; made at the first call, and made anew beside an old one."""
        found = self.known.get(name)
        if found is None or now() - found.made > FRESH:
            task = self.making.get(name)
            if task is None or task.done():
                task = self.making[name] = asyncio.create_task(self._make(name, make))
                task.add_done_callback(_ignore)
            if found is None:
                return await asyncio.shield(task)
        return found

    async def _make(self, name: str, make: Callable[[], Awaitable[Timeline]]) -> Timeline:
        made = self.known[name] = await make()
        return made


def _ignore(task: "asyncio.Task[Timeline]") -> None:
    """Whoever waits for it gets its error."""
    if not task.cancelled():
        task.exception()
