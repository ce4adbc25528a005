"""The driver's cursors, none of which stays open on the server, whatever ends its reading.

A deadline, a client that goes and a damaged reply all end a read between two replies. The server
would keep such a cursor for ten minutes.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bson import decode_all, encode

from resolvers.errors import GatewayError, LimitExceeded
from resolvers.kind import Document, Kind
from resolvers.store.driver import CODEC, DRIVER_ERRORS, opened

if TYPE_CHECKING:
    from resolvers.store.store import Store

READ_BYTES = "read_bytes"
"""The name of the limit on them."""
MOST_BYTES = 67_108_864
"""Of the documents of one read."""
CLOSING_SECONDS = 5.0
"""How long the closing of a cursor may take, for which nobody waits."""

_closing: set[asyncio.Task[None]] = set()


async def rows(cursor: Any, most: int | None = None) -> list[Document]:
    """At most so many documents of a cursor, which is closed if the reading fails."""
    try:
        documents: list[Document] = await cursor.to_list(most)
    except BaseException:
        leave(cursor.close())
        raise
    return documents


async def aggregate(
    store: "Store", kind: Kind, stages: Sequence[Document], **options: Any
) -> list[Document]:
    """The documents that a pipeline over a kind's collection makes."""
    collection = store.collection(kind)
    return await rows(
        await opened(collection.aggregate([*stages], maxTimeMS=store.time_ms, **options))
    )


async def batches(cursor: Any) -> list[Document]:
    """The documents of a cursor of raw batches; LimitExceeded beyond MOST_BYTES."""
    documents: list[Document] = []
    size = 0
    try:
        async for batch in cursor:
            size += len(batch)
            if size > MOST_BYTES:
                raise _too_much()
            documents += decode_all(batch, CODEC)
    except BaseException:
        leave(cursor.close())
        raise
    return documents


def encoded(documents: Iterable[Document]) -> bytes:
    """Documents as a batch of a cursor has them."""
    return b"".join(encode(document, codec_options=CODEC) for document in documents)


def _too_much() -> GatewayError:
    return LimitExceeded(
        f"What is asked for has more than {MOST_BYTES} bytes in the database. Ask for fewer rows "
        "with `first` or `last`, or for shorter lists within them.",
        limit=READ_BYTES,
        maximum=MOST_BYTES,
    )


def leave(closing: Any) -> None:
    """Close something on the server in a task of its own: nobody waits for it."""
    task = asyncio.create_task(_close(closing))
    _closing.add(task)
    task.add_done_callback(_closing.discard)


async def _close(closing: Any) -> None:
    with suppress(TimeoutError, *DRIVER_ERRORS):
        async with asyncio.timeout(CLOSING_SECONDS):
            await closing
