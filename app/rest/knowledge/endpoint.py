"""Knowledge sessions as Genesys Knowledge Center Server 8.5 serves them (REST API, "Sessions")."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from app.rest.conditional import and_revision, tagged
from app.rest.knowledge import reference
from app.rest.knowledge.export import EXPORT
from app.rest.knowledge.layout import SESSION
from app.rest.knowledge.reference import NOT_FOUND, OTHER_CUSTOMER
from app.rest.knowledge.request import FROM_HEADERS, decode
from app.rest.vendor import Endpoint, Refusal, Vendor, admit, challenging, json, state_of
from resolvers import sessions, tenants
from resolvers.access import Action, Caller
from resolvers.context import Context
from resolvers.errors import Conflict, NotFound
from resolvers.kind import Document
from schema.kinds.knowledge import KNOWLEDGE

READ = and_revision(SESSION.paths)
ROOTS = ("", "/gks-server/v1")
HEADERS = tuple(FROM_HEADERS)
"""Whom a request names."""
BAD_REQUESTS = frozenset({"BAD_USER_INPUT", "INVALID", "CONFLICT"})
"""The vendor's page has one status for everything that is wrong with a request: 400."""


async def create(request: Request) -> Response:
    """PUT: a new session, anonymous if nothing identifies it."""
    context = await admit(request, KNOWLEDGE)
    given = decode(request.headers, await request.body())
    return json(SESSION.row(await sessions.create(context, KNOWLEDGE, given)))


async def get(request: Request) -> Response:
    """GET: the session; an unknown one is made, unless the settings or the scopes forbid it."""
    context = await admit(request, KNOWLEDGE)
    session_id = request.path_params["sessionId"]
    found = await sessions.get(context, KNOWLEDGE, session_id, READ)
    if found is None:
        settings = state_of(request).settings
        if not (settings.knowledge_auto_create and _may_create(context.caller)):
            raise NotFound(NOT_FOUND)
        return json(SESSION.row(await _linked(context, session_id, decode(request.headers, b""))))
    return tagged(request, json(SESSION.row(found)), found)


def _may_create(caller: Caller) -> bool:
    """Whether reading may create: not where the tenant of the session would be in doubt."""
    return caller.may(KNOWLEDGE, Action.WRITE) and not tenants.names(caller.tenants)


async def link(request: Request) -> Response:
    """POST: link what is given; a missing value changes nothing."""
    context = await admit(request, KNOWLEDGE)
    given = decode(request.headers, await request.body())
    return json(SESSION.row(await _linked(context, request.path_params["sessionId"], given)))


async def _linked(context: Context, session_id: str, given: Mapping[str, str]) -> Document:
    def change(document: Document) -> None:
        linked = document.get("customerId")
        if linked is not None and given.get("customerId", linked) != linked:
            raise Conflict(OTHER_CUSTOMER, ("customerId",))
        sessions.assign(context, KNOWLEDGE, document, given)

    if KNOWLEDGE.session_ids.fits(session_id):
        return await sessions.act(context, KNOWLEDGE, session_id, change, create_missing=given)
    return await sessions.create(context, KNOWLEDGE, given)


def refuse(refusal: Refusal, _request: Request) -> Response:
    """`{"statusCode":404,"errorMessage":"…"}`; the number is the HTTP status too."""
    status = 400 if refusal.code in BAD_REQUESTS else refusal.status
    return challenging(json({"statusCode": status, "errorMessage": refusal.message}, status))


VENDOR = Vendor(
    kind=KNOWLEDGE,
    service="Genesys Knowledge Center 8.5",
    bases=("/sessions", "/gks-server"),
    roots=ROOTS,
    endpoints=tuple(
        endpoint
        for root in ROOTS
        for endpoint in (
            Endpoint("PUT", f"{root}/sessions/new", create, reference.CREATE, HEADERS),
            Endpoint("GET", f"{root}/sessions/{{sessionId}}", get, reference.GET),
            Endpoint("POST", f"{root}/sessions/{{sessionId}}", link, reference.LINK, HEADERS),
        )
    ),
    refuse=refuse,
    chapter=reference.CHAPTER,
    differences=reference.DIFFERENCES,
    export=EXPORT,
)
