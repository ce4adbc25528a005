"""The database's own rules: what it refuses to store as a session of a kind ($jsonSchema)."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from enum import StrEnum

from pymongo.errors import CollectionInvalid, OperationFailure

from resolvers.kind import Column, Document, Kind
from resolvers.store.capabilities import is_lacking
from resolvers.store.driver import opened
from resolvers.store.store import Store

log = logging.getLogger(__name__)

NAMESPACE_EXISTS = 48


class RuleAction(StrEnum):
    """What the database does about a document that breaks the rules."""

    ERROR = "error"
    WARN = "warn"


async def create(store: Store, kind: Kind, action: RuleAction) -> bool:
    """Create a kind's collection with its rules; another worker may be first.

    False if the engine knows no such rules: then the collection has none.
    """
    create_collection = store.database.create_collection
    try:
        await create_collection(store.name(kind), **_options(kind, action))
    except (CollectionInvalid, OperationFailure) as error:
        if getattr(error, "code", None) in (None, NAMESPACE_EXISTS):
            return await change(store, kind, action)
        if not is_lacking(error):
            raise
    except (NotImplementedError, TypeError):
        pass
    else:
        return True
    with suppress(CollectionInvalid, OperationFailure):  # the first document makes it, too
        await create_collection(store.name(kind))
    return False


async def change(store: Store, kind: Kind, action: RuleAction) -> bool:
    """Give a collection that exists the rules of this version; False if the engine knows none."""
    try:
        await store.database.command({"collMod": store.name(kind), **_options(kind, action)})
    except (NotImplementedError, OperationFailure) as error:
        if is_lacking(error) and not await _has_rules(store, kind):
            return False
        log.warning(
            "The database still has its old validation rules for %s: code %s",
            store.name(kind),
            getattr(error, "code", None),
        )
    return True


async def _has_rules(store: Store, kind: Kind) -> bool:
    try:
        found = await options(store, [kind])
    except (NotImplementedError, OperationFailure):
        return False
    return "validator" in found.get(store.name(kind), {})


async def remove(store: Store, collection: str) -> None:
    """Take the rules of a collection away, where the engine knows rules."""
    off = {"collMod": collection, "validator": {}, "validationLevel": "off"}
    try:
        await store.run(store.database.command(off))
    except OperationFailure as error:
        if not is_lacking(error):
            raise


def _options(kind: Kind, action: RuleAction) -> Document:
    return {
        "validator": {"$jsonSchema": json_schema(kind)},
        # A stored session that is already broken may still be mended.
        "validationLevel": "moderate",
        "validationAction": str(action),
    }


def refuses(kind: Kind, options: Document) -> bool:
    """Whether a collection with these options has no sessions but those that meet the rules."""
    if options.get("validationAction", RuleAction.ERROR) != RuleAction.ERROR:
        return False
    found = options.get("validator", {}).get("$jsonSchema", {}).get("properties", {})
    wanted = json_schema(kind)["properties"]
    return all(found.get(path) == wanted[path] for path in ("_id", "startedAt"))


async def options(store: Store, kinds: Iterable[Kind]) -> dict[str, Document]:
    """What the database says of the kinds' collections, by their names; {} of one without rules."""
    names = [store.name(kind) for kind in kinds]
    listing = store.database.list_collections(filter={"name": {"$in": names}})
    rows = await opened(listing)
    return {row["name"]: row.get("options", {}) for row in await store.run(rows.to_list(None))}


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
        if not (column.nullable or column.many or column.absent is not None)
        and column.name not in counts
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
