"""Chats as the Agendize Chat API serves them ("Chat History")."""

from collections.abc import Awaitable

from starlette.requests import Request
from starlette.responses import Response

from app.access.authenticator import Authenticator
from app.rest.chat import reference
from app.rest.chat.export import EXPORT
from app.rest.chat.layout import SESSION, summary
from app.rest.chat.reference import UNKNOWN
from app.rest.chat.request import AUTHENTICATION, credentials, decode
from app.rest.conditional import and_revision, tagged
from app.rest.vendor import Endpoint, Refusal, Vendor, admit, challenging, json, query_of
from resolvers import sessions
from resolvers.access import Caller
from resolvers.context import Context
from resolvers.errors import NotFound
from schema.kinds.chat import CHAT

READ = and_revision(SESSION.paths)
BASES = tuple(f"/api/{version}/chat" for version in ("2.0", "2.1"))
ROOTS = tuple(root for base in BASES for root in (f"{base}/console", base))


async def get(request: Request) -> Response:
    """One chat with all its messages; NotFound if there is none with that id."""
    context = await authenticated(request)
    found = await sessions.get(context, CHAT, request.path_params["sessionId"], READ)
    if found is None:
        raise NotFound(UNKNOWN)
    return tagged(request, json(SESSION.row(found)), found)


async def summarise(request: Request) -> Response:
    """How many chats started between the dates, and how long they lasted on average."""
    context = await authenticated(request)
    where = decode(query_of(request), context.company_timezone)
    return json(summary(await sessions.summarise(context, CHAT, where)))


async def authenticated(request: Request) -> Context:
    """The caller's context; Unauthenticated unless exactly one scheme is used."""

    def find(authenticator: Authenticator) -> Awaitable[Caller]:
        pair = credentials(request.headers, query_of(request))
        return authenticator.by_pair(*pair) if pair else authenticator.bearer(request)

    return await admit(request, CHAT, find)


def refuse(refusal: Refusal, _request: Request) -> Response:
    """`{"error":{"code":404,"message":"…"}}`; the code is the HTTP status.

    All authentication failures have the same message.
    """
    status = refusal.status
    message = AUTHENTICATION if status == 401 else refusal.message
    return challenging(json({"error": {"code": status, "message": message}}, status))


VENDOR = Vendor(
    kind=CHAT,
    service="Agendize Chat API",
    bases=BASES,
    roots=ROOTS,
    endpoints=tuple(
        endpoint
        for root in ROOTS
        for endpoint in (
            Endpoint("GET", f"{root}/history/{{sessionId}}", get, reference.GET),
            Endpoint("GET", f"{root}/history", summarise, reference.SUMMARISE),
        )
    ),
    refuse=refuse,
    chapter=reference.CHAPTER,
    differences=reference.DIFFERENCES,
    export=EXPORT,
)
