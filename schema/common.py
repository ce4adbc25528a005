"""What all kinds share: the interfaces, connections and payloads."""

import base64
import binascii
import enum
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from strawberry import ID, Info

from resolvers.access import AUDITING
from resolvers.across import OfKind
from resolvers.audit.history import history
from resolvers.errors import BadInput
from resolvers.request import DEFAULT_PAGE, LARGEST_PAGE
from schema import paging
from schema.columns import KIND, column, customer_column, session_column, tidy_pair
from schema.errors import UserError
from schema.strawberry_internals import parent_class, parent_type_name

T = TypeVar("T")


@strawberry.enum(description="The kinds of support session.")
class SessionKind(enum.Enum):
    """One line for each kind: CO_BROWSE is defined in `schema/kinds/co_browse.py`."""

    CO_BROWSE = strawberry.enum_value(
        "CO_BROWSE", description="An agent and a visitor looked at the same web pages."
    )
    REMOTE_SUPPORT = strawberry.enum_value(
        "REMOTE_SUPPORT", description="A technician worked on a customer's computer."
    )
    KNOWLEDGE = strawberry.enum_value(
        "KNOWLEDGE", description="Somebody searched the knowledge centre."
    )
    CHAT = strawberry.enum_value("CHAT", description="A visitor chatted with an operator.")
    BOT = strawberry.enum_value("BOT", description="A user conversed with a bot.")


@strawberry.enum(description="Whether a session is still active.")
class SessionStatus(enum.Enum):
    """Stored as its name."""

    ACTIVE = strawberry.enum_value("ACTIVE", description="The session is still active.")
    CLOSED = strawberry.enum_value("CLOSED", description="The session has ended.")


def global_id(type_name: str, session_id: str) -> str:
    """The id of a session among all objects: opaque to clients, and reversible."""
    return base64.urlsafe_b64encode(f"{type_name}:{session_id}".encode()).decode()


def parse_global_id(text: str) -> tuple[str, str] | None:
    """Type name and session id of a global id; None for anything else."""
    try:
        raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    type_name, found, session_id = raw.partition(":")
    return (type_name, session_id) if found and type_name and session_id else None


def not_a_global_id(argument: str, text: str) -> BadInput:
    """The refusal of a text that no session has for its global id."""
    return BadInput(
        f"{argument}: {text[:100]!r} is not a valid global id. Use the `id` of a session just as "
        "it was returned.",
        argument=argument,
    )


def _type_name(value: OfKind, _info: Any, _type: Any) -> str:
    return value.kind.type_name


@strawberry.interface(description="Anything that can be fetched again by its global id.")
class Node:
    """The Relay object identification interface."""

    resolve_type = staticmethod(_type_name)

    @strawberry.field(
        description="Global id: opaque, and unique over all kinds. Pass it to `node`."
    )
    def id(self, info: Info) -> ID:
        """The type's name and the session id, encoded."""
        return ID(global_id(parent_type_name(info), self["_id"]))  # type: ignore[index]  # documents are dicts


@strawberry.type(description="What is known about the person who was helped.")
class SessionCustomer:
    """Filled by each kind from its own columns."""

    customer_id: str | None = customer_column("customerId")
    name: str | None = customer_column("name")
    email: str | None = customer_column("email")


RELATED = Annotated["RelatedSession", strawberry.lazy("schema.related_sessions")]  # type: ignore[name-defined]  # noqa: F821
"""By name: that type has a field of type Session."""


CHANGES = Annotated["SessionAuditConnection", strawberry.lazy("schema.audit")]  # type: ignore[name-defined]  # noqa: F821
"""By name: that type uses those of this module."""
FIRST = f"How many: 0 to {LARGEST_PAGE}."
AFTER = "Start after this cursor: a page's `endCursor`."
ENTRY_BYTES = 500
"""Of an entry in an answer, about."""


@strawberry.interface(description="What every kind of support session has.")
class Session(Node):
    """Each kind's own fields come on top of these."""

    resolve_type = staticmethod(_type_name)
    is_type_of = staticmethod(lambda _value, _info: True)

    session_id: str = session_column("sessionId")

    @strawberry.field(description="Which kind of session this is.")
    def kind(self, info: Info) -> SessionKind:
        """The kind follows from the type."""
        return KIND_BY_TYPE[parent_type_name(info)]

    status: SessionStatus | None = session_column("status")
    started_at: datetime = session_column("startedAt")
    ended_at: datetime | None = session_column("endedAt")
    duration_seconds: float | None = session_column("durationSeconds")
    customer: SessionCustomer | None = session_column("customer")
    labels: list[str] = session_column("labels")
    note: str | None = session_column("note")
    assignee: str | None = session_column("assignee")
    tenant: str | None = session_column("tenant")
    related_sessions: list[RELATED] = column(
        "The sessions that this one names, of any kind, such as the co-browsing in a chat. Those "
        "that name this one are found by a filter on `relatedSessions`.",
        max_items=50,
        tidy=tidy_pair,
    )
    created_at: datetime = session_column("createdAt")
    updated_at: datetime = session_column("updatedAt")
    revision: int = session_column("revision")

    @strawberry.field(
        description="Who changed this session, the newest change first, since there is an audit "
        f"trail. Needs the scope `{AUDITING}`. Null, with an error, if it is refused."
    )
    async def changes(
        self,
        info: Info,
        first: Annotated[int | None, strawberry.argument(description=FIRST)] = DEFAULT_PAGE,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
    ) -> CHANGES | None:
        """From the trail, not from the session."""
        run, window = info.context, paging.window({"first": first, "after": after})
        kind, number = getattr(parent_class(info), KIND), window.first or 0
        found = await history(run.context, kind, self["_id"], number, after)  # type: ignore[index]  # documents are dicts
        run.room.left -= ENTRY_BYTES * len(found.entries)
        run.room.check()
        return found


