"""Erasing one customer: sessions are removed, or stay for statistics without the person in them.

Steps, each of which may be repeated after the process is stopped at any point:

1. The sessions of each kind, in groups: first those beside them, which only they lead to
   (`resolvers.person`), then they themselves. What other collections have of a session, such as
   its reservation, goes before the session.
2. Once more from the start, until no session is found: some may have been stored meanwhile.
3. The links between the identifiers. They lead to the sessions, so they go last.

A request does as much as fits into its time. The audit trail has an entry for each call of `erase`
that erases, with counts, and one for each session that goes; none has an identifier.
"""

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from resolvers import repeats, sessions, tenants
from resolvers.access import ERASING, Action
from resolvers.anonymising import Anonymiser
from resolvers.audit.attempts import attempt
from resolvers.audit.entries import Act
from resolvers.common_columns import SEARCH_KEYS, TENANT
from resolvers.context import Context
from resolvers.errors import Conflict, Contended, CorruptDocument, Invalid, NotFound, Timeout
from resolvers.identifiers import Identifier
from resolvers.kind import Document, Kind, no_reservation
from resolvers.person import RELATED, Group, Person, has_no_identifier, person
from resolvers.store import customer_links as links
from resolvers.store import write as writes
from resolvers.store.store import Store
from resolvers.store.witness import witnessed

COLUMNS = RELATED | {"startedAt", "revision", TENANT.path, SEARCH_KEYS.path}
"""The stored paths that are read of a session."""
SIZE = 100
"""How many sessions are found at once."""
IDLE_PASSES = 3
"""How often sessions may be found of which none can be erased, because others change them."""


class Mode(StrEnum):
    """What becomes of the customer's sessions."""

    DELETE = "DELETE"
    ANONYMISE = "ANONYMISE"


@dataclass(slots=True)
class KindCount:
    """Sessions of one kind."""

    kind: Kind
    own: int = 0
    """Those that have one of the customer's identifiers."""
    beside: int = 0
    """Those beside them, without an identifier."""


@dataclass(slots=True)
class Erased:
    """What was erased, or what would be."""

    kinds: list[KindCount]
    elsewhere: list[KindCount]
    """Sessions that another application writes, of kinds that have some."""
    limited: bool
    """Whether sessions are hidden from the caller, who erases only what it sees, and no link."""
    search_entries: int = 0
    """Keys of the search index."""
    reservations: int = 0
    answers: int = 0
    """Stored for requests that are repeated."""
    identifiers: int = 0
    """Linked ones."""
    complete: bool = False
    remaining: int | None = 0
    """The customer's sessions that are still stored; None if counting them takes too long."""

    @property
    def changed(self) -> int:
        """Sessions and links that went: 0 if there was nothing to do, or no progress."""
        return self.identifiers + sum(one.own + one.beside for one in self.kinds)


@attempt(Act.ERASED)
async def erase(
    context: Context,
    kinds: Sequence[Kind],
    identifier: Identifier,
    mode: Mode,
    *,
    dry_run: bool,
    seconds: float,
    advance: Callable[[int], object] = lambda _number: None,
) -> Erased:
    """Erase the customer who has this identifier, or count what would be erased.

    Work ends after about `seconds`, but not before something is erased; then the result is not
    `complete`, and the same call goes on. `advance` is called with each number of sessions that
    went. ReadOnly where nothing changes. Forbidden without ERASING and what `person`
    asks for, or without the `write` of a kind. Conflict if another application writes some of the
    sessions: nothing is changed before they are gone. Contended if others keep changing them.
    """
    until, caller = time.monotonic() + seconds, context.caller
    context = replace(context, repeat=None)  # every step may be repeated by itself
    caller.require_writable()
    caller.require_scope(ERASING)
    own = [kind for kind in kinds if kind.name not in caller.fixed]
    for kind in own:
        caller.require(kind, Action.WRITE)
    whom = await person(context, kinds, identifier, ERASING)
    others = [KindCount(kind, await whom.count(kind)) for kind in kinds if kind not in own]
    elsewhere = [one for one in others if one.own]
    erased = Erased([KindCount(kind) for kind in own], elsewhere, whom.limited)
    work = _Work(identifier, replace(whom, kinds=own), mode, erased, until, advance)
    if dry_run:
        await work.count()
        return erased
    _require_nothing(elsewhere)
    details = {"mode": mode.value, "identifiers": len(whom.identifiers)}
    async with witnessed(context.store, Act.ERASED, None, (), details=details) as written:
        await work.erase()
        sessions_gone = {one.kind.name: one.own + one.beside for one in erased.kinds}
        written.details = {"sessions": sessions_gone, "complete": erased.complete}
    return erased


