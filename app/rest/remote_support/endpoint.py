"""Remote-support history as N-able Take Control and Dameware Remote Everywhere serve it.

The vendor's documentation has `get_session_history.php`; the live service calls it
`integration/get_history_api.php`.
"""

from collections.abc import Awaitable

from starlette.requests import Request
from starlette.responses import Response

from app.access.authenticator import Authenticator
from app.rest.remote_support import layout, reference
from app.rest.remote_support.export import EXPORT
from app.rest.remote_support.request import Query, decode, in_url, output_format, parameters
from app.rest.vendor import Endpoint, Refusal, Vendor, admit, has_key, state_of
from resolvers import sessions
from resolvers.access import Caller
from resolvers.context import Context
from resolvers.errors import LimitExceeded, Unauthenticated
from resolvers.paging import cursors
from resolvers.request import LARGEST_PAGE, Read, Window
from schema.kinds.remote_support import REMOTE_SUPPORT

PATHS = (
    "/get_session_history.php",
    "/integration/get_session_history.php",
    "/integration/get_history_api.php",
)
OK_STATUS = frozenset({400, 401, 403, 422})
"""What the vendor answers with status 200 and an error message: what the client can correct."""


async def list_(request: Request) -> Response:
    """All sessions that match, newest first; BadInput in the vendor's words if a value is wrong."""
    given = await parameters(request)
    as_json = request.state.remote_support_json = output_format(given) == "JSON"
    context = await _authenticated(request, given.get("KEY", ""))
    query = decode(given)
    rows = await _rows(context, query, state_of(request).settings.remote_support_max_rows)
    return Response(layout.body(rows, as_json), media_type=layout.media_type(as_json))


async def _authenticated(request: Request, key: str) -> Context:
    def find(authenticator: Authenticator) -> Awaitable[Caller]:
        if has_key(request.headers):
            raise Unauthenticated("One credential is needed, in KEY.")
        return authenticator.by_key(key)

    return await admit(request, REMOTE_SUPPORT, find)


async def _rows(context: Context, query: Query, most: int) -> list[bytes]:
    """Every matching session, rendered; LimitExceeded if there are more than `most`."""
    columns = query.table.paths | {"startedAt"}  # a part of each cursor
    window = Window(first=LARGEST_PAGE)
    rows: list[bytes] = []
    while True:
        read = Read(REMOTE_SUPPORT, query.where, window=window, columns=columns)
        page = await sessions.list_(context, read)
        if len(rows) + len(page.documents) > most:
            raise LimitExceeded(f"More than {most} sessions match. Narrow the filters.")
        rows += [layout.row(query.table, one, query.as_json) for one in page.documents]
        if not page.has_next:
            return rows
        (after,) = cursors(read, page.documents[-1:])
        window = Window(first=LARGEST_PAGE, after=after)


def refuse(refusal: Refusal, request: Request) -> Response:
    """An `error_msg` in the format that was asked for; status 200 if the client can correct it."""
    message = "Invalid KEY." if refusal.code == "UNAUTHENTICATED" else refusal.message
    in_url_json = output_format(in_url(request)) == "JSON"
    as_json: bool = getattr(request.state, "remote_support_json", in_url_json)
    status = 200 if refusal.status in OK_STATUS else refusal.status
    return Response(layout.error(message, as_json), status, media_type=layout.media_type(as_json))


VENDOR = Vendor(
    kind=REMOTE_SUPPORT,
    service="N-able Take Control, Dameware Remote Everywhere",
    bases=("/get_session_history.php", "/integration"),
    roots=("", "/integration"),
    endpoints=tuple(
        endpoint
        for path in PATHS
        for endpoint in (
            Endpoint("GET", path, list_, reference.GET),
            Endpoint("POST", path, list_, reference.POST),
        )
    ),
    refuse=refuse,
    chapter=reference.CHAPTER,
    differences=reference.DIFFERENCES,
    export=EXPORT,
)
