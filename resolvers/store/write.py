"""Writes: each is one atomic command on one document.

A change is guarded by the document's `revision`: it is applied to exactly the state it was
computed from, or not at all (docs/adr/0003-guarded-updates.md). Values that only one live session
may hold, and running numbers, live in small collections of their own, since on a sharded cluster
only `_id` can be unique.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from resolvers.errors import AlreadyExists
from resolvers.kind import Claim, Document, Kind
from resolvers.store.store import Store

CLAIMS = "claims"
COUNTERS = "counters"


async def insert(store: Store, kind: Kind, document: Document) -> None:
    """Store a new session; AlreadyExists if its id is taken."""
    try:
        await store.run(_insert(store, kind, document))
    except AlreadyExists:
        raise AlreadyExists(
            f"A {kind.type_name} with the session id {document['_id']!r} exists already.",
            ("sessionId",),
        ) from None


async def _insert(store: Store, kind: Kind, document: Document) -> None:
    try:
        await store.collection(kind).insert_one(document)
    except DuplicateKeyError as error:
        raise AlreadyExists("taken") from error


async def update(store: Store, kind: Kind, before: Document, after: Document) -> bool:
    """Turn `before` into `after`; False if the stored session is no longer `before`."""
    guard = {"_id": before["_id"], "revision": before.get("revision")}
    operators = difference(before, after)
    result = await store.run(store.collection(kind).update_one(guard, operators))
    return bool(result.matched_count)


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
    result = await store.run(store.collection(kind).delete_one({"_id": document["_id"]}))
    return bool(result.deleted_count)


async def claim(
    store: Store, kind: Kind, wanted: Claim, session_id: str, now: datetime
) -> Document:
    """Take a value for a session if nobody holds it; the row of the session that does hold it."""
    row = {"sessionId": session_id, "claimedAt": now}
    return await store.run(_upsert(store, CLAIMS, _key(kind, wanted), {"$setOnInsert": row}))


async def _upsert(store: Store, collection: str, key: str, operators: Document) -> Document:
    """The row after `operators`; created by exactly one of those who come first together."""
    while True:
        with suppress(DuplicateKeyError):
            row: Document = await store.database[collection].find_one_and_update(
                {"_id": key}, operators, upsert=True, return_document=ReturnDocument.AFTER
            )
            return row


def _key(kind: Kind, wanted: Claim) -> str:
    return f"{kind.name}:{wanted.column}:{wanted.value}"


async def release(store: Store, kind: Kind, held: Claim, session_id: str) -> None:
    """Give a value back; nothing happens if another session holds it."""
    claims = store.database[CLAIMS]
    await store.run(claims.delete_one({"_id": _key(kind, held), "sessionId": session_id}))


async def next_number(store: Store, kind: Kind, step: int) -> int:
    """The kind's running number, advanced by `step`."""
    row = await store.run(_upsert(store, COUNTERS, kind.name, {"$inc": {"value": step}}))
    return int(row["value"])
