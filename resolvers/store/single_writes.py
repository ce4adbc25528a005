"""Writes that a client waits for, as quick commands where the driver has them: of one session, and
entries of the audit trail."""

from collections.abc import Sequence
from typing import Any

from resolvers.kind import Document
from resolvers.store import quick_command
from resolvers.store.operators import Query


async def insert_one(database: Any, collection: str, document: Document) -> None:
    """Store a new document; DuplicateKeyError if its id is taken."""
    await insert_all(database, collection, [document])


async def insert_all(database: Any, collection: str, documents: Sequence[Document]) -> None:
    """Store new documents with ids in their order, up to the first whose id is taken: then an
    error of the driver's. Together they have to fit into one message, of 48 MB."""
    if quick_command.serves(database):
        insert = {"insert": collection, "ordered": True, "documents": documents}
        await quick_command.change(database, insert)
    elif len(documents) == 1:
        await database[collection].insert_one(documents[0])
    else:
        await database[collection].insert_many(documents)


async def update_one(database: Any, collection: str, guard: Query, operators: Document) -> bool:
    """Change the document that meets the guard; whether there is one."""
    if quick_command.serves(database):
        one = {"q": guard, "u": operators, "multi": False, "upsert": False}
        update = {"update": collection, "ordered": True, "updates": [one]}
        return bool((await quick_command.change(database, update))["n"])
    return bool((await database[collection].update_one(guard, operators)).matched_count)
