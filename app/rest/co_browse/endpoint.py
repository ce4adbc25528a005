"""Co-browse history as Genesys Co-browse 8.1 serves it.

`GET /cobrowse/rest/history/sessions/{sessionHistoryId}` gives an ended session with its pages:
times in Unix milliseconds, durations in whole seconds (history REST API of the vendor's developer
guide). Ours, where the guide is silent: a session that goes on is 404 like an unknown one, a
session that no agent joined has no `activationTime`, refusals are `{"error": "..."}`.
"""

from datetime import datetime, timedelta
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.rest.vendor import Endpoint, Vendor, bearer
from resolvers import documents, sessions
from resolvers.errors import CorruptDocument, NotFound
from resolvers.kind import Column, Document
from resolvers.request import Compare, Operator
from schema.kinds.co_browse import CO_BROWSE

NAME = "co_browse"
JSON = "application/json; charset=UTF-8"
PATHS = (
    "/cobrowse/rest/history/sessions/{session_history_id}",
    "/history/sessions/{session_history_id}",
)

ENDED = Compare((CO_BROWSE.by_name["status"],), Operator.EQ, "CLOSED")
EPOCH = datetime(1970, 1, 1)
MILLISECOND = timedelta(milliseconds=1)

SESSION = {
    "id": "sessionId",
    "sessionToken": "sessionToken",
    "creationTime": "creationTime",
    "activationTime": "activationTime",
    "deactivationTime": "deactivationTime",
    "pages": "pages",
}
"""The vendor's fields in its order, and the columns they come from."""
COLUMNS = frozenset(CO_BROWSE.by_name[name].path for name in SESSION.values())


async def get(request: Request) -> Response:
    """One ended session; NotFound for every other id."""
    context = await bearer(request, NAME)
    session_id = request.path_params["session_history_id"]
    document = await sessions.get(context, CO_BROWSE, session_id, COLUMNS, ENDED)
    if document is None:
        raise NotFound("There is no co-browse history with this id.")
    return Response(encode(document), media_type=JSON)


def encode(document: Document) -> bytes:
    """A session's JSON; CorruptDocument if it is stored with wrongly typed values."""
    fields = {name: _value(CO_BROWSE.by_name[column], document) for name, column in SESSION.items()}
    return orjson.dumps({name: value for name, value in fields.items() if value is not None})


def refuse(
    status: int, _code: str, message: str, _request: Request, _retry_after: int | None
) -> Response:
    """`{"error": "..."}` with the status."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return Response(orjson.dumps({"error": message}), status, headers, JSON)


def _value(column: Column, source: Document) -> Any:
    value = documents.read(column, source)
    if isinstance(value, list):
        return [_page(column, part) for part in value]
    return (value - EPOCH) // MILLISECOND if isinstance(value, datetime) else value


def _page(column: Column, page: Document | CorruptDocument) -> Document:
    if isinstance(page, CorruptDocument):
        raise page
    return {nested.name: _value(nested, page) for nested in column.columns}


VENDOR = Vendor(
    name=NAME,
    kind=CO_BROWSE,
    bases=("/cobrowse", "/history"),
    endpoints=tuple(Endpoint("GET", path, get) for path in PATHS),
    refuse=refuse,
)
