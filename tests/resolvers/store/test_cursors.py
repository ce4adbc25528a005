"""Cursors are closed on the server, whatever ends their reading."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from bson import encode
from pymongo.errors import AutoReconnect

from resolvers.store.cursors import batches, rows

pytestmark = pytest.mark.anyio


class Cursor:
    """Has two replies, and what comes instead of the second."""

    def __init__(self, failure: BaseException | None) -> None:
        self.failure = failure
        self.closed = asyncio.Event()

    async def to_list(self, _most: int | None) -> list[Any]:
        return [batch async for batch in self]

    async def __aiter__(self) -> Any:
        yield encode({"_id": 1})
        if self.failure:
            raise self.failure
        yield encode({"_id": 2})

    async def close(self) -> None:
        self.closed.set()
        raise AutoReconnect


@pytest.mark.parametrize("read", [rows, batches])
@pytest.mark.parametrize("failure", [asyncio.CancelledError, AutoReconnect, ValueError])
async def test_a_read_that_fails_closes_its_cursor(
    read: Callable[[Any], Awaitable[Any]], failure: type[BaseException]
) -> None:
    """The failure is the reader's, and nobody hears of a cursor that could not be closed."""
    cursor = Cursor(failure())
    with pytest.raises(failure):
        await read(cursor)
    await asyncio.wait_for(cursor.closed.wait(), 5)


async def test_a_read_that_is_done_leaves_the_cursor_to_the_server() -> None:
    """It closes one that was read to its end."""
    cursor = Cursor(None)
    assert await batches(cursor) == [{"_id": 1}, {"_id": 2}]
    assert not cursor.closed.is_set()
