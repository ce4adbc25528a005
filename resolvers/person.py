"""Everything that is stored about one customer: where erasing and exporting look.

The sessions are those that have one of the customer's identifiers, linked ones included, as in
`resolvers.customers`, and those beside them: sessions of any kind that one of these names in its
`relatedSessions`, or that name one of these, and that have no identifier of a customer of their
own. So the co-browsing of a chat, which says nothing of who was helped, belongs to whom the chat
belongs to.

Sessions past their retention count until the database has removed them.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from resolvers.access import PERSONAL, Action
from resolvers.across import needed
from resolvers.context import Context
from resolvers.customers import linked_with, sessions_of
from resolvers.errors import Conflict
from resolvers.folding import FOLDED
from resolvers.identifiers import (
    Identifier,
    IdentifierType,
    check_value,
    sees_every_session,
)
from resolvers.kind import Document, Kind
from resolvers.paging import cursors
from resolvers.rebuild import is_outdated
from resolvers.request import (
    LARGEST_PAGE,
    Columns,
    Compare,
    Filter,
    Operator,
    Order,
    Read,
    Window,
    both,
)
from resolvers.store import read as reads

STEP = 20
"""Sessions that are read at once: long chats are large."""
RELATED = frozenset({"relatedSessions", "customer"})
"""The stored paths that say which sessions are beside one."""
WHY = "all of a customer's sessions are needed"


class Stored(NamedTuple):
    """A session with its kind."""

    kind: Kind
    document: Document


class Group(NamedTuple):
    """Sessions of the customer, of one kind, and those beside them."""

    kind: Kind
    own: list[Document]
    beside: list[Stored]
    cursor: str
    """The place of the last one of `own` among those of its kind."""


@dataclass(frozen=True, slots=True)
class Person:
    """One customer, and what the caller may see of them."""

    context: Context
    """Of the request, without any retention."""
    kinds: Sequence[Kind]
    identifiers: tuple[Identifier, ...]
    where: Filter
    """Their sessions, of every kind."""
    limited: bool
    """Whether sessions are hidden from the caller: there may be more."""

    def visible(self, kind: Kind) -> Filter:
        """Their sessions of a kind, as far as the caller may see them."""
        return both(self.where, self.context.visible(kind))

    def is_of(self, document: Document) -> bool:
        """Whether a session as it is stored has one of their identifiers."""
        found = _identifiers(document)
        return any((one.type, one.compared) in found for one in self.identifiers)

    async def count(self, kind: Kind) -> int:
        """How many sessions of a kind have one of their identifiers."""
        counting = reads.count_exactly(self.context.store, kind, self.visible(kind))
        return await needed(kind, counting, WHY)

    async def groups(
        self, kind: Kind, columns: Columns, after: str | None = None, size: int = STEP
    ) -> AsyncIterator[Group]:
        """All sessions of a kind, the oldest first, with those beside them."""
        order = (Order(kind.by_name["startedAt"]),)
        while True:
            window = Window(first=size, after=after)
            read = Read(kind, self.visible(kind), order, window, columns)
            page = await needed(kind, reads.list_(self.context.store, read), WHY)
            if not page.documents:
                return
            after = cursors(read, page.documents[-1:])[0]
            beside = await self._beside(kind, page.documents, columns)
            yield Group(kind, page.documents, beside, after)
            if not page.has_next:
                return

    async def _beside(self, kind: Kind, own: Sequence[Document], columns: Columns) -> list[Stored]:
        ids = {row["_id"] for row in own}
        found: list[Stored] = []
        for other in self.kinds:
            named = {one for row in own for one in _named(row, other)}
            visible = self.context.visible(other)
            rows: dict[str, Document] = {}
            if named:
                reading = reads.get_many(self.context.store, other, sorted(named), visible, columns)
                rows = await needed(other, reading, WHY)
            async for row in self._naming(other, sorted(ids), columns):
                if ids & _named(row, kind):
                    rows[row["_id"]] = row
            found += [Stored(other, row) for row in rows.values() if has_no_identifier(row)]
        return found

    async def _naming(
        self, kind: Kind, ids: Sequence[str], columns: Columns
    ) -> AsyncIterator[Document]:
        """The sessions of a kind that name one with these ids, of whatever kind."""
        where, after = both(naming(kind, ids), self.context.visible(kind)), None
        while True:
            window = Window(first=LARGEST_PAGE, after=after)
            read = Read(kind, where, window=window, columns=columns)
            page = await needed(kind, reads.list_(self.context.store, read), WHY)
            for row in page.documents:
                yield row
            if not page.has_next:
                return
            (after,) = cursors(read, page.documents[-1:])


async def person(
    context: Context, kinds: Sequence[Kind], identifier: Identifier, scope: str
) -> Person:
    """The customer who has this identifier.

    Forbidden without the scope, PERSONAL and the `read` of every kind. Invalid for what no
    identifier can be. Conflict where sessions of theirs may not be found.
    """
    context.caller.require_scope(scope)
    context.caller.require_scope(PERSONAL)
    for kind in kinds:
        context.caller.require(kind, Action.READ)
    check_value(identifier.value)
    identifiers = await linked_with(context, identifier)
    await _require_found(context, kinds, identifiers)
    return Person(
        replace(context, retention={}),
        kinds,
        identifiers,
        sessions_of(kinds[0], identifiers),
        not sees_every_session(context),
    )


async def _require_found(
    context: Context, kinds: Iterable[Kind], identifiers: Iterable[Identifier]
) -> None:
    """Conflict if an earlier version stored sessions, which addresses do not find."""
    if not any(one.type is IdentifierType.EMAIL for one in identifiers):
        return
    own = [kind for kind in kinds if kind.name not in context.store.unruled]
    ruled = [kind for kind in own if kind.name not in context.store.maps]
    if old := [kind.label for kind in ruled if await is_outdated(context.store, kind)]:
        names = " and ".join(old)
        raise Conflict(
            f"An earlier version stored some of the {names} sessions, and an e-mail address may "
            "not find them. Run scripts/rebuild, then repeat this.",
            ("by",),
        )


def _named(row: Document, kind: Kind) -> set[str]:
    """The ids of the sessions of a kind that one names; what is damaged is left out."""
    found = row.get("relatedSessions")
    pairs = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    ids = (one.get("sessionId") for one in pairs if one.get("kind") == kind.enum_name)
    return {one for one in ids if isinstance(one, str)}


def naming(kind: Kind, ids: Sequence[str]) -> Filter:
    """The sessions of a kind that name a session of any kind with one of these ids.

    Which kind they name is looked at afterwards: the embedded engine has no index for both.
    """
    pair = kind.by_name["relatedSessions"]
    return Compare((pair, pair.column("sessionId")), Operator.IN, ids)


def has_no_identifier(document: Document) -> bool:
    """Whether a session says nothing of who was helped, but perhaps a name."""
    return not _identifiers(document)


def _identifiers(document: Document) -> list[tuple[IdentifierType, Any]]:
    """The identifiers of a session's customer, as they are compared."""
    customer = document.get("customer")
    known = customer if isinstance(customer, dict) else {}
    folded = known.get(FOLDED)
    address = folded.get("email") if isinstance(folded, dict) else known.get("email")
    given = {IdentifierType.CUSTOMER_ID: known.get("id"), IdentifierType.EMAIL: address}
    return [(type_, value) for type_, value in given.items() if value is not None]
