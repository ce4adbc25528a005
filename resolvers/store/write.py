"""Writes: each is one atomic command on one document.

A change is guarded by the document's `revision`: it is applied to exactly the state it was
computed from, or not at all (docs/adr/0003-guarded-updates.md). Values that only one live session
may have, and running numbers, live in small collections of their own, since on a sharded cluster
only `_id` can be unique. Under a shard key that begins with the tenant, an id is unique within its
tenant alone: so whatever changes a session names both (docs/adr/0037-shard-keys.md).
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure

from resolvers.audit.entries import Act
from resolvers.common_columns import TENANT
from resolvers.errors import AlreadyExists
from resolvers.kind import Document, Kind, Reservation
from resolvers.request import Filter
from resolvers.store import single_writes
from resolvers.store.operators import Query, conjoin, query
from resolvers.store.session_ids import as_stored
from resolvers.store.store import Store
from resolvers.store.witness import witnessed

RESERVATIONS = "claims"
"""The name of 0.1, like `claimedAt` in its rows: databases that exist keep working."""
COUNTERS = "counters"
MARKS = "marks"
DUPLICATE_KEY = 11000


async def create(store: Store, kind: Kind, document: Document) -> None:
    """Store a new session; AlreadyExists if its id is taken."""
    async with witnessed(store, Act.CREATED, kind, [document["_id"]], **state(document)):
        try:
            await store.change(_create, store, kind, document)
        except AlreadyExists:
            raise id_taken(kind, document["_id"]) from None


def id_taken(kind: Kind, session_id: str) -> AlreadyExists:
    """The refusal of an id that another session has."""
    return AlreadyExists(
        f"A {kind.type_name} with the session id {session_id!r} exists already.", ("sessionId",)
    )


async def _create(store: Store, kind: Kind, document: Document) -> None:
    try:
        await single_writes.insert_one(store.database, store.name(kind), document)
    except DuplicateKeyError as error:
        raise AlreadyExists("taken") from error


async def create_all(store: Store, kind: Kind, documents: Sequence[Document]) -> set[str]:
    """Store new sessions with one command; the ids that were taken, whose sessions stay as is."""
    if not documents:
        return set()
    async with witnessed(store, Act.CREATED, kind, [one["_id"] for one in documents]) as written:
        there = await store.change(_create_all, store, kind, documents)
        written.skipped = frozenset(there)
        return there


async def _create_all(store: Store, kind: Kind, documents: Sequence[Document]) -> set[str]:
    try:
        await store.collection(kind).insert_many(documents, ordered=False)
    except BulkWriteError as error:
        failures = error.details["writeErrors"]
        others = [row for row in failures if row["code"] != DUPLICATE_KEY]
        if error.details.get("writeConcernErrors") or others:
            raise _worst(error, others) from error
        return {documents[row["index"]]["_id"] for row in failures}
    return set()


def _worst(error: BulkWriteError, others: list[Document]) -> OperationFailure:
    """One failure as a single write would have raised it, so that its code shows what it means."""
    row = [*others, *error.details.get("writeConcernErrors", ())][0]
    return OperationFailure("a bulk write failed", row.get("code"))


def state(document: Document) -> dict[str, Any]:
    """What a witness learns of the session that a write leaves, or removes."""
    return {"revision": document.get("revision"), "tenant": document.get(TENANT.path)}


async def update(store: Store, kind: Kind, before: Document, after: Document) -> bool:
    """Replace `before` with `after`; False if the stored session is no longer `before`."""
    operators = difference(before, after)
    ids, more = [before["_id"]], state(after)
    async with witnessed(store, Act.UPDATED, kind, ids, operators=operators, **more) as written:
        written.done = await store.change(
            single_writes.update_one, store.database, store.name(kind), unchanged(before), operators
        )
        return written.done


def unchanged(document: Document) -> Query:
    """The condition that a session is still what was read; `document` has its tenant."""
    return {**this(document), "revision": document.get("revision")}


def this(document: Document) -> Query:
    """The condition that is met by this session alone.

    A router finds its shard by the tenant, too. A null stands for no tenant. Of a value that no
    tenant has, as others may have stored, nothing is said.
    """
    tenant = document.get(TENANT.path)
    known = tenant is None or isinstance(tenant, str)
    return {"_id": as_stored(document["_id"]), **({TENANT.path: tenant} if known else {})}


def _these(documents: Sequence[Document]) -> Query:
    """The condition that is met by these sessions, and by none of another tenant."""
    each = [this(document) for document in documents]
    wanted: Query = {"_id": {"$in": [one["_id"] for one in each]}}
    if all(TENANT.path in one for one in each):
        first, *more = {one[TENANT.path]: None for one in each}
        wanted[TENANT.path] = {"$in": [first, *more]} if more else first
    return wanted


def difference(before: Document, after: Document) -> Document:
    """The update operators that lead from one document to the other."""
    changed = {
        name: value for name, value in after.items() if name not in before or before[name] != value
    }
    pushed = {
        name: {"$each": value[len(before[name]) :]}
        for name, value in changed.items()
        if _grown(before.get(name), value)
    }
    operators = {
        "$set": {name: value for name, value in changed.items() if name not in pushed},
        "$push": pushed,
        "$unset": {name: "" for name in before if name not in after},
    }
    return {operator: fields for operator, fields in operators.items() if fields}


def _grown(before: Any, after: Any) -> bool:
    """Whether a list only gained elements at its end."""
    return (
        isinstance(before, list)
        and isinstance(after, list)
        and 0 < len(before) < len(after)
        and after[: len(before)] == before
    )


async def delete(store: Store, kind: Kind, document: Document) -> bool:
    """Remove a session; False if it is gone already."""
    return await _delete(store, kind, document, this(document))


async def delete_all(store: Store, kind: Kind, documents: Sequence[Document]) -> None:
    """Remove sessions with one command."""
    if documents:
        ids = [document["_id"] for document in documents]
        async with witnessed(store, Act.DELETED, kind, ids):
            await store.change(store.collection(kind).delete_many, _these(documents))


async def delete_unchanged(store: Store, kind: Kind, document: Document) -> bool:
    """Remove a session if it is still `document`."""
    return await _delete(store, kind, document, unchanged(document))


async def _delete(store: Store, kind: Kind, document: Document, guard: Query) -> bool:
    ids, more = [document["_id"]], state(document)
    async with witnessed(store, Act.DELETED, kind, ids, **more) as written:
        result = await store.change(store.collection(kind).delete_one, guard)
        written.done = bool(result.deleted_count)
        return written.done


async def take_out(store: Store, kind: Kind, session_id: str, where: Filter) -> Document | None:
    """Remove the session with that id if it meets `where`, and return it."""
    wanted = conjoin([{"_id": session_id}, query(where)])
    removing = store.collection(kind).find_one_and_delete
    async with witnessed(store, Act.EXPIRED, kind, [session_id]) as written:
        row: Document | None = await store.change(removing, wanted)
        written.done = row is not None
        return row


async def reserve(
    store: Store, kind: Kind, wanted: Reservation, session_id: str, now: datetime
) -> Document:
    """Take a value for a session if it is free; else the row of the session that has it."""
    row = {"sessionId": session_id, "claimedAt": now}
    return await store.change(
        _upsert, store, RESERVATIONS, _key(kind, wanted), {"$setOnInsert": row}
    )


async def _upsert(store: Store, collection: str, key: str, operators: Document) -> Document:
    """The row after `operators`; created by exactly one of those who come first together."""
    while True:
        with suppress(DuplicateKeyError):
            row: Document | None = await store.database[collection].find_one_and_update(
                {"_id": key}, operators, upsert=True, return_document=ReturnDocument.AFTER
            )
            if row is not None:  # as SecantusDB answers those who were not the first
                return row


async def holder(store: Store, kind: Kind, wanted: Reservation) -> Document | None:
    """The row of the session that has a value, if one does."""
    key = {"_id": _key(kind, wanted)}
    row: Document | None = await store.run(store.database[RESERVATIONS].find_one(key))
    return row


def _key(kind: Kind, wanted: Reservation) -> str:
    return f"{kind.name}:{wanted.key}"


async def release(store: Store, kind: Kind, held: Reservation, session_id: str) -> None:
    """Release a value; nothing happens if another session has it."""
    rows = store.database[RESERVATIONS]
    await store.change(rows.delete_one, {"_id": _key(kind, held), "sessionId": session_id})


async def release_all(store: Store, kind: Kind, session_ids: Sequence[str]) -> int:
    """Release whatever these sessions have reserved; how many values that were."""
    rows = store.database[RESERVATIONS]
    return int((await store.change(rows.delete_many, _held(kind, session_ids))).deleted_count)


async def count_reserved(store: Store, kind: Kind, session_ids: Sequence[str]) -> int:
    """How many values these sessions have reserved."""
    rows = store.database[RESERVATIONS]
    counting = rows.count_documents(_held(kind, session_ids), maxTimeMS=store.time_ms)
    return int(await store.run(counting))


def _held(kind: Kind, session_ids: Sequence[str]) -> Document:
    """The rows of some sessions; the range of the kind's keys is served by the index of ids."""
    keys = {"$gte": f"{kind.name}:", "$lt": f"{kind.name};"}
    return {"_id": keys, "sessionId": {"$in": list(session_ids)}}


