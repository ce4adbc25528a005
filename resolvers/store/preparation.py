"""What a start does to a database, and what it leaves alone.

A collection belongs to the gateway if the gateway made it, or found it empty. A mark says so. Such
a collection gets the rules and indexes of this version. One that had documents before the gateway
knew it belongs to whoever wrote them: nothing in it changes, unless the operator's policy says so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bson import ObjectId
from pymongo.errors import OperationFailure

from resolvers.kind import Kind
from resolvers.store import (
    audit,
    change_stream,
    credentials,
    customer_links,
    export_links,
    idempotency,
    indexes,
    rules,
)
from resolvers.store import write as writes
from resolvers.store.capabilities import Capability, is_lacking
from resolvers.store.policy import OWN_ALONE, Indexes, Policy, Rules
from resolvers.store.rules import RuleAction
from resolvers.store.store import Store

BATCH = 1000
"""How many sessions are brought up to date with one command."""


@dataclass(slots=True)
class Report:
    """What a start did, by the collections it did it to."""

    made: list[str] = field(default_factory=list)
    changed: dict[str, list[str]] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)
    """The indexes that the engine cannot have."""
    lacks: set[Capability] = field(default_factory=set)
    """What the engine turned out not to have."""

    def add(self, collection: str, done: str) -> None:
        """Note a change of a collection that existed."""
        self.changed.setdefault(collection, []).append(done)

    def sentences(self) -> list[str]:
        """One line for each kind of thing; nothing where nothing changed."""
        lines = []
        if self.made:
            rules = "" if Capability.RULES in self.lacks else "rules and "
            lines.append(f"Made the collections {', '.join(self.made)}, with {rules}indexes.")
        for collection, done in self.changed.items():
            lines.append(f"Changed the collection {collection}: {', '.join(done)}.")
        if self.foreign:
            lines.append(FOREIGN.format(", ".join(self.foreign)))
        for collection, names in self.refused.items():
            lines.append(REFUSED.format(collection, ", ".join(names)))
        return lines


FOREIGN = (
    "These collections had documents before this gateway knew them, so it changes nothing in them: "
    "{}. They are served as they are; scripts/verify shows what does not fit, scripts/adopt makes "
    "it fit (see docs/existing-data.md)."
)

REFUSED = (
    "The database refuses these indexes of {}: {}. What they serve works, and is slower there (see "
    "docs/engines.md)."
)


async def prepare(
    store: Store,
    kinds: Iterable[Kind],
    retention: Mapping[str, int],
    policy: Policy = OWN_ALONE,
) -> Report:
    """Create what is missing and bring the gateway's own up to date; safe to run at every start.

    `retention` has seconds by the kind's name; the sessions of other kinds never expire.
    """
    report = Report(lacks={*store.capabilities.lacks})
    await credentials.prepare(store)
    await customer_links.prepare(store)
    await idempotency.prepare(store)
    await export_links.prepare(store)
    await audit.prepare(store)
    existing = set(await store.run(store.database.list_collection_names()))
    for kind in kinds:
        if kind.name in store.maps:  # it is somebody else's, whatever the policy is
            continue
        exists = store.name(kind) in existing
        own = await owns(store, kind) if exists else True
        if not exists:
            report.made.append(store.name(kind))
        elif not own:
            report.foreign.append(store.name(kind))
        if Capability.RULES not in report.lacks and not await _rules(
            store, kind, policy.rules, own, exists
        ):
            report.lacks.add(Capability.RULES)
        if own:
            await writes.set_mark(store, _mark(store, kind), OWN)
            if policy.rules is not Rules.OFF:
                await change_stream.keep_images(store, kind)
        if own and not kind.ended:
            await _remove_status(store, kind)
        if policy.indexes is Indexes.ALL or (own and policy.indexes is Indexes.OWN):
            await _indexes(store, kind, retention.get(kind.name), report, exists)
    return report


async def _rules(store: Store, kind: Kind, wanted: Rules, own: bool, exists: bool) -> bool:
    """Give a collection its rules, if it is to have some; False if the engine knows none."""
    if wanted is Rules.OFF or not (own or wanted is not Rules.OWN):
        return True
    action = RuleAction.WARN if wanted is Rules.WARN else RuleAction.ERROR
    return await (rules.change if exists else rules.create)(store, kind, action)


async def _indexes(
    store: Store, kind: Kind, seconds: int | None, report: Report, exists: bool
) -> None:
    """Give a collection its indexes, that of the retention included."""
    found = await indexes.build(store, kind)
    for name in found.built if exists else ():
        report.add(store.name(kind), f"index {name} built")
    if found.refused:
        report.refused[store.name(kind)] = [*found.refused]
    if not await indexes.set_retention(store, kind, seconds):
        report.lacks.add(Capability.TTL)


OWN = "own"
FOREIGN_MARK = "foreign"
"""The states of a mark. Adopted collections look like the gateway's own, and have the second."""


