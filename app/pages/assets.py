"""A file in memory as a response: compressed once, and known to browsers by its digest."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.http.negotiation import accepts_gzip

FOR_GOOD: Final = "public, max-age=31536000, immutable"
"""For an address that contains the digest."""
ASK_AGAIN: Final = "no-cache"

_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".graphql": "application/graphql; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}


@dataclass(frozen=True)
class Asset:
    """One file; the end of its name decides the media type."""

    name: str
    content: bytes

    @cached_property
    def digest(self) -> str:
        """16 hexadecimal digits that change with the content."""
        return hashlib.sha256(self.content).hexdigest()[:16]

    @cached_property
    def packed(self) -> bytes:
        """The content in the gzip format."""
        return gzip.compress(self.content, compresslevel=9, mtime=0)

    def answer(
        self,
        request: Request,
        cache_control: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """The response, with more headers; 304 without the content to a client that has it."""
        sent = {
            "cache-control": cache_control,
            "etag": f'W/"{self.digest}"',  # weak: the same for both encodings
            "vary": "accept-encoding",
            "x-content-type-options": "nosniff",
            **(headers or {}),
        }
        if status == 200 and self.digest in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=sent)
        content = self.content
        if accepts_gzip(request.headers.get("accept-encoding", "").encode("latin-1")):
            content = self.packed
            sent["content-encoding"] = "gzip"
        sent["content-type"] = _MEDIA_TYPES[PurePath(self.name).suffix]
        return Response(content, status, sent)
