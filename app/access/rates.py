"""How many requests are let through, counted for all workers together in the database.

Windows are fixed: one starts with the first request after the last one's end, and `Retry-After`
names its end exactly. Where the counters cannot be reached the request fails as Unavailable: they
live beside the sessions, so it would find nothing to answer with anyway.
"""

import hashlib
import math
import time
from collections.abc import Callable
from functools import cached_property

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from resolvers.errors import RateLimited
from resolvers.store.rate_counters import RateStorage
from resolvers.store.store import Store


class Rate:
    """A rate such as `60/minute;1800/hour`, of many buckets; an empty one limits nothing.

    It is counted for all workers together, unless this process counts `alone`.
    """

    def __init__(
        self,
        store: Store,
        text: str,
        clock: Callable[[], float] = time.time,
        *,
        alone: bool = False,
    ) -> None:
        self._store = store
        self._alone = alone
        self._clock = clock
        items = parse_many(text) if text else []
        self._items = sorted(items, key=RateLimitItem.get_expiry)

    async def hit(self, subject: str, bucket: str) -> None:
        """Count a request in the bucket.

        RateLimited, with `details["retry_after"]` in whole seconds, if it is one too many;
        Unavailable or Timeout if the database does not count.
        """
        if not self._items:
            return
        # Of one length, whatever a client put into the URL.
        digest = hashlib.blake2b(bucket.encode("utf-8", "surrogatepass"), digest_size=16)
        for item in self._items:
            place = (subject, digest.hexdigest())
            if not await self._store.run(self._limiter.hit(item, *place)):
                raise await self._refusal(item, place)

    @cached_property
    def _limiter(self) -> FixedWindowRateLimiter:
        """Made once it is needed: not every store that tests use can count."""
        return FixedWindowRateLimiter(MemoryStorage() if self._alone else RateStorage(self._store))

    async def _refusal(self, item: RateLimitItem, place: tuple[str, str]) -> RateLimited:
        stats = await self._store.run(self._limiter.get_window_stats(item, *place))
        seconds = max(1, math.ceil(stats.reset_time - self._clock()))
        return RateLimited(
            f"More than {item}. Try again in {seconds} s.",
            retry_after=min(seconds, item.get_expiry()),
        )
