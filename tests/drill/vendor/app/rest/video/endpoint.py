"""Video sessions as Example Video serves them."""

from starlette.requests import Request
from starlette.responses import Response

from app.rest.vendor import Endpoint, Refusal, Vendor, admit, challenging, json
from app.rest.video import reference
from app.rest.video.layout import SESSION, page
from app.rest.video.request import decode
from resolvers import sessions
from resolvers.errors import NotFound
from schema.kinds.video import VIDEO


async def get(request: Request) -> Response:
    """One session; NotFound if there is none with that id."""
    context = await admit(request, VIDEO)
    found = await sessions.get(context, VIDEO, request.path_params["sessionId"], SESSION.paths)
    if found is None:
        raise NotFound(reference.UNKNOWN)
    return json(SESSION.row(found))


async def list_(request: Request) -> Response:
    """The newest sessions."""
    context = await admit(request, VIDEO)
    found = await sessions.list_(context, decode(request.query_params, SESSION.paths))
    return json(page(found.documents, found.has_next))


def refuse(refusal: Refusal, _request: Request) -> Response:
    """`{"message": "…"}` with the status."""
    return challenging(json({"message": refusal.message}, refusal.status))


VENDOR = Vendor(
    kind=VIDEO,
    service="Example Video",
    bases=("/video",),
    endpoints=(
        Endpoint("GET", "/video/sessions/{sessionId}", get, reference.GET),
        Endpoint("GET", "/video/sessions", list_, reference.LIST),
    ),
    refuse=refuse,
    chapter=reference.CHAPTER,
)
