"""Which identifiers are one customer's: a document for each group of linked identifiers.

    {_id, tenant, revision, closing: {by, revision}, closed: [_id, …],
     identifiers: [{key: "EMAIL:ada@example.com", type, value, linkedAt, linkedBy}, …]}

A group belongs to a tenant, or to none (`tenant` is missing). Only groups of one tenant become one.

A group changes by one update, guarded by its `revision`. Several groups become one in three steps,
and a process may be killed after any write:

1. Each group but the first is marked as `closing` by the first, at the first one's revision. A
   marked group stays as it is.
2. The first group takes what is left of all, and lists the others as `closed`. This one update
   decides: before it all groups are as they were, after it the others do not count.
3. The others are removed, and then the list of them.

Whoever meets a mark later looks at the group that set it. If that one lists the marked group as
closed, step 3 is repeated. Otherwise the first group gets a higher revision, which makes step 2
impossible, and then the mark is taken away.

Two requests that link the same new identifier at the same time may each store a group of it. Groups
that share an identifier are read as one, and the next change makes them one.
"""

import asyncio
import random
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from pymongo import IndexModel, ReadPreference

from resolvers.errors import Contended
from resolvers.kind import Document
from resolvers.store.indexes import build_models
from resolvers.store.store import Store

COLLECTION = "customer_links"
ATTEMPTS = 100
"""How often a change starts again because another process works on the same groups."""
PATIENCE = 5
"""How many of these wait for a process that is between steps 1 and 2."""
PAUSE_SECONDS = 0.02

Compute = Callable[[Sequence[Document]], Sequence[Document]]
"""What is to be left of the linked identifiers, from what there is; the same: no change."""

Tenants = Sequence[str | None] | None
"""Whose links are looked at, None among them for those of no tenant; None: everybody's."""


class _Found(NamedTuple):
    """The groups of some identifiers, and what other processes left undone there."""

    groups: list[Document]
    undone: list[Document]
    """Groups that still list others as closed."""

    @property
    def marked(self) -> list[Document]:
        """Groups that a process wants to close, or wanted to before it died."""
        return [group for group in self.groups if "closing" in group]


async def prepare(store: Store) -> None:
    """Create the index that groups are found by; safe to run at every start."""
    index = IndexModel([("identifiers.key", 1)], name="identifiers_key")
    await store.run(build_models(store.database[COLLECTION], [index]))


async def linked(store: Store, tenants: Tenants, keys: Iterable[str]) -> list[Document]:
    """The identifiers that are linked with these, themselves included; [] if none is linked.

    All that these tenants say counts.
    """
    return _united((await _found(store, tenants, keys)).groups)


async def linking(store: Store, tenants: Tenants, keys: Iterable[str]) -> list[str | None]:
    """Which of these tenants have links between such identifiers, those nearest to `keys` first.

    None among them: links of no tenant.
    """
    groups = (await _found(store, tenants, keys)).groups
    found, known = list[str | None](), set(keys)
    while near := [
        group
        for group in groups
        if group.get("tenant") not in found
        and any(one["key"] in known for one in group["identifiers"])
    ]:
        found += dict.fromkeys(group.get("tenant") for group in near)
        ours = [group for group in groups if group.get("tenant") in found]
        known |= {one["key"] for group in ours for one in group["identifiers"]}
    return found


async def change(
    store: Store, tenant: str | None, keys: Sequence[str], compute: Compute
) -> list[Document]:
    """Make one group of those that these identifiers are in, with what `compute` leaves.

    Only those of one tenant, or of none, count. The answer is what was linked before. Contended if
    other processes change the same groups again and again.
    """
    async with store.write_locks.hold((COLLECTION,), store.left):
        for attempt in range(ATTEMPTS):
            found = await _found(store, [tenant], keys)
            if not (found.undone or found.marked):
                before = _united(found.groups)
                if await _replaced(store, tenant, found.groups, before, list(compute(before))):
                    return before
            elif found.undone or attempt >= PATIENCE:
                await _settle(store, found)
                continue
            await asyncio.sleep(PAUSE_SECONDS * random.random())  # noqa: S311  # no secret
    raise Contended("Other requests keep changing these links. Try again.")


