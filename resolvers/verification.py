"""Verifying a database: what does not fit, at any time and without a change.

misfits        values that are not of their column's type, by path and type
stale          stored values that a write would compute otherwise (scripts/rebuild)
indexes        that the settings ask for, and that are missing or have other keys
reservations   of live tokens, without a session that has the token
links          from a session to one that is not stored

Links are notes, not findings: a session may name one that is stored later, or was removed. So are
the indexes that a collection of others lacks.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from resolvers import reservations
from resolvers.adoption import BATCH
from resolvers.context import Context
from resolvers.findings import MISSING, Finding, Findings, type_of
from resolvers.kind import Document, Kind
from resolvers.mapping import Source
from resolvers.request import EVERYTHING
from resolvers.shaping import differing, shape
from resolvers.store import indexes, originals, preparation
from resolvers.store import read as reads
from resolvers.store import write as writes
from resolvers.store.policy import Indexes

MOST_NAMED = 20
"""Reservations and links that are named."""


@dataclass(slots=True)
class Verified:
    """What was found in the sessions of one kind."""

    collection: str
    own: bool
    seen: int = 0
    misfits: Findings = field(default_factory=Findings)
    stale: Counter[str] = field(default_factory=Counter)
    """Fields, and in how many sessions they are not what would be computed."""
    ids: Counter[str] = field(default_factory=Counter)
    """Types of ids that are not texts: a finding in an own collection only."""
    missing_indexes: list[str] = field(default_factory=list)
    changed_indexes: list[str] = field(default_factory=list)
    indexes_wanted: bool = True
    broken_links: int = 0
    """A note."""
    links: list[str] = field(default_factory=list)
    """Some of the broken ones."""

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing that somebody should look at."""
        wrong_indexes = self.indexes_wanted and (self.missing_indexes or self.changed_indexes)
        wrong_ids = self.own and self.ids
        return not (self.misfits.counts or self.stale or wrong_indexes or wrong_ids)


async def verify(
    context: Context,
    kind: Kind,
    by_enum: dict[str, Kind],
    policy: Indexes,
    advance: Callable[[int], object],
) -> Verified | None:
    """What is wrong with the sessions of a kind; None if there is no collection."""
    store = context.store
    collection, mapped = store.name(kind), store.maps.get(kind.name)
    if collection not in await store.run(store.database.list_collection_names()):
        return None
    own = mapped is None and await preparation.owns(store, kind)
    found = Verified(collection, own)
    if mapped is None:
        found.indexes_wanted = policy is Indexes.ALL or (own and policy is Indexes.OWN)
        found.missing_indexes, found.changed_indexes = await indexes.differing(store, kind)
    else:
        found.indexes_wanted = False
        found.missing_indexes = await indexes.missing_of_others(store, kind, mapped.sources)
    sources = tuple(mapped.sources.values()) if mapped else ()
    async for batch in originals.walk(store, collection, "", BATCH):
        for read in batch:
            _look(kind, read, found, sources)
        await _links(context, [read.document for read in batch], by_enum, found)
        advance(len(batch))
    return found


def _look(kind: Kind, read: originals.Read, found: Verified, sources: Sequence[Source]) -> None:
    """Count what is wrong with one document; of one that is served through a map, misfits alone."""
    found.seen += 1
    if not isinstance(read.id, str):
        found.ids[type_of(read.id)] += 1
    shaped = shape(kind, read.document, sources, strict=bool(sources))
    problems = [*shaped.misfits, *(() if sources else shaped.conversions)]
    if not (problems or sources):
        other = differing(shaped.session, read.document)
        absent = {"createdAt", "updatedAt"} & set(other)
        problems = [Finding(name, MISSING, "a date") for name in sorted(absent)]
        found.stale.update(set(other) - absent)
    found.misfits.add(problems, read.id)


async def _links(
    context: Context, documents: list[Document], by_enum: dict[str, Kind], found: Verified
) -> None:
    """Count the related sessions that are not stored: one find a kind for a batch."""
    pairs = [
        (pair.get("kind"), pair.get("sessionId"), document["_id"])
        for document in documents
        for pair in _list(document.get("relatedSessions"))
        if isinstance(pair, dict)
    ]
    for name, kind in by_enum.items():
        named = [(target, source) for one, target, source in pairs if one == name]
        ids = {target for target, _ in named if isinstance(target, str)}
        if not ids:
            continue
        there = await reads.get_many(context.store, kind, ids, EVERYTHING, frozenset({"_id"}))
        for target, source in named:
            if isinstance(target, str) and target not in there:
                found.broken_links += 1
                if len(found.links) < MOST_NAMED:
                    found.links.append(f"{source!s:.100} names {name} {target!r:.100}")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


@dataclass(slots=True)
class Orphans:
    """Reservations without a session that has the value."""

    count: int = 0
    named: list[str] = field(default_factory=list)


async def orphans(context: Context, kinds: dict[str, Kind]) -> Orphans:
    """Look at every reservation; `kinds` by the names that reservations begin with."""
    found = Orphans()
    async for rows in writes.reservations(context.store, BATCH):
        for row in rows:
            kind = kinds.get(str(row["_id"]).partition(":")[0])
            if kind is not None and await reservations.is_orphan(context, kind, row):
                found.count += 1
                if len(found.named) < MOST_NAMED:
                    found.named.append(f"{row['_id']} of {row.get('sessionId')}")
    return found
