"""Writes of one session that a client waits for: as quick commands where the driver has them."""

from typing import Any

from resolvers.kind import Document
from resolvers.store import quick_command
from resolvers.store.operators import Query


async def insert_one(database: Any, collection: str, document: Document) -> None:
    """Store a new document; DuplicateKeyError if its id is taken."""
    if quick_command.serves(database):
        insert = {"insert": collection, "ordered": True, "documents": [document]}
        await quick_command.change(database, insert)
    else:
        await database[collection].insert_one(document)


async def update_one(database: Any, collection: str, guard: Query, operators: Document) -> bool:
    """Change the document that meets the guard; whether there is one."""
    if quick_command.serves(database):
        one = {"q": guard, "u": operators, "multi": False, "upsert": False}
        update = {"update": collection, "ordered": True, "updates": [one]}
        return bool((await quick_command.change(database, update))["n"])
    return bool((await database[collection].update_one(guard, operators)).matched_count)