def _require_nothing(elsewhere: Sequence[KindCount]) -> None:
    """Conflict if another application writes some of the sessions."""
    if elsewhere:
        found = " and ".join(f"{one.own} {one.kind.label} sessions" for one in elsewhere)
        raise Conflict(
            f"{found} of this customer are in a collection that another application writes, so "
            "they are read-only here. Erase them with that application, then repeat this. Nothing "
            "was changed.",
            ("by",),
        )


@dataclass(slots=True)
class _Work:
    """One request's share of an erasure."""

    asked: Identifier
    """The one that led to the others."""
    whom: Person
    mode: Mode
    erased: Erased
    until: float
    """By `time.monotonic`."""
    advance: Callable[[int], object]
    _anonymiser: Anonymiser = field(init=False)
    _counts: dict[str, KindCount] = field(init=False)
    """By the kind's name."""
    _places: list[tuple[Kind, str]] = field(default_factory=list)
    """The sessions that were counted."""

    def __post_init__(self) -> None:
        """Nothing is done yet."""
        known = (one.value for one in self.whom.identifiers)
        self._anonymiser = Anonymiser(self.whom.context, known)
        self._counts = {count.kind.name: count for count in self.erased.kinds}

    @property
    def _over(self) -> bool:
        return time.monotonic() >= self.until

    async def count(self) -> None:
        """Count what would be erased; not complete if time is over before all is looked at."""
        erased = self.erased
        for count in erased.kinds:
            count.own = await self.whom.count(count.kind)
            async for group in self.whom.groups(count.kind, COLUMNS, size=SIZE):
                if self._over:
                    break
                await self._count(group)
        erased.answers = await repeats.forget(self.whom.context, self._places, count_only=True)
        erased.complete = not self._over
        erased.remaining = sum(count.own for count in erased.kinds)
        if not erased.limited:
            keys = [one.key for one in self.whom.identifiers]
            erased.identifiers = len(await links.linked(self._store, self._tenants, keys))

    async def _count(self, group: Group) -> None:
        for part in _parts(group):
            self._counts[part.kind.name].beside += len(part.rows) * part.beside
            self.erased.search_entries += sum(map(_search_entries, part.rows))
            ids = [row["_id"] for row in part.rows]
            self.erased.reservations += await self._reserved(part.kind, ids, writes.count_reserved)
            self._places += [(part.kind, session_id) for session_id in ids]

    async def erase(self) -> None:
        """Steps 1 to 3, as far as there is time."""
        try:
            await self._forget(())
            await self._passes()
            self.erased.complete = self.erased.limited or await self._unlink()
        except _TimeIsOver:
            pass
        except (Timeout, Contended):
            if not self.erased.changed:
                raise
        if not self.erased.complete:
            self.erased.remaining = await self._remaining()

    async def _passes(self) -> None:
        """Go through all kinds until nothing is found; Contended if nothing found can be erased."""
        idle = before = 0
        while await self._pass():
            idle = idle + 1 if self.erased.changed == before else 0
            before = self.erased.changed
            if idle == IDLE_PASSES:
                raise Contended("Others keep changing these sessions. Try again.")

    async def _pass(self) -> bool:
        """Go through all kinds once; whether there was any session of the customer."""
        found = False
        for kind in self.whom.kinds:
            self._go_on()
            async for group in self.whom.groups(kind, COLUMNS, size=SIZE):
                found = True
                for part in _parts(group):
                    await self._erase(part)
        return found

    async def _erase(self, part: "_Part") -> None:
        work = self._delete if self.mode is Mode.DELETE else self._anonymise
        await self._forget([(part.kind, row["_id"]) for row in part.rows])
        for row in part.rows:
            self._go_on()
            await work(part, row)

    async def _forget(self, places: Sequence[tuple[Kind, str]]) -> None:
        """Take away what is stored of answers about these sessions."""
        self.erased.answers += await repeats.forget(self.whom.context, places, count_only=False)

    def _go_on(self) -> None:
        if self._over and self.erased.changed:
            raise _TimeIsOver

    async def _reserved(self, kind: Kind, ids: Sequence[str], ask: "_Reserved") -> int:
        """What `ask` says of the values that sessions have reserved."""
        return 0 if kind.reservation is no_reservation else await ask(self._store, kind, ids)

    async def _delete(self, part: "_Part", row: Document) -> None:
        """Remove a session; one that others changed meanwhile is found again."""
        self.erased.reservations += await self._reserved(
            part.kind, [row["_id"]], writes.release_all
        )
        if await writes.delete_unchanged(self._store, part.kind, row):
            self._done(part, row)

    async def _anonymise(self, part: "_Part", row: Document) -> None:
        """Take the person out of a session; remove one of which that cannot be done.

        So goes one whose own id says who it is, one that is damaged, and one that would still be
        found.
        """
        if self._anonymiser.contains(row["_id"]):
            await self._delete(part, row)
            return
        is_theirs = has_no_identifier if part.beside else self.whom.is_of
        theirs: list[bool] = []
        """Of each attempt to change it."""

        def change(document: Document) -> None:
            theirs.append(is_theirs(document))
            if theirs[-1]:
                self._anonymiser.anonymise(part.kind, document)

        ids = [row["_id"]]
        reserved = await self._reserved(part.kind, ids, writes.count_reserved)
        try:
            after = await sessions.act(self.whom.context, part.kind, row["_id"], change)
        except NotFound:
            return
        except (CorruptDocument, Invalid):
            await self._delete(part, row)
            return
        if self.whom.is_of(after):
            await self._delete(part, after)
        elif theirs[-1]:  # else it is somebody else's by now
            await self._reserved(part.kind, ids, writes.release_all)
            self.erased.reservations += reserved
            self._done(part, row)

    def _done(self, part: "_Part", row: Document) -> None:
        count = self._counts[part.kind.name]
        count.beside += part.beside
        count.own += not part.beside
        self.erased.search_entries += _search_entries(row)
        self.advance(1)

    async def _unlink(self) -> bool:
        """Remove the links; False if an identifier was linked meanwhile, whose sessions stay.

        The groups of a tenant become one before, which one command removes, and those that lead
        to others go last: otherwise a process that is stopped in between could leave identifiers
        that lead nowhere.
        """
        keys = [one.key for one in self.whom.identifiers]
        of = await links.linking(self._store, self._tenants, [self.asked.key])
        for tenant in of:
            await links.change(self._store, tenant, keys, lambda linked: linked)

        def rest(linked: Sequence[Document]) -> Sequence[Document]:
            return [] if {row["key"] for row in linked} <= set(keys) else linked

        removed = set[str]()
        for tenant in reversed(of):
            found = await links.change(self._store, tenant, keys, rest)
            if rest(found):
                return False
            removed |= {row["key"] for row in found}
        self.erased.identifiers = len(removed)
        return True

    @property
    def _tenants(self) -> links.Tenants:
        """Whose links the caller may see."""
        return tenants.stored(self.whom.context.caller.tenants)

    async def _remaining(self) -> int | None:
        try:
            return sum([await self.whom.count(kind) for kind in self.whom.kinds])
        except Timeout:
            return None

    @property
    def _store(self) -> Store:
        return self.whom.context.store


class _TimeIsOver(Exception):  # noqa: N818  # it is no error
    """The rest is for the next request."""


class _Part(NamedTuple):
    """Sessions of one kind, of one group."""

    kind: Kind
    rows: Sequence[Document]
    beside: bool


_Reserved = Callable[[Store, Kind, Sequence[str]], Awaitable[int]]


def _parts(group: Group) -> Iterator[_Part]:
    """A group's sessions, those that others lead to first."""
    by_kind: dict[Kind, list[Document]] = {}
    for kind, row in group.beside:
        by_kind.setdefault(kind, []).append(row)
    for kind, rows in by_kind.items():
        yield _Part(kind, rows, True)
    yield _Part(group.kind, group.own, False)


def _search_entries(row: Document) -> int:
    keys = row.get(SEARCH_KEYS.path)
    return len(keys) if isinstance(keys, list) else 0
