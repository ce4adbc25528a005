"""Who one customer is, over all kinds of session: linked identifiers, and what sessions say.

An identifier is a customer's id or an e-mail address. People and systems say which identifiers are
the same person's; nothing is guessed. Linking is transitive: who links a with b, and b with c, has
one group of three. Unlinking takes identifiers out of their group, and leaves the others together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from resolvers.access import MASK, PERSONAL
from resolvers.context import Context
from resolvers.errors import Forbidden, Invalid, UserError
from resolvers.folding import fold
from resolvers.kind import Document
from resolvers.store import customer_links as links
from resolvers.texts import check_text

WRITE: Final = "customer:write"
"""The scope that linking needs; `*:write` is about sessions, and does not include it."""
MOST_LINKED = 100
"""Identifiers of one customer, and of one request."""
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
    """The name of the credential that linked it."""

    @property
    def key(self) -> str:
        """What is equal for equal identifiers."""
        return f"{self.type}:{self.compared}"

    @property
    def compared(self) -> str:
        """The value as it is compared."""
        return fold(self.value) if self.type is IdentifierType.EMAIL else self.value


async def link(context: Context, identifiers: Sequence[Identifier]) -> list[Identifier]:
    """Say that these are one customer's; all that are linked now, as the caller may see them."""
    given = _checked(context, identifiers)
    if len(given) < 2:
        raise Invalid("Give at least two different identifiers to link.", ("identifiers",))

    def united(linked: Sequence[Document]) -> Sequence[Document]:
        known = {row["key"] for row in linked}
        added = [_stored(context, one) for one in given if one.key not in known]
        if (count := len(linked) + len(added)) > MOST_LINKED:
            raise Invalid(
                f"A customer has at most {MOST_LINKED} identifiers: these would be {count}.",
                ("identifiers",),
            )
        return [*linked, *added]

    keys = [one.key for one in given]
    await links.change(context.store, keys, united)
    return await _shown(context, keys)


async def unlink(context: Context, identifiers: Sequence[Identifier]) -> list[Identifier]:
    """Take identifiers out of their groups; what is left of these, as the caller may see it.

    Each group changes as a whole. One that is not linked changes nothing.
    """
    waiting = {one.key for one in _checked(context, identifiers)}
    others: set[str] = set()
    while waiting:
        key = min(waiting)
        group = await links.change(
            context.store, [key], lambda rows: [row for row in rows if row["key"] not in waiting]
        )
        linked = {row["key"] for row in group}
        others |= linked - waiting
        waiting -= linked | {key}
    return await _shown(context, sorted(others))


async def linked_with(context: Context, identifier: Identifier) -> tuple[Identifier, ...]:
    """All identifiers of the customer who has this one, itself included."""
    found = await links.linked(context.store, [identifier.key])
    return tuple(map(_identifier, found)) or (identifier,)


def require_visible(context: Context, identifier: Identifier) -> None:
    """Forbidden for an e-mail address where the caller may not see any."""
    if identifier.type is IdentifierType.EMAIL and not context.caller.sees_personal:
        raise Forbidden(
            f"E-mail addresses are personal: naming one needs the scope {PERSONAL}. Use a "
            "customerId, or ask for a credential that has it."
        )


def masked(context: Context, identifiers: Iterable[Identifier]) -> list[Identifier]:
    """Identifiers as the caller may see them."""
    if context.caller.sees_personal:
        return list(identifiers)
    return [
        Identifier(one.type, MASK, one.linked_at, one.linked_by)
        if one.type is IdentifierType.EMAIL
        else one
        for one in identifiers
    ]


def _checked(context: Context, identifiers: Sequence[Identifier]) -> list[Identifier]:
    """The identifiers, each once; Forbidden and Invalid where they cannot be linked."""
    if not context.caller.holds(WRITE):
        raise Forbidden(
            f"This needs the scope {WRITE}. Ask for a credential that has it."
        )
    if not 1 <= len(identifiers) <= MOST_LINKED:
        raise Invalid(f"Give 1 to {MOST_LINKED} identifiers.", ("identifiers",))
    for place, one in enumerate(identifiers):
        require_visible(context, one)
        try:
            _check_value(one.value)
        except UserError as error:
            raise error.under("identifiers", str(place), "value") from None
    return list({one.key: one for one in identifiers}.values())


def _check_value(value: str) -> None:
    check_text(value)
    if not 0 < len(value) <= LONGEST:
        raise Invalid(f"An identifier has 1 to {LONGEST} characters, not {len(value)}.")


def _stored(context: Context, one: Identifier) -> Document:
    return {
        "key": one.key,
        "type": str(one.type),
        "value": one.value,
        "linkedAt": context.now(),
        "linkedBy": context.caller.name,
    }


def _identifier(row: Document) -> Identifier:
    return Identifier(
        IdentifierType(row["type"]), row["value"], row["linkedAt"], row["linkedBy"]
    )


async def _shown(context: Context, keys: Sequence[str]) -> list[Identifier]:
    found = await links.linked(context.store, keys) if keys else []
    return masked(context, map(_identifier, found))
