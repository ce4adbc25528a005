"""Compression of whole responses, where the client accepts gzip and it is worth the time."""

import asyncio
import re
import zlib
from typing import Final

from starlette.types import Message, Send

MINIMUM: Final = 1024
"""Bytes of a body below which compressing saves nothing that a network would notice."""
IN_THREAD: Final = 131_072
"""Bytes of a body from which on other requests should not have to wait."""
LEVEL: Final = 1
"""JSON shrinks to about a tenth at once; higher levels cost several times the time."""

_GZIP: Final = 31  # zlib's word for the gzip format
_ACCEPTED: Final = re.compile(rb"(?:^|[,\s])(?:gzip|\*)(?!\s*;\s*q=0(?:\.0*)?(?:,|\s|$))", re.I)
_WORTH: Final = re.compile(rb"text/|application/(?:.*\+)?(?:json|xml|javascript)|image/svg", re.I)


def accepts_gzip(accept_encoding: bytes | None) -> bool:
    """Whether the client understands gzip (RFC 9110, section 12.5.3)."""
    return accept_encoding is not None and _ACCEPTED.search(accept_encoding) is not None


def compressing(send: Send) -> Send:
    """A `send` that compresses a response whose body is sent in one piece."""
    start: Message | None = None

    async def send_compressed(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        if start is not None:
            body = message.get("body", b"")
            if not message.get("more_body") and len(body) >= MINIMUM and _is_worth(start):
                message = {**message, "body": await _packed(body)}
                start = {**start, "headers": _headers(start, len(message["body"]))}
            first, start = start, None
            await send(first)
        await send(message)

    return send_compressed


def _is_worth(start: Message) -> bool:
    headers = dict(start["headers"])
    return b"content-encoding" not in headers and bool(
        _WORTH.match(headers.get(b"content-type", b""))
    )


def _headers(start: Message, length: int) -> list[tuple[bytes, bytes]]:
    kept = [pair for pair in start["headers"] if pair[0] != b"content-length"]
    return [
        *kept,
        (b"content-length", b"%d" % length),
        (b"content-encoding", b"gzip"),
        (b"vary", b"Accept-Encoding"),
    ]


async def _packed(body: bytes) -> bytes:
    if len(body) < IN_THREAD:
        return _gzip(body)
    return await asyncio.to_thread(_gzip, body)


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(body) + packer.flush()
