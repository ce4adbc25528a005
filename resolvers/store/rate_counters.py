"""Counters of requests, shared by all workers: the library's MongoDB storage on our own client.

The library itself would open a second client, and by Motor only. So its private parts are replaced
here: `dependencies`, `database`, and what `incr` raises for an empty answer. If a release changes
them, requests with a rate fail; tests/app/access/test_rates.py notices, on a real engine.
"""

from types import ModuleType
from typing import Any

from limits.aio.storage import MongoDBStorage
from limits.util import Dependency, DependencyDict
from pymongo import WriteConcern
from pymongo.errors import DuplicateKeyError

from resolvers.store.store import Store


class _NoClient:
    """What the library gets where it would open a client."""

    def __init__(self, *_arguments: Any, **_options: Any) -> None:
        pass

    def close(self) -> None:
        """Nothing to close: the client belongs to the gateway."""


class RateStorage(MongoDBStorage):
    """Fixed windows in the collection `rate_counters`; expired ones are removed by a TTL index."""

    STORAGE_SCHEME = ["async+gateway"]  # noqa: RUF012  the library's own schemes stay its own
    DEPENDENCIES = ["pymongo"]  # noqa: RUF012  the library's way

    def __init__(self, store: Store) -> None:
        # A count lost in a power cut is no loss: no journal to wait for.
        self._database = store.database.with_options(write_concern=WriteConcern(w=1))
        super().__init__(
            "",
            counter_collection_name="rate_counters",
            window_collection_name="rate_windows",
        )

    @property
    def dependencies(self) -> DependencyDict:
        """The library's modules, Motor replaced."""
        motor = ModuleType("motor")
        motor.AsyncIOMotorClient = _NoClient  # type: ignore[attr-defined]  # made here
        found = super().dependencies
        found["motor.motor_asyncio"] = Dependency("motor", None, None, motor)
        return found

    @property
    def database(self) -> Any:
        """The gateway's database, of either driver."""
        return self._database

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count; two workers may be the first at the same time, and one then finds the other's."""
        try:
            return await self._incremented(key, expiry, amount)
        except DuplicateKeyError:
            return await self._incremented(key, expiry, amount)

    async def _incremented(self, key: str, expiry: int, amount: int) -> int:
        try:
            return await super().incr(key, expiry, amount)
        except TypeError:
            # To several upserts at once the embedded engine may answer none, having counted.
            return await self.get(key)
