"""Media types: which one answers a request, and which ones a body may have.

Follows RFC 9110, sections 8.3 and 12.5.1, and GraphQL over HTTP, "Accept" and "Content-Type".
Clients repeat themselves, so every answer is remembered.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from app.http.refusal import GRAPHQL_JSON, JSON, RefusedError

_UTF_8: Final = ("", "utf-8", "utf8")


class _Range(NamedTuple):
    """One entry of an Accept header."""

    type: str
    charset: str
    quality: float


@lru_cache(256)
def response_type(accept: bytes | None) -> bytes:
    """The Content-Type of the response; RefusedError (406) if the client accepts none of ours.

    Equally welcome, `application/graphql-response+json` wins only where the client names it.
    """
    ranges = _ranges(accept or b"*/*")
    modern, legacy = _weight(ranges, GRAPHQL_JSON), _weight(ranges, JSON)
    if max(modern, legacy)[0] <= 0:
        raise RefusedError(
            406,
            "BAD_USER_INPUT",
            "Accept: this answers application/graphql-response+json or application/json, in UTF-8.",
        )
    if modern[0] != legacy[0]:
        return GRAPHQL_JSON if modern > legacy else JSON
    return GRAPHQL_JSON if modern[1] == 2 else JSON


@lru_cache(256)
def prefers_html(accept: bytes | None) -> bool:
    """Whether a browser is to see a page: it likes HTML better than any JSON of ours."""
    ranges = _ranges(accept or b"*/*")
    html, ours = _weight(ranges, b"text/html"), _weight(ranges, JSON)
    return html[1] == 2 and html >= max(ours, _weight(ranges, GRAPHQL_JSON))


@lru_cache(256)
def require_json(content_type: bytes | None, encoding: bytes | None) -> None:
    """RefusedError (415) unless a body is uncompressed `application/json` in UTF-8."""
    type_, parameters = _parsed((content_type or b"").decode("latin-1"))
    if type_ != "application/json":
        raise _unsupported("Content-Type: send application/json.")
    if parameters.get("charset", "") not in _UTF_8:
        raise _unsupported("Content-Type: the charset must be utf-8.")
    if encoding and encoding.strip().lower() != b"identity":
        raise _unsupported("Content-Encoding: send the body uncompressed.")


def _unsupported(message: str) -> RefusedError:
    return RefusedError(415, "BAD_USER_INPUT", message, (b"accept-post", b"application/json"))


def _weight(ranges: tuple[_Range, ...], offered: bytes) -> tuple[float, int]:
    """How welcome a type is, and how exactly it was named: 2 itself, 1 its main type, 0 `*/*`."""
    name = offered.decode().partition(";")[0]
    exactness = {name: 2, name.partition("/")[0] + "/*": 1, "*/*": 0}
    fitting = [
        (exactness[entry.type], entry.quality)
        for entry in ranges
        if entry.type in exactness and entry.charset in _UTF_8
    ]
    if not fitting:
        return 0.0, -1
    exact, quality = max(fitting)
    return quality, exact


def _ranges(accept: bytes) -> tuple[_Range, ...]:
    entries = [_parsed(entry) for entry in accept.decode("latin-1").split(",") if entry.strip()]
    return tuple(
        _Range(type_, parameters.get("charset", ""), _quality(parameters.get("q", "1")))
        for type_, parameters in entries or [("*/*", {})]
    )


def _quality(text: str) -> float:
    """A q-value; one that is none counts as 0."""
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0


def _parsed(text: str) -> tuple[str, dict[str, str]]:
    """`a/b; c=d` taken apart, all in lower case."""
    type_, *parts = text.lower().split(";")
    pairs = (part.partition("=") for part in parts)
    return type_.strip(), {name.strip(): value.strip().strip('"') for name, _, value in pairs}
