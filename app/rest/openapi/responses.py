"""The answers of an operation: refusals are rendered by the vendor's own file."""

from collections.abc import Iterator
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.access.authenticator import REFUSAL
from app.errors import STATUS
from app.rest.openapi.chapter import Chapter, Json, Operation, Refusal
from resolvers.access import Action, Caller
from resolvers.errors import Forbidden
from resolvers.kind import Kind

TOO_LARGE = "LIMIT_EXCEEDED"
RETRY_AFTER: Json = {
    "description": "Seconds after which to try again.",
    "schema": {"type": "integer"},
}
CHALLENGE: Json = {"description": "`Bearer`.", "schema": {"type": "string"}}


def responses(chapter: Chapter, operation: Operation, error: Json, max_body: int) -> Json:
    """Every answer by its status; `error` is the schema of refusals."""
    found: Json = {"200": {"description": operation.answer, "content": _copied(operation.content)}}
    refusals = [*operation.refusals, *_everywhere(chapter.vendor.kind)]
    if operation.body:
        message = f"The body is larger than {max_body} bytes."
        refusals.append(Refusal(TOO_LARGE, message, f"the body is larger than {max_body} bytes"))
    for refusal in refusals:
        for response in _rendered(chapter, refusal):
            _add(found, refusal, response, error)
    return found


def _everywhere(kind: Kind) -> Iterator[Refusal]:
    yield Refusal(
        "UNAUTHENTICATED", REFUSAL, "the credential is missing, wrong, expired or revoked"
    )
    yield Refusal("FORBIDDEN", _forbidden(kind), "the credential lacks the scope")
    yield Refusal("RATE_LIMITED", "Too many requests.", "the rate is used up")
    yield Refusal("UNAVAILABLE", "The database is not reachable.", "the database is away")
    yield Refusal("INTERNAL", "The gateway failed.", "the gateway failed")


def _forbidden(kind: Kind) -> str:
    try:
        Caller("", frozenset()).require(kind, Action.READ)
    except Forbidden as error:
        return error.message
    return ""


def _rendered(chapter: Chapter, refusal: Refusal) -> Iterator[Response]:
    status = 413 if refusal.code == TOO_LARGE else STATUS.get(refusal.code, 400)
    for query in chapter.queries:
        request = Request({"type": "http", "query_string": query, "headers": []})
        yield chapter.vendor.refuse(status, refusal.code, refusal.message, request, None)


def _add(found: Json, refusal: Refusal, response: Response, error: Json) -> None:
    answer = found.setdefault(str(response.status_code), {"description": "", "content": {}})
    _describe(answer, response.status_code, refusal)
    if response.status_code in (429, 503):
        answer["headers"] = {"Retry-After": RETRY_AFTER}
    if "www-authenticate" in response.headers:
        answer["headers"] = {"WWW-Authenticate": CHALLENGE}
    body = answer["content"].setdefault(response.headers["content-type"], {"schema": error})
    if body["schema"] not in (error, {"anyOf": [body["schema"], error]}):
        schemas = body["schema"].get("anyOf", [body["schema"]])
        body["schema"] = {"anyOf": [*schemas, *([] if error in schemas else [error])]}
    examples = body.setdefault("examples", {})
    value = _value(response)
    if all(known["value"] != value for known in examples.values()):
        examples[_name(refusal.code, examples)] = {"value": value}


def _describe(answer: Json, status: int, refusal: Refusal) -> None:
    sentence = f"{refusal.when[0].upper()}{refusal.when[1:]}."
    if status != 200 and sentence not in answer["description"]:
        answer["description"] = f"{answer['description']} {sentence}".strip()


def _name(code: str, taken: Json) -> str:
    number = sum(name.startswith(code) for name in taken)
    return f"{code}_{number + 1}" if number else code


def _value(response: Response) -> Any:
    body = bytes(response.body)
    return orjson.loads(body) if "json" in response.headers["content-type"] else body.decode()


def _copied(content: Json) -> Json:
    return {
        media_type: {**body, "examples": dict(body.get("examples", {}))}
        for media_type, body in content.items()
    }
