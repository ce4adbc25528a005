"""Two waits of PyMongo's that go wrong when the request that waits is cancelled, mended.

A wait with a lock in hand. Before Python 3.12, `asyncio.wait_for` waits in a task of its own. One
who waits for a condition, and is cancelled at the moment when that task takes the lock back, goes
on without it: he gives back a lock that is not his (`RuntimeError: Lock is not acquired`), and
nobody ever gives back the one that the task takes. PyMongo selects servers and lends connections
like this. So a request that was cancelled while the database was away could be answered as a fault
of the gateway, and all later ones of its process would wait for that lock.
https://github.com/python/cpython/issues/96764

A wait for a connection. PyMongo closes the socket of one that fails, and not of one that is
cancelled: it stays open until Python's garbage collector finds it (PYTHON-5867).
"""

import asyncio
import sys
import traceback
from collections.abc import Awaitable, Callable
from socket import socket
from typing import Any, TypeVar

import pymongo.lock
import pymongo.pool_shared

T = TypeVar("T")

_NAME = "_async_create_connection"
_connect: Callable[..., Awaitable[socket]] | None = getattr(pymongo.pool_shared, _NAME, None)
"""None in a version of PyMongo that connects otherwise, which is left to itself."""


def make_safe() -> None:
    """Let PyMongo wait, and connect, as the functions here do."""
    if sys.version_info < (3, 12):
        vars(pymongo.lock)["wait_for"] = wait_for
    if _connect is not None:
        setattr(pymongo.pool_shared, _NAME, connect)


async def wait_for(awaitable: Awaitable[T], timeout: float | None) -> T:  # noqa: ASYNC109  # its twin
    """`asyncio.wait_for` of Python 3.12: whoever waits is not left before he has the lock again."""
    async with asyncio.timeout(timeout):
        return await awaitable


async def connect(*arguments: Any) -> socket:
    """A connected socket, of which nothing is left open if the wait is cancelled."""
    assert _connect is not None
    try:
        return await _connect(*arguments)
    except asyncio.CancelledError as error:
        for frame, _line in traceback.walk_tb(error.__traceback__):
            opened = frame.f_locals.get("sock")
            if isinstance(opened, socket):
                opened.close()
        raise
