"""How many sessions match: counted, or estimated where a count would read too many.

An engine without ordered walks counts by reading each document, with a lock that everybody waits
for: a million takes 7 s, and 27 s by a filter. So what is more than `COUNTED` there is estimated,
and says so. The survey of the collection knows about how many begin when; of a filter, samples show
which part it leaves.

    Estimate(1003417)
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from resolvers.kind import Kind
from resolvers.request import Estimate
from resolvers.store.branches import apart, counted_together
from resolvers.store.cursors import aggregate
from resolvers.store.look_limit import Look, along_time, bounded, rows_read, spans_of
from resolvers.store.operators import Query
from resolvers.store.riding import Riding
from resolvers.store.store import Store
from resolvers.store.timeline import Span

COUNTED, COUNTED_BY_FILTER = 120_000, 40_000
"""So many documents are looked at for an exact number; a filter takes longer for each."""
SAMPLES: Final = 32
SAMPLE: Final = 64
"""About so many rows are looked at in each of so many places."""
FEW: Final = 20
"""Fewer hits among the samples say too little: at so many, the standard error is 22 %. Then they
are counted, which may be `Timeout`."""
LEAST: Final = timedelta(milliseconds=1)

Stretch = tuple[datetime, datetime]


async def count(store: Store, kind: Kind, match: Query, most: int | None = None) -> int:
    """How many documents of the kind meet `match`; an `Estimate` where that would read too many.

    `most` documents are looked at for an exact number; None: as many as one number alone may.
    """
    along = await along_time(store, kind, match)
    if along is None:
        return await exactly(store, kind, match)
    spans = await spans_of(store, kind, along)
    rows = sum(span.rows for span in spans)
    if rows <= (_most(match) if most is None else most):
        return await exactly(store, kind, match)
    rest = _without_bounds(match, along)
    if not rest:
        return Estimate(rows)
    hits, share = await _share(store, kind, along.path, rest, spans)
    if hits < FEW:
        found = along.prefixes != ({},) and not along.rest  # by an index
        return await exactly(store, kind, match, Look.LITTLE if found else None)
    return Estimate(share * rows)


async def most_of_each(store: Store, asked: Sequence[tuple[Kind, Query]]) -> int:
    """The `most` of each count, where the sum of several is wanted.

    All of them together read no more than one alone may.
    """
    rows = sum(await asyncio.gather(*(rows_read(store, kind, match) for kind, match in asked)))
    most = min(_most(match) for _, match in asked)
    return most if rows <= most else most // len(asked)


def _most(match: Query) -> int:
    return COUNTED_BY_FILTER if match else COUNTED


async def exactly(store: Store, kind: Kind, match: Query, look: Look | None = None) -> int:
    """The same as `count`, never an estimate; Timeout where that would read far too many."""
    look = look or (Look.SCAN if match else Look.COUNT)
    return int(await bounded(store, kind, match, look, _counted(store, kind, match)))


async def _counted(store: Store, kind: Kind, match: Query) -> int:
    collection = store.collection(kind)
    if not match:  # the engine's own figure, if it keeps one
        return int(await collection.estimated_document_count(maxTimeMS=store.time_ms))
    if parts := await apart(store, kind, match):
        return await counted_together(store, kind, parts)
    return int(await collection.count_documents(match, maxTimeMS=store.time_ms))


def _without_bounds(match: Query, along: Riding) -> Query:
    """What else a query asks, such as one of several moments."""
    rest = {key: condition for key, condition in match.items() if key != along.path}
    others = along.rest.get(along.path)
    return rest | {along.path: others} if others else rest


def _samples(spans: list[Span]) -> Iterator[Stretch]:
    """Short stretches of time, each of which stands for as many rows."""
    rows = sum(span.rows for span in spans)
    waiting, passed = deque(rows * (2 * place + 1) / (2 * SAMPLES) for place in range(SAMPLES)), 0
    for span in spans:
        length = span.end - span.start
        width = max(LEAST, length * min(1.0, SAMPLE / span.rows))
        while waiting and waiting[0] < passed + span.rows:
            start = span.start + (length - width) * ((waiting.popleft() - passed) / span.rows)
            yield start, start + width
        passed += span.rows


async def _share(
    store: Store, kind: Kind, path: str, rest: Query, spans: list[Span]
) -> tuple[int, float]:
    """How many of the sampled rows meet `rest`, and which part of all rows that makes."""
    looks = (_looked(store, kind, path, rest, sample) for sample in _samples(spans))
    looked = [(rows, met) for rows, met in await asyncio.gather(*looks) if rows]
    hits = sum(met for _, met in looked)
    return hits, sum(met / rows for rows, met in looked) / max(1, len(looked))


async def _looked(
    store: Store, kind: Kind, path: str, rest: Query, sample: Stretch
) -> tuple[int, int]:
    """How many rows of a sample there are, and how many of them meet `rest`."""
    within: Query = {path: {"$gte": sample[0], "$lt": sample[1]}}
    counted = {"$count": "rows"}
    both = await asyncio.gather(
        aggregate(store, kind, [{"$match": within}, counted]),
        aggregate(store, kind, [{"$match": within}, {"$match": rest}, counted]),
    )
    rows, met = (found[0]["rows"] if found else 0 for found in both)
    return rows, met
