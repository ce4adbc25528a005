"""What a request carries along: the store, the clock, and who asks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from resolvers.store.store import Store


def utc_now() -> datetime:
    """Now, in UTC, to the millisecond and without an offset, as it is stored."""
    now = datetime.now(UTC).replace(tzinfo=None)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@dataclass(slots=True)
class Context:
    """One request's surroundings."""

    store: Store
    company_timezone: str = "UTC"
    """IANA name; for chats that name no zone."""
    now: Callable[[], datetime] = utc_now
    cache: dict[Any, Any] = field(default_factory=dict)
    """What this request has read already."""
