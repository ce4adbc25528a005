"""The indexes of a kind's collection, that which removes expired sessions included."""

from collections.abc import Mapping
from typing import Any

from pymongo import IndexModel
from pymongo.errors import OperationFailure

from resolvers.kind import Kind
from resolvers.mapping import Source
from resolvers.store.store import Store

RETENTION = "retention"
"""The name of the index by which the database removes expired sessions."""
INDEX_NOT_FOUND = 27


async def build(store: Store, kind: Kind) -> list[str]:
    """Build missing indexes, and those whose keys changed again; the names of what was built."""
    missing, changed = await differing(store, kind)
    collection = store.collection(kind)
    for name in changed:
        await collection.drop_index(name)
    wanted = [index for index in kind.indexes if index.name in {*missing, *changed}]
    if wanted:
        await collection.create_indexes(
            [IndexModel(index.spec, name=index.name) for index in wanted]
        )
    return [index.name for index in wanted]


async def differing(store: Store, kind: Kind) -> tuple[list[str], list[str]]:
    """The indexes that are missing, and those that have other keys than this version's.

    An operator may have built the same index under another name: the database refuses a second.
    """
    present = {
        name: [tuple(key) for key in found["key"]]
        for name, found in (await store.collection(kind).index_information()).items()
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
    present = await store.collection(kind).index_information()
    first = {found["key"][0][0] for found in present.values()}
    ordered = [index.keys[0] for index in kind.indexes if index.keys[1:] == ("_id",)]
    stored = [sources[path].stored for path in ordered if path in sources]
    return list(dict.fromkeys(path for path in stored if path and path not in first))


async def set_retention(store: Store, kind: Kind, seconds: int | None) -> None:
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
