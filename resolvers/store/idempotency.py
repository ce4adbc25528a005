"""Records of requests with an idempotency key, one a key (docs/adr/0033-repeated-requests.md).

    {_id, asked, rights, owner, leaseUntil, expireAt, noted: {"0": …}, sessions: ["chat:c"], done,
     status, type, body}

`_id`, `asked` and `rights` are digests: the key itself is not stored. A record that is `done` has
the answer, unless that was too large or has been erased.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pymongo import IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from resolvers.kind import Document
from resolvers.store.indexes import build_own
from resolvers.store.store import Store

COLLECTION = "idempotency"
WIDE = "*"
"""Begins what stands for the sessions of an answer that may show any, of certain tenants or all."""
ANSWER = ("status", "type", "body", "noted", "sessions")
"""What may say something about a person."""


async def prepare(store: Store) -> None:
    """Create its indexes; safe to run at every start."""
    indexes = [
        IndexModel([("expireAt", 1)], name="expireAt", expireAfterSeconds=0),
        IndexModel([("sessions", 1)], name="sessions", sparse=True),
    ]
    await build_own(store, COLLECTION, indexes)


async def add(store: Store, row: Document) -> bool:
    """Store a new record; False if there is one of that key."""

    async def insert() -> bool:
        try:
            await _rows(store).insert_one(row)
        except DuplicateKeyError:
            return False
        return True

    return await store.change(insert)


async def get(store: Store, record_id: str) -> Document | None:
    """The record of a key."""
    row: Document | None = await store.run(_rows(store).find_one({"_id": record_id}))
    return row


async def remove_expired(store: Store, record_id: str, now: datetime) -> None:
    """Remove a record that the database has yet to remove."""
    row = {"_id": record_id, "expireAt": {"$lte": now}}
    await store.change(_rows(store).delete_one, row)


async def take_over(store: Store, found: Document, owner: str, until: datetime) -> Document | None:
    """Give a record that is not done to another owner; None if it is somebody else's by now."""
    row: Document | None = await store.change(
        _rows(store).find_one_and_update,
        {"_id": found["_id"], "owner": found["owner"], "done": False},
        {"$set": {"owner": owner, "leaseUntil": until}},
        return_document=ReturnDocument.AFTER,
    )
    return row


async def note(
    store: Store, record_id: str, owner: str, step: str, value: Any, sessions: Sequence[str]
) -> bool:
    """Note what a step is about to do, and to which sessions; False if the record is another's."""
    about = {"sessions": {"$each": list(sessions)}}
    change = {"$set": {f"noted.{step}": value}, "$addToSet": about}
    result = await store.change(
        _rows(store).update_one, {"_id": record_id, "owner": owner, "done": False}, change
    )
    return bool(result.matched_count)


async def finish(store: Store, record_id: str, owner: str, answer: Document) -> bool:
    """Store the answer; False if the record is another's by now."""
    change = {"$set": {**answer, "done": True}, "$unset": {"noted": ""}}
    row = {"_id": record_id, "owner": owner, "done": False}
    return bool((await store.change(_rows(store).update_one, row, change)).matched_count)


async def release(store: Store, record_id: str, owner: str, now: datetime) -> None:
    """Let the next request of this key begin at once."""
    row = {"_id": record_id, "owner": owner, "done": False}
    await store.change(_rows(store).update_one, row, {"$set": {"leaseUntil": now}})


async def unfinished(store: Store, record_ids: Iterable[str]) -> set[str]:
    """Which of these records are not done."""
    wanted = {"_id": {"$in": sorted(record_ids)}, "done": False}
    rows = await store.run(_rows(store).find(wanted, {"_id": 1}).to_list(None))
    return {row["_id"] for row in rows}


async def count(store: Store, sessions: Sequence[str]) -> int:
    """How many records have something of these sessions; WIDE: and those that may show any."""
    counting = _rows(store).count_documents(_about(sessions), maxTimeMS=store.time_ms)
    return int(await store.run(counting))


async def forget(store: Store, sessions: Sequence[str]) -> int:
    """Take away the answers of the records of these sessions; how many records that were.

    The records stay: what was done is not done again.
    """
    change = {"$set": {"done": True}, "$unset": dict.fromkeys(ANSWER, "")}
    result = await store.change(_rows(store).update_many, _about(sessions), change)
    return int(result.modified_count)


def _about(sessions: Sequence[str]) -> Document:
    named = {"sessions": {"$in": list(sessions)}}
    if WIDE not in sessions:
        return named
    return {"$or": [named, {"sessions": {"$regex": rf"^\{WIDE}"}}]}


def _rows(store: Store) -> Any:
    return store.database[COLLECTION]
