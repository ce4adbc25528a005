"""The reference of the bot paths."""

import orjson

from app.rest.bot.endpoint import MALFORMED, VENDOR, encode
from app.rest.bot.request import (
    CONTAINMENT_TYPES,
    DEFAULT_LIMIT,
    LONGEST_SPAN,
    MOST_CONDITIONS,
    MOST_IDS,
    SESSION_TYPES,
)
from app.rest.openapi.chapter import Chapter, Json, Operation, Refusal, content, named
from app.rest.openapi.columns import members, nullable, shown
from app.rest.openapi.samples import stored
from app.rest.vendor import Endpoint
from app.settings import Settings
from resolvers.kind import Column, Document
from schema.kinds.bot import BOT

JSON = "application/json"
TEXT: Json = {"type": "string"}
WHOLE: Json = {"type": "integer", "minimum": 0}
INSTANT: Json = {"type": "string", "format": "date-time"}
DATE = (
    "`yyyy-mm-dd`, which is midnight, or `yyyy-mm-ddThh:mm:ss.msZ`, GMT, included. The two are at "
    f"most {LONGEST_SPAN.days} days apart, and {LONGEST_SPAN.days} days where one is missing; "
    "without both, the days up to now."
)
SPELLINGS = {"startTime": "start_time", "endTime": "end_time", "sessionLang": "session_lang"}
WORDS = {"sessionType": SESSION_TYPES, "containmentType": CONTAINMENT_TYPES}
ORDER = [
    "sessionId",
    "botId",
    "channel",
    "userId",
    "startTime",
    "endTime",
    "sessionLang",
    "sessionType",
    "containmentType",
    "isDeveloper",
    "sessionStatus",
    "tags",
    "noOfMessagesExchanged",
    "noOfTasksExecuted",
]


def chapter(settings: Settings) -> Chapter:
    """Kore.ai XO, getSessions."""
    rate = settings.bot_rate.replace(";", ", ") or "none"
    return Chapter(
        vendor=VENDOR,
        title="Bot sessions",
        description="Sessions of one bot, or of every bot that the credential may see, newest "
        "first, as Kore.ai XO's getSessions tells them. The header `auth` carries a JWT (HS256) "
        "signed with the credential's signing secret; its claim `appId`, else `iss`, else "
        "`clientId` is the credential's id, and `exp` holds to the second. Requests allowed for "
        f"one bot: {rate}. **Ours:** a `sessionStatus` in every row; a limit that is too large is "
        f"lowered to {settings.bot_max_limit}; a closed session without a containment type has "
        "no such member; other credentials beside `auth` are refused.",
        operation=_operation,
        error=members(
            {
                "errors": {
                    "type": "array",
                    "items": members({"msg": TEXT, "code": {"type": "integer"}}),
                }
            }
        ),
        security=[{"auth": []}],
        path_parameters={
            "BotID": {"schema": TEXT, "description": BOT.by_name["botId"].description}
        },
    )


def _operation(endpoint: Endpoint) -> Operation:
    every = "every bot of the credential" if not endpoint.names else "one bot"
    return Operation(
        summary=f"Sessions of {every}",
        description="An empty body asks for everything of the last days. With `sessionId`, "
        "everything else in the request is ignored, and `invalidSessions` names the ids that led "
        "to no session.",
        answer="The sessions; `total` counts all that match.",
        content=content(JSON, answer(), **_samples()),
        parameters=(_containment(),),
        body={"content": content(JSON, request(), page=_example()), "required": False},
        refusals=(
            Refusal("BAD_USER_INPUT", "", "the query or the body is wrong in whatever way"),
            Refusal(MALFORMED, "", "the header `auth` holds no JWT"),
        ),
    )


def _samples() -> Json:
    rows = stored(BOT)
    if not rows:
        return {}
    return {"sample": _body(rows[1:2]), "byId": _body(rows[:1], "6465cf6e47Q9ed4e822b82a1")}


def _body(rows: list[Document], *unknown: str) -> Json:
    rest = {"invalidSessions": list(unknown)} if unknown else None
    body: Json = orjson.loads(encode(rows, len(rows), False, rest).body)
    return body


def _example() -> Json:
    return {"dateFrom": "2021-04-20", "dateTo": "2021-04-27", "skip": 0, "limit": DEFAULT_LIMIT}


def _containment() -> Json:
    schema = {"type": "string", "enum": list(CONTAINMENT_TYPES.values())}
    return named("query", "containmentType", "How sessions ended for the user; any case.", schema)


def request() -> Json:
    """The body; nothing in it is required."""
    fields: Json = {
        "userId": {**TEXT, "description": BOT.by_name["userId"].description},
        "skip": {**WHOLE, "description": "Sessions to pass over."},
        "offset": {**WHOLE, "description": "The same; `skip` counts if both are there."},
        "limit": {**WHOLE, "default": DEFAULT_LIMIT, "description": "The most sessions to return."},
        "dateFrom": {**TEXT, "description": DATE},
        "dateTo": {**TEXT, "description": DATE},
        "tags": members(_tag_filters(), "and", "or", additionalProperties=False),
        "sessionType": {**TEXT, "enum": list(SESSION_TYPES.values())},
        "sessionId": {
            "type": "array",
            "items": TEXT,
            "maxItems": MOST_IDS,
            "description": "These sessions, duplicates counted.",
        },
    }
    fields["tags"]["description"] = "**Ours:** `or`, and the numbers of conditions and values."
    return members(fields, *fields)


def _tag_filters() -> Json:
    values = {"type": "array", "items": TEXT, "maxItems": MOST_CONDITIONS}
    kind = {**TEXT, "enum": ["user", "session"]}
    condition = members({"name": TEXT, "values": values, "type": kind})
    conditions = {"type": "array", "items": condition, "maxItems": MOST_CONDITIONS}
    return {"and": conditions, "or": conditions}


def answer() -> Json:
    """The page."""
    fields: Json = {
        "total": {"type": "integer", "description": "How many sessions match."},
        "moreAvailable": {"type": "boolean", "description": "Whether another page follows."},
        "sessions": {"type": "array", "items": row()},
        "invalidSessions": {
            "type": "array",
            "items": TEXT,
            "description": "Only where the request names ids: those without a session.",
        },
    }
    return members(fields, "invalidSessions")


def row() -> Json:
    """One session; an active one has no end and no containment type."""
    fields = {SPELLINGS.get(name, name): _field(name) for name in ORDER}
    return members(fields, "end_time", "containmentType")


def _field(name: str) -> Json:
    if name == "sessionStatus":
        return {**TEXT, "enum": ["active", "closed"], "description": "**Ours** in list answers."}
    column = BOT.by_name[name]
    if name in WORDS:
        return shown(column, INSTANT, enum=list(WORDS[name].values()))
    if column.columns:
        return members({nested.name: _tags(nested) for nested in column.columns})
    return shown(column, INSTANT)


def _tags(column: Column) -> Json:
    fields = {
        "value": nullable(shown(column.column("value"), INSTANT)),
        "name": shown(column.column("name"), INSTANT),
    }
    return {"type": "array", "items": members(fields), "description": column.description}
