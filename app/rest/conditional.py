"""Conditional reads of one session: `ETag`, `If-None-Match` and 304 (RFC 9110, section 13).

The tag has the session's revision and a digest of the bytes: whatever else decides about them, such
as a mask, is in it. It is a strong one, so the gzip form of an answer has one of its own. Nothing
between the gateway and a client may store a session (`no-store`): clients that do so themselves, as
integrations do, send the tag.
"""

import hashlib
import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.http.boundary import COMPRESSED_FROM, headers_of
from app.http.negotiation import accepts_gzip
from resolvers.changes import revision
from resolvers.common_columns import REVISION
from resolvers.kind import Document
from resolvers.request import Paths

_TAGS: Final = re.compile(r'\s*,?\s*(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?:,|$)')


def and_revision(paths: Paths) -> Paths:
    """What is read of a session whose answer has a tag."""
    return paths | {REVISION.path}


def tagged(request: Request, response: Response, session: Document) -> Response:
    """The response with its tag; 304 without a body if the client has it already."""
    body, found = bytes(response.body), headers_of(request.scope)
    packed = len(body) >= COMPRESSED_FROM and accepts_gzip(found.get(b"accept-encoding"))
    digest = hashlib.blake2b(body, digest_size=12).hexdigest()
    tag = f'"{revision(session)}-{digest}{"-gzip" if packed else ""}"'
    if is_among(tag, request.headers.getlist("if-none-match")):
        response = Response(status_code=304)
    response.headers["ETag"] = tag
    if len(body) >= COMPRESSED_FROM:
        response.headers["Vary"] = "Accept-Encoding"
    return response


def is_among(tag: str, conditions: list[str]) -> bool:
    """Whether `If-None-Match` names the tag, by weak comparison; `*` names any."""
    text = ",".join(conditions).strip()
    return text == "*" or tag in _TAGS.findall(text)
