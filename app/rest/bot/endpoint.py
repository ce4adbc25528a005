"""Bot sessions as Kore.ai XO serves them (getSessions, the "Sessions History API" page).

    POST /api/public/bot/{BotID}/getSessions       one bot's sessions
    POST /api/public/stream/{BotID}/getSessions    the same, under its older name
    POST /api/public/getSessions                   those of every bot that the credential may see

The header `auth` carries a JWT, as it is or after `Bearer `. `app.rest.bot.request` describes the
query and the body. The answer is `{"total","moreAvailable","sessions"}`, newest first, and with
`sessionId` in the request `"invalidSessions"` as well: the ids that led to no session.

Ours: `sessionStatus` in every row; a closed session without containment type has no such member,
just as an active one; a tag without a value has null; other credentials beside `auth` are refused;
a request without a bot counts for the rate of each bot that the credential is limited to, or, if
it is limited to none, for a rate of its own; on a page, sessions of one moment stand in the order
of their ids, as in the vendor's sample.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from operator import itemgetter
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from app.access.authenticator import MalformedToken
from app.rest.bot.request import CONTAINMENT_TYPES, SESSION_TYPES, ByIds, Search, decode
from app.rest.stored import as_promised
from app.rest.vendor import Endpoint, Vendor, state_of
from app.rest.vendor import context as context_of
from resolvers import sessions
from resolvers.access import Action, Caller
from resolvers.context import Context
from resolvers.errors import Unauthenticated
from resolvers.kind import Document
from resolvers.request import EVERYTHING, All, Compare, Filter, Operator, Read, Window
from schema.kinds.bot import BOT

NAME = "bot"
PATHS = (
    "/api/public/bot/{BotID}/getSessions",
    "/api/public/stream/{BotID}/getSessions",
    "/api/public/getSessions",
)

COLUMNS = frozenset(
    {
        "_id",
        "botId",
        "channel",
        "userId",
        "startTime",
        "endTime",
        "sessionLang",
        "sessionType",
        "containmentType",
        "isDeveloper",
        "tags",
        "noOfMessagesExchanged",
        "noOfTasksExecuted",
    }
)
ALL_BOTS = "*"
"""Stands for a bot id in the rate of requests for every bot there is."""
STRAY = ("authorization", "x-api-key")
"""Headers that belong to other ways of authentication."""


async def get_sessions(request: Request) -> Response:
    """The sessions that the request asks for, with status 200."""
    bot_id: str | None = request.path_params.get("BotID")
    try:
        context = await authenticated(request, bot_id)
    except MalformedToken:
        return errors(*REFUSALS[MALFORMED])
    own: Filter = EVERYTHING
    if bot_id is not None:
        own = Compare((BOT.by_name["botId"],), Operator.EQ, bot_id)
    words = request.query_params.getlist("containmentType")
    most = state_of(request).settings.bot_max_limit
    wanted = decode(await request.body(), words, context.now(), most)
    if isinstance(wanted, ByIds):
        return await _get_many(context, own, wanted)
    return await _list(context, own, wanted)


async def authenticated(request: Request, bot_id: str | None) -> Context:
    """The caller's context, its request counted; Unauthenticated for a bot that is not its own."""
    authenticator = state_of(request).authenticator
    if authenticator.is_open(NAME):
        return context_of(request, authenticator.open_caller(NAME))
    caller = await authenticator.by_jwt(token(request.headers))
    if bot_id is not None and caller.bots is not None and bot_id not in caller.bots:
        raise Unauthenticated("The bot is not the credential's.")
    caller.require(BOT, Action.READ)  # before it uses up the rate of a bot it may not see
    for bucket in buckets(caller, bot_id):
        await authenticator.limit(caller, bucket)
    return context_of(request, caller)


def buckets(caller: Caller, bot_id: str | None) -> list[str]:
    """The bots whose rate a request counts for: without a bot in the path, all that are read."""
    if bot_id is not None:
        return [bot_id]
    return [ALL_BOTS] if caller.bots is None else sorted(caller.bots)


def token(headers: Headers) -> str:
    """The JWT in the header `auth`; Unauthenticated if it is missing or not the only credential."""
    given = headers.getlist("auth")
    if len(given) != 1 or not given[0].strip() or any(name in headers for name in STRAY):
        raise Unauthenticated("One JWT is needed, in the header auth.")
    scheme, _, rest = given[0].strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else given[0].strip()


async def _list(context: Context, own: Filter, wanted: Search) -> Response:
    read = Read(
        kind=BOT,
        where=All((own, wanted.where)),
        window=Window(first=wanted.limit),
        columns=COLUMNS,
        skip=wanted.skip,
    )
    page = await sessions.list_(context, read)
    total = wanted.skip + len(page.documents)
    # The last page knows the total; only others pay for a count.
    if page.has_next or (wanted.skip and not page.documents):
        total = await sessions.count(context, BOT, read.where)
    return encode(newest_first(page.documents), total, page.has_next)


