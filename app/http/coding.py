"""Compressed request bodies (`Content-Encoding`, RFC 9110, section 8.4)."""

import zlib
from typing import Final

from app.http.refusal import RefusedError

_GZIP: Final = 16 + zlib.MAX_WBITS
_WINDOWS: Final = {
    "gzip": (_GZIP,),
    "x-gzip": (_GZIP,),
    # The name means zlib's format; some clients send the bare one (RFC 9110, section 8.4.1.2).
    "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS),
}
CODINGS: Final = b"gzip, deflate"
"""What is read."""


def coding_of(header: bytes | None) -> str:
    """The coding of a body, empty if it has none; RefusedError (415) for one that is not read."""
    name = (header or b"").decode("latin-1").strip().lower()
    if name in ("", "identity"):
        return ""
    if name not in _WINDOWS:
        raise RefusedError(
            415,
            "BAD_USER_INPUT",
            "Content-Encoding: send the body as gzip or deflate, or uncompressed.",
            (b"accept-encoding", CODINGS),
        )
    return name


def unpacked(body: bytes, coding: str, limit: int) -> bytes | None:
    """The body itself, None if it has more than `limit` bytes; RefusedError (400) if it is broken.

    No more than that is ever unpacked, so a small body that would become a huge one costs no more
    than a large one.
    """
    for window in _WINDOWS[coding]:
        unpacking = zlib.decompressobj(window)
        try:
            found = unpacking.decompress(body, limit + 1)
        except zlib.error:
            continue
        if len(found) > limit:
            return None
        if unpacking.eof and not unpacking.unused_data:
            return found
    raise RefusedError(400, "BAD_USER_INPUT", f"The body is not valid {coding}.")
