"""Remote-support history as N-able Take Control and Dameware Remote Everywhere serve it.

`get_session_history.php` with KEY, VARS and filters, by GET or as a form by POST (session-history
API of the vendor's documentation); the live service calls it `integration/get_history_api.php`.

Ours, where the vendor's page is silent: errors that the client can mend have status 200, as the
vendor's own have; a parameter given twice counts as given last, and one of the form counts more
than one of the URL; an empty filter is no filter; words and settings are read without regard to
case; of two OUTPUT_FORMATs the parameter of that name wins over the word in VARS; a credential in
a header as well is refused; a session is never left out for lack of room: more than
GATEWAY_REMOTE_SUPPORT_MAX_ROWS are refused.
"""

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.rest.remote_support.layout import VARIABLES, Layout, layout, refusal
from app.rest.vendor import Endpoint, Vendor, context, state_of
from resolvers import sessions
from resolvers.context import Context
from resolvers.errors import BadInput, LimitExceeded, Unauthenticated
from resolvers.kind import Document
from resolvers.paging import cursors
from resolvers.request import (
    EVERYTHING,
    LARGEST_PAGE,
    All,
    Compare,
    Filter,
    Operator,
    Read,
    Some,
    Window,
)
from schema.kinds.remote_support import CUSTOM_FIELD_KEYS, REMOTE_SUPPORT, custom_field_key

NAME = "remote_support"
PATHS = (
    "/get_session_history.php",
    "/integration/get_session_history.php",
    "/integration/get_history_api.php",
)
LONGEST_VARS = 512
STRAY = ("authorization", "x-api-key")
"""Headers that belong to other ways of authentication; beside KEY they are refused."""
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
MOST_FIELDS = 100
OK_STATUS = frozenset({400, 401, 403, 422})
"""What the vendor answers with status 200 and an error message."""

Parameters = Mapping[str, str]
Decode = Callable[[str], Filter]


@dataclass(frozen=True, slots=True)
class Query:
    """What a client asks for."""

    layout: Layout
    where: Filter


async def list_(request: Request) -> Response:
    """All sessions that match, newest first; BadInput in the vendor's words if a value is wrong."""
    given = await parameters(request)
    request.state.remote_support_json = _output_format(given) == "JSON"
    asker = await _context(request, given.get("KEY", ""))
    query = decode(given)
    rows = await _rows(asker, query, state_of(request).settings.remote_support_max_rows)
    return Response(query.layout.body(rows), media_type=query.layout.media_type)


async def parameters(request: Request) -> Parameters:
    """The parameters of the URL and of a form, the last of each name."""
    given = dict(_pairs(request.scope["query_string"]))
    kind = request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
    if request.method == "POST" and kind == FORM:
        given |= _pairs(await request.body())
    elif request.method == "POST" and kind == MULTIPART:
        given |= await _multipart(request)
    return given


async def _multipart(request: Request) -> Parameters:
    """The texts of a form as PHP's curl sends an array; none if it is no such form."""
    try:
        async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
            return {name: value for name, value in form.multi_items() if isinstance(value, str)}
    except HTTPException:
        return {}


def decode(given: Parameters) -> Query:
    """What is asked; BadInput `Invalid NAME setting.` or `… value.` for the first wrong one."""
    output_format = _output_format(given)
    if output_format not in ("XML", "JSON"):
        raise BadInput("Invalid OUTPUT_FORMAT setting.")
    words, _ = _words(given.get("VARS", ""))
    if not words or len(given["VARS"]) > LONGEST_VARS or not VARIABLES.keys() >= set(words):
        raise BadInput("Invalid VARS.")
    parts = [_filter(name, given[name]) for name in FILTERS if given.get(name, "").strip()]
    custom = (given.get(f"FILTER_CUSTOM_FIELD_{part}", "").strip() for part in ("NAME", "VALUE"))
    where = All((*parts, _custom_field(*custom)))
    return Query(layout(words, output_format == "JSON"), where)


def refuse(
    status: int, code: str, message: str, request: Request, _retry_after: int | None
) -> Response:
    """An `error_msg` in the format that was asked for; status 200 if the client can mend it."""
    if code == "UNAUTHENTICATED":
        message = "Invalid KEY."
    in_url = _output_format(dict(_pairs(request.scope["query_string"]))) == "JSON"
    as_json = getattr(request.state, "remote_support_json", in_url)
    body, media_type = refusal(message, as_json)
    return Response(body, 200 if status in OK_STATUS else status, media_type=media_type)


async def _context(request: Request, key: str) -> Context:
    authenticator = state_of(request).authenticator
    if authenticator.is_open(NAME):
        return context(request, authenticator.open_caller(NAME))
    if any(name in request.headers for name in STRAY):
        raise Unauthenticated("One credential is needed, in KEY.")
    caller = await authenticator.by_key(key)
    await authenticator.limit(caller)
    return context(request, caller)


async def _rows(asker: Context, query: Query, most: int) -> list[bytes]:
    """Every matching session, rendered; LimitExceeded if there are more than `most`."""
    rows: list[bytes] = []
    async for document in _documents(asker, query):
        if len(rows) == most:
            raise LimitExceeded(f"More than {most} sessions match. Narrow the filters.")
        rows.append(query.layout.row(document))
    return rows


