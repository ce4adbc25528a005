"""PyMongo's waits with a lock in hand, as Python 3.12 has them.

Before Python 3.12, `asyncio.wait_for` waits in a task of its own. One who waits for a condition,
and is cancelled at the moment when that task takes the lock back, goes on without it: he gives back
a lock that is not his (`RuntimeError: Lock is not acquired`), and nobody ever gives back the one
that the task takes. PyMongo selects servers and lends connections like this. So a request that
was cancelled while the database was away could be answered as a fault of the gateway, and all later
ones of its process would wait for that lock.

https://github.com/python/cpython/issues/96764
"""

import asyncio
import sys
from collections.abc import Awaitable
from typing import TypeVar

import pymongo.lock

T = TypeVar("T")


def make_safe() -> None:
    """Let PyMongo wait as `wait_for` does here; needed before Python 3.12 alone."""
    if sys.version_info < (3, 12):
        vars(pymongo.lock)["wait_for"] = wait_for


async def wait_for(awaitable: Awaitable[T], timeout: float | None) -> T:  # noqa: ASYNC109  # its twin
    """`asyncio.wait_for` of Python 3.12: whoever waits is not left before he has the lock again."""
    async with asyncio.timeout(timeout):
        return await awaitable
