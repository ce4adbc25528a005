"""Chats as the Agendize Chat API serves them ("Chat History").

    GET …/history/{sessionId}              one chat
    GET …/history?startDate=&endDate=      how many chats, and how long they lasted on average

The base is `/api/2.0/chat/console` (ours, after the vendor's documentation tree) or
`/api/2.0/chat`. A request carries `apiKey` and `token`, as headers or in the query, or
`Authorization: Bearer`.

The vendor's page has the words upper and lower swapped: startDate is the lower bound, endDate the
upper, both exclusive, on the chat's start. `emaillAddress` is the page's spelling, `emailAddress`
its sample's; both are sent.

Ours: the statuses; either date may be missing; a repeated date or credential is refused, and so are
two ways of authentication at once; unset members are null, and `button` and `visitor` are always
there; a chat that goes on is counted, its duration is not averaged.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import orjson
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import Response

from app.rest.stored import as_promised
from app.rest.vendor import Endpoint, Vendor, state_of
from app.rest.vendor import context as context_of
from resolvers import sessions
from resolvers.context import Context
from resolvers.errors import BadInput, NotFound, Unauthenticated
from resolvers.kind import Document
from resolvers.request import All, Compare, Filter, Operator, Summary
from schema.kinds.chat import CHAT

NAME = "chat"
BASES = ("/api/2.0/chat/console", "/api/2.0/chat")

AUTHENTICATION = "Authentication is required."
COLUMNS = frozenset({"_id", "button", "visitor", "start", "messages"})
SOURCES = {"OPERATOR": "operator", "VISITOR": "visitor", None: None}

TIMESTAMP = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?"
    r"(?:([Zz])|([-+ ])([0-9]{2}:[0-9]{2}))"
)
"""RFC 3339, where a `+` may have arrived as a blank."""
MILLISECOND = timedelta(milliseconds=1)


async def get(request: Request) -> Response:
    """One chat with all its messages; NotFound if there is none with that id."""
    context = await authenticated(request)
    found = await sessions.get(context, CHAT, request.path_params["sessionId"], COLUMNS)
    if found is None:
        raise NotFound("Chat session not found.")
    return _json(200, resource(found))


async def summarise(request: Request) -> Response:
    """The figures over the chats that started between the dates."""
    context = await authenticated(request)
    found = await sessions.summarise(context, CHAT, decode(request.query_params))
    return _json(200, summary(found))


async def authenticated(request: Request) -> Context:
    """The caller's context; Unauthenticated unless exactly one way of authentication is used."""
    authenticator = state_of(request).authenticator
    if authenticator.is_open(NAME):
        return context_of(request, authenticator.open_caller(NAME))
    pair = credentials(request.headers, request.query_params)
    caller = await (authenticator.by_pair(*pair) if pair else authenticator.bearer(request))
    await authenticator.limit(caller)
    return context_of(request, caller)


def credentials(headers: Headers, query: QueryParams) -> tuple[str, str] | None:
    """`apiKey` and `token`; None if the request has an Authorization header instead."""
    places: list[tuple[Sequence[str], Sequence[str]]] = [
        (headers.getlist("apiKey"), headers.getlist("token")),
        (query.getlist("apiKey"), query.getlist("token")),
    ]
    used = [place for place in places if place[0] or place[1]]
    bearer = "authorization" in headers
    if len(used) + bearer != 1 or "x-api-key" in headers:
        raise Unauthenticated(AUTHENTICATION)
    if bearer:
        return None
    keys, tokens = used[0]
    if len(keys) != 1 or len(tokens) != 1:
        raise Unauthenticated(AUTHENTICATION)
    return keys[0], tokens[0]


