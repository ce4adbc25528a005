"""Adopting collections that others wrote: their documents become sessions of the gateway's shape.

    adopt     every document gets what `resolvers.shaping` makes of it, by one guarded update, which
              stores the originals too (`resolvers.store.originals`)
    undo      every adopted document becomes what it was

Both go through a collection by its ids, of any type, and may run beside writers: what changes
between reading and storing is read again. What a document lacks is counted by its path, and the
document stays as it is. A mark says how far an adoption is, so that one that was killed goes on
there; an undo needs none, as what it did is no longer adopted.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from resolvers.access import Action
from resolvers.audit.attempts import attempt
from resolvers.audit.entries import Act
from resolvers.context import Context
from resolvers.errors import BadInput, CorruptDocument, Invalid
from resolvers.findings import Finding, Findings, type_of
from resolvers.kind import Document, Kind
from resolvers.mapping import CollectionMap, Source
from resolvers.rebuild import version
from resolvers.shaping import Shaped, computed_fields, differing, fields_of, shape
from resolvers.store import originals, preparation
from resolvers.store import write as writes
from resolvers.store.originals import Change, Read
from resolvers.store.store import Store
from resolvers.store.witness import witnessed

BATCH = 100
"""Documents that are read and stored at once."""
SAMPLE = 1000
ATTEMPTS = 100
"""How often a document is read again because others changed it meanwhile."""
LOST = ("status", "startedAt", "endedAt", "createdAt", "updatedAt")
"""Computed columns whose sources count: `resolvers.shaping` reads them."""


@dataclass(frozen=True, slots=True)
class Target:
    """A collection and the kind that its documents are to be."""

    kind: Kind
    collection: str
    sources: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        """BadInput for a map that names another field as the id: ids cannot change."""
        for source in self.sources:
            if source.native == "_id" and source.stored != "_id":
                raise BadInput(
                    "columns.sessionId: an adopted document keeps its _id as the session's id. "
                    "Leave this entry out, or serve the collection in place."
                )

    @classmethod
    def of(cls, map_: CollectionMap) -> "Target":
        """The target of a map."""
        return cls(map_.kind, map_.collection, map_.sources)

    @property
    def computed_sources(self) -> list[str]:
        """The columns that a map gives and each write computes anew: their sources do not count."""
        return [
            source.native
            for source in self.sources
            if source.path[0].derived and source.native not in (*LOST, "_id")
        ]

    @property
    def fingerprint(self) -> str:
        """Another one if other sessions would come out."""
        parts = [version(self.kind), *sorted(map(repr, map(_described, self.sources)))]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _described(source: Source) -> tuple[Any, ...]:
    format_ = source.format.name if source.format else None
    inner = [_described(one) for one in source.columns]
    values = sorted(source.values.items(), key=str) if source.values else None
    return (source.native, source.stored, source.constant, format_, values, inner)


@dataclass(slots=True)
class Report:
    """What the documents of a collection are, and what became of them."""

    seen: int = 0
    whole: int = 0
    """Sessions of the gateway's shape already."""
    fitting: int = 0
    """That become so by adoption; of an adoption: that became so."""
    misfitting: int = 0
    resumed: bool = False
    misfits: Findings = field(default_factory=Findings)
    conversions: Findings = field(default_factory=Findings)
    filled: Counter[str] = field(default_factory=Counter)
    """The fields that are added or changed, and in how many documents."""
    ids: Counter[str] = field(default_factory=Counter)
    """Types of ids that are not texts."""

    @property
    def is_whole(self) -> bool:
        """Whether every document is a session of the gateway's shape, with a text as its id."""
        return self.seen == self.whole and not self.ids


@dataclass(slots=True)
class Undone:
    """What became of adopted documents."""

    restored: int = 0
    changed: int = 0
    """Of these: those in which others changed adopted fields since; such changes stay."""
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Look:
    """A document, and what is to be done with it."""

    read: Read
    change: Change | None
    """None: nothing is to be done."""
    shaped: Shaped
    pending: list[str]
    """The fields that adoption would change; empty where there are misfits."""
    changed: frozenset[str] = frozenset()
    """The adopted fields that others changed since."""
    problem: str = ""
    """Why nothing was done after all."""


def _look(target: Target, read: Read) -> _Look:
    kind = target.kind
    was, changed, since = originals.before(read.document, computed_fields(kind))
    # A map leads to the values of others, which may be originals by now.
    base = was if target.sources else read.document
    shaped = shape(kind, base, target.sources, changed | since)
    used = fields_of(kind, target.sources)
    try:
        read.require_exact(used)
    except CorruptDocument as error:
        path = str(error.details["field"])
        shaped.misfits.append(Finding(path, type_of(read.document.get(path)), error.message))
    pending = [] if shaped.misfits else differing(shaped.session, read.document)
    change = _adopted(target, read, was, shaped) if pending else None
    return _Look(read, change, shaped, pending, changed)


def _adopted(target: Target, read: Read, was: Document, shaped: Shaped) -> Change:
    revisions = (one.get("revision") for one in (was, read.document))
    known = [one for one in revisions if isinstance(one, int) and not isinstance(one, bool)]
    session = {**shaped.session, "revision": max(known, default=0) + 1}
    return originals.adopted(read, was, session, fields_of(target.kind, target.sources))


