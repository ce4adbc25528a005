"""Identifiers of customers, and what a caller is shown of them (see resolvers.customers).

without `pii:read`              sessions that have an address alone are not found: otherwise who
                                writes a guessed one could see whether the customer has it. An id
                                with an address in it is one, and so is each id where the gateway
                                masks identifiers
without `*:read`, or with bots  identifiers that occur in sessions that the caller may see, and
                                of a change those that it gave
without `customer:write`        not who linked them
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from resolvers.access import LINKING, PERSONAL, Action, Caller
from resolvers.context import Context
from resolvers.errors import Forbidden, Invalid
from resolvers.folding import fold
from resolvers.masks import MASK, holds_address
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
    def is_address(self) -> bool:
        """Whether it is an e-mail address, or an id with one in it."""
        return self.type is IdentifierType.EMAIL or holds_address(self.value)

    def is_hidden(self, caller: Caller) -> bool:
        """Whether the caller may not see it: addresses, and ids where the gateway masks them."""
        return not caller.sees_personal and (self.is_address or caller.masks_identifiers)

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
    """Forbidden for an e-mail address, or a masked id, where the caller may not see any."""
    if not identifier.is_hidden(context.caller):
        return
    if identifier.is_address:
        raise Forbidden(
            f"E-mail addresses are personal: naming one needs the scope {PERSONAL}. Use a "
            "customerId without an address, or ask for a credential that has it."
        )
    raise Forbidden(
        f"This gateway masks identifiers: naming one needs the scope {PERSONAL}. Ask for a "
        "credential that has it."
    )


def shown(context: Context, identifiers: Iterable[Identifier]) -> list[Identifier]:
    """Identifiers as the caller may see them: masked, and who linked them only to who may link."""
    links_too = context.caller.holds(LINKING)
    return [
        replace(
            one,
            value=MASK if one.is_hidden(context.caller) else one.value,
            linked_by=one.linked_by if links_too else None,
        )
        for one in identifiers
    ]


def sees_every_session(context: Context) -> bool:
    """Whether no scope, and no bot, hides sessions from the caller: it may know every link."""
    caller = context.caller
    return caller.bots is None and caller.holds(f"*:{Action.READ}")
