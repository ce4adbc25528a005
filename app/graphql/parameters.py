"""The parameters of a GraphQL request, from a body or an address (GraphQL over HTTP, "Request")."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, NoReturn
from urllib.parse import parse_qsl

import orjson

from app.http.refusal import RefusedError
from app.http.text import without_mark

_MOST_PAIRS: Final = 20
_JSON_PAIRS: Final = ("variables", "extensions")


class Parameters(NamedTuple):
    """A well-formed request; which text it runs is for app.graphql.persisted to find."""

    query: str | None
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: Mapping[str, Any]
    document_id: str | None
    """The id of a trusted document, by `documentId` or `id`."""


def from_body(body: bytes) -> Parameters:
    """RefusedError (400) unless the body is a JSON object whose members have the right types."""
    try:
        given = orjson.loads(without_mark(body))
    except orjson.JSONDecodeError:
        _refuse("The body is not valid JSON in UTF-8.")
    if isinstance(given, list):
        _refuse("The body must be one JSON object: batches are not served. Send one at a time.")
    if not isinstance(given, dict):
        _refuse("The body must be a JSON object with the key `query`.")
    return checked(given)


def from_address(query_string: bytes) -> Parameters:
    """The same from `?query=…&variables=…`, where variables and extensions are JSON texts."""
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), True, errors="strict", max_num_fields=_MOST_PAIRS
        )
    except ValueError:  # UnicodeDecodeError is one
        _refuse(f"The address must have at most {_MOST_PAIRS} parameters, in UTF-8.")
    given: dict[str, Any] = dict(pairs)
    if len(given) < len(pairs):
        _refuse("The address has a parameter twice.")
    for name in _JSON_PAIRS:
        if given.get(name):
            given[name] = _decoded(name, given[name])
        else:
            given.pop(name, None)
    return checked(given)


def _decoded(name: str, text: str) -> Any:
    try:
        return orjson.loads(text.removeprefix("\ufeff"))
    except orjson.JSONDecodeError:
        _refuse(f"{name}: this is not valid JSON.", name)


def checked(given: Mapping[str, Any]) -> Parameters:
    """RefusedError unless the members have the right types."""
    get = given.get
    return Parameters(
        _typed("query", get("query"), str, "a text") or None,
        _typed("variables", get("variables"), dict, "an object"),
        _typed("operationName", get("operationName"), str, "a text") or None,
        _typed("extensions", get("extensions"), dict, "an object") or {},
        _typed("documentId", get("documentId"), str, "a text")
        or _typed("id", get("id"), str, "a text")
        or None,
    )


def _typed(name: str, value: Any, type_: type, words: str) -> Any:
    if value is not None and not isinstance(value, type_):
        _refuse(f"{name}: {words} is required.", name)
    return value


def _refuse(message: str, argument: str | None = None) -> NoReturn:
    details: dict[str, Any] = {"argument": argument} if argument else {}
    raise RefusedError(400, "BAD_USER_INPUT", message, **details) from None
