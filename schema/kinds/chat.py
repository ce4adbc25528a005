"""Chat sessions: a visitor of a web site chatted with an operator."""

import enum
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import strawberry
from strawberry import UNSET, Info

from resolvers.appending import Addition
from resolvers.errors import Invalid
from resolvers.kind import Column, Document, Growth, RowTimes, Searched, Speaker
from resolvers.value_types import DATETIME
from schema.columns import column, kind_of
from schema.common import Connection, Payload, Session
from schema.fields import (
    CREATE,
    DELETE,
    GET,
    LIST,
    STATISTICS,
    SUMMARY,
    UPDATE,
    KindType,
)
from schema.inputs import input_of
from schema.kinds.ids import TEXTS
from schema.list_pages import paged
from schema.many import CREATE_MANY, DELETE_MANY
from schema.payloads import (
    GlobalId,
    IfRevision,
    SessionId,
    SessionRef,
    act,
    append,
    checked,
    described,
    end,
    require_active,
)
from schema.value_types import LocalDateTime


@strawberry.enum(description="Who wrote a chat message.")
class MessageSource(enum.Enum):
    """Stored as its name."""

    OPERATOR = strawberry.enum_value("OPERATOR", description="The company's operator.")
    VISITOR = strawberry.enum_value("VISITOR", description="The visitor of the web site.")


@strawberry.type(description="A moment as somebody's clock showed it.")
class ZonedDateTime:
    """`instant` is computed by `derive`."""

    date_time: LocalDateTime = column("What the clock showed.")
    time_zone: str = column(
        "IANA name of the clock's time zone; the company's if none was given.",
        max_length=64,
        format="timezone",
        impersonal=True,
        default=lambda context: context.company_timezone,
    )
    instant: datetime = column("The same moment in UTC.", derived=True)


@strawberry.type(description="The button on the web site that opened the chat.")
class ChatButton:
    """As the company named it."""

    button_id: str | None = column("The button's id.", stored="id", max_length=200, impersonal=True)
    name: str | None = column("The button's name.", max_length=200, impersonal=True)


@strawberry.type(description="The visitor who chats.")
class ChatVisitor:
    """What the visitor gave, and what the browser sent."""

    name: str | None = column("The visitor's name.", max_length=200, personal=True)
    email_address: str | None = column(
        "The visitor's e-mail address.", max_length=254, personal=True
    )
    network_address: str | None = column("The visitor's IP address.", max_length=100, personal=True)
    start_page: str | None = column(
        "The page where the chat began.", max_length=2048, personal=True
    )
    country: str | None = column("The visitor's country.", max_length=100, impersonal=True)
    city: str | None = column("The visitor's city.", max_length=200)
    operating_system: str | None = column(
        "The visitor's operating system.", max_length=100, impersonal=True
    )
    browser: str | None = column("The visitor's browser.", max_length=100, impersonal=True)
    user_agent: str | None = column("What the browser calls itself.", max_length=1024)


def zoned_now(context: Any) -> Document:
    """Now on the company's clock."""
    zone = ZoneInfo(context.company_timezone)
    local = context.now().replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    return {"dateTime": local, "timeZone": context.company_timezone}


def _speaker(_session: Document, message: Document) -> Speaker:
    return Speaker.AGENT if message.get("source") == "OPERATOR" else Speaker.CUSTOMER


@strawberry.type(description="A message in a chat.")
class ChatMessage:
    """Messages stay in the order in which they were stored."""

    message_id: str = column(
        "The message's id, unique within its chat.",
        stored="id",
        max_length=128,
        default=lambda _context: uuid.uuid4().hex,
    )
    message: str = column(
        "The text.", max_length=10_000, personal=True, searched=Searched(_speaker, "sent.instant")
    )
    source: MessageSource = column("Who wrote it.")
    sent: ZonedDateTime = column("When it was sent; now if not given.", default=zoned_now)


