"""What the database itself holds: validation, indexes, and a preparation that can be repeated."""

import asyncio
import dataclasses
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from resolvers import sessions
from resolvers.context import Context
from resolvers.errors import Invalid
from resolvers.kind import Index, Kind
from resolvers.store import preparation, rules, write
from resolvers.store.store import Store
from tests.conftest import KINDS_BY_NAME, OpenStore
from tests.kinds import EXAMPLES

pytestmark = pytest.mark.anyio

BOT = KINDS_BY_NAME["bot"]
REFUSED = 121
KINDS = pytest.mark.parametrize("kind", KINDS_BY_NAME.values(), ids=KINDS_BY_NAME)


async def keys(store: Store, kind: Kind) -> dict[str, list[tuple[str, int]]]:
    """The indexes that there are, by name."""
    found = await store.collection(kind).index_information()
    return {name: [tuple(key) for key in index["key"]] for name, index in found.items()}


@KINDS
async def test_every_index_is_built(wire_store: Store, kind: Kind) -> None:
    """Those of the kind and no others."""
    wanted = {index.name: index.spec for index in kind.indexes}
    assert await keys(wire_store, kind) == {"_id_": [("_id", 1)], **wanted}
    assert len(wanted) == len(kind.indexes)


@KINDS
async def test_preparing_again_changes_nothing(wire_store: Store, kind: Kind) -> None:
    """It runs at every start."""
    before = await keys(wire_store, kind)
    await preparation.prepare(wire_store, [kind], {})
    assert await keys(wire_store, kind) == before


async def test_index_whose_keys_changed_is_built_anew(wire_store: Store) -> None:
    """Under the same name, with the keys of this release; others stay."""
    index = BOT.indexes[0]
    changed = Index(tuple(f"-{key}" for key in index.keys))
    assert changed.name == index.name
    older = dataclasses.replace(BOT, indexes=(changed, *BOT.indexes[1:]))
    before = await keys(wire_store, BOT)
    await preparation.prepare(wire_store, [older], {})
    assert (await keys(wire_store, BOT))[index.name] == changed.spec
    await preparation.prepare(wire_store, [BOT], {})
    assert await keys(wire_store, BOT) == before


async def test_operators_own_index_is_left_alone(open_store: OpenStore) -> None:
    """Also one with keys of ours under another name, which the database would refuse twice."""
    store = await open_store()
    own = await store.collection(BOT).create_index(BOT.indexes[0].spec, name="own")
    await preparation.prepare(store, [BOT], {})
    assert own in await keys(store, BOT)


async def test_workers_prepare_at_the_same_time(open_store: OpenStore) -> None:
    """Several start at once on an empty database."""
    stores = [await open_store() for _ in range(4)]
    await asyncio.gather(
        *(preparation.prepare(store, KINDS_BY_NAME.values(), {}) for store in stores)
    )
    for kind in KINDS_BY_NAME.values():
        assert len(await keys(stores[0], kind)) == len(kind.indexes) + 1


@KINDS
async def test_created_sessions_meet_the_rules(wire_context: Context, kind: Kind) -> None:
    """What the gateway stores, the database accepts: also by its own rules."""
    example = EXAMPLES[kind.name]
    created = await sessions.create(wire_context, kind, {**example.values, **example.change})
    sound = {"_id": created["_id"], "$jsonSchema": rules.json_schema(kind)}
    found = await wire_context.store.collection(kind).find_one(sound)
    assert found == created


@KINDS
@pytest.mark.parametrize(
    "broken",
    [{"startedAt": "2026-03-01"}, {"status": "OPEN"}, {"createdAt": None}, {"customer": "Ada"}],
    ids=str,
)
async def test_broken_document_is_refused_by_the_database(
    wire_context: Context, kind: Kind, broken: dict[str, Any]
) -> None:
    """Whoever writes it: a script, a shell, or a release with a bug."""
    created = await sessions.create(wire_context, kind, EXAMPLES[kind.name].values)
    collection = wire_context.store.collection(kind)
    with pytest.raises(OperationFailure) as failure:
        await collection.insert_one({**created, "_id": "other", **broken})
    assert failure.value.code == REFUSED
    with pytest.raises(OperationFailure) as failure:
        await collection.update_one({"_id": created["_id"]}, {"$set": broken})
    assert failure.value.code == REFUSED
    with pytest.raises(Invalid):
        await write.create(wire_context.store, kind, {**created, "_id": "other", **broken})


@KINDS
async def test_missing_column_is_refused_by_the_database(wire_context: Context, kind: Kind) -> None:
    """Every column that cannot be null."""
    created = await sessions.create(wire_context, kind, EXAMPLES[kind.name].values)
    required = {column.path for column in kind.columns if not (column.nullable or column.many)}
    required -= {"_id", *kind.beside, *(one.path for one in kind.columns if one.absent is not None)}
    required |= {"status"} if kind.ended else set()
    assert required <= created.keys()
    for name in required:
        rest = {key: value for key, value in created.items() if key != name}
        with pytest.raises(OperationFailure):
            await wire_context.store.collection(kind).insert_one({**rest, "_id": "other"})


async def test_broken_session_can_be_mended(wire_context: Context) -> None:
    """The rules do not stand in the way of what is broken already."""
    created = await sessions.create(wire_context, BOT, EXAMPLES["bot"].values)
    collection = wire_context.store.collection(BOT)
    await collection.insert_one(
        {**created, "_id": "broken", "channel": 7, "isDeveloper": "no"},
        bypass_document_validation=True,
    )
    await collection.update_one({"_id": "broken"}, {"$set": {"channel": "web"}})
    assert (await collection.find_one({"_id": "broken"}))["channel"] == "web"


async def test_an_earlier_release_may_go_on(wire_context: Context) -> None:
    """It stores sessions without the counts of their lists, which the rules do not demand."""
    chat = KINDS_BY_NAME["chat"]
    document = await sessions.create(wire_context, chat, EXAMPLES["chat"].values)
    older = {name: value for name, value in document.items() if name not in chat.beside}
    await write.create(wire_context.store, chat, {**older, "_id": "older"})
    found = await sessions.get(wire_context, chat, "older")
    assert found is not None
    assert found["messageCount"] == len(document["messages"])
