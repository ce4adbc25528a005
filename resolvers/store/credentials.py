"""Stored credentials: one document each, in a collection of their own.

    {_id, name, keyHash, secret, scopes, bots, tenants, createdAt, expiresAt, revokedAt, uses,
     lastUsedAt}

`keyHash` is the SHA-256 of the key in hexadecimal, `secret` the encrypted signing secret.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo import IndexModel, ReadPreference, UpdateOne
from pymongo.errors import DuplicateKeyError

from resolvers.kind import Document
from resolvers.store.indexes import build_models
from resolvers.store.store import Store

COLLECTION = "credentials"


def _collection(store: Store) -> Any:
    """Read from the primary whatever the URI prefers: a secondary may not know a revocation yet."""
    return store.database.get_collection(COLLECTION, read_preference=ReadPreference.PRIMARY)


async def prepare(store: Store) -> None:
    """Create the index that keys are found by; safe to run at every start."""
    index = IndexModel([("keyHash", 1)], name="keyHash", unique=True)
    await store.run(build_models(store.database[COLLECTION], [index]))


async def by_key_hash(store: Store, key_hash: str) -> Document | None:
    """The credential whose key has that hash."""
    return await store.run(_collection(store).find_one({"keyHash": key_hash}))


async def by_id(store: Store, credential_id: str) -> Document | None:
    """The credential with that id."""
    return await store.run(_collection(store).find_one({"_id": credential_id}))


async def listed(store: Store) -> list[Document]:
    """Every credential, the oldest first."""
    cursor = _collection(store).find({}).sort([("createdAt", 1), ("_id", 1)])
    return await store.run(cursor.to_list(None))


async def insert(store: Store, row: Document) -> bool:
    """Store a new credential; False, and nothing stored, if its id or its key is taken."""
    return await store.run(_insert(store, row))


async def _insert(store: Store, row: Document) -> bool:
    try:
        await _collection(store).insert_one(row)
    except DuplicateKeyError:
        return False
    return True


async def put(store: Store, row: Document) -> None:
    """Store a credential, in the place of one with the same id."""
    await store.run(_collection(store).replace_one({"_id": row["_id"]}, row, upsert=True))


async def revoke(store: Store, credential_id: str, now: datetime) -> Document | None:
    """Mark a credential as revoked, keeping an earlier time; None if there is no such id."""
    credentials = _collection(store)
    open_ = {"_id": credential_id, "revokedAt": None}
    await store.run(credentials.update_one(open_, {"$set": {"revokedAt": now}}))
    return await by_id(store, credential_id)


async def add_uses(store: Store, uses: Mapping[str, tuple[int, datetime]]) -> None:
    """Add to the counters: for each id the number of uses and the time of the last one."""
    changes = [
        UpdateOne({"_id": name}, {"$inc": {"uses": count}, "$max": {"lastUsedAt": last}})
        for name, (count, last) in uses.items()
    ]
    await store.run(_collection(store).bulk_write(changes, ordered=False))
