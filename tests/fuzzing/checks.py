"""What every answer must be, whatever was asked."""

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from app.errors import STATUS
from tests.fuzzing.requests import Answer, Request

KNOWN = {*STATUS, "PERSISTED_QUERY_NOT_FOUND", "PERSISTED_QUERY_NOT_SUPPORTED"}
INTERNALS = re.compile(
    rb"Traceback|pymongo|bson|mongomock|site-packages|\.py\b|object at 0x|Error\(|NoneType"
)
"""What stands in no answer: it would be of the code, not of the request."""


def faults(request: Request, answer: Answer) -> Iterator[str]:
    """What is wrong with an answer, in words."""
    if not 200 <= answer.status < 500 and answer.status != 503:
        yield f"status {answer.status}"
    if answer.status == 503 and b"retry-after" not in answer.headers:
        yield "503 without Retry-After"
    leaked = INTERNALS.search(answer.body)
    if leaked and leaked[0] not in request.body + request.query + request.path.encode():
        yield f"it shows {leaked[0].decode()!r}"
    if answer.body and request.method != "HEAD":
        yield from _unreadable(request, answer)


def _unreadable(request: Request, answer: Answer) -> Iterator[str]:
    try:
        if answer.media_type.endswith("json"):
            value = json.loads(answer.body)
            if request.path == "/graphql":
                yield from _of_graphql(value)
        elif answer.media_type.endswith("xml"):
            ElementTree.fromstring(answer.body)  # our own answer
    except (ValueError, ElementTree.ParseError) as error:
        yield f"not what {answer.media_type} says: {error}"


def _of_graphql(value: Any) -> Iterator[str]:
    if not isinstance(value, dict) or not {"data", "errors"} & value.keys():
        yield "neither data nor errors"
        return
    for error in value.get("errors", ()):
        code = error.get("extensions", {}).get("code")
        if code not in KNOWN or STATUS.get(code) == 500:
            yield f"code {code}: {error.get('message')}"
