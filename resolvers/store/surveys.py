"""How large a collection is, and when its rows are: for engines that walk no index in order.

A start surveys what is large and notes it for all processes; a process remembers what it learned.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from pymongo.errors import ExecutionTimeout

from resolvers.kind import Kind
from resolvers.paging import default_order
from resolvers.store import write as writes
from resolvers.store.capabilities import Capability
from resolvers.store.find import find
from resolvers.store.operators import Query
from resolvers.store.riding import Riding
from resolvers.store.store import Store
from resolvers.store.timeline import Timeline, now, survey

SMALL_COLLECTION: Final = 1000
"""So many rows are read at once as quickly as in windows."""
COUNT_MS: Final = 1000
"""How long it may be counted whether a collection is small: busy machines take their time."""
SMALL_SECONDS, LARGE_SECONDS = 5.0, 600.0
"""How long a collection counts as small, or as large, until it is counted again."""
EXPORTED: Final = ("createdAt",)
"""What a start surveys besides the default ordering: exports and the page at `/` go by it. Others
are surveyed when they are first asked for, which takes longer than a request may."""
NOTED: Final = timedelta(days=1)
"""How long a start takes over the survey of an earlier one."""
MOST_ROWS: Final = 4000
"""No look reads more rows."""
PROBED, PROBE = 16, 64
"""How many spans are asked for the share of a filter, and how many rows of each, about."""


async def is_quick(store: Store, kind: Kind) -> bool:
    """Whether a find may be left to the engine, whatever it reads for it."""
    return Capability.ORDERED_WALK in store.capabilities or not await is_large(store, kind)


async def is_large(store: Store, kind: Kind) -> bool:
    """Whether a collection has too many rows to read all of them for each page."""
    name, at = store.name(kind), time.monotonic()
    known, until = store.large.get(name, (False, 0.0))
    if at < until:
        return known
    large = await _was_surveyed(store, kind) or await _has_many(store, kind)
    store.large[name] = (large, at + (LARGE_SECONDS if large else SMALL_SECONDS))
    return large


async def _was_surveyed(store: Store, kind: Kind) -> bool:
    """Whether a start found it large: that spares the count."""
    return await writes.mark(store, _mark(store, kind, default_order(kind)[0].path)) is not None


async def _has_many(store: Store, kind: Kind) -> bool:
    time_ms = min(COUNT_MS, store.time_ms)
    try:
        count = await store.collection(kind).estimated_document_count(maxTimeMS=time_ms)
    except ExecutionTimeout:
        return True
    return bool(count > SMALL_COLLECTION)


async def timeline_of(store: Store, kind: Kind, path: str) -> Timeline:
    """Where in time a collection has rows, by one of its columns."""
    store = store.of_process()

    async def made() -> Timeline:
        name = _mark(store, kind, path)
        text = None if name in store.timelines.known else await writes.mark(store, name)
        return Timeline.of_text(text) if text else await _surveyed(store, kind, path)

    return await store.timelines.of(_mark(store, kind, path), made)


async def prepare(store: Store, kinds: Iterable[Kind], say: Callable[[str], object]) -> None:
    """Survey large collections before the first request, and note it for all processes.

    Nothing happens on an engine that walks indexes, and for a day after a survey.
    """
    if Capability.ORDERED_WALK in store.capabilities:
        return
    for kind in kinds:
        if kind.name in store.maps or not await is_large(store, kind):
            continue
        for path in dict.fromkeys((default_order(kind)[0].path, *EXPORTED)):
            noted = await writes.mark(store, _mark(store, kind, path))
            if noted and now() - Timeline.of_text(noted).made < NOTED:
                continue
            say(f"Looking where in time the sessions of {kind.enum_name} are, by {path} …")
            made = await _surveyed(store, kind, path)
            await writes.set_mark(store, _mark(store, kind, path), made.as_text())


async def share_of(store: Store, kind: Kind, timeline: Timeline, along: Riding) -> float:
    """Which part of all rows the prefixes have, about: of those in the fullest spans."""
    if along.prefixes == ({},):
        return 1.0
    known = repr(along.prefixes)
    if known not in timeline.shares:
        timeline.note_share(known, await _probed(store, kind, timeline, along))
    return timeline.shares[known]


async def _probed(store: Store, kind: Kind, timeline: Timeline, along: Riding) -> float:
    """The same, by a look at some of them."""
    fullest = sorted(timeline.spans, key=lambda span: -span.rows)[:PROBED]
    seen = sum(min(PROBE, span.rows) for span in fullest)
    counts = []
    for span in fullest:
        part = (span.end - span.start) * min(1.0, PROBE / span.rows)
        low = span.seen or span.start
        for prefix in along.prefixes:
            query = {**prefix, along.path: {"$gte": low, "$lt": low + part}}
            counts.append(rows_within(store, kind, query))
    return min(1.0, (sum(await asyncio.gather(*counts)) + 1) / (seen + 1))


async def rows_within(store: Store, kind: Kind, query: Query) -> int:
    """How many rows a find reads, up to `MOST_ROWS`."""
    return len(await find(store, kind, query, {"_id": 1}, MOST_ROWS))


def _mark(store: Store, kind: Kind, path: str) -> str:
    return f"timeline:{store.name(kind)}.{path}"


async def _surveyed(store: Store, kind: Kind, path: str) -> Timeline:
    async def count(low: datetime, high: datetime) -> int:
        return await rows_within(store, kind, {path: {"$gte": low, "$lt": high}})

    return await survey(count)
