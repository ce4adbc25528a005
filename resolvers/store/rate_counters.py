"""Counters of requests, shared by all workers: a storage of the library `limits` on our own client.

The library's own MongoDB storage opens a second client, by Motor only, and compares with the
database's clock (`$$NOW`), which the embedded engine never finds to be later than a stored date:
windows would only end when they are removed, up to a minute late. So every time here is the
gateway's.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from limits.aio.storage import Storage
from pymongo import IndexModel, ReturnDocument, WriteConcern
from pymongo.errors import DuplicateKeyError, PyMongoError

from resolvers.kind import Document
from resolvers.store.indexes import build_models
from resolvers.store.store import Store

COLLECTION = "rate_counters"


class Counted(NamedTuple):
    """What a window has after a request."""

    requests: int
    ends: float
    """Unix time."""


class RateStorage(Storage):
    """Fixed windows, one a row: `{"_id": key, "count": 3, "expireAt": its end}`.

    `clock` gives Unix time in seconds. Expired rows are removed by a TTL index; until then the next
    request starts a new window in their place.
    """

    STORAGE_SCHEME = None

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        super().__init__()
        # A count lost in a power cut is no loss: no journal to wait for.
        database = store.database.with_options(write_concern=WriteConcern(w=1))
        self._rows: Any = database[COLLECTION]
        self._clock = clock
        self._indexed = False

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the driver raises; it is let through."""
        return PyMongoError

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, in a new window if the last one is over; the count of the window."""
        return (await self.counted(key, expiry, amount)).requests

    async def counted(self, key: str, expiry: int, amount: int = 1) -> "Counted":
        """The same, with the window's end."""
        if not self._indexed:
            # An engine that removes nothing has as many rows as there were keys, and counts right.
            await build_models(self._rows, [IndexModel([("expireAt", 1)], expireAfterSeconds=0)])
            self._indexed = True
        while True:
            try:
                row = await self._counted(key, expiry, amount)
            except DuplicateKeyError:  # two workers were the first at the same time
                continue
            # To several upserts at once the embedded engine may answer none, having counted.
            row = row or await self._rows.find_one({"_id": key})
            if row:
                ends = row["expireAt"].replace(tzinfo=UTC).timestamp()
                return Counted(int(row["count"]), ends)

    async def _counted(self, key: str, expiry: int, amount: int) -> Document | None:
        now = self._now()
        ongoing = {"$gt": ["$expireAt", now]}
        count = {"$cond": [ongoing, {"$add": ["$count", amount]}, amount]}
        end = {"$cond": [ongoing, "$expireAt", now + timedelta(seconds=expiry)]}
        row: Document | None = await self._rows.find_one_and_update(
            {"_id": key},
            [{"$set": {"count": count, "expireAt": end}}],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return row

    async def get(self, key: str) -> int:
        """The count of the window; 0 if it is over."""
        row = await self._rows.find_one({"_id": key, "expireAt": {"$gt": self._now()}})
        return int(row["count"]) if row else 0

    async def get_expiry(self, key: str) -> float:
        """When the window ends, in Unix time; now if there is none."""
        row = await self._rows.find_one({"_id": key})
        return row["expireAt"].replace(tzinfo=UTC).timestamp() if row else self._clock()

    async def check(self) -> bool:
        """Whether the counters can be reached: the gateway asks its store."""
        raise NotImplementedError

    async def reset(self) -> int | None:
        """Forget all counts: nothing of the gateway does."""
        raise NotImplementedError

    async def clear(self, key: str) -> None:
        """Forget one: nothing of the gateway does."""
        raise NotImplementedError

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC).replace(tzinfo=None)
