"""The answers of an operation: refusals are rendered by the vendor's own `refuse`."""

from collections.abc import Iterator
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.access.authenticator import REFUSAL
from app.errors import STATUS
from app.rest.docs import TEXT, Case, Json, Operation, array, members
from app.rest.vendor import Refusal, Vendor
from resolvers.access import Action, forbidden

TOO_LARGE = "LIMIT_EXCEEDED"
RETRY_AFTER: Json = {
    "description": "Seconds after which to try again.",
    "schema": {"type": "integer"},
}
CHALLENGE: Json = {"description": "`Bearer`.", "schema": TEXT}


def responses(vendor: Vendor, operation: Operation, error: Json, max_body: int) -> Json:
    """Every answer by its status; `error` is the schema of refusals."""
    bodies = {name: {**body} for name, body in operation.content.items()}
    found: Json = {"200": {"description": operation.answer, "content": bodies}}
    cases = [*operation.cases, *_everywhere(vendor)]
    if operation.body:
        sentence = f"the body is larger than {max_body} bytes"
        cases.append(Case(TOO_LARGE, f"T{sentence[1:]}.", sentence))
    for case in cases:
        for response in _rendered(vendor, case):
            _add(found, case, response, error)
    return found


def _everywhere(vendor: Vendor) -> Iterator[Case]:
    scope = forbidden(vendor.kind, Action.READ).message
    yield Case("UNAUTHENTICATED", REFUSAL, "the credential is missing, wrong, expired or revoked")
    yield Case("FORBIDDEN", scope, "the credential lacks the scope")
    yield Case("RATE_LIMITED", "Too many requests.", "the rate is used up")
    yield Case("UNAVAILABLE", "The database is not reachable.", "the database is away")
    yield Case("INTERNAL", "The gateway failed.", "the gateway failed")


def _rendered(vendor: Vendor, case: Case) -> Iterator[Response]:
    status = 413 if case.code == TOO_LARGE else STATUS.get(case.code, 400)
    for query in vendor.chapter.queries:
        request = Request({"type": "http", "query_string": query, "headers": []})
        yield vendor.refuse(Refusal(status, case.code, case.message), request)


def _add(found: Json, case: Case, response: Response, error: Json) -> None:
    """Enter a refusal under its status, beside those that have the same."""
    status, media_type = str(response.status_code), response.headers["content-type"]
    answer = found.setdefault(status, {"description": "", "content": {}})
    sentence = f"{case.when[0].upper()}{case.when[1:]}."
    if status != "200" and sentence not in answer["description"]:
        answer["description"] = f"{answer['description']} {sentence}".strip()
    if status in ("429", "503"):
        answer["headers"] = {"Retry-After": RETRY_AFTER}
    if "www-authenticate" in response.headers:
        answer["headers"] = {"WWW-Authenticate": CHALLENGE}
    body = answer["content"].setdefault(media_type, {"schema": error})
    choices = body["schema"].get("anyOf", [body["schema"]])
    if error not in choices:
        body["schema"] = {"anyOf": [*choices, error]}
    examples = body["examples"] = {**body.get("examples", {})}
    value = _value(response)
    if all(known["value"] != value for known in examples.values()):
        number = sum(name.startswith(case.code) for name in examples)
        examples[f"{case.code}_{number + 1}" if number else case.code] = {"value": value}


def _value(response: Response) -> Any:
    body = bytes(response.body)
    return orjson.loads(body) if "json" in response.headers["content-type"] else body.decode()


def error_schema(vendor: Vendor) -> Json:
    """The schema of every refusal's body, from one in JSON."""
    *_, response = _rendered(vendor, Case("INTERNAL", "The gateway failed.", ""))
    return _shape(_value(response))


def _shape(value: Any) -> Json:
    if isinstance(value, dict):
        return members({name: _shape(part) for name, part in value.items()})
    if isinstance(value, list):
        return array(_shape(value[0]))
    return {"type": "integer"} if isinstance(value, int) else TEXT
