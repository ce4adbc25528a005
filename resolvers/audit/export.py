"""Entries of the trail as they leave it: each with its hash, so others can check the chains."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, NamedTuple

from resolvers.audit.entries import Entry, print_time
from resolvers.audit.pruning import begins
from resolvers.store import audit as stored
from resolvers.store.store import Store


class Wanted(NamedTuple):
    """Which entries; None: whatever they say."""

    since: datetime | None = None
    until: datetime | None = None
    """Not included."""
    session: str | None = None
    """An id as it stands in the trail: written or shown."""
    credential: str | None = None


async def exported(store: Store, wanted: Wanted) -> AsyncIterator[list[Entry]]:
    """The entries in batches: the chains by their starts, each in its order.

    With filters, the outcomes of writes come with them: entries with `of`.
    """
    for head in reversed(await stored.heads(store)):
        async for batch in stored.walk(store, head["_id"], begins(head)["seq"], _where(wanted)):
            rows = batch
            if wanted.session or wanted.credential:
                ended = await stored.ended(store, [row["_id"] for row in batch])
                rows = sorted([*batch, *ended.values()], key=lambda row: int(row["seq"]))
            yield [_shown(row) for row in rows]


def _where(wanted: Wanted) -> dict[str, Any]:
    clauses: list[dict[str, Any]] = []
    if wanted.since:
        clauses.append({"at": {"$gte": wanted.since}})
    if wanted.until:
        clauses.append({"at": {"$lt": wanted.until}})
    if wanted.session:
        clauses.append({"$or": [{"changed": wanted.session}, {"shown": wanted.session}]})
    if wanted.credential:
        clauses.append({"credential": wanted.credential})
    return {"$and": clauses} if clauses else {}


def _shown(row: Entry) -> Entry:
    """An entry with its times as they are hashed."""
    times = {name: print_time(value) for name, value in row.items() if isinstance(value, datetime)}
    return row | times
