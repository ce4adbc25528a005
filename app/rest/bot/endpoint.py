"""Bot sessions as Kore.ai XO serves them (getSessions, the "Sessions History API" page)."""

from collections.abc import Iterable
from datetime import datetime
from operator import itemgetter

from starlette.requests import Request
from starlette.responses import Response

from app.access.authenticator import Authenticator, MalformedToken
from app.context import KnownBot
from app.rest.bot import reference
from app.rest.bot.export import EXPORT
from app.rest.bot.layout import SESSION, page
from app.rest.bot.reference import MALFORMED
from app.rest.bot.request import ByIds, SearchPage, decode, token
from app.rest.vendor import Endpoint, Refusal, Vendor, admit, json, query_of, state_of
from resolvers import sessions
from resolvers.access import Action, Caller
from resolvers.context import Context
from resolvers.errors import Unauthenticated
from resolvers.kind import Document
from resolvers.request import EVERYTHING, All, Compare, Filter, Operator, Read, Window
from schema.kinds.bot import BOT

ALL_BOTS = "*"
"""Stands for a bot id in the rate of requests for every bot there is."""
MOST_KNOWN = 10_000
"""Bots that a worker remembers to exist."""
NO_BOT = "\0"
"""Begins what stands for the ids of bots that do not exist: no bot id does."""


async def get_sessions(request: Request) -> Response:
    """The sessions that the request asks for, newest first."""
    bot_id: str | None = request.path_params.get("BotID")
    try:
        context = await authenticated(request, bot_id)
    except MalformedToken as error:
        return refuse(Refusal(401, MALFORMED, error.message), request)
    own: Filter = EVERYTHING
    if bot_id is not None:
        own = Compare((BOT.by_name["botId"],), Operator.EQ, bot_id)
    most = state_of(request).settings.bot_max_limit
    wanted = decode(await request.body(), query_of(request), context.now(), most)
    if isinstance(wanted, ByIds):
        return json(await _get_many(context, own, wanted))
    return json(await _list(context, own, wanted))


async def authenticated(request: Request, bot_id: str | None) -> Context:
    """The caller's context, its request counted; Unauthenticated for a bot that is not its own."""

    async def find(authenticator: Authenticator) -> Caller:
        caller = await authenticator.by_jwt(token(request.headers))
        if bot_id is not None and caller.bots is not None and bot_id not in caller.bots:
            raise Unauthenticated("The bot is not the credential's.")
        caller.require(BOT, Action.READ)  # before it uses up the rate of a bot it may not see
        return caller

    known = state_of(request).known_bots
    return await admit(request, BOT, find, lambda context: counted(context, bot_id, known))


async def counted(context: Context, bot_id: str | None, known: set[KnownBot]) -> list[str]:
    """The bots whose rate a request counts for: without a bot in the path, all that are read.

    All bots without a session are one to a credential: made-up names do not escape the rate.
    """
    own = context.caller.bots
    if bot_id is None:
        return [ALL_BOTS] if own is None else sorted(own)
    if own is not None or await _has_sessions(context, bot_id, known):
        return [bot_id]
    return [f"{NO_BOT}{context.caller.id}"]


async def _has_sessions(context: Context, bot_id: str, known: set[KnownBot]) -> bool:
    """Whether the bot has a session that the caller may see; it is known from then on."""
    place = (context.caller.tenants, bot_id)
    if place in known:
        return True
    where = Compare((BOT.by_name["botId"],), Operator.EQ, bot_id)
    read = Read(BOT, where, window=Window(first=1), columns=frozenset({"_id", "startedAt"}))
    found = bool((await sessions.list_(context, read)).documents)
    if found:
        if len(known) >= MOST_KNOWN:
            known.clear()
        known.add(place)
    return found


async def _list(context: Context, own: Filter, wanted: SearchPage) -> Document:
    where = All((own, wanted.where))
    window = Window(first=wanted.limit)
    read = Read(BOT, where, window=window, columns=SESSION.paths, skip=wanted.skip)
    found = await sessions.list_(context, read)
    total = wanted.skip + len(found.documents)
    # The last page knows the total; only others pay for a count.
    if found.has_next or (wanted.skip and not found.documents):
        total = await sessions.count(context, BOT, where)
    # A page of no sessions would be followed by itself.
    return page(newest_first(found.documents), total, found.has_next and wanted.limit > 0)


async def _get_many(context: Context, own: Filter, wanted: ByIds) -> Document:
    found = await sessions.get_many(context, BOT, wanted.session_ids, SESSION.paths, own)
    unknown = [session_id for session_id in wanted.session_ids if session_id not in found]
    return page(newest_first(found.values()), len(found), False, unknown)


def newest_first(rows: Iterable[Document]) -> list[Document]:
    """By start time; those of one moment by id, as in the vendor's sample."""
    return sorted(sorted(rows, key=itemgetter("_id")), key=_started, reverse=True)


def _started(row: Document) -> datetime:
    started = row.get("startTime")
    return started if isinstance(started, datetime) else datetime.min


REFUSALS = {
    "UNAUTHENTICATED": (401, 4002, "Invalid SDK credentials"),
    MALFORMED: (401, 4002, "Invalid JWT token"),
    "FORBIDDEN": (401, 4002, "Permission denied. Scope is incorrect!"),
    "BAD_USER_INPUT": (412, 412, "Validation errors/ Invalid arguments"),
    "METHOD_NOT_ALLOWED": (405, 405, "Method Not Allowed"),
    "RATE_LIMITED": (429, 429, "Too Many Requests"),
}
"""Status, code and text, by the gateway's codes; the rest say what the gateway says."""


def refuse(refusal: Refusal, _request: Request) -> Response:
    """`{"errors":[{"msg":"…","code":401}]}`; invalid arguments are named by a second error."""
    given = (refusal.status, refusal.status, refusal.message)
    status, code, message = REFUSALS.get(refusal.code, given)
    messages = [message, refusal.message] if status == 412 and refusal.message else [message]
    return json({"errors": [{"msg": one, "code": code} for one in messages]}, status)


VENDOR = Vendor(
    kind=BOT,
    service="Kore.ai XO",
    bases=("/api/public",),
    roots=("/api/public",),
    endpoints=(
        Endpoint("POST", "/api/public/bot/{BotID}/getSessions", get_sessions, reference.OF_BOT),
        Endpoint("POST", "/api/public/stream/{BotID}/getSessions", get_sessions, reference.OF_BOT),
        Endpoint("POST", "/api/public/getSessions", get_sessions, reference.OF_ALL),
    ),
    refuse=refuse,
    chapter=reference.CHAPTER,
    differences=reference.DIFFERENCES,
    export=EXPORT,
)
