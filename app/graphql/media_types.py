"""Media types of GraphQL over HTTP ("Accept" and "Content-Type" of its specification)."""

from functools import lru_cache
from typing import Final

from app.http.negotiation import UTF_8, accepted, parsed, weight
from app.http.refusal import JSON, RefusedError

EVENT_STREAM: Final = b"text/event-stream; charset=utf-8"
GRAPHQL_JSON: Final = b"application/graphql-response+json; charset=utf-8"


@lru_cache(256)
def response_type(accept: bytes | None) -> bytes:
    """The Content-Type of the response; RefusedError (406) if the client accepts none.

    Equally welcome, `application/graphql-response+json` wins only where the client names it.
    """
    ranges = accepted(accept)
    modern, legacy = weight(ranges, GRAPHQL_JSON), weight(ranges, JSON)
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
def asks_for_events(accept: bytes | None) -> bool:
    """Whether the client names server-sent events, and likes nothing as much: urql names all."""
    ranges = accepted(accept)
    events = weight(ranges, EVENT_STREAM)
    others = (GRAPHQL_JSON, JSON)
    return events[1] == 2 and events > max(weight(ranges, other) for other in others)


@lru_cache(256)
def require_json(content_type: bytes | None) -> None:
    """RefusedError (415) unless a body is `application/json` in UTF-8."""
    type_, parameters = parsed((content_type or b"").decode("latin-1"))
    if type_ != "application/json":
        raise _unsupported("Content-Type: send application/json.")
    if parameters.get("charset", "") not in UTF_8:
        raise _unsupported("Content-Type: the charset must be utf-8.")


def _unsupported(message: str) -> RefusedError:
    return RefusedError(415, "BAD_USER_INPUT", message, (b"accept-post", b"application/json"))
