"""Few at a time of what an engine may work at for long, where it does not stop by itself.

Such an engine goes on with a find after the gateway has given it up. So the work's place is free
again when the engine has answered, and not when nobody waits for it any longer.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from resolvers.errors import Unavailable

T = TypeVar("T")

PLACES: Final = 2
RETRY_SECONDS: Final = 5
BUSY: Final = (
    "The database is busy with searches that look at many sessions. Try again in a few seconds. If "
    "this is refused again, it looks at many itself: filter by columns that narrow the search, or "
    "order by startedAt, endedAt, createdAt or updatedAt."
)


class Unbounded:
    """The places of one process."""

    def __init__(self, places: int = PLACES) -> None:
        self._free = asyncio.Semaphore(places)

    async def run(self, work: Coroutine[Any, Any, T], patience: float) -> T:
        """Do the work to its end, also if this is cancelled; Unavailable if no place gets free."""
        try:
            async with asyncio.timeout(patience):
                await self._free.acquire()
        except TimeoutError:
            work.close()
            raise Unavailable(BUSY, retry_after=RETRY_SECONDS) from None
        except BaseException:
            work.close()
            raise
        task = asyncio.create_task(work)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._free.release()
        if not task.cancelled():
            task.exception()  # nobody may be waiting for it
