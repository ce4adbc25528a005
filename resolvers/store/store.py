"""The handle on one database that resolvers use."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from resolvers.errors import Timeout, Unavailable, unconfirmed
from resolvers.kind import Kind
from resolvers.request_facts import CURRENT
from resolvers.store.budget import OVER, Budget
from resolvers.store.capabilities import UNKNOWN, Capabilities
from resolvers.store.circuit import Circuit
from resolvers.store.coalescing import Coalescer
from resolvers.store.deadline import SIGN_OF_LIFE_SHARE, within
from resolvers.store.timeline import Timelines
from resolvers.store.unbounded import Unbounded
from resolvers.store.witness import Witness
from resolvers.store.write_locks import WriteLocks

if TYPE_CHECKING:
    from resolvers.store.mapped import Mapped
    from resolvers.store.operators import Query

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Store:
    """A database of either driver, and how long each operation on it may take."""

    database: Any
    deadline: float
    """Seconds."""
    max_time_ms: int = 0
    """The limit that the server gets; 0: four fifths of the deadline, so that it answers before."""
    unruled: frozenset[str] = frozenset()
    """The kinds, by name, whose collections may have anything: no rules of the gateway's apply."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The kinds, by name, whose collections have other names than usual."""
    maps: Mapping[str, "Mapped"] = field(default_factory=dict)
    """The kinds, by name, that are served from collections of another shape."""
    write_locks: WriteLocks = field(default_factory=WriteLocks)
    collections: dict[str, Any] = field(default_factory=dict)
    capabilities: Capabilities = UNKNOWN
    """What the engine can do."""
    circuit: Circuit = field(default_factory=Circuit)
    timelines: Timelines = field(default_factory=Timelines)
    large: dict[str, tuple[bool, float]] = field(default_factory=dict)
    """Whether collections have many rows, and until when that is believed: see `windows`."""
    places: Unbounded = field(default_factory=Unbounded)
    """Of what may look at all rows at a time: see `windows`."""
    coalescer: Coalescer = field(default_factory=Coalescer)
    """Reads that may be one."""
    budget: Budget | None = None
    """What a request has for all its operations; None: each has the deadline alone."""
    witness: Witness | None = None
    """Who looks on while a request writes and shows: the audit trail; None: nobody."""

    def __post_init__(self) -> None:
        """Work out once what every operation needs."""
        if not self.max_time_ms:
            object.__setattr__(self, "max_time_ms", max(1, int(self.deadline * 800)))

    def collection(self, kind: Kind) -> Any:
        """The driver's collection of a kind, made once."""
        try:
            return self.collections[kind.name]
        except KeyError:
            return self.collections.setdefault(kind.name, self.database[self.name(kind)])

    def name(self, kind: Kind) -> str:
        """The name of a kind's collection."""
        return self.names.get(kind.name, kind.collection)

    def query(self, kind: Kind, native: "Query") -> "Query":
        """A query over the kind's paths, as its collection is asked."""
        mapped = self.maps.get(kind.name)
        return mapped.query(native) if mapped else native

    def within(self, seconds: float, witness: Witness | None = None) -> "Store":
        """The same for one request, whose operations have so many seconds together, from now."""
        return replace(self, budget=Budget(seconds), witness=witness)

    def of_process(self) -> "Store":
        """The same for work of a process, of which each operation has the deadline."""
        return replace(self, budget=None, witness=None)

    @property
    def left(self) -> float:
        """Seconds that an operation may take if it begins now; 0 or less: none begins."""
        return self.deadline if self.budget is None else min(self.deadline, self.budget.left)

    @property
    def time_ms(self) -> int:
        """Milliseconds that the server has for an operation that begins now."""
        if self.budget is None:
            return self.max_time_ms
        return max(1, min(self.max_time_ms, int(self.budget.left * 800)))

    async def run(self, work: Awaitable[T], share: float = 1.0) -> T:
        """Await one operation within its time; the driver's errors become GatewayErrors.

        Timeout, and `work` is not begun, if the request's time is over. `share` is the share of the
        time that an operation may take which the request can do without.
        """
        tried, spare = self.circuit.open, self.deadline * SIGN_OF_LIFE_SHARE
        try:
            left = await self._begin()
        except BaseException:  # also one whose client goes while it waits
            if isinstance(work, Coroutine):
                work.close()
            raise
        facts = CURRENT.get()
        if facts is not None:
            facts.commands += 1
        seconds = min(self.deadline, left + spare)
        try:
            return await within(seconds * share, self.ping, work, spare * share)
        except Unavailable:
            self.circuit.failed(self, tried)
            raise

    async def _begin(self) -> float:
        """Seconds for an operation that begins now; Timeout or Unavailable if none does."""
        if self.circuit.open:
            await self.circuit.admit(self.database)
        left = self.left
        if left <= 0 and self.budget is not None:
            raise Timeout(OVER.format(seconds=self.budget.seconds))
        return left

    async def change(
        self, write: Callable[..., Awaitable[T]], *arguments: Any, **options: Any
    ) -> T:
        """The same for a write, which is called only when it may begin: Motor begins when called.

        It is not cancelled when the client goes. The Timeout or Unavailable of a write that began
        says that its outcome is unknown; one without an outcome changed nothing.
        """
        began = False

        async def work() -> T:
            nonlocal began
            began = True
            return await write(*arguments, **options)

        if self.budget:
            self.budget.writes += 1
        try:
            return await self.run(work())
        except (Timeout, Unavailable) as error:
            if not began:
                raise
            raise unconfirmed(error) from error
        finally:
            if self.budget:
                self.budget.writes -= 1

    async def ping(self) -> None:
        """Ask the database for a sign of life; the driver's error if there is none."""
        await self.database.command("ping")
