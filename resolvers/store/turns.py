"""Writers of one process to one session take turns, so that they seldom disturb one another.

The guard in the database keeps writes correct; this only spares them starting again.
"""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from resolvers.errors import Unavailable


class Turns:
    """A lock per key, gone when nobody waits for it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, key: Hashable, seconds: float) -> AsyncIterator[None]:
        """Hold the key's lock; Unavailable if it is not free within `seconds`."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        try:
            async with asyncio.timeout(seconds):
                await lock.acquire()
        except TimeoutError as error:
            raise Unavailable(
                "Too many writes to this session are waiting for the database. Try again shortly."
            ) from error
        try:
            yield
        finally:
            lock.release()
