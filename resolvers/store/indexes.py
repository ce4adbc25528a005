"""The indexes of a kind's collection, that which removes expired sessions included."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pymongo import IndexModel
from pymongo.errors import OperationFailure

from resolvers.kind import Kind
from resolvers.mapping import Source
from resolvers.store.capabilities import Capability, is_lacking
from resolvers.store.store import Store

RETENTION = "retention"
"""The name of the index by which the database removes expired sessions."""
INDEX_NOT_FOUND = 27
CANNOT_CREATE_INDEX = 67


@dataclass(frozen=True, slots=True)
class Built:
    """What became of the missing indexes of a kind, by their names."""

    built: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    """The engine cannot have them: what they serve is slower."""


async def build(store: Store, kind: Kind) -> Built:
    """Build missing indexes, and those whose keys changed again."""
    missing, changed = await differing(store, kind)
    collection = store.collection(kind)
    for name in changed:
        await collection.drop_index(name)
    wanted = [index for index in kind.indexes if index.name in {*missing, *changed}]
    models = [IndexModel(index.spec, name=index.name) for index in wanted]
    if not models or await build_models(collection, models):
        return Built(tuple(index.name for index in wanted))
    refused = {
        index.name
        for index, model in zip(wanted, models, strict=True)
        if not await build_models(collection, [model])
    }
    names = [index.name for index in wanted]
    return Built(
        tuple(name for name in names if name not in refused),
        tuple(name for name in names if name in refused),
    )


async def drop(store: Store, kind: Kind) -> None:
    """Drop the kind's indexes, before very many sessions are stored; `build` makes them again.

    The retention's stays. A start builds what an interruption left missing.
    """
    collection = store.collection(kind)
    present = await listed(collection)
    for index in kind.indexes:
        if index.name in present:
            await collection.drop_index(index.name)


async def build_each(store: Store, kind: Kind, advance: Callable[[int], object]) -> None:
    """Build what is missing, one index after another; `advance` is called after each."""
    missing, _ = await differing(store, kind)
    for index in kind.indexes:
        if index.name in missing:
            await build_models(store.collection(kind), [IndexModel(index.spec, name=index.name)])
        advance(1)


async def build_models(collection: Any, models: list[IndexModel]) -> bool:
    """Build indexes of any collection; False if the engine cannot have such ones."""
    try:
        await collection.create_indexes(models)
    except (NotImplementedError, OperationFailure) as error:
        if is_lacking(error) or getattr(error, "code", None) == CANNOT_CREATE_INDEX:
            return False
        raise
    return True


async def build_own(store: Store, name: str, models: list[IndexModel]) -> None:
    """Build indexes of one of the gateway's own small collections, as far as the engine has such.

    Without the index that removes what has expired, rows stay until they are removed otherwise.
    """
    for model in models:
        if "expireAfterSeconds" in model.document and Capability.TTL not in store.capabilities:
            continue
        await store.run(build_models(store.database[name], [model]))


async def listed(collection: Any) -> dict[str, Any]:
    """The indexes of a collection, by name; none where the engine does not list them."""
    try:
        found: dict[str, Any] = await collection.index_information()
    except OperationFailure as error:
        if not is_lacking(error):
            raise
        return {}
    return found


async def differing(store: Store, kind: Kind) -> tuple[list[str], list[str]]:
    """The indexes that are missing, and those that have other keys than this version's.

    An operator may have built the same index under another name: the database refuses a second.
    """
    present = {
        name: [tuple(key) for key in found["key"]]
        for name, found in (await listed(store.collection(kind))).items()
    }
    changed = [
        index.name for index in kind.indexes if present.get(index.name, index.spec) != index.spec
    ]
    others = [keys for name, keys in present.items() if name not in changed]
    missing = [
        index.name
        for index in kind.indexes
        if index.name not in changed and index.spec not in others
    ]
    return missing, changed


async def missing_of_others(store: Store, kind: Kind, sources: Mapping[str, Source]) -> list[str]:
    """The fields of a mapped collection that sessions can be ordered by, and that have no index."""
    present = await listed(store.collection(kind))
    first = {found["key"][0][0] for found in present.values()}
    ordered = [index.keys[0] for index in kind.indexes if index.keys[1:] == ("_id",)]
    stored = [sources[path].stored for path in ordered if path in sources]
    return list(dict.fromkeys(path for path in stored if path and path not in first))


async def set_retention(store: Store, kind: Kind, seconds: int | None) -> bool:
    """Have the database remove sessions `seconds` after their start; None keeps them for ever.

    False if the engine removes nothing by itself.
    """
    collection = store.collection(kind)
    present = (await listed(collection)).get(RETENTION)
    if present and present.get("expireAfterSeconds") == seconds:
        return True
    if present and seconds is not None and await _changed(store, kind, seconds):
        return True
    if present:
        await _drop(collection)
    if seconds is None:
        return True
    index = IndexModel([("startedAt", 1)], name=RETENTION, expireAfterSeconds=seconds)
    return Capability.TTL in store.capabilities and await build_models(collection, [index])


async def _changed(store: Store, kind: Kind, seconds: int) -> bool:
    """Whether the span could be changed in place, which costs nothing; not every engine can."""
    index = {"name": RETENTION, "expireAfterSeconds": seconds}
    try:
        await store.database.command({"collMod": store.name(kind), "index": index})
    except (NotImplementedError, OperationFailure):
        return False
    return True


async def _drop(collection: Any) -> None:
    try:
        await collection.drop_index(RETENTION)
    except OperationFailure as error:  # another worker was first
        if error.code != INDEX_NOT_FOUND:
            raise
