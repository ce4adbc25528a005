"""Collections, their indexes and the database's rules, derived from the kinds."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from pymongo import IndexModel
from pymongo.errors import CollectionInvalid, OperationFailure

from resolvers.kind import Column, Document, Kind
from resolvers.store import credentials, customer_links
from resolvers.store.store import Store

log = logging.getLogger(__name__)

RETENTION = "retention"
"""The name of the index by which the database removes expired sessions."""
BATCH = 1000
"""How many sessions are brought up to date with one command."""
INDEX_NOT_FOUND = 27
NAMESPACE_EXISTS = 48


async def prepare(store: Store, kinds: Iterable[Kind], retention: Mapping[str, int]) -> None:
    """Create what is missing and bring what exists up to date; safe to run at every start.

    `retention` has seconds by the kind's name; the sessions of other kinds never expire.
    """
    await credentials.prepare(store)
    await customer_links.prepare(store)
    existing = set(await store.run(store.database.list_collection_names()))
    for kind in kinds:
        await _collection(store, kind, kind.collection in existing)
        await _indexes(store, kind)
        if not kind.ended:
            await _remove_status(store, kind)
        await _retention(store, kind, retention.get(kind.name))


async def _collection(store: Store, kind: Kind, exists: bool) -> None:
    rules: Document = {
        "validator": {"$jsonSchema": json_schema(kind)},
        # A stored session that is already broken may still be mended.
        "validationLevel": "moderate",
        "validationAction": "error",
    }
    try:
        if not exists:
            await store.database.create_collection(kind.collection, **rules)
            return
    except (CollectionInvalid, OperationFailure) as error:
        if getattr(error, "code", None) not in (None, NAMESPACE_EXISTS):
            raise
        # another worker was first
    except (NotImplementedError, TypeError):
        log.warning("This database engine keeps no validation rules; the gateway's own remain.")
        return
    await _modify(store, {"collMod": kind.collection, **rules})


async def _modify(store: Store, command: Document) -> None:
    try:
        await store.database.command(command)
    except (NotImplementedError, OperationFailure) as error:
        log.warning(
            "The database still has its old validation rules for %s: code %s",
            command["collMod"],
            getattr(error, "code", None),
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


async def _indexes(store: Store, kind: Kind) -> None:
    """Build missing indexes; a known one whose keys changed is built again."""
    collection = store.collection(kind)
    present = {
        name: [tuple(key) for key in found["key"]]
        for name, found in (await collection.index_information()).items()
    }
    for index in kind.indexes:
        if present.get(index.name, index.spec) != index.spec:
            await collection.drop_index(index.name)
            del present[index.name]
    # An operator may have built the same index under another name: the database refuses a second.
    missing = [index for index in kind.indexes if index.spec not in present.values()]
    if missing:
        await collection.create_indexes(
            [IndexModel(index.spec, name=index.name) for index in missing]
        )


async def _retention(store: Store, kind: Kind, seconds: int | None) -> None:
    """Have the database remove sessions `seconds` after their start; None keeps them for ever."""
    collection = store.collection(kind)
    present = (await collection.index_information()).get(RETENTION)
    if present and present.get("expireAfterSeconds") == seconds:
        return
    if present and seconds is not None and await _changed(store, kind, seconds):
        return
    if present:
        await _drop(collection)
    if seconds is not None:
        index = IndexModel([("startedAt", 1)], name=RETENTION, expireAfterSeconds=seconds)
        await collection.create_indexes([index])


async def _changed(store: Store, kind: Kind, seconds: int) -> bool:
    """Whether the span could be changed in place, which costs nothing; not every engine can."""
    index = {"name": RETENTION, "expireAfterSeconds": seconds}
    try:
        await store.database.command({"collMod": kind.collection, "index": index})
    except (NotImplementedError, OperationFailure):
        return False
    return True


async def _drop(collection: Any) -> None:
    try:
        await collection.drop_index(RETENTION)
    except OperationFailure as error:  # another worker was first
        if error.code != INDEX_NOT_FOUND:
            raise


def json_schema(kind: Kind) -> Document:
    """What every stored session of a kind must look like (MongoDB's $jsonSchema)."""
    schema = _object(kind.columns)
    always = ("_id", "status") if kind.ended else ("_id",)
    schema["required"] = sorted({*schema.get("required", ()), *always})
    return schema


def _object(columns: tuple[Column, ...]) -> Document:
    # A missing list is an empty one, and a missing count is made up for by reading: a release that
    # does not know them may still write beside this.
    counts = {column.count for column in columns}
    required = sorted(
        column.path
        for column in columns
        if not (column.nullable or column.many or column.name in counts)
    )
    schema: Document = {
        "bsonType": "object",
        "properties": {column.path: _property(column) for column in columns},
    }
    return {**schema, "required": required} if required else schema


def _property(column: Column) -> Document:
    if column.many:
        return {"bsonType": "array", "items": _value(column)}
    return _value(column, nullable=column.nullable)


def _value(column: Column, nullable: bool = False) -> Document:
    extra: tuple[str, ...] = ("null",) if nullable else ()
    if column.columns:
        nested = _object(column.columns)
        return {**nested, "bsonType": ["object", *extra]} if nullable else nested
    rule: Document = {"bsonType": [*column.type.bson, *extra]}
    if column.values:
        rule["enum"] = [*column.values, *((None,) if nullable else ())]
    return rule
