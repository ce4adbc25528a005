"""Writers of one process to one session wait for each other, so that they seldom conflict.

The guard in the database keeps writes correct; this only spares them starting again.
"""

import asyncio
from collections.abc import AsyncIterator, Hashable, Iterator
from contextlib import asynccontextmanager, contextmanager
from weakref import WeakValueDictionary

from resolvers.errors import Contended, Unavailable
from resolvers.store.driver import UNREACHABLE


class _Lock(asyncio.Lock):
    """Remembers how often a holder found no database."""

    failures = 0


class WriteLocks:
    """A lock per key, gone when nobody waits for it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Hashable, _Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def hold(self, key: Hashable, seconds: float) -> AsyncIterator[None]:
        """Lock the key for the block; Unavailable if it is not free within `seconds`.

        Whoever waits while the database is found dead does not ask it once more: its own time
        would be over.
        """
        lock = self._locks.setdefault(key, _Lock())
        failures = lock.failures
        try:
            async with asyncio.timeout(seconds):
                await lock.acquire()
        except TimeoutError as error:
            raise Unavailable(
                "Too many writes to this session are waiting for the database. Try again shortly."
            ) from error
        try:
            if lock.failures > failures:
                raise Unavailable(UNREACHABLE)
            with _counted(lock):
                yield
        finally:
            lock.release()


@contextmanager
def _counted(lock: _Lock) -> Iterator[None]:
    try:
        yield
    except Contended:  # the database lives
        raise
    except Unavailable:
        lock.failures += 1
        raise
