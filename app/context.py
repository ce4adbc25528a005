"""Contexts of requests, made from the process's state."""

from dataclasses import dataclass

from resolvers.context import Context
from resolvers.store.store import Store


@dataclass(frozen=True, slots=True)
class State:
    """What lives as long as the process."""

    store: Store
    company_timezone: str

    def context(self) -> Context:
        """The surroundings of one request."""
        return Context(store=self.store, company_timezone=self.company_timezone)
