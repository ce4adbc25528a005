"""Reads that arrive in one iteration of the event loop, as one command.

    page = await coalescer.same(store.run, key, read)          # equal keys: one read, one result
    rows = await coalescer.by_ids(store.run, key, ids, read)   # equal keys: one read of all ids

With many clients, some ask the same at the same time, and many ask for sessions by id. The first
of them waits until all that has arrived has begun, and reads for the others too. It begins to read
after they came, so nobody is shown less than what was acknowledged before it asked
(docs/adr/0038-coalescing.md). A read that is alone begins at once.

If the read fails or its client goes, the others read for themselves.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, Final, TypeVar

from resolvers.documents import copied
from resolvers.errors import GatewayError
from resolvers.kind import Document

T = TypeVar("T")
Run = Callable[[Awaitable[Any]], Awaitable[Any]]
"""Awaits within the caller's time."""

MOST_IDS: Final = 100
"""Sessions that are read by one command for several requests."""


class _Batch:
    """The reads of one key that may still come together."""

    __slots__ = ("ids", "riders")

    def __init__(self, ids: Sequence[Any]) -> None:
        self.ids = dict.fromkeys(ids, 1)
        """How many ask for each."""
        self.riders: list[asyncio.Future[Any]] = []
        """Where those who wait get what was read, or None if nothing was."""

    def takes(self, ids: Sequence[Any]) -> bool:
        return len(self.ids) + len(ids) <= MOST_IDS

    def join(self, ids: Sequence[Any]) -> "asyncio.Future[Any]":
        """What will be read, or None."""
        self.ids |= {one: self.ids.get(one, 0) + 1 for one in ids}
        rider: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.riders.append(rider)
        return rider

    def give(self, found: Any) -> None:
        """End the waiting of those who still wait."""
        for rider in self.riders:
            if not rider.done():
                rider.set_result(found)


class Coalescer:
    """Of one database and one process."""

    def __init__(self) -> None:
        self._open: dict[Hashable, _Batch] = {}
        self._reading = 0

    async def same(self, run: Run, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """What `read` gives, to all that ask under one key in one iteration.

        It is one object: who changes it does what all the others do, and twice is as once.
        """
        found, _ = await self._together(run, key, (), lambda _: read())
        return found

    async def by_ids(
        self,
        run: Run,
        key: Hashable,
        ids: Sequence[Any],
        read: Callable[[Sequence[Any]], Awaitable[dict[Any, Document]]],
    ) -> dict[Any, Document]:
        """The documents that `read` gives for these ids; each caller has its own."""
        found, asked = await self._together(run, key, ids, read)
        return {
            one: copied(found[one]) if asked[one] > 1 else found[one] for one in ids if one in found
        }

    async def _together(
        self,
        run: Run,
        key: Hashable,
        ids: Sequence[Any],
        read: Callable[[Sequence[Any]], Awaitable[T]],
    ) -> tuple[T, Mapping[Any, int]]:
        """What is read by whoever came first, and how many asked for each id."""
        try:
            batch = self._open.get(key)
        except TypeError:  # a value in it has no hash
            return await _alone(ids, read)
        if batch is not None and batch.takes(ids):
            given: T | None = await run(batch.join(ids))
            return await _alone(ids, read) if given is None else (given, batch.ids)
        self._reading += 1
        try:
            if self._reading == 1:
                return await _alone(ids, read)
            return await self._led(key, ids, read)
        finally:
            self._reading -= 1

    async def _led(
        self, key: Hashable, ids: Sequence[Any], read: Callable[[Sequence[Any]], Awaitable[T]]
    ) -> tuple[T, Mapping[Any, int]]:
        """What is read for all that have arrived, once they have joined."""
        batch = self._open[key] = _Batch(ids)
        try:
            try:
                await asyncio.sleep(0)
            finally:
                if self._open.get(key) is batch:
                    del self._open[key]
            found = await read([*batch.ids])
            batch.give(found)
        except GatewayError:
            if len(batch.ids) == len(ids):
                raise
            batch.give(None)
            return await _alone(ids, read)  # what it met may be of the others' sessions
        finally:
            batch.give(None)
        return found, batch.ids


async def _alone(
    ids: Sequence[Any], read: Callable[[Sequence[Any]], Awaitable[T]]
) -> tuple[T, Mapping[Any, int]]:
    return await read(ids), dict.fromkeys(ids, 1)
