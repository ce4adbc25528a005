"""Contexts of requests, made from the process's state."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.access.authenticator import Authenticator
from app.settings import Settings
from resolvers.access import EVERYBODY, Caller
from resolvers.audit.trail import Trail
from resolvers.audit.witness import RequestWitness
from resolvers.context import Context
from resolvers.request_facts import RequestFacts
from resolvers.store.feed import Feed
from resolvers.store.store import Store
from resolvers.tenants import Tenants

KnownBot = tuple[Tenants, str]
"""A bot's id, and whose sessions are meant."""


@dataclass(frozen=True, slots=True)
class State:
    """What lives as long as the process."""

    store: Store
    settings: Settings
    authenticator: Authenticator
    known_bots: set[KnownBot] = field(default_factory=set)
    """Bots of which a session was seen; emptied when there are many."""
    trail: Trail | None = None
    """The audit trail; None where the settings want none."""
    feed: Feed = field(default_factory=Feed)
    """The changes of all sessions in this process."""

    retention: Mapping[str, int] = field(init=False)
    restricts: bool = field(init=False)
    """Whether the settings take something from every caller."""
    fixed: frozenset[str] = field(init=False)
    """The kinds, by name, that another application writes."""

    def __post_init__(self) -> None:
        """Work out once what every request needs."""
        object.__setattr__(self, "retention", self.settings.retention)
        object.__setattr__(self, "fixed", frozenset(self.store.maps))
        limits = (self.fixed, self.settings.read_only, self.settings.mask_identifiers)
        object.__setattr__(self, "restricts", any(limits))

    def context(self, caller: Caller = EVERYBODY, facts: RequestFacts | None = None) -> Context:
        """The surroundings of one request of `caller`; `facts` are completed by its credential."""
        facts = facts or RequestFacts()
        facts.credential = caller.id
        if self.restricts:
            caller = replace(
                caller,
                read_only=self.settings.read_only,
                fixed=self.fixed,
                masks_identifiers=self.settings.mask_identifiers,
            )
        witness = RequestWitness(self.trail, caller, facts) if self.trail else None
        return Context(
            store=self.store.within(self.settings.request_seconds, witness),
            company_timezone=self.settings.company_timezone,
            caller=caller,
            most_bytes=self.settings.max_answer_bytes,
            most_waiting=self.settings.max_waiting_changes,
            retention=self.retention,
            feed=self.feed,
            facts=facts,
        )
