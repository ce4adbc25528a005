"""What is wrong with a database is found and counted, and nothing changes."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from bson import ObjectId

from resolvers import sessions
from resolvers.context import Context
from resolvers.findings import Finding
from resolvers.kind import Document, Kind
from resolvers.store.policy import Indexes
from resolvers.verification import Orphans, Verified, orphans, verify
from tests.conftest import KINDS_BY_NAME, OpenStore
from tests.kinds import EXAMPLES

pytestmark = pytest.mark.anyio

BOT, CO_BROWSE = KINDS_BY_NAME["bot"], KINDS_BY_NAME["co_browse"]
KINDS = list(KINDS_BY_NAME.values())
BY_ENUM = {kind.enum_name: kind for kind in KINDS}


def unseen(_number: int) -> None:
    """Nobody looks at the progress."""


async def verified(context: Context, kind: Kind, policy: Indexes = Indexes.OWN) -> Verified:
    found = await verify(context, kind, BY_ENUM, policy, unseen)
    assert found is not None
    return found


async def damaged(context: Context, session_id: str, change: Document) -> None:
    """Change a bot session as somebody else does."""
    await context.store.collection(BOT).update_one(
        {"_id": session_id}, {"$set": change}, bypass_document_validation=True
    )


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
async def test_sound_sessions(wire_context: Context, kind: Kind) -> None:
    """What the gateway stores is clean, the indexes included."""
    await sessions.create(wire_context, kind, EXAMPLES[kind.name].values)
    found = await verified(wire_context, kind)
    assert (found.own, found.seen, found.is_clean) == (True, 1, True), found


async def test_misfits(wire_context: Context) -> None:
    """Values of other types are counted by path and type, convertible ones too."""
    for session_id in ("a", "b"):
        await sessions.create(
            wire_context, BOT, {**EXAMPLES["bot"].values, "sessionId": session_id}
        )
    await damaged(wire_context, "a", {"noOfTasksExecuted": 7.0, "startTime": "noon"})
    await damaged(wire_context, "b", {"noOfTasksExecuted": 7.5})
    found = await verified(wire_context, BOT)
    assert not found.is_clean
    counts: Counter[tuple[str, str]] = Counter()
    for one, count in found.misfits.counts.items():
        counts[one.path, one.found] += count
    assert counts == {("noOfTasksExecuted", "double"): 2, ("startTime", "string"): 1}


async def test_stale_values(wire_context: Context) -> None:
    """Stored values that a write would compute otherwise are named."""
    await sessions.create(wire_context, BOT, {**EXAMPLES["bot"].values, "sessionId": "a"})
    await damaged(wire_context, "a", {"durationSeconds": 1.0, "customer": {"id": "somebody"}})
    found = await verified(wire_context, BOT)
    assert (found.stale, found.is_clean) == ({"durationSeconds": 1, "customer": 1}, False)
    assert found.misfits.counts == {}


async def test_missing_dates(wire_context: Context) -> None:
    """A session without createdAt is a misfit."""
    await sessions.create(wire_context, BOT, {**EXAMPLES["bot"].values, "sessionId": "a"})
    rows = wire_context.store.collection(BOT)
    await rows.update_one({}, {"$unset": {"createdAt": ""}}, bypass_document_validation=True)
    found = await verified(wire_context, BOT)
    assert found.misfits.counts == {Finding("createdAt", "missing", "a date"): 1}


async def test_indexes(wire_context: Context) -> None:
    """Missing ones, and those with other keys, are named."""
    rows = wire_context.store.collection(BOT)
    await rows.drop_index("channel_startedAt__id")
    await rows.drop_index("startedAt__id")
    await rows.create_index([("startedAt", -1)], name="startedAt__id")
    found = await verified(wire_context, BOT)
    assert found.missing_indexes == ["channel_startedAt__id"]
    assert found.changed_indexes == ["startedAt__id"]
    assert not found.is_clean
    assert (await verified(wire_context, BOT, Indexes.OFF)).is_clean


async def test_others_collections(open_store: OpenStore) -> None:
    """They may lack indexes and have ids of any type; a kind without a collection is left out."""
    store = await open_store()
    context = Context(store=store)
    assert await verify(context, BOT, BY_ENUM, Indexes.OWN, unseen) is None
    row = {**EXAMPLES["bot"].values, "sessionId": "a"}
    await sessions.create(context, BOT, row)
    whole = await store.collection(BOT).find_one({})
    await store.collection(BOT).insert_one({**whole, "_id": ObjectId()})
    found = await verified(context, BOT)
    assert (found.own, found.ids, found.is_clean) == (False, {"objectId": 1}, True)
    assert found.missing_indexes
    assert not (await verified(context, BOT, Indexes.ALL)).is_clean


async def test_links(wire_context: Context) -> None:
    """Related sessions that are not stored are counted and named; that may be meant."""
    related = [{"kind": "BOT", "sessionId": one} for one in ("a", "gone")]
    row = {**EXAMPLES["bot"].values, "sessionId": "a", "relatedSessions": related}
    await sessions.create(wire_context, BOT, row)
    found = await verified(wire_context, BOT)
    assert (found.broken_links, found.is_clean) == (1, True)
    assert found.links == ["a names BOT 'gone'"]


async def test_orphaned_reservations(wire_context: Context) -> None:
    """A token without a session that has it; not one that was taken just now."""
    names = {kind.name: kind for kind in KINDS}
    made = await sessions.create(wire_context, CO_BROWSE, EXAMPLES["co_browse"].values)
    later = replace(wire_context, now=lambda: wire_context.now() + timedelta(minutes=2))
    assert await orphans(later, names) == Orphans()
    await wire_context.store.collection(CO_BROWSE).delete_one({"_id": made["_id"]})
    assert await orphans(wire_context, names) == Orphans()
    found = await orphans(later, names)
    assert found.count == 1
    assert made["sessionToken"] in found.named[0]
