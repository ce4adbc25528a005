"""Knowledge sessions as Genesys Knowledge Center Server 8.5 serves them (REST API, "Sessions").

    PUT  /sessions/new           make a session
    GET  /sessions/{sessionId}   show it, or make it if it is unknown
    POST /sessions/{sessionId}   tie an agent, a customer and visits to it, or make it so

The same under `/gks-server/v1`, where real clients ask. Who is concerned comes in the headers
`gkc_agentId` and `gkc_customerId` and in an optional JSON body with `visitId` and `globalVisitId`;
no body and no Content-Type is the usual case. An empty value says as little as a missing one.

Ours: all of SessionInfo but `sessionId`; the error body; 400 for another customer than the one
tied already; an id that is no UUID gets a fresh one; a credential that may not write, like
GATEWAY_KNOWLEDGE_AUTO_CREATE=false, gets 404 for an unknown id; an expired one is unknown.
"""

import re
from collections.abc import Mapping

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.rest.stored import as_promised
from app.rest.vendor import Endpoint, Vendor, bearer, state_of
from resolvers import sessions
from resolvers.access import Action
from resolvers.context import Context
from resolvers.errors import BadInput, Conflict, NotFound
from resolvers.kind import Document
from schema.kinds.knowledge import KNOWLEDGE

NAME = "knowledge"
BASES = ("", "/gks-server/v1")

FROM_HEADERS = {"gkc_agentId": "agentId", "gkc_customerId": "customerId"}
FROM_BODY = ("visitId", "globalVisitId")

COLUMNS = frozenset({"_id", "agentId", "customerId", "visitId", "globalVisitId"})
NOT_FOUND = "Session not found"
OTHER_CUSTOMER = "The session is tied to another customer."


async def create(request: Request) -> Response:
    """PUT: a new session, anonymous if nothing identifies it."""
    context = await bearer(request, NAME)
    given = decode(request.headers, await request.body())
    return encode(await sessions.create(context, KNOWLEDGE, given))


async def get(request: Request) -> Response:
    """GET: the session; an unknown one is made, unless the settings or the scopes forbid it."""
    context = await bearer(request, NAME)
    session_id = request.path_params["sessionId"]
    found = await sessions.get(context, KNOWLEDGE, session_id, COLUMNS)
    if found is None:
        settings = state_of(request).settings
        if not (settings.knowledge_auto_create and context.caller.may(KNOWLEDGE, Action.WRITE)):
            raise NotFound(NOT_FOUND)
        found = await _tie(context, session_id, decode(request.headers, b""))
    return encode(found)


async def link(request: Request) -> Response:
    """POST: tie what is given; what is not given stays as it was."""
    context = await bearer(request, NAME)
    given = decode(request.headers, await request.body())
    return encode(await _tie(context, request.path_params["sessionId"], given))


async def _tie(context: Context, session_id: str, given: Mapping[str, str]) -> Document:
    def change(document: Document) -> None:
        tied = document.get("customerId")
        if tied is not None and given.get("customerId", tied) != tied:
            raise Conflict(OTHER_CUSTOMER, ("customerId",))
        sessions.assign(context, KNOWLEDGE, document, given)

    if is_session_id(session_id):
        return await sessions.act(context, KNOWLEDGE, session_id, change, create_missing=given)
    return await sessions.create(context, KNOWLEDGE, given)


def is_session_id(text: str) -> bool:
    """Whether it is a UUID, as the ids of knowledge sessions are."""
    return re.fullmatch(KNOWLEDGE.session_ids.pattern, text) is not None


def decode(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """The column values that a request gives; BadInput for a body of another form."""
    values = {column: _text(headers.get(name)) for name, column in FROM_HEADERS.items()}
    values |= _from_body(body)
    return {column: value for column, value in values.items() if value}


def _text(header: str | None) -> str | None:
    """A header's value, which Starlette reads as Latin-1, as UTF-8 where it is that."""
    raw = (header or "").encode("latin-1")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return header


def _from_body(body: bytes) -> dict[str, str | None]:
    if not body.strip():
        return {}
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadInput("The body is no valid JSON.") from None
    if not isinstance(given, dict):
        raise BadInput("The body must be a JSON object.")
    for name in FROM_BODY:
        if not isinstance(given.get(name), str | None):
            raise BadInput(f"{name} must be a string.", argument=name)
    return {name: given.get(name) for name in FROM_BODY}


def encode(document: Document) -> Response:
    """SessionInfo: five strings, null where nothing is tied. 200."""
    return Response(orjson.dumps(session_info(document)), media_type="application/json")


def session_info(document: Document) -> dict[str, str | None]:
    """A stored session in the vendor's form."""
    row = as_promised(KNOWLEDGE, document)
    return {
        "sessionId": row["_id"],
        "agentId": row["agentId"],
        "customerId": row["customerId"],
        "visitId": row["visitId"],
        "globalVisitId": row["globalVisitId"],
    }


BAD_REQUESTS = frozenset({"BAD_USER_INPUT", "INVALID", "CONFLICT"})
"""The vendor's page knows one status for whatever is wrong with a request: 400."""


def refuse(
    status: int, code: str, message: str, _request: Request, _retry_after: int | None
) -> Response:
    """`{"statusCode":404,"errorMessage":"…"}`; the number is the HTTP status too."""
    status = 400 if code in BAD_REQUESTS else status
    body = orjson.dumps({"statusCode": status, "errorMessage": message})
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return Response(body, status, headers, "application/json")


VENDOR = Vendor(
    name=NAME,
    kind=KNOWLEDGE,
    bases=("/sessions", "/gks-server"),
    endpoints=tuple(
        Endpoint(method, f"{base}/sessions/{last}", handle)
        for base in BASES
        for method, last, handle in (
            ("PUT", "new", create),
            ("GET", "{sessionId}", get),
            ("POST", "{sessionId}", link),
        )
    ),
    refuse=refuse,
)
"""Everything under `/sessions` and `/gks-server`."""
