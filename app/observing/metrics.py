"""What Prometheus reads, counted in this process.

    metrics = Metrics()
    metrics.request(RequestFacts(api="graphql", operation="Mine"), 200, 0.012)
    metrics.command("find", True, 0.002)
    generate_latest(metrics.collectors)

No label has a personal value, a session's id or a credential. Operations' names come from clients,
so only the first hundred that succeeded are labels; the others are `other`.
"""

from collections.abc import Callable, Sized
from functools import cached_property
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from resolvers.request_facts import RequestFacts
from resolvers.store.listeners import Pool

MOST_NAMES: Final = 100
LONGEST_NAME: Final = 64
OTHER: Final = "other"
CONNECTION: Final = "connection"
"""The api of what is refused before its request is whole: nobody knows whose it was."""
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_Request = tuple[str, str, int, str]


class Metrics:
    """One process's; `in_flight` is changed by whoever counts the requests."""

    def __init__(self) -> None:
        self.collectors = CollectorRegistry()
        self._own: dict[str, Any] = {"registry": self.collectors}
        """Keeps a metric out of the collectors that all of a process share."""
        self.in_flight = 0
        self._names: set[str] = set()
        self._counted: dict[_Request, Counter] = {}
        self._timed: dict[tuple[str, str], Histogram] = {}
        self._changes: Counter | None = None
        self._commands: dict[tuple[str, bool], Histogram] = {}
        self._requests = Counter(
            "gateway_requests",
            "Answered requests; `code` is that of the first error, empty without one. Status 0: "
            "the client left.",
            ["api", "operation", "status", "code"],
            **self._own,
        )
        self._request_seconds = Histogram(
            "gateway_request_seconds",
            "From a request's head to the end of its response.",
            ["api", "operation"],
            buckets=SECONDS,
            **self._own,
        )
        self._command_seconds = Histogram(
            "gateway_database_command_seconds",
            "Commands that the database answered; `outcome` is `succeeded` or `failed`.",
            ["command", "outcome"],
            buckets=SECONDS,
            **self._own,
        )
        flying = Gauge(
            "gateway_requests_in_flight", "Requests that are being answered.", **self._own
        )
        flying.set_function(lambda: self.in_flight)
        self._caches = Gauge("gateway_cache_entries", "Entries of a cache.", ["cache"], **self._own)

    def request(self, facts: RequestFacts, status: int, seconds: float) -> None:
        """Count a request that has been answered."""
        code = facts.codes[0] if facts.codes else ""
        operation = self._name(facts, status < 400 and not code)
        key = (facts.api, operation, status, code)
        counted = self._counted.get(key)
        if counted is None:
            counted = self._counted[key] = self._requests.labels(*key)
            self._timed[key[:2]] = self._request_seconds.labels(*key[:2])
        counted.inc()
        self._timed[key[:2]].observe(seconds)

    def refused(self, status: int, code: str) -> None:
        """Count a connection that was refused before there was a request to answer."""
        self._requests.labels(CONNECTION, "", status, code).inc()

    def command(self, name: str, succeeded: bool, seconds: float) -> None:
        """Count a command of the driver's."""
        key = (name, succeeded)
        timed = self._commands.get(key)
        if timed is None:
            outcome = "succeeded" if succeeded else "failed"
            timed = self._commands[key] = self._command_seconds.labels(name, outcome)
        timed.observe(seconds)

    def pool(self, pool: Pool) -> None:
        """Show the driver's connections."""
        shown = Gauge(
            "gateway_pool_connections",
            "Connections to the database, `open` or `in_use`; operations that wait: `waiting`.",
            ["state"],
            **self._own,
        )
        shown.labels("open").set_function(lambda: pool.open)
        shown.labels("in_use").set_function(lambda: pool.in_use)
        shown.labels("waiting").set_function(lambda: pool.waiting)

    def audit(self, event: str, number: int) -> None:
        """Count entries of the audit trail."""
        self._audit.labels(event).inc(number)

    @cached_property
    def _audit(self) -> Counter:
        return Counter(
            "gateway_audit_entries",
            "Entries of the audit trail: `stored`, `failed` (tried again), or `refused`, with the "
            "request, because too many waited or the database did not answer.",
            ["event"],
            **self._own,
        )

    def waiting(self, count: Callable[[], int]) -> None:
        """Show how many entries of the audit trail are not stored yet."""
        shown = Gauge("gateway_audit_waiting", "Entries of the audit trail that wait.", **self._own)
        shown.set_function(count)

    def cache(self, name: str, cache: Sized) -> None:
        """Show how many entries a cache has."""
        self._caches.labels(name).set_function(lambda: len(cache))

    def subscriptions(self, open_: Sized) -> None:
        """Show how many subscriptions there are."""
        self._changes = Counter(
            "gateway_changes",
            "Changes for subscribers: `sent`, or one too many for one that was `left_behind`.",
            ["outcome"],
            **self._own,
        )
        shown = Gauge("gateway_subscriptions", "Subscriptions that are followed.", **self._own)
        shown.set_function(lambda: len(open_))

    def change(self, outcome: str) -> None:
        """Count a change that a subscriber was sent, or one that was too many for it."""
        if self._changes:
            self._changes.labels(outcome).inc()

    def _name(self, facts: RequestFacts, succeeded: bool) -> str:
        """The operation as a label: routes are the gateway's own, GraphQL's names the clients'."""
        name = facts.operation
        if facts.api != "graphql" or not name or name in self._names:
            return name
        if succeeded and len(self._names) < MOST_NAMES and len(name) <= LONGEST_NAME:
            self._names.add(name)
            return name
        return OTHER
