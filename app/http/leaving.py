"""Clients that go before their answer is ready: what is read for them ends."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.requests import ClientDisconnect
from starlette.types import Receive

PATIENCE_SECONDS = 0.05
"""How long a request goes on before anybody looks whether its client is still there."""


@contextmanager
def leaving(receive: Receive, gone: Callable[[], bool]) -> Iterator[None]:
    """Call `gone` when the client disconnects during the block, whose request has been read.

    If it returns true, the block is cancelled, and raises ClientDisconnect.
    """
    watch = _Watch(receive, gone)
    try:
        yield
    except asyncio.CancelledError:
        if watch.ends():
            raise ClientDisconnect from None
        raise
    finally:
        watch.close()


class _Watch:
    """Waits for the end of a connection; for most requests it never begins."""

    __slots__ = ("_cancelled", "_gone", "_receive", "_task", "_timer", "_waiting")

    def __init__(self, receive: Receive, gone: Callable[[], bool]) -> None:
        self._receive = receive
        self._gone = gone
        self._cancelled = False
        self._waiting: asyncio.Task[None] | None = None
        self._task = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._begin)

    def _begin(self) -> None:
        self._waiting = asyncio.create_task(self._wait())

    async def _wait(self) -> None:
        message = await self._receive()
        if message["type"] == "http.request":  # the empty body that nobody has read
            message = await self._receive()
        if message["type"] == "http.disconnect" and self._gone() and self._task:
            self._cancelled = True
            self._task.cancel()

    def ends(self) -> bool:
        """Whether the block was cancelled because of this alone."""
        return self._cancelled and self._task is not None and self._task.cancelling() == 1

    def close(self) -> None:
        """Stop waiting."""
        self._timer.cancel()
        if self._waiting:
            self._waiting.cancel()
        if self._cancelled and self._task:
            self._task.uncancel()