async def hand_over(
    store: Store, kind: Kind, held: Reservation, session_id: str, heir: str
) -> None:
    """Let another session have a value; nothing happens if the first one does not have it."""
    rows, row = store.database[RESERVATIONS], {"_id": _key(kind, held), "sessionId": session_id}
    await store.change(rows.update_one, row, {"$set": {"sessionId": heir}})


async def reservations(store: Store, size: int) -> AsyncIterator[list[Document]]:
    """Every row of a reservation, in batches."""
    last = ""
    while True:
        found = store.database[RESERVATIONS].find({"_id": {"$gt": last}})
        rows = await store.run(found.sort("_id", 1).limit(size).to_list(size))
        if not rows:
            return
        yield rows
        last = rows[-1]["_id"]


async def next_number(store: Store, kind: Kind, step: int) -> int:
    """The kind's running number, advanced by `step`."""
    row = await store.change(_upsert, store, COUNTERS, kind.name, {"$inc": {"value": step}})
    return int(row["value"])


async def mark(store: Store, name: str) -> str | None:
    """The state stored under a name for the whole database, such as "the demo is loaded"."""
    row = await store.run(store.database[MARKS].find_one({"_id": name}))
    return str(row["state"]) if row else None


async def set_mark(store: Store, name: str, state: str) -> None:
    """Store `state` under `name`."""
    change = {"$set": {"state": state}}
    await store.change(store.database[MARKS].update_one, {"_id": name}, change, upsert=True)


async def remove_mark(store: Store, name: str) -> None:
    """Forget what is stored under a name."""
    await store.change(store.database[MARKS].delete_one, {"_id": name})
