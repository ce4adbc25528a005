"""Request bodies, read with a limit of size and of time."""

import asyncio
from collections.abc import Mapping

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from app.http.refusal import RefusedError

_CLOSE = (b"connection", b"close")


async def read_body(
    receive: Receive, headers: Mapping[bytes, bytes], limit: int, seconds: float
) -> bytes:
    """The whole body; ClientDisconnect if it breaks off.

    RefusedError: 413 beyond `limit` bytes (by Content-Length before anything is read, else as
    soon as it is crossed), 408 if it takes longer than `seconds`.
    """
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and (len(announced) > 18 or int(announced) > limit):
        raise _too_large(limit)
    try:
        async with asyncio.timeout(seconds):
            return await _read(receive, limit)
    except TimeoutError:
        raise RefusedError(
            408, "TIMEOUT", f"The body did not arrive within {seconds:g} s.", _CLOSE
        ) from None


async def _read(receive: Receive, limit: int) -> bytes:
    # As starlette.requests.Request.stream does, without its object and generator for each request.
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body = message.get("body", b"")
        size += len(body)
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return b"".join([*chunks, body]) if chunks else body
        chunks.append(body)


def _too_large(limit: int) -> RefusedError:
    return RefusedError(
        413,
        "LIMIT_EXCEEDED",
        f"The body is larger than {limit} bytes.",
        _CLOSE,
        limit="body",
        maximum=limit,
    )
