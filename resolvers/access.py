"""Who asks, what they may do, and what they may see."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from resolvers import tenants
from resolvers.common_columns import TENANT
from resolvers.errors import Forbidden, ReadOnly
from resolvers.kind import Document, Kind
from resolvers.request import Compare, Filter, Operator, both
from resolvers.tenants import Tenants

ADMIN = "admin"
"""The scope that stands for every other."""
PERSONAL = "pii:read"
LINKING = "customer:write"
"""Saying which identifiers are one customer's; `*:write` is about sessions."""
ERASING = "customer:erase"
"""Removing what is stored about a customer, with every kind's `read` and `write`, and PERSONAL."""
EXPORTING = "customer:export"
"""Reading all of it, with every kind's `read`, and PERSONAL."""
AUDITING = "audit:read"
"""Seeing who changed a session."""
INTROSPECTION = "introspection"


FIXED = (
    "{kind} is read-only here: these sessions are served from a collection of another shape, which "
    "another application writes."
)


class Action(StrEnum):
    """The second half of a scope, as in `bot:read`."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Caller:
    """A request's credential, as far as decisions need it."""

    id: str
    scopes: frozenset[str]
    """`bot:read`, `chat:write`, `*:read`, `pii:read`, or `admin` for everything."""
    bots: frozenset[str] | None = None
    """The only bots it may see; None for all."""
    name: str = ""
    """As it was issued."""
    expires_at: datetime | None = None
    """None: never."""
    read_only: bool = False
    """Whether nobody may change anything: the gateway's setting, whatever the scopes say."""
    fixed: frozenset[str] = frozenset()
    """The kinds, by name, whose sessions nobody may change: they are another application's."""
    masks_identifiers: bool = False
    """Whether identifiers are as personal as names: the gateway's setting."""
    tenants: Tenants = None
    """The only tenants it may see; None for all, and for sessions without a tenant."""

    def holds(self, *scopes: str) -> bool:
        """Whether it has one of these scopes, or ADMIN."""
        return not self.scopes.isdisjoint({ADMIN, *scopes})

    def may(self, kind: Kind, action: Action) -> bool:
        """Whether a scope covers this."""
        if action is Action.WRITE and (self.read_only or kind.name in self.fixed):
            return False
        return self.holds(f"{kind.name}:{action}", f"*:{action}")

    def require(self, kind: Kind, action: Action) -> None:
        """Forbidden unless a scope covers this; ReadOnly for a change where nothing changes."""
        if action is Action.WRITE:
            self.require_writable()
            if kind.name in self.fixed:
                raise ReadOnly(FIXED.format(kind=kind.type_name))
        if not self.may(kind, action):
            raise forbidden(kind, action)

    def require_linking(self) -> None:
        """Forbidden unless it may say which identifiers are one customer's; ReadOnly likewise."""
        self.require_writable()
        self.require_scope(LINKING)

    def require_scope(self, scope: str) -> None:
        """Forbidden unless it has a scope that is not about one kind."""
        if not self.holds(scope):
            raise Forbidden(f"This needs the scope {scope}. Ask for a credential that has it.")

    def require_writable(self) -> None:
        """ReadOnly where nothing changes."""
        if self.read_only:
            raise ReadOnly("This gateway is read-only: it serves sessions and changes none.")

    @property
    def sees_personal(self) -> bool:
        """Whether personal columns are shown."""
        return self.holds(PERSONAL)

    def visible(self, kind: Kind) -> Filter:
        """The sessions of a kind that it may see at all."""
        own = tenants.visible(self.tenants)
        bot_id = kind.by_name.get("botId")
        if self.bots is None or bot_id is None:
            return own
        return both(own, Compare((bot_id,), Operator.IN, tuple(sorted(self.bots))))

    def require_own(self, kind: Kind, document: Document) -> None:
        """Forbidden, or ForeignTenant, if it may not see the session that it is about to store."""
        tenants.require(self.tenants, document.get(TENANT.path))
        if self.bots is not None and "botId" in kind.by_name and document["botId"] not in self.bots:
            raise Forbidden("This credential may not store sessions of that bot.")


EVERYBODY = Caller("everybody", frozenset({ADMIN}), name="Everybody")
"""The caller where access is off."""


def forbidden(kind: Kind, action: Action) -> Forbidden:
    """The refusal where no scope covers an action."""
    return Forbidden(
        f"This needs the scope {kind.name}:{action} (or *:{action}). "
        "Ask for a credential that has it."
    )
