"""How many requests are let through, counted for all workers together in the database.

Windows are fixed: one starts with the first request after the last one's end, and `Retry-After`
names the end of the last that is used up, so whoever waits for it is let through. Where the
counters cannot be reached the request fails as Unavailable: they live beside the sessions, so it
would find nothing to answer with anyway.
"""

import hashlib
import math
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from app.http.refusal import Header
from resolvers.errors import RateLimited
from resolvers.store.rate_counters import Counted, RateStorage
from resolvers.store.store import Store

Place = tuple[str, str]
"""Whose requests are counted: a subject, and the digest of a bucket."""


class Window(NamedTuple):
    """What is left of one rate."""

    name: str
    quota: int
    length: int
    """Seconds."""
    left: int
    resets: int
    """In so many seconds."""


class UsedUp(RateLimited):
    """A request too many; `windows` are those of its rates."""

    windows: tuple[Window, ...] = ()


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

    async def hit(self, subject: str, *buckets: str) -> tuple[Window, ...]:
        """Count a request in each of the buckets; what is left of each rate, in the fullest bucket.

        UsedUp, with `details["retry_after"]` in whole seconds, if it is one too many in any;
        Unavailable or Timeout if the database does not count.
        """
        places = [(subject, _digest(bucket)) for bucket in buckets] if self._items else []
        windows: dict[RateLimitItem, Window] = {}
        for place in places:
            for item in self._items:
                counted = await self._store.run(self._counted(item, place))
                if counted.requests > item.amount:
                    raise await self._refusal(item, places)
                window = self._window(item, subject, item.amount - counted.requests, counted.ends)
                windows[item] = min(window, windows.get(item, window), key=_left)
        return tuple(windows.values())

    async def _counted(self, item: RateLimitItem, place: Place) -> Counted:
        key, storage = item.key_for(*place), self._limiter.storage
        if isinstance(storage, RateStorage):
            return await storage.counted(key, item.get_expiry())
        count = await storage.incr(key, item.get_expiry())
        return Counted(count, await storage.get_expiry(key))

    def _window(self, item: RateLimitItem, subject: str, left: int, ends: float) -> Window:
        seconds = item.get_expiry()
        resets = max(0, math.ceil(ends - self._clock()))
        return Window(f"{subject}-{seconds}s", item.amount, seconds, max(0, left), resets)

    @cached_property
    def _limiter(self) -> FixedWindowRateLimiter:
        """Made once it is needed: not every store that tests use can count."""
        if self._alone:
            return FixedWindowRateLimiter(MemoryStorage())
        return FixedWindowRateLimiter(RateStorage(self._store, self._clock))

    async def _refusal(self, refused: RateLimitItem, places: Sequence[Place]) -> UsedUp:
        stats = [
            (item, place[0], await self._store.run(self._limiter.get_window_stats(item, *place)))
            for place in places
            for item in self._items
        ]
        now = self._clock()
        ends = [one.reset_time for _, _, one in stats if not one.remaining]
        seconds = max(1, math.ceil(max(ends, default=now) - now))
        error = UsedUp(f"More than {refused}. Try again in {seconds} s.", retry_after=seconds)
        found: dict[str, Window] = {}
        for item, subject, one in stats:
            window = self._window(item, subject, one.remaining, one.reset_time)
            found[window.name] = min(window, found.get(window.name, window), key=_left)
        error.windows = tuple(found.values())
        return error


def _left(window: Window) -> tuple[int, int]:
    return window.left, -window.resets


def headers(windows: Iterable[Window]) -> tuple[Header, ...]:
    """`RateLimit` and `RateLimit-Policy` (IETF draft-ietf-httpapi-ratelimit-headers-10); none
    where nothing is limited."""
    windows = tuple(windows)
    if not windows:
        return ()
    policy = ", ".join(f'"{one.name}";q={one.quota};w={one.length}' for one in windows)
    left = ", ".join(f'"{one.name}";r={one.left};t={one.resets}' for one in windows)
    return ((b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode()))


def _digest(bucket: str) -> str:
    """Of one length, whatever a client put into the URL."""
    return hashlib.blake2b(bucket.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
