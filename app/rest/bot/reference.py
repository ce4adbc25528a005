"""The reference of the bot paths; its prose stands in `reference.md`."""

from app.rest import docs
from app.rest.bot.layout import CONTAINMENT_TYPES, SESSION, SESSION_TYPES, page
from app.rest.bot.request import DEFAULT_LIMIT, LONGEST_SPAN, MOST_CONDITIONS, MOST_IDS
from app.rest.docs import TEXT
from app.rest.samples import stored
from schema.kinds.bot import BOT

MALFORMED = "MALFORMED_TOKEN"
DATE = (
    "`yyyy-mm-dd`, which is midnight, or `yyyy-mm-ddThh:mm:ss.msZ`, included, in GMT or with an "
    "offset such as `+02:00`; fractions are cut to milliseconds. The two are at "
    f"most {LONGEST_SPAN.days} days apart, and {LONGEST_SPAN.days} days where one is missing; "
    "without both, the days up to now."
)

CHAPTER = docs.Chapter(
    prose=docs.prose(BOT),
    security=[{"auth": []}],
    names={"BotID": BOT.by_name["botId"].description},
)

CONDITION = docs.members(
    {
        "name": TEXT,
        "values": docs.array(TEXT, maxItems=MOST_CONDITIONS),
        "type": {**TEXT, "enum": ["user", "session"]},
    }
)
CONDITIONS = docs.array(CONDITION, maxItems=MOST_CONDITIONS)
GIVEN = {
    "userId": docs.text(BOT.by_name["userId"].description),
    "skip": docs.number("Sessions to pass over.", minimum=0),
    "offset": docs.number("The same; `skip` counts if both are there.", minimum=0),
    "limit": docs.number("The most sessions to return.", minimum=0, default=DEFAULT_LIMIT),
    "dateFrom": docs.text(DATE),
    "dateTo": docs.text(DATE),
    "tags": {
        "type": "object",
        "properties": {"and": CONDITIONS, "or": CONDITIONS},
        "additionalProperties": False,
        "description": "**Ours:** `or`, and the numbers of conditions and values.",
    },
    "sessionType": {**TEXT, "enum": list(SESSION_TYPES.values())},
    "sessionId": docs.array(
        TEXT, maxItems=MOST_IDS, description="These sessions, duplicates counted."
    ),
}
"""The members of the body; none is required."""
EXAMPLE = {"dateFrom": "2021-04-20", "dateTo": "2021-04-27", "skip": 0, "limit": DEFAULT_LIMIT}
CONTAINMENT = docs.text(
    "How sessions ended for the user; any case.", enum=list(CONTAINMENT_TYPES.values())
)
CALL = docs.text(
    f"{BOT.by_name['callId'].description} Given several times, up to {MOST_IDS}: any of them."
)

ANSWER = docs.members(
    {
        "total": docs.number("How many sessions match."),
        "moreAvailable": {"type": "boolean", "description": "Whether another page follows."},
        "sessions": docs.array(docs.schema_of(SESSION.members)),
        "invalidSessions": docs.array(
            TEXT, description="Only where the request names ids: those without a session."
        ),
    },
    "invalidSessions",
)
BY_ID, LISTED, *_ = stored(BOT)
OF_BOT, OF_ALL = (
    docs.Operation(
        f"Sessions of {whose}",
        "The sessions; `total` counts all that match.",
        docs.content(
            ANSWER,
            sample=page([LISTED], 1, False),
            byId=page([BY_ID], 1, False, ["6465cf6e47Q9ed4e822b82a1"]),
        ),
        (
            docs.Case("BAD_USER_INPUT", "", "the query or the body is invalid in any respect"),
            docs.Case(MALFORMED, "", "the header `auth` has no JWT"),
        ),
        (
            docs.parameter("query", "containmentType", CONTAINMENT),
            docs.parameter("query", "callId", CALL),
        ),
        {"content": docs.content(docs.members(GIVEN, *GIVEN), page=EXAMPLE), "required": False},
    )
    for whose in ("one bot", "every bot of the credential")
)