def decode(query: QueryParams) -> Filter:
    """The chats between the dates; BadInput, by its name, for one that is no RFC 3339 timestamp."""
    started = (CHAT.by_name["startedAt"],)
    bounds: list[Filter] = []
    if after := _bound(query, "startDate"):
        bounds.append(Compare(started, Operator.GT, after[0]))
    if before := _bound(query, "endDate"):
        moment, exact = before
        # Stored to the millisecond: before .0005 means not after .000.
        bounds.append(Compare(started, Operator.LT, moment if exact else moment + MILLISECOND))
    return All(tuple(bounds))


def _bound(query: QueryParams, name: str) -> tuple[datetime, bool] | None:
    given = query.getlist(name)
    if not given:
        return None
    try:
        if len(given) == 1:
            return parse_timestamp(given[0])
    except (ValueError, OverflowError):
        pass
    raise BadInput(
        f"{name} must be one RFC 3339 timestamp such as 2013-05-23T14:30:00+02:00.", argument=name
    )


def parse_timestamp(text: str) -> tuple[datetime, bool]:
    """The instant in UTC, cut to the millisecond, and whether nothing was cut off.

    ValueError or OverflowError if it is none.
    """
    found = TIMESTAMP.fullmatch(text)
    if found is None:
        raise ValueError(text)
    date, clock, fraction, utc, sign, offset = found.groups()
    zone = "+00:00" if utc else f"{'-' if sign == '-' else '+'}{offset}"
    instant = datetime.fromisoformat(f"{date}T{clock}{zone}").astimezone(UTC).replace(tzinfo=None)
    digits = (fraction or "").ljust(3, "0")
    return instant + int(digits[:3]) * MILLISECOND, not digits[3:].strip("0")


def summary(found: Summary) -> Document:
    """`averageChatSessionDuration` in seconds (0.0 over none) and `chatSessions`."""
    return {
        "summary": {
            "averageChatSessionDuration": found.average_duration_seconds,
            "chatSessions": found.count,
        }
    }


def resource(document: Document) -> Document:
    """A stored chat in the vendor's form."""
    row = as_promised(CHAT, document)
    button, visitor = row["button"], row["visitor"]
    return {
        "id": row["_id"],
        "button": {"id": button["id"], "name": button["name"]},
        "visitor": {
            "name": visitor["name"],
            "emaillAddress": visitor["emailAddress"],
            "emailAddress": visitor["emailAddress"],
            "networkAddress": visitor["networkAddress"],
            "startPage": visitor["startPage"],
            "country": visitor["country"],
            "city": visitor["city"],
            "operatingSystem": visitor["operatingSystem"],
            "browser": visitor["browser"],
            "userAgent": visitor["userAgent"],
        },
        "start": zoned(row["start"]),
        "messages": [
            {
                "id": message["id"],
                "sessionId": row["_id"],
                "message": message["message"],
                "source": SOURCES[message["source"]],
                "sent": zoned(message["sent"]),
            }
            for message in row["messages"]
        ],
    }


def zoned(moment: Document) -> Document:
    """Clock time without an offset, milliseconds only where there are any, and its IANA zone."""
    local: datetime | None = moment["dateTime"]
    return {
        "dateTime": local
        and local.isoformat(timespec="milliseconds" if local.microsecond else "seconds"),
        "timeZone": moment["timeZone"],
    }


def refuse(
    status: int, _code: str, message: str, _request: Request, _retry_after: int | None
) -> Response:
    """`{"error":{"code":404,"message":"…"}}`; the code is the HTTP status.

    Whatever is wrong with a credential, the message is the same.
    """
    if status == 401:
        message = AUTHENTICATION
    response = _json(status, {"error": {"code": status, "message": message}})
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _json(status: int, body: Document) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


VENDOR = Vendor(
    name=NAME,
    kind=CHAT,
    bases=("/api/2.0/chat",),
    endpoints=tuple(
        Endpoint("GET", f"{base}/history{last}", handle)
        for base in BASES
        for last, handle in (("/{sessionId}", get), ("", summarise))
    ),
    refuse=refuse,
)
"""Everything under `/api/2.0/chat`."""
