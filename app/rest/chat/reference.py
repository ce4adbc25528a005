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
)

FIGURES = {
    "averageChatSessionDuration": {"type": "number", "format": "double", "description": "Seconds."},
    "chatSessions": docs.number("How many chats."),
}
BOUND = (
    "Chats that started {} this moment: RFC 3339, or a date alone. A `+` may arrive as a space."
)

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