def type_name_of(kind: SessionKind) -> str:
    """The GraphQL type of a kind: `CO_BROWSE` is `CoBrowseSession`."""
    return "".join(word.capitalize() for word in kind.name.split("_")) + "Session"


KIND_BY_TYPE = {type_name_of(kind): kind for kind in SessionKind}


@strawberry.type(
    description="Whether pages precede and follow this one (Relay cursor connections)."
)
class PageInfo:
    """As the Relay specification has it."""

    has_next_page: bool = strawberry.field(description="Whether more follows this page.")
    has_previous_page: bool = strawberry.field(description="Whether more precedes this page.")
    start_cursor: str | None = strawberry.field(
        description="Cursor of the page's first entry: pass it as `before` for the page before."
    )
    end_cursor: str | None = strawberry.field(
        description="Cursor of the page's last entry: pass it as `after` for the next page."
    )


@strawberry.type(description="An entry of a list and its place in it.")
class Edge(Generic[T]):
    """One row of a connection."""

    cursor: str = strawberry.field(
        description="Opaque; valid only with the field, and the `orderBy`, it came from."
    )
    node: T | None = strawberry.field(
        description="The entry; null, with an error, only if its stored record is damaged."
    )


@strawberry.type(
    description="A page of a list. New entries are neither skipped nor repeated between pages."
)
class Connection(Generic[T]):
    """As the Relay specification has it, with `nodes` as a shortcut."""

    edges: list[Edge[T]] = strawberry.field(description="The page's entries with their cursors.")
    nodes: list[T | None] = strawberry.field(description="The page's entries without cursors.")
    page_info: PageInfo = strawberry.field(
        description="Whether there are more pages, and their cursors."
    )
    total_count: int | None = strawberry.field(
        description="How many entries there are on all pages together. Sessions are counted only "
        "when this is selected; null, with an error, if that takes too long."
    )


@strawberry.type(
    name="Connection",
    description="A page of a list. New entries are neither skipped nor repeated between pages.",
)
class SessionConnection(Connection[T], Generic[T]):
    """A page of sessions, of which there may be too many to count."""

    total_count_is_estimate: bool = strawberry.field(
        description="Whether `totalCount` is an estimate, from samples: some engines take too long "
        "to count a great many sessions (docs/engines.md)."
    )


@strawberry.type(description="Number and average duration of the sessions that match a filter.")
class SessionSummary:
    """An aggregate, not a page."""

    count: int = strawberry.field(description="How many sessions match.")
    average_duration_seconds: float | None = strawberry.field(
        description="Average duration of the ended ones, in seconds, to the millisecond; null if "
        "there are none."
    )


OR_NULL = (
    "The field is null, with an error at its path, if the credential lacks the scope, an argument "
    "is not valid, or the database does not answer in time."
)
"""Of the fields whose results are payloads."""


@strawberry.type(
    description="The result of a change: the session as it is now, or why nothing changed. "
    f"{OR_NULL}"
)
class Payload(Generic[T]):
    """`session` is there if `errors` is empty; beside some errors it may be there as well."""

    session: T | None = strawberry.field(
        description="The session after the change; null if it was refused. Where a new session's "
        "id is taken (`ALREADY_EXISTS`), or the session has another revision than `ifRevision` "
        "(`CONFLICT`), the stored session, if you may read it."
    )
    errors: list[UserError] = strawberry.field(
        description="Why the change was refused; empty if it was made."
    )


@strawberry.type(description=f"The result of a deletion. {OR_NULL}")
class DeleteSessionPayload:
    """The same for all kinds."""

    deleted_id: ID | None = strawberry.field(
        description="Global id of the deleted session; null if nothing was deleted."
    )
    session: Session | None = strawberry.field(
        description="Where the session has another revision than `ifRevision` (`CONFLICT`): the "
        "stored session, if you may read it; else null."
    )
    errors: list[UserError] = strawberry.field(
        description="Why nothing was deleted; empty if it was."
    )
