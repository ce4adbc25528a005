"""Everything that is stored about one customer, in parts that a cursor leads to."""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from resolvers.access import EXPORTING
from resolvers.audit.attempts import attempt
from resolvers.audit.entries import Act
from resolvers.audit.showing import show
from resolvers.context import Context
from resolvers.errors import BadInput
from resolvers.identifiers import Identifier, shown
from resolvers.kind import Kind
from resolvers.person import Person, Stored, person

SIZE = 5
"""Sessions that are read at once, whole."""
SIGN = "."
"""Between the kind and its cursor: neither has one."""


class Part(NamedTuple):
    """Some sessions of the customer with those beside them, and the cursor of what follows."""

    sessions: list[Stored]
    cursor: str


@attempt(Act.EXPORTED)
async def exported(context: Context, kinds: Sequence[Kind], identifier: Identifier) -> Person:
    """Whom an export is about; Forbidden without EXPORTING and what `person` asks for."""
    return await person(context, kinds, identifier, EXPORTING)


def identifiers(whom: Person) -> list[Identifier]:
    """Those that are linked, as the caller may see them."""
    return shown(whom.context, whom.identifiers)


async def parts(whom: Person, after: str | None) -> AsyncIterator[Part]:
    """The customer's sessions by kind, the oldest first, from a cursor on.

    Sessions beside others follow those that lead to them: once for each part that leads there.
    BadInput for anything but a cursor of an export.
    """
    first, place = _place(whom.kinds, after)
    for kind in whom.kinds[first:]:
        async for group in whom.groups(kind, None, place, SIZE):
            found = [*(Stored(kind, row) for row in group.own), *group.beside]
            for one in found:
                show(whom.context, one.kind, None, [one.document], Act.EXPORTED)
            yield Part(found, f"{kind.enum_name}{SIGN}{group.cursor}")
        place = None


def _place(kinds: Sequence[Kind], after: str | None) -> tuple[int, str | None]:
    """Which kind to go on with, and the cursor within it."""
    if after is None:
        return 0, None
    name, _, cursor = after.partition(SIGN)
    for place, kind in enumerate(kinds):
        if kind.enum_name == name and cursor:
            return place, cursor
    raise BadInput("after: this is not a cursor of exportCustomer.", argument="after")
