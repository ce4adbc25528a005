"""What one request is known by, for logs, metrics and the audit trail."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final


@dataclass(slots=True)
class RequestFacts:
    """Filled in as the request is understood; it has no personal value and no secret."""

    id: str = ""
    """The client's `X-Request-Id`, or one that the gateway made."""
    api: str = "pages"
    """`graphql`, `rest:bot` (one for each vendor) or `pages`."""
    operation: str = ""
    """GraphQL: the operation's name. A vendor's URL: method and route, `GET /things/{id}`.
    Another page: the function that answers. Empty where there is none."""
    credential: str = ""
    """Its id; empty until the caller is known."""
    codes: list[str] = field(default_factory=list)
    """Of the errors in the response, in order."""
    commands: int = 0
    """How many the database was asked to run; the further batches of one do not count."""


CURRENT: Final[ContextVar[RequestFacts | None]] = ContextVar("request_facts", default=None)
"""Of the request that a task answers, for what has no Context: the store."""
