"""How many requests are let through, counted for all workers together in the database.

Windows are fixed: one starts with the first request after the last one's end, and `Retry-After`
names the end of the last that is used up, so whoever waits for it is let through. Where the
counters cannot be reached the request fails as Unavailable: they live beside the sessions, so it
would find nothing to answer with anyway.
"""

import hashlib
import math
import time
from collections.abc import Callable, Iterable
from functools import cached_property

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from resolvers.errors import RateLimited
from resolvers.store.rate_counters import RateStorage
from resolvers.store.store import Store

Place = tuple[str, str]
"""Whose requests are counted: a subject, and the digest of a bucket."""


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

    async def hit(self, subject: str, *buckets: str) -> None:
        """Count a request in each of the buckets.

        RateLimited, with `details["retry_after"]` in whole seconds, if it is one too many in any;
        Unavailable or Timeout if the database does not count.
        """
        places = [(subject, _digest(bucket)) for bucket in buckets] if self._items else []
        for place in places:
            for item in self._items:
                if not await self._store.run(self._limiter.hit(item, *place)):
                    raise await self._refusal(item, places)

    @cached_property
    def _limiter(self) -> FixedWindowRateLimiter:
        """Made once it is needed: not every store that tests use can count."""
        if self._alone:
            return FixedWindowRateLimiter(MemoryStorage())
        return FixedWindowRateLimiter(RateStorage(self._store, self._clock))

    async def _refusal(self, refused: RateLimitItem, places: Iterable[Place]) -> RateLimited:
        windows = [
            await self._store.run(self._limiter.get_window_stats(item, *place))
            for place in places
            for item in self._items
        ]
        now = self._clock()
        ends = [window.reset_time for window in windows if not window.remaining]
        seconds = max(1, math.ceil(max(ends, default=now) - now))
        return RateLimited(f"More than {refused}. Try again in {seconds} s.", retry_after=seconds)


def _digest(bucket: str) -> str:
    """Of one length, whatever a client put into the URL."""
    return hashlib.blake2b(bucket.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
