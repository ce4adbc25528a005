"""`/openapi.json`: the vendors' paths as OpenAPI 3.1, for `/docs` and for machines.

Paths, methods and parameters in paths come from the route table; types and limits from the layout
tables; examples are what the paths' own code makes of the vendors' samples; refusals are rendered
by the vendors' own `refuse`. `gateway.json` is what no vendor has: GraphQL, health, credentials.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.access.authenticator import REFUSAL
from app.errors import STATUS
from app.http.admission import MESSAGE
from app.rest import VENDORS, vendors
from app.rest.docs import TEXT, Case, Json, array, members, parameter, text
from app.rest.vendor import Endpoint, Refusal, Vendor
from app.settings import Settings
from resolvers.access import Action, forbidden

GATEWAY = Path(__file__).parent / "gateway.json"
TOO_LARGE = "LIMIT_EXCEEDED"
HEADERS: Json = {
    "retry-after": {
        "Retry-After": {
            "description": "Seconds after which to try again.",
            "schema": {"type": "integer"},
        }
    },
    "www-authenticate": {"WWW-Authenticate": {"description": "`Bearer`.", "schema": TEXT}},
}


LIMITS: Json = {
    "RateLimit-Policy": {
        "description": "The rates that the request counts for: `q` requests in `w` seconds. Absent "
        "where none is set.",
        "schema": TEXT,
    },
    "RateLimit": {
        "description": "What is left of each: `r` requests until `t` seconds from now.",
        "schema": TEXT,
    },
}
TAG: Json = {
    "ETag": {"description": "Of this answer: send it as `If-None-Match`.", "schema": TEXT},
}
REPEATED = (
    Case(
        "IDEMPOTENCY_KEY_REUSED",
        "Idempotency-Key: another request was made with this key.",
        "the `Idempotency-Key` was another request's",
    ),
    Case(
        "IDEMPOTENCY_KEY_IN_USE",
        "The first request with this Idempotency-Key is not done yet.",
        "the first request with the `Idempotency-Key` goes on",
    ),
    Case(
        "IDEMPOTENCY_ANSWER_GONE",
        "The request with this Idempotency-Key was carried out. Its answer is not stored.",
        "the request with the `Idempotency-Key` was carried out, and its answer is not stored",
    ),
)


def document(settings: Settings, version: str) -> Json:
    """The whole description."""
    whole: Json = orjson.loads(GATEWAY.read_bytes())
    whole["info"]["version"] = version
    whole["tags"] = [_tag(vendor, settings) for vendor in VENDORS] + whole["tags"]
    whole["components"]["schemas"] |= {_error_name(one): _error_schema(one) for one in VENDORS}
    paths: Json = {}
    for vendor in vendors(settings):
        for endpoint in vendor.endpoints:
            item = paths.setdefault(endpoint.path, {})
            item[endpoint.method.lower()] = _operation(vendor, endpoint, settings)
    whole["paths"] = paths | whole["paths"]
    return whole


def _tag(vendor: Vendor, settings: Settings) -> Json:
    title, prose = vendor.chapter.title, vendor.chapter.prose
    return {"name": title, "description": prose[title].format(settings=settings)}


def _operation(vendor: Vendor, endpoint: Endpoint, settings: Settings) -> Json:
    operation, chapter = endpoint.operation, vendor.chapter
    security = operation.security or chapter.security
    if (settings.auth == "off" or vendor.name in settings.open_paths) and {} not in security:
        security = [{}, *security]
    in_path = [
        parameter("path", name, text(chapter.names.get(name, name)), required=True)
        for name in endpoint.names
    ]
    parameters = [*in_path, *operation.parameters, *_headers(endpoint)]
    return {
        "tags": [chapter.title],
        "operationId": _operation_id(endpoint),
        "summary": operation.summary,
        "description": chapter.prose[operation.summary],
        "security": security,
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": operation.body} if operation.body else {}),
        "responses": _responses(vendor, endpoint, settings.max_body_bytes),
    }


def _headers(endpoint: Endpoint) -> Iterator[Json]:
    """What the gateway's own headers of requests do, which no vendor has."""
    if endpoint.operation.tagged:
        told = "The `ETag` of an earlier answer: 304 without a body if the session is unchanged."
        yield parameter("header", "If-None-Match", text(told))
    if endpoint.changed_by is not None:
        told = (
            "Repeat a request with the same key, and it is carried out once: 1 to 255 visible ASCII"
            " characters, such as a UUID."
        )
        yield parameter("header", "Idempotency-Key", text(told))


