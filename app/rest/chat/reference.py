"""The reference of the chat paths; its prose stands in `reference.md`."""

from app.rest import docs
from app.rest.chat.layout import SESSION, summary
from app.rest.chat.request import WRONG_DATE
from app.rest.samples import stored
from resolvers.request import Summary
from schema.kinds.chat import CHAT

UNKNOWN = "Chat session not found."

CHAPTER = docs.Chapter(
    prose=docs.prose(CHAT),
    security=[
        {"apiKey": [], "token": []},
        {"apiKeyQuery": [], "tokenQuery": []},
        {"bearer": []},
    ],
    names={"sessionId": "The chat's id."},
)

GET = docs.Operation(
    "One chat with all its messages",
    "The chat.",
    docs.content(docs.schema_of(SESSION.members), sample=SESSION.row(stored(CHAT)[0])),
    cases=(docs.Case("NOT_FOUND", UNKNOWN, "the chat is unknown"),),
    tagged=True,
)

FIGURES = {
    "averageChatSessionDuration": {"type": "number", "format": "double", "description": "Seconds."},
    "chatSessions": docs.number("How many chats."),
}
BOUND = "Chats that started {} this moment: RFC 3339, or a date alone. A `+` may arrive as a space."

SUMMARISE = docs.Operation(
    "How many chats, and how long they lasted",
    "The figures; the average is in seconds.",
    docs.content(docs.members({"summary": docs.members(FIGURES)}), none=summary(Summary(0, 0.0))),
    cases=(
        docs.Case(
            "BAD_USER_INPUT",
            WRONG_DATE.format("startDate"),
            "a date is not an RFC 3339 timestamp",
        ),
    ),
    parameters=tuple(
        docs.parameter("query", name, docs.text(BOUND.format(word)))
        for name, word in (("startDate", "after"), ("endDate", "before"))
    ),
)

DIFFERENCES = (
    docs.Difference(
        "chat.bounds",
        "`startDate` is the upper bound, `endDate` the lower one.",
        "`startDate` is the lower bound, `endDate` the upper one.",
        "The words on the page are exchanged: clients use the names as they sound.",
    ),
    docs.Difference(
        "chat.two_times",
        "A message's `sent` has `dateTime` on the page, and `datetime` in its sample.",
        "Both are sent, with the same value.",
        "Clients were written against either.",
    ),
    docs.Difference(
        "chat.two_addresses",
        "The page has `emaillAddress`, its sample `emailAddress`.",
        "Both are sent, with the same value.",
        "Clients were written against either.",
    ),
    docs.Difference(
        "chat.no_average",
        "Nothing about an average over no chats.",
        "0.0.",
        "The page says that it is a number.",
    ),
    docs.Difference(
        "chat.day",
        "Bounds are timestamps.",
        "A date alone is its midnight in `GATEWAY_COMPANY_TIMEZONE`, and an empty bound is none.",
        "Clients send both.",
    ),
    docs.Difference(
        "chat.two_spellings",
        "The page writes `apiKey`, some samples `apikey`.",
        "Both are taken in the query; two that differ are 401.",
        "Clients were written against either.",
    ),
    docs.Difference(
        "chat.nulls",
        "Nothing about unknown members.",
        "They are null; `button`, `visitor` and `start` are always there.",
        "Clients find every member of the page.",
    ),
)
