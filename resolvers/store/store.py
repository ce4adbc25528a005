"""The handle on one database that resolvers use."""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from resolvers.kind import Kind
from resolvers.request_facts import CURRENT
from resolvers.store.deadline import within
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

    async def run(self, work: Awaitable[T]) -> T:
        """Await one operation within the deadline; the driver's errors become GatewayErrors."""
        facts = CURRENT.get()
        if facts is not None:
            facts.commands += 1
        return await within(self.deadline, self.ping, work)

    async def ping(self) -> None:
        """Ask the database for a sign of life; the driver's error if there is none."""
        await self.database.command("ping")
