"""The stored audit trail: two collections of its own.

audit        the entries: inserted, never changed; removed from a chain's oldest end alone
auditHeads   a document for each chain: where it begins and how far it reaches
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import IndexModel, ReadPreference

from resolvers.audit.entries import Entry, entry_id
from resolvers.kind import Document
from resolvers.store.indexes import build_own
from resolvers.store.single_writes import insert_all
from resolvers.store.store import Store

ENTRIES = "audit"
HEADS = "auditHeads"
BATCH = 500
"""Entries of one command."""


async def prepare(store: Store) -> None:
    """Create the indexes that a session's entries are found by; safe to run at every start."""
    indexes = [
        IndexModel([("changed", 1), ("kind", 1), ("at", -1)], name="changed", sparse=True),
        IndexModel([("of", 1)], name="of", sparse=True),
    ]
    await build_own(store, ENTRIES, indexes)


async def insert(store: Store, rows: Sequence[Entry]) -> None:
    """Store entries in their order."""
    await store.change(insert_all, store.database, ENTRIES, rows)


async def stored(store: Store, ids: Sequence[str]) -> set[str]:
    """Which of these entries are stored."""
    found = _entries(store).find({"_id": {"$in": list(ids)}}, {"_id": 1})
    return {row["_id"] for row in await store.run(found.to_list(None))}


async def put_head(store: Store, writer: str, fields: Mapping[str, Any]) -> None:
    """Say how far a chain reaches."""
    change = {"$set": dict(fields)}
    await store.change(_heads(store).update_one, {"_id": writer}, change, upsert=True)


async def heads(store: Store, since: datetime | None = None, limit: int = 0) -> list[Document]:
    """The chains, the newest first; those that grew since a time, if one is given."""
    wanted = {} if since is None else {"at": {"$gte": since}}
    found = _heads(store).find(wanted).sort([("startedAt", -1), ("_id", 1)])
    return await store.run((found.limit(limit) if limit else found).to_list(None))


async def walk(
    store: Store, writer: str, first: int, where: Mapping[str, Any] | None = None
) -> AsyncIterator[list[Entry]]:
    """The entries of a chain from a place on, those that meet `where`, in batches."""
    after = {"$gte": entry_id(writer, first)}
    while True:
        wanted = {**(where or {}), "_id": {**after, "$lt": f"{writer};"}}
        rows = await store.run(_entries(store).find(wanted).sort("_id", 1).limit(BATCH).to_list())
        if not rows:
            return
        yield rows
        after = {"$gt": rows[-1]["_id"]}


async def by_ids(store: Store, ids: Iterable[str]) -> dict[str, Entry]:
    """These entries, by their ids."""
    found = _entries(store).find({"_id": {"$in": list(ids)}})
    return {row["_id"]: row for row in await store.run(found.to_list(None))}


async def one(store: Store, writer: str, seq: int) -> Entry | None:
    """The entry at a place of a chain."""
    return await store.run(_entries(store).find_one({"_id": entry_id(writer, seq)}))


async def writers(store: Store) -> AsyncIterator[str]:
    """Every chain of which there is an entry."""
    last = ""
    while row := await store.run(
        _entries(store).find_one({"_id": {"$gt": last}}, sort=[("_id", 1)])
    ):
        writer = row["_id"].partition(":")[0]
        yield writer
        last = f"{writer};"


async def last_before(store: Store, writer: str, first: int, cutoff: datetime) -> Entry | None:
    """The last entry of a chain that is older than a time, with all before it."""
    chain = {"_id": {"$gte": entry_id(writer, first), "$lt": f"{writer};"}}
    wanted = {**chain, "at": {"$gte": cutoff}}
    newer = await store.run(_entries(store).find_one(wanted, {"_id": 1}, sort=[("_id", 1)]))
    if newer is not None:
        chain["_id"]["$lt"] = newer["_id"]
    return await store.run(_entries(store).find_one(chain, sort=[("_id", -1)]))


async def move_beginning(store: Store, head: Document, begins: Document) -> bool:
    """Say where a chain begins from now on; False if another process did it meanwhile."""
    known = {"_id": head["_id"], "begins": head.get("begins")}
    result = await store.change(_heads(store).update_one, known, {"$set": {"begins": begins}})
    return bool(result.matched_count)


async def remove_before(store: Store, writer: str, first: int) -> int:
    """Remove the entries of a chain before a place; how many there were."""
    wanted = {"_id": {"$gte": entry_id(writer, 0), "$lt": entry_id(writer, first)}}
    return int((await store.change(_entries(store).delete_many, wanted)).deleted_count)


async def of_session(
    store: Store,
    kind: str,
    names: Sequence[str],
    before: tuple[datetime, str] | None,
    limit: int,
) -> list[Entry]:
    """The entries about writes of a session, the newest first, those before a place.

    `names` are what the session may be called in them.
    """
    wanted: Document = {"changed": {"$in": list(names)}, "kind": kind}
    if before is not None:
        at, row_id = before
        wanted["$or"] = [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": row_id}}]
    found = _entries(store).find(wanted).sort([("at", -1), ("_id", -1)]).limit(limit)
    return await store.run(found.to_list(limit))


async def ended(store: Store, ids: Sequence[str]) -> dict[str, Entry]:
    """The entries that say how these writes ended, by the ids of the entries before them."""
    found = _entries(store).find({"of": {"$in": list(ids)}})
    return {row["of"]: row for row in await store.run(found.to_list(None))}


def _entries(store: Store) -> Any:
    """Read from the primary whatever the URI prefers: a secondary may lack the newest."""
    return store.database.get_collection(ENTRIES, read_preference=ReadPreference.PRIMARY)


def _heads(store: Store) -> Any:
    return store.database.get_collection(HEADS, read_preference=ReadPreference.PRIMARY)
