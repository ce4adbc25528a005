"""Stored one-time links: a document each, which is removed when it is used.

    {_id, asked, credential: {id, name, scopes, bots, tenants, expiresAt}, expireAt}

`_id` is the SHA-256 of the code in hexadecimal, `asked` that of the address.
"""

from pymongo import IndexModel

from resolvers.kind import Document
from resolvers.store import indexes
from resolvers.store.store import Store

COLLECTION = "export_links"


async def prepare(store: Store) -> None:
    """Create the index that removes those whose time is over, where the engine has such ones."""
    index = IndexModel([("expireAt", 1)], name="expireAt", expireAfterSeconds=0)
    await indexes.build_own(store, COLLECTION, [index])


async def add(store: Store, row: Document) -> None:
    """Store a link."""
    await store.change(store.database[COLLECTION].insert_one, row)


async def take(store: Store, code_hash: str) -> Document | None:
    """Remove a link and return it: of all who ask, one gets it."""
    taken: Document | None = await store.change(
        store.database[COLLECTION].find_one_and_delete, {"_id": code_hash}
    )
    return taken
