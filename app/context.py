"""Contexts of requests, made from the process's state."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.access.authenticator import Authenticator
from app.settings import Settings
from resolvers.access import EVERYBODY, Caller
from resolvers.context import Context
from resolvers.request_facts import RequestFacts
from resolvers.store.store import Store


@dataclass(frozen=True, slots=True)
class State:
    """What lives as long as the process."""

    store: Store
    settings: Settings
    authenticator: Authenticator

    retention: Mapping[str, int] = field(init=False)
    restricts: bool = field(init=False)
    """Whether there is something that nobody may change."""
    fixed: frozenset[str] = field(init=False)
    """The kinds, by name, that another application writes."""

    def __post_init__(self) -> None:
        """Work out once what every request needs."""
        object.__setattr__(self, "retention", self.settings.retention)
        object.__setattr__(self, "fixed", frozenset(self.store.maps))
        object.__setattr__(self, "restricts", bool(self.fixed or self.settings.read_only))

    def context(self, caller: Caller = EVERYBODY, facts: RequestFacts | None = None) -> Context:
        """The surroundings of one request of `caller`; `facts` are completed by its credential."""
        facts = facts or RequestFacts()
        facts.credential = caller.id
        if self.restricts:
            caller = replace(caller, read_only=self.settings.read_only, fixed=self.fixed)
        return Context(
            store=self.store,
            company_timezone=self.settings.company_timezone,
            caller=caller,
            retention=self.retention,
            facts=facts,
        )
