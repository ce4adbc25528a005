"""The database at a glance: cheap enough for a page that anybody opens."""

from dataclasses import dataclass
from datetime import datetime

from resolvers.kind import Document, Kind
from resolvers.store.find import find
from resolvers.store.store import Store


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How many sessions of a kind there are, about, and when the newest was stored, in UTC."""

    count: int
    newest: datetime | None


async def engine(store: Store) -> Document:
    """What the database says of itself: `version`, and names of its own if it is not MongoDB."""
    found: Document = await store.run(store.database.command("buildInfo"))
    return found


async def arrivals(store: Store, kind: Kind) -> Arrivals:
    """Counted from the collection's own figures, and found by the index on `createdAt`."""
    collection = store.collection(kind)
    count = await store.run(collection.estimated_document_count(maxTimeMS=store.time_ms))
    mapped = store.maps.get(kind.name)
    created = mapped.path("createdAt") if mapped else "createdAt"
    sort = [(created, -1), ("_id", -1)]
    newest = await store.run(find(store, kind, {}, {"createdAt": 1}, 1, sort))
    found = newest[0].get("createdAt") if newest else None
    return Arrivals(count, found if isinstance(found, datetime) else None)
