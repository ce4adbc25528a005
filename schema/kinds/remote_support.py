"""Remote-support sessions: a technician worked on a customer's computer."""

import enum
from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import UNSET, Info

from resolvers.appending import Addition
from resolvers.folding import fold
from resolvers.kind import Column, Document, Growth, Index, RowTimes, Searched, SessionIds, Speaker
from resolvers.masks import require_overwriting
from resolvers.value_types import TEXT
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
from schema.inputs import input_of, make_input, plain
from schema.list_pages import paged
from schema.many import CREATE_MANY, DELETE_MANY
from schema.payloads import (
    EndedAt,
    GlobalId,
    IfRevision,
    SessionId,
    SessionRef,
    act,
    append,
    checked,
    context,
    described,
    end,
    require_active,
)

SEPARATOR = "\x1f"


@strawberry.enum(description="How a remote-support session was started.")
class StartMethod(enum.Enum):
    """Stored as its name."""

    APPLET = strawberry.enum_value(
        "APPLET", description="The customer started an applet for this one session."
    )
    AGENT = strawberry.enum_value(
        "AGENT", description="Through an agent program installed on the computer."
    )


NAMES = ("customerName", "customerEmail", "techName", "techUsername")


def _writer(session: Document, line: Document) -> Speaker | None:
    """Whose name or address the author is; None for anybody else."""
    author = fold(str(line.get("author")))
    for name in NAMES:
        if session.get(name) and author == fold(str(session[name])):
            return Speaker.CUSTOMER if name.startswith("customer") else Speaker.AGENT
    return None


def _customer(_session: Document, _around: Document) -> Speaker:
    return Speaker.CUSTOMER


def _technician(_session: Document, _around: Document) -> Speaker:
    return Speaker.AGENT


@strawberry.type(description="A line of the chat during a remote-support session.")
class RemoteSupportMessage:
    """In order of time."""

    at: datetime = column("When it was written.", default=lambda context: context.now())
    author: str = column("Who wrote it.", max_length=200, personal=True)
    text: str = column(
        "What was written.", max_length=4000, personal=True, searched=Searched(_writer, "at", NAMES)
    )


@strawberry.type(description="A field that a team added to its sessions.")
class CustomField:
    """The same name may occur more than once."""

    name: str = column("The field's name.", max_length=32)
    value: str = column("The field's value.", max_length=100, personal=True, searched=Searched())


@strawberry.type(
    description="A remote-support session: a technician worked on a customer's computer."
)
class RemoteSupportSession(Session):
    """Columns and limits as of the session-history API of N-able Take Control."""

    computer_name: str | None = column(
        "Name of the customer's computer.", max_length=50, folded=True, identifier=True
    )
    computer_domain: str | None = column(
        "Domain or workgroup of the computer.", max_length=100, folded=True, identifier=True
    )
    computer_os: str | None = column(
        "Operating system of the computer.", max_length=64, impersonal=True
    )
    tech_username: str | None = column(
        "The technician's login, often an e-mail address.",
        max_length=100,
        folded=True,
        personal=True,
    )
    tech_name: str | None = column("The technician's name.", max_length=100, personal=True)
    customer_name: str | None = column(
        "The customer's name.", max_length=200, folded=True, personal=True
    )
    customer_email: str | None = column(
        "The customer's e-mail address.", max_length=100, folded=True, personal=True
    )
    customer_number: str | None = column(
        "The customer's number in your own books.", max_length=50, folded=True, identifier=True
    )
    problem_description: str | None = column(
        "What the customer asked for.", max_length=4000, personal=True, searched=Searched(_customer)
    )
    notes: str | None = column(
        "What the technician noted.", max_length=4000, personal=True, searched=Searched(_technician)
    )
    has_videos: bool = column("Whether the session was recorded.", default=lambda _context: False)
    video_links: list[str] = column(
        "Addresses of the recordings.",
        max_length=2048,
        format="uri",
        max_items=100,
        personal=True,
    )
    date_start: datetime = column(
        "When the session started. The vendor's name for `startedAt`.",
        default=lambda context: context.now(),
    )
    date_end: datetime | None = column(
        "When the session ended; null while it is active. The vendor's name for `endedAt`."
    )
    start_method: StartMethod | None = column("How the session was started.")
    answered: bool = column(
        "Whether a technician took the customer's request.", default=lambda _context: False
    )
    chat: Connection[RemoteSupportMessage] | None = paged(
        "The chat during the session, oldest line first.",
        count="messageCount",
        last="lastMessage",
        max_items=5000,
    )
    message_count: int = column("How many lines the chat has.", derived=True, orderable=True)
    last_message: RemoteSupportMessage | None = column(
        "The last line of the chat; null if there is none.", derived=True
    )
    custom_fields: list[CustomField] = column("Fields that your team added.", max_items=100)


CUSTOM_FIELD_KEYS = Column(
    name="customFieldKeys",
    type=TEXT,
    many=True,
    derived=True,
    hidden=True,
    personal=True,
)


def custom_field_key(name: str, value: str) -> str:
    """Name and value in one text without regard to case, so that one index finds the pair."""
    return fold(f"{name}{SEPARATOR}{value}")


def derive(document: Document) -> RowTimes:
    """It lasts from dateStart to dateEnd."""
    started, ended = document["dateStart"], document.get("dateEnd")
    if document["videoLinks"]:
        document["hasVideos"] = True
    document["customFieldKeys"] = [
        custom_field_key(item["name"], item["value"]) for item in document["customFields"]
    ]
    customer = {
        "id": document.get("customerNumber"),
        "name": document.get("customerName"),
        "email": document.get("customerEmail"),
    }
    known = {name: value for name, value in customer.items() if value is not None} or None
    duration = (ended - started).total_seconds() if ended else None
    return RowTimes(started, ended, ended is not None, duration, known)


