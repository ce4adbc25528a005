"""Identifiers of customers, and what a caller is shown of them (see resolvers.customers).

without `pii:read`              sessions that have an address alone are not found: otherwise who
                                writes a guessed one could see whether the customer has it
without `*:read`, or with bots  identifiers that occur in sessions that the caller may see, and
                                of a change those that it gave
without `customer:write`        not who linked them
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from resolvers.access import LINKING, MASK, PERSONAL, Action
from resolvers.context import Context
from resolvers.errors import Forbidden, Invalid
from resolvers.folding import fold
from resolvers.texts import check_text

LONGEST = 320
"""Characters of an identifier, as of the longest e-mail address."""


class IdentifierType(StrEnum):
    """What an identifier is."""

    CUSTOMER_ID = "CUSTOMER_ID"
    """Compared exactly."""
    EMAIL = "EMAIL"
    """Personal, and the same in upper and lower case."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """One of the names by which systems know a customer."""

    type: IdentifierType
    value: str
    linked_at: datetime | None = None
    """None: it is linked with nothing."""
    linked_by: str | None = None
    """The name of the credential that linked it; None where the caller may not see it."""

    @property
    def key(self) -> str:
        """What is equal for equal identifiers."""
        return f"{self.type}:{self.compared}"

    @property
    def is_personal(self) -> bool:
        """Whether only callers with PERSONAL may see it."""
        return self.type is IdentifierType.EMAIL

    @property
    def compared(self) -> str:
        """The value as it is compared."""
        return fold(self.value) if self.type is IdentifierType.EMAIL else self.value


def check_value(value: str) -> None:
    """Invalid for what no identifier can be."""
    check_text(value)
    if not 0 < len(value) <= LONGEST:
        raise Invalid(f"An identifier has 1 to {LONGEST} characters, not {len(value)}.")


def require_visible(context: Context, identifier: Identifier) -> None:
    """Forbidden for an e-mail address where the caller may not see any."""
    if identifier.is_personal and not context.caller.sees_personal:
        raise Forbidden(
            f"E-mail addresses are personal: naming one needs the scope {PERSONAL}. Use a "
            "customerId, or ask for a credential that has it."
        )


def shown(context: Context, identifiers: Iterable[Identifier]) -> list[Identifier]:
    """Identifiers as the caller may see them: masked, and who linked them only to who may link."""
    sees, links_too = context.caller.sees_personal, context.caller.holds(LINKING)
    return [
        replace(
            one,
            value=one.value if sees or not one.is_personal else MASK,
            linked_by=one.linked_by if links_too else None,
        )
        for one in identifiers
    ]


def sees_every_session(context: Context) -> bool:
    """Whether no scope, and no bot, hides sessions from the caller: it may know every link."""
    caller = context.caller
    return caller.bots is None and caller.holds(f"*:{Action.READ}")
