"""`session { changes(first: 20) { nodes { at action } } }`: who changed a session, for auditors.

The sources are those of resolvers.audit.history; the field itself is one of `Session`.
"""

import enum
from datetime import datetime
from typing import Any

import strawberry

from resolvers.audit.entries import Entry
from resolvers.audit.history import History, cursor
from schema.common import Edge, PageInfo


@strawberry.enum(description="What was done to a session, or was to be done.")
class SessionAuditAction(enum.Enum):
    """Those of resolvers.audit.entries.Act that are about writes of sessions."""

    CREATED = strawberry.enum_value("CREATED", description="It was stored.")
    UPDATED = strawberry.enum_value("UPDATED", description="It was changed.")
    DELETED = strawberry.enum_value("DELETED", description="It was removed.")
    EXPIRED = strawberry.enum_value(
        "EXPIRED", description="It was removed because its time was over."
    )


@strawberry.enum(description="How it ended.")
class SessionAuditOutcome(enum.Enum):
    """As resolvers.audit.entries.Outcome."""

    BEGUN = strawberry.enum_value(
        "BEGUN",
        description="It goes on now, or the gateway was stopped in the middle: `revision` is that "
        "of the session if it was done.",
    )
    DONE = strawberry.enum_value("DONE", description="It was done.")
    NOT_DONE = strawberry.enum_value(
        "NOT_DONE", description="Another request was faster, so nothing was written."
    )
    REFUSED = strawberry.enum_value("REFUSED", description="It was refused: `code` says why.")
    UNKNOWN = strawberry.enum_value(
        "UNKNOWN", description="The database did not say whether it was done."
    )


@strawberry.type(description="A change of a session, made or refused; it has no values.")
class SessionAuditEntry:
    """The source is an entry of the audit trail."""

    at: datetime = strawberry.field(description="When it began.")
    action: SessionAuditAction = strawberry.field(description="What was done, or was to be.")
    outcome: SessionAuditOutcome = strawberry.field(description="How it ended.")
    code: str | None = strawberry.field(
        description="Of the refusal or failure, such as `CONFLICT`; null where there was none."
    )
    fields: list[str] = strawberry.field(
        description="The names of the fields that an update changed, computed ones included."
    )
    revision: int | None = strawberry.field(
        description="The session's revision after the change, or the last one of a deleted one."
    )
    credential_id: str = strawberry.field(description="Of the credential that was used.")
    credential_name: str | None = strawberry.field(description="Its name at that time.")
    api: str = strawberry.field(
        description="`graphql`, `rest:bot` (one for each vendor) or `command`."
    )
    operation: str | None = strawberry.field(
        description="Name of the GraphQL operation, route, or command."
    )
    request_id: str | None = strawberry.field(
        description="The `X-Request-Id`, which the logs have as well."
    )

    @classmethod
    def of(cls, row: Entry) -> "SessionAuditEntry":
        """An entry as it is shown."""
        return cls(
            at=row["at"],
            action=SessionAuditAction[row["action"]],
            outcome=SessionAuditOutcome[row["outcome"]],
            code=row.get("code"),
            fields=row.get("fields", []),
            revision=row.get("revision"),
            credential_id=row["credential"],
            credential_name=row.get("name"),
            api=row["api"],
            operation=row.get("operation"),
            request_id=row.get("request"),
        )


@strawberry.type(description="Changes of a session, the newest first.")
class SessionAuditConnection:
    """The source is a History."""

    @strawberry.field(description="The page's changes with their cursors.")
    def edges(self: Any) -> list[Edge[SessionAuditEntry]]:
        """Each with its place."""
        return [Edge(cursor=cursor(row), node=SessionAuditEntry.of(row)) for row in self.entries]

    @strawberry.field(description="The page's changes without cursors.")
    def nodes(self: Any) -> list[SessionAuditEntry]:
        """The entries alone."""
        return [SessionAuditEntry.of(row) for row in self.entries]

    @strawberry.field(description="Whether older changes follow, and the cursors of the page.")
    def page_info(self: Any) -> PageInfo:
        """Newer changes are those before the cursor."""
        found: History = self
        places = [cursor(row) for row in (*found.entries[:1], *found.entries[-1:])]
        return PageInfo(
            has_next_page=found.more,
            has_previous_page=found.after,
            start_cursor=places[0] if places else None,
            end_cursor=places[-1] if places else None,
        )
