"""The database at a glance: cheap enough for a page that anybody opens."""

from dataclasses import dataclass
from datetime import datetime

from resolvers.kind import Document, Kind
from resolvers.request import Order, Read, Window
from resolvers.store import surveys
from resolvers.store.read import list_
from resolvers.store.store import Store


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How many sessions of a kind there are, about, and when the newest was stored, in UTC."""

    count: int | None
    """None: too many for an engine that counts them one by one."""
    newest: datetime | None


async def engine(store: Store) -> Document:
    """What the database says of itself: `version`, and names of its own if it is not MongoDB."""
    found: Document = await store.run(store.database.command("buildInfo"))
    return found


async def arrivals(store: Store, kind: Kind) -> Arrivals:
    """Counted from the collection's own figures, and found by the index on `createdAt`."""
    count = None
    if await surveys.is_quick(store, kind):
        counting = store.collection(kind).estimated_document_count(maxTimeMS=store.time_ms)
        count = await store.run(counting)
    order = (Order(kind.by_name["createdAt"], descending=True),)
    read = Read(kind, order=order, window=Window(first=1), columns=frozenset({"createdAt"}))
    newest = (await list_(store, read)).documents
    found = newest[0].get("createdAt") if newest else None
    return Arrivals(count, found if isinstance(found, datetime) else None)