def _united(groups: Sequence[Document]) -> list[Document]:
    """The identifiers of all groups, each once, the earliest linked first."""
    identifiers = [identifier for group in groups for identifier in group["identifiers"]]
    found: dict[str, Document] = {}
    for identifier in sorted(identifiers, key=lambda one: (one["linkedAt"], one["key"])):
        found.setdefault(identifier["key"], identifier)
    return list(found.values())


async def _found(store: Store, tenants: Tenants, keys: Iterable[str]) -> _Found:
    """The groups of these identifiers, and those that share an identifier with one of them."""
    within: Document = {} if tenants is None else {"tenant": {"$in": list(tenants)}}
    groups: dict[str, Document] = {}
    undone: dict[str, Document] = {}
    known: set[str] = set()
    while sought := set(keys) - known:
        known |= sought
        rows = await _find(store, {"identifiers.key": {"$in": sorted(sought)}, **within})
        closers = sorted({row["closing"]["by"] for row in rows if "closing" in row})
        marking = await _find(store, {"_id": {"$in": closers}}) if closers else []
        undone |= {row["_id"]: row for row in (*rows, *marking) if row.get("closed")}
        closed = {name for row in undone.values() for name in row["closed"]}
        groups |= {row["_id"]: row for row in rows if row["_id"] not in closed}
        keys = [one["key"] for group in groups.values() for one in group["identifiers"]]
    return _Found([groups[name] for name in sorted(groups)], list(undone.values()))


async def _replaced(
    store: Store,
    tenant: str | None,
    groups: Sequence[Document],
    before: list[Document],
    left: list[Document],
) -> bool:
    """Steps 1 to 3; False if another process was faster, which may leave marks behind."""
    if left == before and len(groups) < 2:
        return True
    left = left if len(left) > 1 else []  # one alone is linked with nothing
    if not groups:
        row = {"_id": uuid.uuid4().hex, "revision": 1, "identifiers": left, "closed": []}
        row |= {} if tenant is None else {"tenant": tenant}
        await store.change(_collection(store).insert_one, row)
        return True
    first, *others = groups
    if not (others or left):
        return await _remove(store, first)
    mark = {"by": first["_id"], "revision": first["revision"]}
    for group in others:
        if not await _update(store, group, {"$set": {"closing": mark}, "$inc": {"revision": 1}}):
            return False
    after = {"identifiers": left, "closed": [group["_id"] for group in others]}
    if not await _update(store, first, {"$set": after, "$inc": {"revision": 1}}):
        return False
    if others:
        await _finish(store, {**first, **after, "revision": first["revision"] + 1})
    return True


async def _finish(store: Store, group: Document) -> None:
    """Step 3."""
    closed = {"_id": {"$in": group["closed"]}, "closing.by": group["_id"]}
    await store.change(_collection(store).delete_many, closed)
    if group["identifiers"]:
        await _update(store, group, {"$set": {"closed": []}})
    else:
        await _remove(store, group)


async def _settle(store: Store, found: _Found) -> None:
    """Complete what a process left undone after step 2, and undo what it did before."""
    for group in found.undone:
        await _finish(store, group)
    for group in found.marked:
        mark = group["closing"]
        closer = {"_id": mark["by"], "revision": mark["revision"]}
        await _update(store, closer, {"$inc": {"revision": 1}})
        rows = await _find(store, {"_id": mark["by"]})
        if not any(group["_id"] in row["closed"] for row in rows):
            await _update(store, group, {"$unset": {"closing": ""}, "$inc": {"revision": 1}})


async def _find(store: Store, wanted: Document) -> list[Document]:
    rows: list[Document] = await store.run(_collection(store).find(wanted).to_list(None))
    return rows


async def _update(store: Store, group: Document, operators: Document) -> bool:
    """Change a group; False if it is no longer what it was."""
    guard = {"_id": group["_id"], "revision": group["revision"]}
    result = await store.change(_collection(store).update_one, guard, operators)
    return bool(result.matched_count)


async def _remove(store: Store, group: Document) -> bool:
    guard = {"_id": group["_id"], "revision": group["revision"]}
    result = await store.change(_collection(store).delete_one, guard)
    return bool(result.deleted_count)


def _collection(store: Store) -> Any:
    """Read from the primary whatever the URI prefers: a secondary may not know a link yet."""
    return store.database.get_collection(COLLECTION, read_preference=ReadPreference.PRIMARY)