def _operation_id(endpoint: Endpoint) -> str:
    """Such as `getSessionsSessionId`: unique, since paths are."""
    parts = "".join(sign if sign.isalnum() else " " for sign in endpoint.path).split()
    return endpoint.method.lower() + "".join(part[0].upper() + part[1:] for part in parts)


def _responses(vendor: Vendor, endpoint: Endpoint, max_body: int) -> Json:
    """Every answer by its status."""
    operation = endpoint.operation
    bodies = {name: {**body} for name, body in operation.content.items()}
    shown = {**LIMITS, **(TAG if operation.tagged else {})}
    found: Json = {"200": {"description": operation.answer, "content": bodies, "headers": shown}}
    if operation.tagged:
        found["304"] = {"description": "The client has this answer already.", "headers": shown}
    cases = [*operation.cases, *_everywhere(vendor)]
    if endpoint.changed_by is not None:
        cases += REPEATED
    if operation.body:
        sentence = f"he body is larger than {max_body} bytes"
        cases.append(Case(TOO_LARGE, f"T{sentence}.", f"t{sentence}"))
    for case in cases:
        for response in _refused(vendor, case):
            _add(found, case, response, {"$ref": f"#/components/schemas/{_error_name(vendor)}"})
    return found


def _everywhere(vendor: Vendor) -> Iterator[Case]:
    lacking = forbidden(vendor.kind, Action.READ).message
    yield Case("UNAUTHENTICATED", REFUSAL, "the credential is missing, wrong, expired or revoked")
    yield Case("FORBIDDEN", lacking, "the credential lacks the scope")
    yield Case("RATE_LIMITED", "Too many requests.", "the rate is used up")
    yield Case("UNAVAILABLE", "The database is not reachable.", "the database is away")
    yield Case("OVERLOADED", MESSAGE, "the gateway serves as many requests as it can")
    yield Case("INTERNAL", "The gateway failed.", "the gateway failed")


def _refused(vendor: Vendor, case: Case) -> Iterator[Response]:
    """The case in each of the vendor's forms; the frame adds Retry-After where it is due."""
    status = 413 if case.code == TOO_LARGE else STATUS.get(case.code, 400)
    for query in vendor.chapter.queries:
        request = Request({"type": "http", "query_string": query, "headers": []})
        response = vendor.refuse(Refusal(status, case.code, case.message), request)
        if status in (429, 503) or case.code == "IDEMPOTENCY_KEY_IN_USE":
            response.headers["retry-after"] = "1"
        yield response


def _add(found: Json, case: Case, response: Response, error: Json) -> None:
    """Enter a refusal under its status, beside those that have the same."""
    status = str(response.status_code)
    answer = found.setdefault(status, {"description": "", "content": {}})
    sentence = f"{case.when[0].upper()}{case.when[1:]}."
    if status != "200" and sentence not in answer["description"]:
        answer["description"] = f"{answer['description']} {sentence}".strip()
    for name in HEADERS.keys() & response.headers.keys():
        answer["headers"] = {**answer.get("headers", {}), **HEADERS[name]}
    body = answer["content"].setdefault(response.headers["content-type"], {"schema": error})
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


def _error_name(vendor: Vendor) -> str:
    return "".join(part.title() for part in vendor.name.split("_")) + "Error"


def _error_schema(vendor: Vendor) -> Json:
    """The schema of every refusal's body, from one in JSON."""
    *_, response = _refused(vendor, Case("INTERNAL", "The gateway failed.", ""))
    return _shape(_value(response))


def _shape(value: Any) -> Json:
    if isinstance(value, dict):
        return members({name: _shape(part) for name, part in value.items()})
    if isinstance(value, list):
        return array(_shape(value[0]))
    return {"type": "integer"} if isinstance(value, int) else TEXT