def _mark(store: Store, kind: Kind) -> str:
    return _mark_of(store.name(kind))


def _mark_of(collection: str) -> str:
    return f"collection:{collection}"


async def leave_to_others(store: Store, collection: str) -> None:
    """Note that a collection is not the gateway's own, whatever its documents look like."""
    await writes.set_mark(store, _mark_of(collection), FOREIGN_MARK)


async def take_over(store: Store, collection: str) -> None:
    """Make a collection the gateway's own: the next start gives it rules and indexes."""
    await writes.set_mark(store, _mark_of(collection), OWN)


async def give_back(store: Store, collection: str) -> None:
    """Make a collection one of others' again: rules of the gateway's go, indexes stay."""
    if await writes.mark(store, _mark_of(collection)) == OWN:
        await rules.remove(store, collection)
    await leave_to_others(store, collection)


async def owns(store: Store, kind: Kind, name: str = "") -> bool:
    """Whether a collection that exists is the gateway's own; `name` if it is not the kind's.

    Earlier versions left no mark, but their indexes: theirs are whole sessions only.
    """
    name = name or store.name(kind)
    state = await writes.mark(store, _mark_of(name))
    if state is not None:
        return state == OWN
    collection = store.database[name]
    if await store.run(collection.find_one({}, {"_id": 1})) is None:
        return True
    known = await indexes.listed(collection)
    if any(index.name not in known for index in kind.indexes[:1]):
        return False
    odd = ({"startedAt": None}, {"_id": {"$gte": ObjectId(bytes(12))}})
    found = [await store.run(collection.find_one(one, {"_id": 1})) for one in odd]
    return found == [None, None]


async def unruled(store: Store, kinds: Iterable[Kind]) -> frozenset[str]:
    """The kinds, by name, whose collections may have documents that break the rules."""
    kinds = list(kinds)
    try:
        found = await rules.options(store, kinds)
    except (NotImplementedError, OperationFailure) as error:
        if not is_lacking(error):
            raise
        return frozenset(kind.name for kind in kinds)
    return frozenset(
        [
            kind.name
            for kind in kinds
            if kind.name in store.maps
            or (
                store.name(kind) in found
                and not (
                    rules.refuses(kind, found[store.name(kind)])
                    and await writes.mark(store, _mark(store, kind)) == OWN
                )
            )
        ]
    )


async def _remove_status(store: Store, kind: Kind) -> None:
    """Take away the ACTIVE that 0.1 stored in sessions of kinds without an end.

    Nothing else changes. What one start does not finish, the next one does.
    """
    collection = store.collection(kind)
    stored = {"status": {"$in": ["ACTIVE", "CLOSED"]}}
    while rows := await store.run(collection.find(stored, {"_id": 1}).limit(BATCH).to_list(BATCH)):
        ids = {"_id": {"$in": [row["_id"] for row in rows]}}
        await store.run(collection.update_many(ids, {"$unset": {"status": ""}}))