def _back(target: Target, read: Read) -> _Look:
    was, changed, _ = originals.before(read.document, computed_fields(target.kind))
    due = originals.RECORD in read.document
    change = originals.restored(read, was) if due else None
    return _Look(read, change, Shaped({}), [], changed)


def _count(report: Report, look: _Look) -> None:
    report.seen += 1
    document_id = look.read.id
    if not isinstance(document_id, str):
        report.ids[type_of(document_id)] += 1
    report.misfits.add(look.shaped.misfits, document_id)
    if look.shaped.misfits:
        report.misfitting += 1
    elif look.pending:
        report.fitting += 1
        report.filled.update(look.pending)
        report.conversions.add(look.shaped.conversions, document_id)
    else:
        report.whole += 1


async def sampled(context: Context, target: Target) -> Report:
    """What a sample of the collection is; nothing changes."""
    report = Report()
    async for read in originals.sample(context.store, target.collection, SAMPLE):
        _count(report, _look(target, read))
    return report


async def examine(context: Context, target: Target, advance: Callable[[int], object]) -> Report:
    """What every document of the collection is; nothing changes."""
    report = Report()
    async for batch in originals.walk(context.store, target.collection, "", BATCH):
        for read in batch:
            _count(report, _look(target, read))
        advance(len(batch))
    return report


@attempt(Act.ADOPTED)
async def adopt(context: Context, target: Target, advance: Callable[[int], object]) -> Report:
    """Make sessions of all documents that fit; the others stay as they are.

    It starts with the first document, or where the same adoption was ended early.
    """
    context.caller.require(target.kind, Action.WRITE)
    about = {"collection": target.collection}
    async with witnessed(context.store, Act.ADOPTED, target.kind, (), details=about):
        return await _adopted_all(context.store, target, advance)


async def _adopted_all(store: Store, target: Target, advance: Callable[[int], object]) -> Report:
    report = Report()
    await preparation.leave_to_others(store, target.collection)
    mark = f"adopted:{target.collection}"
    done, _, last = (await writes.mark(store, mark) or "").partition(" ")
    report.resumed = bool(last) and done == target.fingerprint
    after = last if report.resumed else ""
    async for batch in originals.walk(store, target.collection, after, BATCH):
        for look in await _settled(store, target, batch, _look):
            if look.problem:
                look.shaped.misfits.append(Finding("", "document", look.problem))
            _count(report, look)
        await writes.set_mark(store, mark, f"{target.fingerprint} {originals.place(batch[-1])}")
        advance(len(batch))
    await writes.set_mark(store, mark, target.fingerprint)
    return report


async def _settled(
    store: Store, target: Target, batch: Iterable[Read], look: Callable[[Target, Read], _Look]
) -> list[_Look]:
    """Do with each document of a batch what is to be done; without those that are gone."""
    looks = [look(target, read) for read in batch]
    due = [one for one in looks if one.change]
    changes = [one.change for one in due if one.change]
    if not changes or await originals.apply_all(store, target.collection, changes):
        return looks
    again = await asyncio.gather(*(_again(store, target, one, look) for one in due))
    return [one for one in looks if not one.change] + [one for one in again if one]


async def _again(
    store: Store, target: Target, before: _Look, look: Callable[[Target, Read], _Look]
) -> _Look | None:
    """One document of a batch that was not done as a whole; read again as long as others change it.

    None: it is gone.
    """
    for _ in range(ATTEMPTS):
        now = await originals.get(store, target.collection, before.read.id)
        if now is None:
            return None
        found = look(target, now)
        if found.shaped.misfits:
            return found
        if found.change is None:  # the batch did it
            return before
        before = found
        try:
            if await originals.apply(store, target.collection, found.change):
                return found
        except Invalid as error:
            found.problem = error.message
            return found
    before.problem = "Other writers keep changing it."
    return before


@attempt(Act.RESTORED)
async def undo(
    context: Context, target: Target, advance: Callable[[int], object], dry_run: bool = False
) -> Undone:
    """Restore every adopted document, but for what others changed since."""
    if dry_run:
        return await _undone(context.store, target, advance, dry_run)
    context.caller.require(target.kind, Action.WRITE)
    about = {"collection": target.collection}
    async with witnessed(context.store, Act.RESTORED, target.kind, (), details=about):
        return await _undone(context.store, target, advance, dry_run)


async def _undone(
    store: Store, target: Target, advance: Callable[[int], object], dry_run: bool
) -> Undone:
    found = Undone()
    if not dry_run:
        await preparation.give_back(store, target.collection)
    async for batch in originals.walk(store, target.collection, "", BATCH, adopted=True):
        if dry_run:
            looks = [_back(target, read) for read in batch]
        else:
            looks = await _settled(store, target, batch, _back)
        for look in looks:
            if look.problem:
                found.problems.append(f"{look.read.id!s:.100}: {look.problem}")
            else:
                found.restored += 1
                found.changed += bool(look.changed)
        advance(len(batch))
    if not dry_run:
        await writes.remove_mark(store, f"adopted:{target.collection}")
    return found
