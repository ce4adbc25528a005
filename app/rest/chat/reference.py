"""The reference of the chat paths."""

from app.rest.chat.endpoint import SOURCES, VENDOR, resource, summarise, summary
from app.rest.openapi.chapter import Chapter, Json, Operation, Refusal, content, named
from app.rest.openapi.columns import members, nullable, shown
from app.rest.openapi.samples import stored
from app.rest.vendor import Endpoint
from app.settings import Settings
from resolvers.kind import Column
from resolvers.request import Summary
from schema.kinds.chat import CHAT

JSON = "application/json"
MISSPELT = {"emailAddress": ("emaillAddress", "emailAddress")}
"""The page's spelling and its sample's: both are sent."""
LOCAL: Json = {"type": "string"}
CLOCK = "Local clock time without an offset, such as `2025-02-11T15:04:20`."


def chapter(settings: Settings) -> Chapter:
    """Agendize Chat API, history."""
    return Chapter(
        vendor=VENDOR,
        title="Chat history",
        description="Chats as the Agendize Chat API tells them, and figures over them. "
        "A request carries `apiKey` (a credential's id) and `token` (its key), as headers or in "
        "the query, or `Authorization: Bearer`. **Ours:** the base `/api/2.0/chat/console`, after "
        "the vendor's documentation tree, and its shorter alias; one way of authentication at a "
        "time, two at once are refused; the statuses of errors; 405 for other methods; unset "
        f"members are null. The company's time zone is {settings.company_timezone}.",
        operation=_operation,
        error=members({"error": members({"code": {"type": "integer"}, "message": LOCAL})}),
        security=[
            {"apiKey": [], "token": []},
            {"apiKeyQuery": [], "tokenQuery": []},
            {"bearer": []},
        ],
        path_parameters={
            "sessionId": {"schema": {"type": "string"}, "description": "The chat's id."}
        },
    )


def _operation(endpoint: Endpoint) -> Operation:
    return _summarise() if endpoint.handle is summarise else _get()


def _get() -> Operation:
    sample = [resource(document) for document in stored(CHAT)[:1]]
    return Operation(
        summary="One chat with all its messages",
        description="`emaillAddress` is how the vendor's page spells it, `emailAddress` how its "
        "sample does: both are sent, with one value.",
        answer="The chat.",
        content=content(JSON, chat(), sample=sample[0] if sample else None),
        refusals=(Refusal("NOT_FOUND", "Chat session not found.", "the chat is unknown"),),
    )


def _summarise() -> Operation:
    return Operation(
        summary="How many chats, and how long they lasted",
        description="Over the chats that started between two moments, both excluded. The vendor's "
        "page calls startDate the upper and endDate the lower bound; its clients use them the "
        "other way round, and so does this gateway. **Ours:** either may be missing, neither may "
        "be repeated; a chat lasts from its first message to its last; the average over none is "
        "0.0; a chat that goes on is counted, its duration is not averaged.",
        answer="The figures; the average is in seconds.",
        content=content(JSON, figures(), none=summary(Summary(0, 0.0))),
        parameters=(_date("startDate", "after"), _date("endDate", "before")),
        refusals=(
            Refusal(
                "BAD_USER_INPUT",
                "startDate must be one RFC 3339 timestamp such as 2013-05-23T14:30:00+02:00.",
                "a date is no RFC 3339 timestamp",
            ),
        ),
    )


def _date(name: str, word: str) -> Json:
    text = f"Chats that started {word} this moment: RFC 3339. A `+` may arrive as a blank."
    return named("query", name, text, {"type": "string", "format": "date-time"})


def figures() -> Json:
    """`summary`."""
    average = {"type": "number", "format": "double", "description": "Seconds."}
    count = {"type": "integer", "description": "How many chats."}
    return members(
        {"summary": members({"averageChatSessionDuration": average, "chatSessions": count})}
    )


def chat() -> Json:
    """The vendor's resource."""
    message = {nested.name: _field(nested) for nested in CHAT.by_name["messages"].columns}
    ids = {"id": message.pop("id"), "sessionId": {"type": "string", "description": "The chat's."}}
    message["source"]["enum"] = [word for word in SOURCES.values() if word]
    return members(
        {
            "id": shown(CHAT.by_name["sessionId"], LOCAL),
            "button": _part(CHAT.by_name["button"]),
            "visitor": _part(CHAT.by_name["visitor"]),
            "start": _field(CHAT.by_name["start"]),
            "messages": {
                "type": "array",
                "items": members({**ids, **message}),
                "description": CHAT.by_name["messages"].description,
            },
        }
    )


def _part(column: Column) -> Json:
    fields = {
        spelling: nullable(shown(nested, LOCAL))
        for nested in column.columns
        for spelling in MISSPELT.get(nested.name, (nested.name,))
    }
    return members(fields, description=column.description)


def _field(column: Column) -> Json:
    if not column.columns:
        return shown(column, LOCAL)
    fields = {nested.name: shown(nested, LOCAL) for nested in column.columns if not nested.derived}
    fields["dateTime"]["description"] = CLOCK
    return members(fields, description=column.description)