async def _documents(asker: Context, query: Query) -> AsyncIterator[Document]:
    after = None
    while True:
        window = Window(first=LARGEST_PAGE, after=after)
        columns = query.layout.columns | {"startedAt"}  # a cursor holds it
        read = Read(REMOTE_SUPPORT, query.where, window=window, columns=columns)
        page = await sessions.list_(asker, read)
        for document in page.documents:
            yield document
        if not page.has_next:
            return
        (after,) = cursors(read, page.documents[-1:])


def _pairs(encoded: bytes) -> Iterator[tuple[str, str]]:
    yield from parse_qsl(encoded.decode(errors="replace"), keep_blank_values=True)


def _words(text: str) -> tuple[tuple[str, ...], str]:
    """The words of VARS in capitals, each once, and the output format that may stand among them."""
    words = " ".join(text.upper().split())
    found = FORMAT_AMONG_WORDS.search(words)
    asked = dict.fromkeys(FORMAT_AMONG_WORDS.sub("", words).split())
    return tuple(asked), (found[1] or found[2] or "") if found else ""


def _output_format(given: Parameters) -> str:
    return (
        given.get("OUTPUT_FORMAT", "").strip().upper() or _words(given.get("VARS", ""))[1] or "XML"
    )


def _filter(name: str, value: str) -> Filter:
    noun, read = FILTERS[name]
    try:
        return read(value.strip())
    except (KeyError, ValueError):
        raise BadInput(f"Invalid {name} {noun}.") from None


def _whole(column: str) -> Decode:
    """The whole text, without regard to case."""
    return lambda value: Compare((REMOTE_SUPPORT.by_name[column],), Operator.EQ_IGNORE_CASE, value)


def _session_id(value: str) -> Filter:
    if not re.fullmatch(r"-?[0-9]{1,18}", value):
        raise ValueError(value)
    return Compare((REMOTE_SUPPORT.by_name["sessionId"],), Operator.EQ, str(int(value)))


def _started(operator: Operator) -> Decode:
    """Strictly before or after a moment in UTC; a date alone is its midnight."""

    def read(value: str) -> Filter:
        found = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?: +([0-9:]{8}))?", value)
        if found is None:
            raise ValueError(value)
        moment = datetime.strptime(f"{found[1]} {found[2] or '00:00:00'}", "%Y-%m-%d %H:%M:%S")
        return Compare((REMOTE_SUPPORT.by_name["startedAt"],), operator, moment)

    return read


def _choice(column: str, values: Mapping[str, Any]) -> Decode:
    """One of `values` by its word; a word that stands for None does not filter."""
    path = (REMOTE_SUPPORT.by_name[column],)
    filters: dict[str, Filter] = {
        word: EVERYTHING if value is None else Compare(path, Operator.EQ, value)
        for word, value in values.items()
    }
    return lambda word: filters[word.upper()]


def _custom_field(name: str, value: str) -> Filter:
    """Name and value of one and the same field, or the one of both that is given."""
    if name and value:
        return Compare((CUSTOM_FIELD_KEYS,), Operator.EQ, custom_field_key(name, value))
    fields = REMOTE_SUPPORT.by_name["customFields"]
    parts = [
        Compare((fields.column(column),), Operator.EQ_IGNORE_CASE, given)
        for column, given in (("name", name), ("value", value))
        if given
    ]
    return Some((fields,), parts[0]) if parts else EVERYTHING


FORMAT_AMONG_WORDS = re.compile(r"(?<!\S)OUTPUT_FORMAT(?:[=:](\S*)| (XML|JSON))?(?!\S)")

FILTERS: Mapping[str, tuple[str, Decode]] = {
    "FILTER_ID": ("value", _session_id),
    "FILTER_DATE_START_INI": ("value", _started(Operator.GT)),
    "FILTER_DATE_START_END": ("value", _started(Operator.LT)),
    "FILTER_CUSTOMER_NAME": ("value", _whole("customerName")),
    "FILTER_CUSTOMER_EMAIL": ("value", _whole("customerEmail")),
    "FILTER_CUSTOMER_NUMBER": ("value", _whole("customerNumber")),
    "FILTER_COMPUTER_NAME": ("value", _whole("computerName")),
    "FILTER_COMPUTER_DOMAIN": ("value", _whole("computerDomain")),
    "FILTER_TECH_USERNAME": ("value", _whole("techUsername")),
    "FILTER_START_METHOD": (
        "setting",
        _choice("startMethod", {"ALL": None, "APPLET": "APPLET", "AGENT": "AGENT"}),
    ),
    "FILTER_PROCESSED": (
        "setting",
        _choice("answered", {"ALL": None, "ANSWERED": True, "NOT_ANSWERED": False}),
    ),
    "FILTER_HAS_VIDEOS": ("setting", _choice("hasVideos", {"TRUE": True, "FALSE": False})),
}
"""The vendor's filters: what a wrong one is called, and what a right one means."""

VENDOR = Vendor(
    name=NAME,
    kind=REMOTE_SUPPORT,
    bases=("/get_session_history.php", "/integration"),
    endpoints=tuple(Endpoint(method, path, list_) for path in PATHS for method in ("GET", "POST")),
    refuse=refuse,
)
