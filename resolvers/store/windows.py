"""Finds in windows, for engines that walk no index in order (docs/adr/0036-windows.md).

SecantusDB reads every row that a find's bounds leave, sorts all of them and cuts: the first page of
a million sessions would take it a minute. So a find that is ordered by moments is read in windows
of that column, the nearest first, until it has its rows. Where in time there are rows is known from
a survey; slices of a window say how many there are about, before it is read as a whole.

    newest first, 21 rows    [a day ahead, ∞)  [10:04, a day ahead)  [10:02, 10:04)  …

Engines that walk indexes, small collections, and collections of others are read as planned.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any, Final

from resolvers.kind import Document, Kind
from resolvers.store.branches import apart, united
from resolvers.store.bson_order import in_order
from resolvers.store.cursors import aggregate
from resolvers.store.find import find
from resolvers.store.look_limit import Look, bounded
from resolvers.store.operators import Query
from resolvers.store.plan import Plan, Projection
from resolvers.store.riding import Riding, riding
from resolvers.store.session_ids import as_text
from resolvers.store.store import Store
from resolvers.store.surveys import MOST_ROWS, is_quick, rows_within, share_of, timeline_of
from resolvers.store.timeline import AHEAD, OLDEST, Span, Timeline, merged, now

BUDGET: Final = 500
"""Rows that a window may have, about."""
LARGEST_BUDGET: Final = MOST_ROWS
"""That of later windows, where few of the rows meet the filter."""
SLICES: Final = 5
PER_SLICE: Final = 2048
"""A slice is this part of a window."""
CAUTION: Final = 8
"""A first window is so much narrower than one that has the rows of a page on average."""
MINUTE: Final = timedelta(minutes=1)
"""A shorter window is read without slices."""
LEAST: Final = timedelta(milliseconds=1)


async def found(
    store: Store, kind: Kind, planned: Plan, wanted: Query, limit: int, skip: int
) -> list[Document]:
    """The rows of one range of a plan, as `find` gives them."""
    plain = partial(find, store, kind, wanted, planned.projection, limit, planned.sort, skip)
    if await is_quick(store, kind):
        return await plain()
    if parts := await apart(store, kind, wanted):

        async def read(within: Plan, part: Query) -> list[Document]:
            return await found(store, kind, within, part, skip + limit, 0)

        return (await united(planned, parts, skip + limit, read))[skip:]
    if _is_narrow(planned, wanted):
        return await plain()
    along = _along(store, kind, planned, wanted)
    if along is not None:
        reading = _Reading(store, kind, planned, along, skip + limit)
        return (await reading.rows())[skip:]
    return await bounded(store, kind, wanted, Look.SORT, plain())


def _along(store: Store, kind: Kind, planned: Plan, wanted: Query) -> Riding | None:
    """The query along the first column of the ordering that it leaves open, if that has moments."""
    if kind.name in store.unruled or kind.name in store.maps:
        return None
    for path, _ in planned.sort:
        condition = wanted.get(path, {})
        if isinstance(condition, dict) and set(condition) != {"$eq"}:
            column = next((one for one in kind.columns if one.path == path), None)
            indexed = any(index.keys[0] == path for index in kind.indexes)
            if column is None or column.type.name != "datetime" or not indexed:
                return None
            return riding(kind, wanted, path)
    return None


def _is_narrow(planned: Plan, wanted: Query) -> bool:
    """Whether the query names its rows, or is for those that tie in all columns but the id."""
    ids = wanted.get("_id", {})
    return (
        not isinstance(ids, dict)
        or "$in" in ids
        or all(
            path in wanted and not isinstance(wanted[path], dict)
            for path, _ in planned.sort
            if path != "_id"
        )
    )


Step = Span | tuple[datetime | None, datetime | None]
"""A stretch of time, or what lies before or after one; from None until None: rows without a moment.
"""


@dataclass(slots=True)
class _Reading:
    """One find, and what it has read so far."""

    store: Store
    kind: Kind
    planned: Plan
    along: Riding
    need: int
    got: list[Document] = field(default_factory=list)
    budget: int = BUDGET

    @property
    def falling(self) -> bool:
        """Whether the newest come first."""
        return dict(self.planned.sort)[self.along.path] < 0

    @property
    def missing(self) -> int:
        """How many rows are still to be found."""
        return self.need - len(self.got)

    async def rows(self) -> list[Document]:
        """The first `need` rows."""
        timeline = await timeline_of(self.store, self.kind, self.along.path)
        share = await share_of(self.store, self.kind, timeline, self.along)
        for step in self._steps(timeline, share):
            await (self._span(step) if isinstance(step, Span) else self._read(*step))
            if self.missing <= 0:
                break
        self._learn(timeline)
        return self.got[: self.need]

    def _steps(
        self, timeline: Timeline, share: float
    ) -> list[Span | tuple[datetime | None, datetime | None]]:
        """The stretches of time in order, and what lies beyond those that a survey knows."""
        least, until = self.along.least, self.along.until
        low = max(least, OLDEST) if least else OLDEST
        high = until + LEAST if until else max(now() + AHEAD, low)
        first, last = timeline.oldest, timeline.newest
        known: Iterable[Span]
        if self._from_the_end and self.falling and last and low < last < high:
            known = [Span(last, high, 0), *timeline.between(low, last, True)]
        elif self._from_the_end and not self.falling and first and low < first < high:
            known = [Span(low, first, 0), *timeline.between(first, high, False)]
        else:
            known = timeline.between(low, high, self.falling)
        spans = merged(known, share, self.need if share == 1.0 else self.budget)
        above = [(high, None)] if until is None else []
        below = [(None, low)] if least is None or least < OLDEST else []
        nothing = [(None, None)] if not self.along.bounds else []
        if self.falling:
            return [*above, *spans, *below, *nothing]
        return [*nothing, *below, *spans, *above]

    @property
    def _from_the_end(self) -> bool:
        return (self.along.until if self.falling else self.along.least) is None

    def _learn(self, timeline: Timeline) -> None:
        """Remember where the first rows are, once a page of all rows was full."""
        everything = self.along.prefixes == ({},) and not self.along.rest
        if not (self._from_the_end and everything and self.missing <= 0):
            return
        moment = self.got[self.need - 1].get(self.along.path)
        if isinstance(moment, datetime) and self.falling:
            timeline.newest = moment
        elif isinstance(moment, datetime):
            timeline.oldest = moment + LEAST

    async def _span(self, span: Span) -> None:
        """Read a stretch of time in windows, the first of them narrow: rows may lie close there."""
        whole = span.end - span.start
        width = whole
        if span.rows > self.budget:
            width = max(LEAST, whole * min(1.0, self.need / span.rows / CAUTION))
        at = span.end if self.falling else span.start
        while self.missing > 0 and (at > span.start if self.falling else at < span.end):
            before = len(self.got)
            if self.falling:
                low, high = max(span.start, at - width), at
            else:
                low, high = at, min(span.end, at + width)
            await self._careful(low, high)
            at = low if self.falling else high
            width *= 2 if len(self.got) - before > self.need // 4 else 4

    async def _careful(self, low: datetime, high: datetime) -> None:
        """Read a window, in quarters if its slices say that it has too many rows."""
        if self.missing <= 0:
            return
        if high - low <= MINUTE or await self._estimate(low, high) <= self.budget:
            await self._read(low, high)
            return
        edges = [low + (high - low) * part / 4 for part in range(4)] + [high]
        quarters = list(pairwise(edges))
        for quarter in reversed(quarters) if self.falling else quarters:
            await self._careful(*quarter)

    async def _estimate(self, low: datetime, high: datetime) -> int:
        """How many rows the engine would look at, about."""
        slice_ = max(LEAST, (high - low) / PER_SLICE)
        starts = [low + (high - low) * (2 * part + 1) / (2 * SLICES) for part in range(SLICES)]
        counts = [
            rows_within(self.store, self.kind, self.along.within(start, start + slice_, prefix))
            for start in starts
            for prefix in self.along.prefixes
        ]
        return round(sum(await asyncio.gather(*counts)) * ((high - low) / slice_) / SLICES)

    async def _read(self, low: datetime | None, high: datetime | None) -> None:
        """Add the rows of a window; those without a moment, if it has no bounds."""
        along, reads = self.along, []
        for prefix in along.prefixes:
            unbound = low is None and high is None
            query = along.without(prefix) if unbound else along.within(low, high, prefix)
            reads.append(self._rows_of(query))
        parts = await asyncio.gather(*reads)
        self.got += parts[0] if len(parts) == 1 else self._merged(parts)
        if along.rest:
            self.budget = min(LARGEST_BUDGET, self.budget * 3 // 2)

    async def _rows_of(self, query: Query) -> list[Document]:
        planned, limit = self.planned, self.missing
        projection = planned.projection
        if projection is not None and len(self.along.prefixes) > 1:
            projection = projection | {path: 1 for path, _ in planned.sort}
        if not self.along.rest:
            return await find(self.store, self.kind, query, projection, limit, planned.sort)
        stages: list[Document] = [
            {"$match": query},
            {"$match": self.along.rest},
            {"$sort": dict(planned.sort)},
            {"$limit": limit},
        ]
        if projection is not None:
            stages.append({"$project": _as_stage(projection)})
        return as_text(await aggregate(self.store, self.kind, stages))

    def _merged(self, parts: list[list[Document]]) -> list[Document]:
        """The rows of several prefixes in order; a row with two values of a list is one row."""
        rows = {row["_id"]: row for part in parts for row in part}
        return in_order(rows.values(), self.planned.sort)[: self.missing]


def _as_stage(projection: Projection) -> Document:
    """A find's projection as a `$project` says it."""
    return {
        path: {"$slice": [{"$ifNull": [f"${path}", []]}, *_parts(shown["$slice"])]}
        if isinstance(shown, dict)
        else shown
        for path, shown in projection.items()
    }


def _parts(reach: Any) -> list[Any]:
    return [*reach] if isinstance(reach, list) else [reach]
