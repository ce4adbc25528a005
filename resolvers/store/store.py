"""The handle on one database that resolvers use."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from resolvers.kind import Kind
from resolvers.store.deadline import within
from resolvers.store.write_locks import WriteLocks

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
            return self.collections.setdefault(kind.name, self.database[kind.collection])

    async def run(self, work: Awaitable[T]) -> T:
        """Await one operation within the deadline; the driver's errors become GatewayErrors."""
        return await within(self.deadline, self.ping, work)

    async def ping(self) -> None:
        """Ask the database for a sign of life; the driver's error if there is none."""
        await self.database.command("ping")