@strawberry.type(description="A chat session: a visitor of a web site chatted with an operator.")
class ChatSession(Session):
    """Columns as of the Agendize Chat API."""

    button: ChatButton | None = column("The button that opened the chat.")
    visitor: ChatVisitor | None = column("The visitor who chats.")
    start: ZonedDateTime = column("When the chat began; now if not given.", default=zoned_now)
    closed_at: datetime | None = column(
        "When the chat was closed, if that is known; `endedAt` is that of the last message if not."
    )
    messages: Connection[ChatMessage] | None = paged(
        "The messages, oldest first.", count="messageCount", last="lastMessage", max_items=10_000
    )
    message_count: int = column("How many messages there are.", derived=True, orderable=True)
    last_message: ChatMessage | None = column(
        "The last message; null if there is none.", derived=True
    )
    last_message_at: datetime | None = column(
        "When the last message was sent; null if there is none.", derived=True, orderable=True
    )
    first_response_seconds: float | None = column(
        "Seconds from the visitor's first message to the operator's first message after it, by "
        "the times when they were sent; null if there is no such answer, or nothing to answer.",
        derived=True,
        orderable=True,
    )


def derive(document: Document) -> RowTimes:
    """It starts with `start`; it ended when it was closed, or with its last message."""
    _set_instant(document["start"], ("start", "dateTime"))
    set_instants(document["messages"])
    _check_message_ids(document["messages"])
    _set_times(document)
    started = document["start"]["instant"]
    times = [message["sent"]["instant"] for message in document["messages"]] or [started]
    closed_at, last = document.get("closedAt"), max(started, *times)
    if closed_at is not None and closed_at < last:
        raise Invalid("A chat cannot end before its last message.", ("closedAt",))
    closed = closed_at is not None or document.get("status") == "CLOSED"
    visitor = document.get("visitor") or {}
    customer = {"name": visitor.get("name"), "email": visitor.get("emailAddress")}
    known = {name: value for name, value in customer.items() if value is not None} or None
    return RowTimes(
        started,
        (closed_at or last) if closed else None,
        closed,
        (max(times) - min(times)).total_seconds() if closed else None,
        known,
    )


def set_instants(messages: Iterable[Document]) -> None:
    """Work out when each message was sent; Invalid, by its place, for a moment out of range."""
    for place, message in enumerate(messages):
        _set_instant(message["sent"], ("messages", str(place), "sent", "dateTime"))


def _set_instant(moment: Document, field: tuple[str, ...]) -> None:
    if "instant" in moment:
        return
    local = moment["dateTime"].replace(tzinfo=ZoneInfo(moment["timeZone"]))
    try:
        moment["instant"] = local.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise Invalid("This moment is out of range.", field) from None


def _set_times(document: Document) -> None:
    """Keep when the last message was sent, and how long the first response took."""
    messages = document["messages"]
    _keep(
        document,
        lastMessageAt=messages[-1]["sent"]["instant"] if messages else None,
        firstResponseSeconds=first_response_seconds(messages),
        askedAt=_asked_at(messages),
    )


def _keep(document: Document, **values: Any) -> None:
    for name, value in values.items():
        if value is None:
            document.pop(name, None)
        else:
            document[name] = value


def _asked_at(messages: Iterable[Document]) -> datetime | None:
    """When the visitor's first message was sent."""
    visitors = (one for one in messages if one["source"] == MessageSource.VISITOR.name)
    return min((message["sent"]["instant"] for message in visitors), default=None)


def first_response_seconds(messages: Iterable[Document]) -> float | None:
    """From the visitor's first message to the first answer; a greeting before it is none.

    Messages of one moment keep their order.
    """
    asked: datetime | None = None
    for message in sorted(messages, key=lambda message: message["sent"]["instant"]):
        moment: datetime = message["sent"]["instant"]
        if asked is not None and message["source"] == MessageSource.OPERATOR.name:
            return (moment - asked).total_seconds()
        if asked is None and message["source"] == MessageSource.VISITOR.name:
            asked = moment
    return None


