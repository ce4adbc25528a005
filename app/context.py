"""Contexts of requests, made from the process's state."""

from dataclasses import dataclass

from app.auth import Authenticator
from app.settings import Settings
from resolvers.access import EVERYBODY, Caller
from resolvers.context import Context
from resolvers.store.store import Store


@dataclass(frozen=True, slots=True)
class State:
    """What lives as long as the process."""

    store: Store
    settings: Settings
    authenticator: Authenticator

    @property
    def company_timezone(self) -> str:
        """IANA name."""
        return self.settings.company_timezone

    def context(self, caller: Caller = EVERYBODY) -> Context:
        """The surroundings of one request of `caller`."""
        return Context(
            store=self.store,
            company_timezone=self.settings.company_timezone,
            caller=caller,
            retention=self.settings.retention,
        )
