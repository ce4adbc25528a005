"""Reads: a page, sessions by id, how many there are, how long they lasted."""

import asyncio
import math
from collections.abc import Hashable, Iterable, Sequence
from functools import partial
from typing import Any

from resolvers.errors import Timeout
from resolvers.kind import Document, Kind
from resolvers.request import Columns, Filter, Page, Read, Summary
from resolvers.store import counting, surveys, windows
from resolvers.store.cursors import aggregate
from resolvers.store.find import find
from resolvers.store.leader import led
from resolvers.store.lists import complete
from resolvers.store.look_limit import Look, bounded
from resolvers.store.numbers import as_float, finite
from resolvers.store.operators import Query, conjoin, query
from resolvers.store.plan import Plan, plan, projection
from resolvers.store.session_ids import as_stored, others
from resolvers.store.store import Store

Total = int | Timeout | None


async def list_(store: Store, read: Read) -> Page:
    """The rows that `read` describes, with the number of all matches if it asks for that."""
    read = read._replace(where=await led(store, read.kind, read.where))
    name = read.kind.name
    planned = plan(read, name in store.unruled, store.maps.get(name), store.capabilities.ranged)
    work = store.run(_rows(store, read, planned))
    total: Total = None
    if read.count:
        rows, total = await asyncio.gather(work, _total(store, read, planned.match))
    else:
        rows = await work
    more = len(rows) == planned.limit
    rows = rows[: planned.limit - 1]
    if planned.backward:
        rows.reverse()
        return Page(rows, read.window.before is not None, more, total)
    return Page(rows, more, read.window.after is not None or read.skip > 0, total)


async def shared(store: Store, read: Read, view: Hashable) -> Page:
    """The same as `list_`, perhaps shared with others of the same view who ask for it just now.

    Who changes its rows does what all of the view do, and what twice is as once: masking.
    """
    return await store.coalescer.same(store.run, (read, view), partial(list_, store, read))


async def _rows(store: Store, read: Read, planned: Plan) -> list[Document]:
    rows: list[Document] = []
    for wanted in planned.queries:
        limit = planned.limit - len(rows)
        rows += await windows.found(store, read.kind, planned, wanted, limit, read.skip)
        if len(rows) == planned.limit:
            break
    await complete(store, read.kind, read.columns, rows)
    return rows


async def _total(store: Store, read: Read, match: Query) -> Total:
    """The number of matches; if counting takes too long, the page is returned without it."""
    try:
        return await store.run(counting.count(store, read.kind, match, read.most_counted))
    except Timeout as error:
        return error


async def bounded_together(store: Store, parts: Sequence[Read]) -> list[Read]:
    """The same pages, whose numbers of matches are added: together they read as one alone may."""
    asked = [(read.kind, store.query(read.kind, query(read.where))) for read in parts]
    try:
        most = await store.run(counting.most_of_each(store, asked))
    except Timeout:  # so will each of them be
        return list(parts)
    return [read._replace(most_counted=most) for read in parts]


async def count(store: Store, kind: Kind, where: Filter) -> int:
    """How many sessions meet `where`; an `Estimate` of a great many, on some engines."""

    async def counted() -> int:
        return await store.run(counting.count(store, kind, await _match(store, kind, where)))

    return await store.coalescer.same(store.run, ("count", kind, where), counted)


async def count_exactly(store: Store, kind: Kind, where: Filter) -> int:
    """The same, where an estimate is not enough."""
    return await store.run(counting.exactly(store, kind, await _match(store, kind, where)))


async def _match(store: Store, kind: Kind, where: Filter) -> Query:
    return store.query(kind, query(await led(store, kind, where)))


async def get(
    store: Store, kind: Kind, session_id: str, where: Filter, columns: Columns
) -> Document | None:
    """The session with that id if it meets `where`."""
    found = await get_many(store, kind, (session_id,), where, columns)
    return found.get(session_id)


async def get_many(
    store: Store, kind: Kind, session_ids: Iterable[str], where: Filter, columns: Columns
) -> dict[str, Document]:
    """The sessions with those ids that meet `where`, by id; unknown ids are left out."""
    ids = list(dict.fromkeys(session_ids))

    async def read(some: Sequence[Any]) -> dict[Any, Document]:
        return await store.run(_by_ids(store, kind, some, where, columns))

    if columns is None:  # whole sessions may be large: nobody waits for those of others
        return await read(ids)
    return await store.coalescer.by_ids(store.run, (kind, where, columns), ids, read)


async def require_readable(store: Store, kinds: Iterable[Kind]) -> None:
    """Unavailable or Timeout unless sessions of each kind can be looked up.

    By an id that none has: for a find without a condition, some engines read all that there is.
    """
    reads = (find(store, kind, {"_id": ""}, {"_id": 1}, 1) for kind in kinds)
    await asyncio.gather(*map(store.run, reads))


async def has_any(store: Store, kind: Kind) -> bool:
    """Whether the collection has a session; many are not looked at for that."""
    if not await surveys.is_quick(store, kind):
        return True
    return bool(await store.run(find(store, kind, {"_id": {"$gt": ""}}, {"_id": 1}, 1)))


async def _by_ids(
    store: Store, kind: Kind, ids: Sequence[Any], where: Filter, columns: Columns
) -> dict[str, Document]:
    ids = [as_stored(one) for one in ids]
    if kind.name in store.unruled:
        texts = (one for one in ids if isinstance(one, str))
        ids = [*ids, *(other for one in texts for other in others(one))]
    wanted: Query = {"_id": ids[0] if len(ids) == 1 else {"$in": ids}}
    asked = store.query(kind, conjoin([wanted, query(where)]))
    rows = await find(store, kind, asked, projection(columns), len(ids))
    await complete(store, kind, columns, rows)
    found = {row["_id"]: row for row in rows}
    return found | {row["_id"]: row for row in rows if type(row["_id"]) is str}


async def summarise(store: Store, kind: Kind, where: Filter) -> Summary:
    """Count and mean duration of the sessions that meet `where`, to the millisecond.

    A stored duration that is not a number, or too large for a float, has no part in the mean.
    """
    summing = partial(_summary, store, kind, where)
    return await store.coalescer.same(store.run, ("summary", kind, where), summing)


async def _summary(store: Store, kind: Kind, where: Filter) -> Summary:
    asked = await _match(store, kind, where)
    row = await store.run(_summed(store, kind, asked, {}))
    count, average = int(row.get("count", 0)), row.get("average")
    if average is not None and not (isinstance(average, int | float) and math.isfinite(average)):
        row = await store.run(_summed(store, kind, asked, finite("durationSeconds")))
        average = as_float(row.get("average"))
    return Summary(count, None if average is None else round(float(average), 3))


async def _summed(store: Store, kind: Kind, asked: Query, among: Query) -> Document:
    """The number of those sessions that are among some, and the mean of their durations."""
    stages: list[dict[str, Any]] = [
        {"$match": asked},
        *shaped(store, kind, ["durationSeconds"]),
        *([{"$match": among}] if among else ()),
        {
            "$group": {
                "_id": None,
                "count": {"$sum": 1},
                "average": {"$avg": "$durationSeconds"},
            }
        },
    ]
    rows = await bounded(store, kind, asked, Look.SCAN, aggregate(store, kind, stages))
    return rows[0] if rows else {}


def shaped(store: Store, kind: Kind, paths: Iterable[str]) -> list[dict[str, Any]]:
    """The stages that give documents of another shape these paths of the kind; mostly none."""
    mapped = store.maps.get(kind.name)
    return [mapped.shaped(paths)] if mapped else []