async def _get_many(context: Context, own: Filter, wanted: ByIds) -> Response:
    found = await sessions.get_many(context, BOT, wanted.session_ids, COLUMNS, own)
    rows = newest_first(found.values())
    unknown = [session_id for session_id in wanted.session_ids if session_id not in found]
    return encode(rows, len(rows), False, {"invalidSessions": unknown})


def newest_first(rows: Iterable[Document]) -> list[Document]:
    """By start time; those of one moment by id."""
    return sorted(sorted(rows, key=itemgetter("_id")), key=_started, reverse=True)


def _started(row: Document) -> datetime:
    started = row.get("startTime")
    return started if isinstance(started, datetime) else datetime.min


def encode(rows: list[Document], total: int, more: bool, rest: Document | None = None) -> Response:
    """The vendor's body over stored sessions; `rest` are further members at its end."""

    def body(render: Callable[[Document], Document]) -> bytes:
        shown = [render(row) for row in rows]
        return orjson.dumps(
            {"total": total, "moreAvailable": more, "sessions": shown, **(rest or {})}
        )

    try:
        return _json(200, body(_row))
    except (KeyError, TypeError, AttributeError):
        return _json(200, body(lambda row: _row(as_promised(BOT, row))))


def _row(row: Document) -> Document:
    """A stored session in the vendor's form; KeyError, … where it is not stored as promised."""
    if row.get("endTime") is None:
        return _active(row)
    shown = _closed(row)
    if shown["containmentType"] is None:
        del shown["containmentType"]
    return shown


def _active(row: Document) -> Document:
    return {
        "sessionId": row["_id"],
        "botId": row["botId"],
        "channel": row["channel"],
        "userId": row["userId"],
        "start_time": _moment(row["startTime"]),
        "session_lang": row["sessionLang"],
        "sessionType": _SESSION_TYPES[row["sessionType"]],
        "isDeveloper": row["isDeveloper"],
        "sessionStatus": "active",
        "tags": _tags(row["tags"]),
        "noOfMessagesExchanged": row["noOfMessagesExchanged"],
        "noOfTasksExecuted": row["noOfTasksExecuted"],
    }


def _closed(row: Document) -> Document:
    return {
        "sessionId": row["_id"],
        "botId": row["botId"],
        "channel": row["channel"],
        "userId": row["userId"],
        "start_time": _moment(row["startTime"]),
        "end_time": _moment(row["endTime"]),
        "session_lang": row["sessionLang"],
        "sessionType": _SESSION_TYPES[row["sessionType"]],
        "containmentType": _CONTAINMENT_TYPES[row.get("containmentType")],
        "isDeveloper": row["isDeveloper"],
        "sessionStatus": "closed",
        "tags": _tags(row["tags"]),
        "noOfMessagesExchanged": row["noOfMessagesExchanged"],
        "noOfTasksExecuted": row["noOfTasksExecuted"],
    }


_SESSION_TYPES: dict[Any, str | None] = {**SESSION_TYPES, None: None}
_CONTAINMENT_TYPES: dict[Any, str | None] = {**CONTAINMENT_TYPES, None: None}


def _moment(value: datetime | None) -> str | None:
    """ISO 8601 with milliseconds and `Z`."""
    return value.isoformat(timespec="milliseconds") + "Z" if value else None


def _tags(tags: Document) -> Document:
    """Value before name, as in the vendor's samples."""
    return {
        "userTags": [{"value": t.get("value"), "name": t["name"]} for t in tags["userTags"]],
        "sessionTags": [{"value": t.get("value"), "name": t["name"]} for t in tags["sessionTags"]],
    }


MALFORMED = "MALFORMED_TOKEN"
REFUSALS = {
    "UNAUTHENTICATED": (401, 4002, "Invalid SDK credentials"),
    MALFORMED: (401, 4002, "Invalid JWT token"),
    "FORBIDDEN": (401, 4002, "Permission denied. Scope is incorrect!"),
    "BAD_USER_INPUT": (412, 412, "Validation errors/ Invalid arguments"),
    "METHOD_NOT_ALLOWED": (405, 405, "Method Not Allowed"),
    "RATE_LIMITED": (429, 429, "Too Many Requests"),
}
"""Status, code and text, by the gateway's codes; the rest say what the gateway says."""


def refuse(
    status: int, code: str, message: str, _request: Request, _retry_after: int | None
) -> Response:
    """`{"errors":[{"msg":"…","code":401}]}`."""
    return errors(*REFUSALS.get(code, (status, status, message)))


def errors(status: int, code: int, message: str) -> Response:
    """The vendor's error body."""
    return _json(status, orjson.dumps({"errors": [{"msg": message, "code": code}]}))


def _json(status: int, body: bytes) -> Response:
    return Response(body, status, media_type="application/json")


VENDOR = Vendor(
    name=NAME,
    kind=BOT,
    bases=("/api/public",),
    endpoints=tuple(Endpoint("POST", path, get_sessions) for path in PATHS),
    refuse=refuse,
)
"""Everything under `/api/public`."""
