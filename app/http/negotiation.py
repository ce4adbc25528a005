"""Media types: how welcome each is to a client (RFC 9110, sections 8.3 and 12.5.1).

Clients repeat themselves, so what a page asks of an Accept header is remembered.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from app.http.refusal import JSON

UTF_8: Final = ("", "utf-8", "utf8")
"""What the parameter `charset` may be, besides being absent."""


_GZIP: Final = re.compile(rb"(?:^|[,\s])(?:gzip|\*)(?!\s*;\s*q=0(?:\.0*)?(?:,|\s|$))", re.I)


class Range(NamedTuple):
    """One entry of an Accept header."""

    type: str
    charset: str
    quality: float


def accepts_gzip(accept_encoding: bytes | None) -> bool:
    """Whether the client understands gzip (RFC 9110, section 12.5.3)."""
    return accept_encoding is not None and _GZIP.search(accept_encoding) is not None


@lru_cache(256)
def prefers_html(accept: bytes | None, *others: bytes) -> bool:
    """Whether a browser is to see a page: it likes HTML better than JSON and the other types."""
    ranges = accepted(accept)
    html = weight(ranges, b"text/html")
    return html[1] == 2 and html >= max(weight(ranges, other) for other in (JSON, *others))


def weight(ranges: tuple[Range, ...], offered: bytes) -> tuple[float, int]:
    """How welcome a type is, and how exactly it was named: 2 itself, 1 its main type, 0 `*/*`."""
    name = offered.decode().partition(";")[0]
    exactness = {name: 2, name.partition("/")[0] + "/*": 1, "*/*": 0}
    fitting = [
        (exactness[entry.type], entry.quality)
        for entry in ranges
        if entry.type in exactness and entry.charset in UTF_8
    ]
    if not fitting:
        return 0.0, -1
    exact, quality = max(fitting)
    return quality, exact


def accepted(accept: bytes | None) -> tuple[Range, ...]:
    """The entries of an Accept header; everything where there is none."""
    texts = (accept or b"*/*").decode("latin-1").split(",")
    entries = [parsed(text) for text in texts if text.strip()]
    return tuple(
        Range(type_, parameters.get("charset", ""), _quality(parameters.get("q", "1")))
        for type_, parameters in entries or [("*/*", {})]
    )


def _quality(text: str) -> float:
    """A q-value; one that is none counts as 0."""
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0


def parsed(text: str) -> tuple[str, dict[str, str]]:
    """`a/b; c=d` taken apart, all in lower case."""
    type_, *parts = text.lower().split(";")
    pairs = (part.partition("=") for part in parts)
    return type_.strip(), {name.strip(): value.strip().strip('"') for name, _, value in pairs}