FILTERS = (
    "folded.computerName", "folded.computerDomain", "folded.techUsername", "folded.customerName",
    "folded.customerEmail", "folded.customerNumber", "customFieldKeys", "hasVideos", "startMethod",
    "answered",
)  # fmt: skip
"""What the vendor's page filters by, one index each."""

REMOTE_SUPPORT = kind_of(
    RemoteSupportSession,
    name="remote_support",
    collection="remote_support_sessions",
    session_ids=SessionIds(
        pattern=r"[1-9][0-9]{0,14}",
        description="a positive whole number of at most 15 digits, such as 12334.",
        make=None,
    ),
    derive=derive,
    ended="dateEnd",
    indexes=tuple(Index((path, "startedAt", "_id")) for path in FILTERS),
    hidden=(CUSTOM_FIELD_KEYS,),
    growths={"chat": Growth(lambda _document, _added: {})},
)


RemoteSupportMessageInput = input_of(RemoteSupportMessage)
CustomFieldChange = make_input(
    "CustomFieldChange",
    "What becomes of a custom field.",
    {
        "name": (str, "The field's name."),
        "value": (str | None, "Its value; null, or nothing, removes the field."),
    },
)


@strawberry.type
class RemoteSupportMutations:
    """The verbs of a remote-support session."""

    @strawberry.mutation(
        name="endRemoteSupportSession",
        description="End a remote-support session, with the technician's notes.",
    )
    async def end_remote_support_session(
        self,
        info: Info,
        global_id: GlobalId = None,
        session_id: SessionId = None,
        if_revision: IfRevision = None,
        ended_at: EndedAt = UNSET,
        notes: Annotated[
            str | None,
            described(
                "What the technician noted (at most 4000 characters); the stored notes stay if "
                "not given. Needs the scope `pii:read`."
            ),
        ] = UNSET,
    ) -> Payload[RemoteSupportSession] | None:
        """A session can be ended once; notes that are not given stay as they were."""
        given = {} if notes is None or notes is UNSET else {"notes": notes}
        return await end(
            info, REMOTE_SUPPORT, SessionRef(global_id, session_id, if_revision), ended_at, given
        )

    @strawberry.mutation(
        name="appendRemoteSupportMessages",
        description="Add lines at the end of an active session's chat.",
    )
    async def append_remote_support_messages(
        self,
        info: Info,
        messages: Annotated[list[RemoteSupportMessageInput], described("The lines, oldest first.")],  # type: ignore[valid-type]  # made from RemoteSupportMessage
        global_id: GlobalId = None,
        session_id: SessionId = None,
        if_revision: IfRevision = None,
    ) -> Payload[RemoteSupportSession] | None:
        """Lines appended at the same time are all stored, each once."""

        def added(document: Document) -> list[Document]:
            require_active(document)
            entries: list[Document] = checked(info, REMOTE_SUPPORT, "chat", messages)
            return entries

        ref, names = SessionRef(global_id, session_id, if_revision), {"chat": "messages"}
        return await append(info, REMOTE_SUPPORT, ref, Addition("chat", added), arguments=names)

    @strawberry.mutation(
        name="setCustomFields",
        description="Set or remove custom fields of a remote-support session by their names; all "
        "others stay. A name that is given more than once gets all its values. Needs the scope "
        "`pii:read`.",
    )
    async def set_custom_fields(
        self,
        info: Info,
        fields: Annotated[list[CustomFieldChange], described("The fields to set or remove.")],  # type: ignore[valid-type]  # made at run time
        global_id: GlobalId = None,
        session_id: SessionId = None,
        if_revision: IfRevision = None,
    ) -> Payload[RemoteSupportSession] | None:
        """A field that is set stays in its place; a new one comes last."""

        def change(document: Document) -> None:
            columns = REMOTE_SUPPORT.columns
            require_overwriting(context(info).caller, columns, {"customFields": fields})
            given = plain(fields)
            texts = [{**item, "value": item.get("value") or ""} for item in given]
            checked(info, REMOTE_SUPPORT, "customFields", texts)
            document["customFields"] = _with_fields(document["customFields"], given)

        return await act(
            info,
            REMOTE_SUPPORT,
            SessionRef(global_id, session_id, if_revision),
            change,
            arguments={"customFields": "fields"},
        )


def _with_fields(stored: list[Document], given: list[Document]) -> list[Document]:
    """The stored fields, those of a given name replaced."""
    left: dict[str, list[Document]] = {item["name"]: [] for item in given}
    for item in given:
        if item.get("value") is not None:
            left[item["name"]].append(item)
    names, fields = set(left), []
    for item in stored:
        fields += left.pop(item["name"], []) if item["name"] in names else [item]
    return [*fields, *(item for items in left.values() for item in items)]


ENTRY = KindType(
    REMOTE_SUPPORT,
    RemoteSupportSession,
    fields={
        "remoteSupportSession": GET,
        "remoteSupportSessions": LIST,
        "remoteSupportSessionSummary": SUMMARY,
        "remoteSupportSessionStatistics": STATISTICS,
        "createRemoteSupportSession": CREATE,
        "updateRemoteSupportSession": UPDATE,
        "deleteRemoteSupportSession": DELETE,
        "createRemoteSupportSessions": CREATE_MANY,
        "deleteRemoteSupportSessions": DELETE_MANY,
    },
    mutations=RemoteSupportMutations,
)
