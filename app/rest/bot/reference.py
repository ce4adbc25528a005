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

DIFFERENCES = (
    docs.Difference(
        "bot.session_status",
        "`sessionStatus` stands in answers to `sessionId` alone.",
        "It stands in every row.",
        "It says in one place whether a session goes on.",
    ),
    docs.Difference(
        "bot.alt_text",
        "`tags` has `userTags` and `sessionTags`.",
        "`altText` stands behind them in every row.",
        "Live answers have it.",
    ),
    docs.Difference(
        "bot.tags_in_filters",
        "Nothing about how the filter `tags` compares values that are not texts.",
        "A text finds values that are written so; any other value finds its like.",
        'A tag of the value 5 is found by `"5"` and by `5`.',
    ),
    docs.Difference(
        "bot.lowered_limit",
        "Nothing about a largest `limit`.",
        "A limit over `GATEWAY_BOT_MAX_LIMIT` is lowered, and `moreAvailable` says that more "
        "follow.",
        "Clients send 1,000 and 10,000, and page on by `moreAvailable`.",
    ),
    docs.Difference(
        "bot.no_rows",
        "Nothing about a `limit` of 0.",
        "`total` alone; `moreAvailable` is false.",
        "A client that pages while it is true would never end.",
    ),
    docs.Difference(
        "bot.narrowing",
        "Nothing about parameters of the URL that the page does not name.",
        "Those that would narrow, such as `userId` or `status`, are refused with 412; others "
        "are ignored.",
        "Who asks for less must not get everything without noticing it.",
    ),
    docs.Difference(
        "bot.named_error",
        "412 has one error.",
        "A second one of the same form names what is wrong.",
        "The first has the vendor's text, which names nothing.",
    ),
    docs.Difference(
        "bot.words_in_any_case",
        "`containmentType` and `sessionType` have one spelling.",
        "Any case is taken; answers have the page's.",
        "Clients send both.",
    ),
    docs.Difference(
        "bot.one_algorithm",
        "Nothing about the algorithm of the JWT.",
        "HS256 alone; the JWT claim `appId`, else `iss`, else `clientId` names the credential.",
        "The credential has one signing secret.",
    ),
    docs.Difference(
        "bot.rate_of_every_bot",
        "60 requests a minute and 1,800 an hour for each bot.",
        "A request without a bot counts for every bot of the credential.",
        "Else it would pass the rates by.",
    ),
)