def grow(document: Document, added: list[Document]) -> Mapping[int, Document] | None:
    """What `derive` computes, after messages that were added.

    It takes the whole list to find what answers a visitor's message that is now the first: an
    operator's may have been sent later than that, and stand before it.
    """
    asked, added_at = document.get("askedAt"), _asked_at(added)
    if added_at is not None and document["messageCount"] and (asked is None or added_at < asked):
        return None
    known = [_message("VISITOR", asked)] if asked else []
    response = document.get("firstResponseSeconds")
    if asked and response is not None:
        known.append(_message("OPERATOR", asked + timedelta(seconds=response)))
    _keep(
        document,
        lastMessageAt=added[-1]["sent"]["instant"],
        firstResponseSeconds=first_response_seconds([*known, *added]),
        askedAt=asked or added_at,
    )
    return {}


def _message(source: str, instant: datetime) -> Document:
    return {"source": source, "sent": {"instant": instant}}


def distinct(stored: Sequence[Document], added: list[Document]) -> list[Document]:
    """The added messages; Invalid if one has an id that the chat has already."""
    _check_message_ids(added, {message["id"] for message in stored})
    return added


def _check_message_ids(messages: list[Document], known: Collection[str] = ()) -> None:
    seen = set(known)
    for place, message in enumerate(messages):
        if message["id"] in seen:
            raise Invalid(
                f"The chat has a message with the id {message['id']!r} already.",
                ("messages", str(place), "messageId"),
            )
        seen.add(message["id"])


ASKED_AT = Column(
    name="askedAt",
    type=DATETIME,
    derived=True,
    hidden=True,
    filterable=False,
    description="When the visitor's first message was sent.",
)

CHAT = kind_of(
    ChatSession,
    name="chat",
    collection="chat_sessions",
    session_ids=TEXTS,
    derive=derive,
    ended="closedAt",
    spans=False,
    hidden=(ASKED_AT,),
    growths={"messages": Growth(grow, ("id",), distinct)},
)


ChatMessageInput = input_of(ChatMessage)


@strawberry.type
class ChatMutations:
    """The verbs of a chat."""

    @strawberry.mutation(
        name="appendChatMessages", description="Add messages at the end of an active chat."
    )
    async def append_chat_messages(
        self,
        info: Info,
        messages: Annotated[list[ChatMessageInput], described("The messages, oldest first.")],  # type: ignore[valid-type]  # made from ChatMessage
        global_id: GlobalId = None,
        session_id: SessionId = None,
        if_revision: IfRevision = None,
    ) -> Payload[ChatSession] | None:
        """Messages appended at the same time are all stored, each once."""

        def added(document: Document) -> list[Document]:
            require_active(document)
            entries: list[Document] = checked(info, CHAT, "messages", messages)
            set_instants(entries)
            return entries

        return await append(
            info, CHAT, SessionRef(global_id, session_id, if_revision), Addition("messages", added)
        )

    @strawberry.mutation(name="endChatSession", description="End a chat.")
    async def end_chat_session(
        self,
        info: Info,
        global_id: GlobalId = None,
        session_id: SessionId = None,
        if_revision: IfRevision = None,
        ended_at: Annotated[
            datetime | None,
            described("When it ended, not before its last message; with that if not given."),
        ] = UNSET,
    ) -> Payload[ChatSession] | None:
        """A chat can be ended once."""
        if ended_at:
            return await end(info, CHAT, SessionRef(global_id, session_id, if_revision), ended_at)

        def change(document: Document) -> None:
            require_active(document)
            document["status"] = "CLOSED"

        return await act(
            info,
            CHAT,
            SessionRef(global_id, session_id, if_revision),
            change,
            arguments={"closedAt": "endedAt"},
        )


ENTRY = KindType(
    CHAT,
    ChatSession,
    fields={
        "chatSession": GET,
        "chatSessions": LIST,
        "chatSessionSummary": SUMMARY,
        "chatSessionStatistics": STATISTICS,
        "createChatSession": CREATE,
        "updateChatSession": UPDATE,
        "deleteChatSession": DELETE,
        "createChatSessions": CREATE_MANY,
        "deleteChatSessions": DELETE_MANY,
    },
    mutations=ChatMutations,
)
