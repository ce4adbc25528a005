"""Request bodies, read with a limit of size and of time."""

import asyncio
from collections.abc import Mapping

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from app.http.coding import coding_of, unpacked
from app.http.refusal import RefusedError

_CLOSE = (b"connection", b"close")


async def read_body(
    receive: Receive, headers: Mapping[bytes, bytes], limit: int, seconds: float
) -> bytes:
    """The whole body, unpacked if it is compressed; ClientDisconnect if it breaks off.

    RefusedError: 413 beyond `limit` bytes, compressed or not (by Content-Length before anything is
    read, else as soon as it is crossed), 408 if it takes longer than `seconds`, 415 for a coding
    that is not read, 400 for a body that does not have it.
    """
    coding = coding_of(headers.get(b"content-encoding"))
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and (len(announced) > 18 or int(announced) > limit):
        raise _too_large(limit)
    try:
        async with asyncio.timeout(seconds):
            body = await _read(receive, limit)
    except TimeoutError:
        raise RefusedError(
            408, "TIMEOUT", f"The body did not arrive within {seconds:g} s.", _CLOSE
        ) from None
    whole = unpacked(body, coding, limit) if coding and body else body
    if whole is None:
        raise _too_large(limit)
    return whole


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
