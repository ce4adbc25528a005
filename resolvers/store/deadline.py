"""The deadline of every operation, also where the driver does not notice its end."""

import asyncio
from collections.abc import Awaitable, Callable
from types import CoroutineType, TracebackType
from typing import Any, Self, TypeVar

from resolvers.errors import Timeout, Unavailable
from resolvers.store.driver import DRIVER_ERRORS, SLOW, UNREACHABLE, meaning

T = TypeVar("T")

SIGN_OF_LIFE_SHARE = 0.1
"""The share of a deadline that is reserved for asking whether the database answers at all."""
TURNS = 10
"""How often, at least, the event loop comes round while a sign of life is waited for."""
INSIST_SECONDS = 1.0
"""How soon a cancellation that had no effect is repeated."""
MOST_SPARED = 10
"""How often it is not repeated for one who waits for a lock."""
WAITS_FOR_LOCKS = "Lock.acquire"
"""The coroutine in which that is seen, of asyncio's locks and of PyMongo's."""


async def within(
    deadline: float,
    ping: Callable[[], Awaitable[Any]],
    work: Awaitable[T],
    spare: float | None = None,
) -> T:
    """Await `work` for at most `deadline` seconds; Timeout if slow, Unavailable if dead.

    `spare` are the seconds of these that are reserved for finding that out.
    """
    spare = deadline * SIGN_OF_LIFE_SHARE if spare is None else spare
    try:
        with Insistent(deadline - spare):
            return await work
    except TimeoutError as error:
        alive = await _alive(ping, spare)
        if alive:
            raise Timeout(SLOW.format(seconds=deadline)) from error
        raise Unavailable(UNREACHABLE) from error
    except DRIVER_ERRORS as error:
        known = meaning(error, deadline)
        if known is None:
            raise
        raise known from error


class Insistent:
    """`asyncio.timeout`, but the block is cancelled until it ends: TimeoutError after `seconds`.

    One cancellation is not enough. PyMongo loses it where `asyncio.wait_for` does (before Python
    3.12, when what is awaited is done at the same instant), and then opens one more connection to
    a database that is silent, which takes another deadline. But whoever waits for a lock is left
    alone: it may be about to give back its place in PyMongo's pool, which would be lost for ever.
    """

    __slots__ = ("_before", "_cancelled", "_loop", "_next", "_seconds", "_spared", "_task")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._cancelled = self._spared = 0

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task, "only a task can be cancelled"
        self._task = task
        self._before = task.cancelling()
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.call_later(self._seconds, self._cancel)
        return self

    def _cancel(self) -> None:
        if self._cancelled and self._spared < MOST_SPARED and _waits_for_lock(self._task):
            self._spared += 1
        else:
            self._cancelled += 1
            self._task.cancel()
        self._next = self._loop.call_later(INSIST_SECONDS, self._cancel)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._next.cancel()
        for _ in range(self._cancelled):
            self._task.uncancel()
        ours = self._cancelled and self._task.cancelling() <= self._before
        if ours and isinstance(error, asyncio.CancelledError):
            raise TimeoutError from error


def _waits_for_lock(task: "asyncio.Task[Any]") -> bool:
    """Whether what a task waits for is a lock: asyncio's, or PyMongo's copy of it."""
    innermost: CoroutineType[Any, Any, Any] | None = None
    waiting: Any = task.get_coro()
    while isinstance(waiting, CoroutineType):
        innermost, waiting = waiting, waiting.cr_await
    return innermost is not None and innermost.cr_code.co_qualname == WAITS_FOR_LOCKS


async def _alive(ping: Callable[[], Awaitable[Any]], seconds: float) -> bool:
    """Whether the database answers within `seconds`; nobody waits for it any longer.

    The question is asked in a task that is left behind. The event loop comes round as often as an
    answer needs: a process that has too much else to do must not say that the database is dead.
    """
    asked = asyncio.ensure_future(ping())
    asked.add_done_callback(_ignore)
    for _ in range(TURNS):
        if not asked.done():
            await asyncio.wait({asked}, timeout=seconds / TURNS)
    if not asked.done():
        asked.cancel()
        return False
    return not asked.cancelled() and asked.exception() is None


def _ignore(asked: asyncio.Future[Any]) -> None:
    """An unanswered question is not an unhandled error."""
    if not asked.cancelled():
        asked.exception()
