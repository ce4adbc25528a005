"""Co-browse history as Genesys Co-browse 8.1 serves it (its history REST API)."""

from starlette.requests import Request
from starlette.responses import Response

from app.rest.co_browse.export import EXPORT
from app.rest.co_browse.layout import JSON, SESSION
from app.rest.co_browse.reference import CHAPTER, DIFFERENCES, GET, UNKNOWN
from app.rest.co_browse.request import ENDED
from app.rest.conditional import and_revision, tagged
from app.rest.vendor import Endpoint, Refusal, Vendor, admit, challenging, json
from resolvers import sessions
from resolvers.errors import NotFound
from schema.kinds.co_browse import CO_BROWSE

ROOTS = ("/cobrowse/rest", "")
READ = and_revision(SESSION.paths)
PATHS = tuple(f"{root}/history/sessions/{{session_history_id}}" for root in ROOTS)


async def get(request: Request) -> Response:
    """One ended session; NotFound for every other id."""
    context = await admit(request, CO_BROWSE)
    session_id = request.path_params["session_history_id"]
    found = await sessions.get(context, CO_BROWSE, session_id, READ, ENDED)
    if found is None:
        raise NotFound(UNKNOWN)
    return tagged(request, json(SESSION.row(found), media_type=JSON), found)


def refuse(refusal: Refusal, _request: Request) -> Response:
    """`{"error": "..."}` with the status."""
    return challenging(json({"error": refusal.message}, refusal.status, JSON))


VENDOR = Vendor(
    kind=CO_BROWSE,
    service="Genesys Co-browse 8.1",
    bases=("/cobrowse", "/history"),
    roots=ROOTS,
    endpoints=tuple(Endpoint("GET", path, get, GET) for path in PATHS),
    refuse=refuse,
    chapter=CHAPTER,
    differences=DIFFERENCES,
    export=EXPORT,
)
