"""What a request carries along: the store, the clock, and who asks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from resolvers.access import EVERYBODY, Caller
from resolvers.kind import Kind
from resolvers.request import LARGEST_ANSWER, Compare, Filter, Operator, both
from resolvers.request_facts import RequestFacts
from resolvers.steps import Repeat
from resolvers.store.feed import Feed
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
    caller: Caller = EVERYBODY
    most_bytes: int = LARGEST_ANSWER
    """The largest answer."""
    most_waiting: int = 1000
    """Changes that wait for one subscriber."""
    retention: Mapping[str, int] = field(default_factory=dict)
    """Seconds after which sessions of a kind expire, by the kind's name; none: never."""
    feed: Feed = field(default_factory=Feed)
    """The changes of all sessions in this process."""
    facts: RequestFacts = field(default_factory=RequestFacts)
    """What the request is known by."""
    repeat: Repeat | None = None
    """Its place in the record of its idempotency key; None without one."""

    def leave(self) -> bool:
        """The client has gone: nothing more begins; whether what has begun may be cancelled."""
        return self.store.budget is None or self.store.budget.end()

    def renewed(self) -> "Context":
        """The same for the next answer of a subscription, which has a time of its own."""
        store, budget = self.store, self.store.budget
        if budget is None:
            return self
        return replace(self, store=store.within(budget.seconds, store.witness))

    @classmethod
    def offline(cls) -> "Context":
        """For work that asks no database, such as preparing a session."""
        return cls(Store(None, deadline=0.0))

    def visible(self, kind: Kind) -> Filter:
        """The sessions that this request may see: the caller's own, and none that has expired."""
        own, cutoff = self.caller.visible(kind), self.cutoff(kind)
        return own if cutoff is None else both(own, _started(kind, Operator.GT, cutoff))

    def expired(self, kind: Kind) -> Filter | None:
        """The sessions whose time is over, removed or not; None where none ever is."""
        cutoff = self.cutoff(kind)
        return None if cutoff is None else _started(kind, Operator.LTE, cutoff)

    def cutoff(self, kind: Kind) -> datetime | None:
        """The latest start of an expired session; None if sessions do not expire.

        To a tenth of a second: requests that come together then ask the same.
        """
        seconds = self.retention.get(kind.name)
        if seconds is None:
            return None
        now = self.now()
        return now.replace(microsecond=now.microsecond // 100_000 * 100_000) - timedelta(
            seconds=seconds
        )


def _started(kind: Kind, operator: Operator, moment: datetime) -> Filter:
    return Compare((kind.by_name["startedAt"],), operator, moment)
