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
from collections.abc import Awaitable, Callable, Hashable, Sequence
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
        self.riders: list[tuple[Sequence[Any], asyncio.Future[Any]]] = []
        """Who waits: for which ids, and where it gets what was read, or None if nothing was."""

    def takes(self, ids: Sequence[Any]) -> bool:
        return len(self.ids) + len(ids) <= MOST_IDS

    def join(self, ids: Sequence[Any]) -> "asyncio.Future[Any]":
        """What will be read, or None."""
        self.ids |= {one: self.ids.get(one, 0) + 1 for one in ids}
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.riders.append((ids, waiting))
        return waiting

    def give(self, result: Callable[[Sequence[Any]], Any]) -> None:
        """End the waiting of those who still wait."""
        for ids, waiting in self.riders:
            if not waiting.done():
                waiting.set_result(result(ids))


class Coalescer:
    """Of one database and one process."""

    def __init__(self) -> None:
        self._open: dict[Hashable, _Batch] = {}
        self._reading = 0

    async def same(self, run: Run, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """What `read` gives, to all that ask under one key in one iteration.

        It is one object: who changes it does what all the others do, and twice is as once.
        """

        async def reading(_: Sequence[Any]) -> T:
            return await read()

        return await self._together(run, key, (), reading, lambda found, *_: found)

    async def by_ids(
        self,
        run: Run,
        key: Hashable,
        ids: Sequence[Any],
        read: Callable[[Sequence[Any]], Awaitable[dict[Any, Document]]],
    ) -> dict[Any, Document]:
        """The documents that `read` gives for these ids; each caller has its own."""

        def part(found: dict[Any, Document], batch: _Batch, ids: Sequence[Any]) -> Any:
            there = {one: found[one] for one in ids if one in found}
            return {one: copied(row) if batch.ids[one] > 1 else row for one, row in there.items()}

        found = await self._together(run, key, ids, read, part)
        return {one: found[one] for one in ids if one in found}

    async def _together(
        self,
        run: Run,
        key: Hashable,
        ids: Sequence[Any],
        read: Callable[[Sequence[Any]], Awaitable[T]],
        part: Callable[[T, _Batch, Sequence[Any]], T],
    ) -> T:
        """What is read by whoever came first; it gives the others their parts."""
        try:
            batch = self._open.get(key)
        except TypeError:  # a value in it has no hash
            return await read(ids)
        if batch is not None and batch.takes(ids):
            given: T | None = await run(batch.join(ids))
            return await read(ids) if given is None else given
        self._reading += 1
        try:
            if self._reading == 1:
                return await read(ids)
            return await self._led(key, _Batch(ids), ids, read, part)
        finally:
            self._reading -= 1

    async def _led(
        self,
        key: Hashable,
        batch: _Batch,
        ids: Sequence[Any],
        read: Callable[[Sequence[Any]], Awaitable[T]],
        part: Callable[[T, _Batch, Sequence[Any]], T],
    ) -> T:
        try:
            await self._filled(key, batch)
            found = await read([*batch.ids])
            batch.give(lambda ids: part(found, batch, ids))
        except GatewayError:
            if len(batch.ids) == len(ids):
                raise
            batch.give(_nothing)
            return await read(ids)  # what it met may be of the others' sessions
        finally:
            batch.give(_nothing)
        return found

    async def _filled(self, key: Hashable, batch: _Batch) -> None:
        """Let all that has arrived join."""
        self._open[key] = batch
        try:
            await asyncio.sleep(0)
        finally:
            if self._open.get(key) is batch:
                del self._open[key]


def _nothing(_: Sequence[Any]) -> None:
    """What those get who read for themselves."""
