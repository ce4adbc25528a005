"""Session ids that are UUIDs: any case on the way in, lower case stored and shown."""

import pytest

from resolvers import bulk, reservations, sessions
from resolvers.bulk import Draft
from resolvers.context import Context
from resolvers.errors import AlreadyExists
from resolvers.kind import Document, Kind
from resolvers.rebuild import outdated, rebuild
from resolvers.store import write as writes
from resolvers.store.store import Store
from schema.kinds.bot import BOT
from schema.kinds.co_browse import CO_BROWSE
from schema.kinds.knowledge import KNOWLEDGE

pytestmark = pytest.mark.anyio

ID = "83d03970-c959-11e2-857d-082e5f12b9a1"
CAPITALS = ID.upper()
MIXED = "83d03970-C959-11e2-857D-082e5f12b9a1"
SPELLINGS = (ID, CAPITALS, MIXED)


def unseen(_count: int) -> None:
    """No progress is shown."""


async def stored_in_capitals(context: Context, kind: Kind, **values: object) -> Document:
    """A session as version 0.1 stored it."""
    made = await sessions.create(context, kind, {"sessionId": ID, **values})
    old = {**made, "_id": CAPITALS}
    await writes.create(context.store, kind, old)
    if held := kind.reservation(old):
        await writes.hand_over(context.store, kind, held, ID, CAPITALS)
    await writes.delete(context.store, kind, made)
    return old


async def ids(context: Context, kind: Kind) -> list[str]:
    """What is stored."""
    rows = await context.store.collection(kind).find({}).to_list(None)
    return sorted(row["_id"] for row in rows)


@pytest.mark.parametrize("given", SPELLINGS)
async def test_an_id_is_stored_in_lower_case(context: Context, given: str) -> None:
    """And found, changed and deleted under each of its spellings."""
    made = await sessions.create(context, KNOWLEDGE, {"sessionId": given})
    assert made["_id"] == ID
    found = await sessions.get_many(context, KNOWLEDGE, SPELLINGS)
    assert {name: row["_id"] for name, row in found.items()} == dict.fromkeys(SPELLINGS, ID)
    for number, spelling in enumerate(SPELLINGS):
        changed = await sessions.update(context, KNOWLEDGE, spelling, {"agentId": str(number)})
        assert (changed["_id"], changed["agentId"]) == (ID, str(number))
    with pytest.raises(AlreadyExists):
        await sessions.create(context, KNOWLEDGE, {"sessionId": MIXED})
    await sessions.delete(context, KNOWLEDGE, given)
    assert await ids(context, KNOWLEDGE) == []


async def test_other_ids_keep_their_case(context: Context) -> None:
    """A bot's session id is a text, even if it looks like a UUID."""
    given = {"botId": "b", "channel": "rtm", "userId": "u"}
    for session_id in (ID, CAPITALS):
        await sessions.create(context, BOT, {**given, "sessionId": session_id})
    assert await ids(context, BOT) == [CAPITALS, ID]
    assert await sessions.get(context, BOT, MIXED) is None


async def test_imports_take_each_spelling(context: Context) -> None:
    """The draft is stored in lower case; another spelling of it is the same session."""
    drafts = [Draft(KNOWLEDGE, {"sessionId": spelling}) for spelling in SPELLINGS]
    documents = [bulk.prepare(context, draft) for draft in drafts]
    assert [document["_id"] for document in documents] == [ID] * 3
    assert list(await bulk.create(context, KNOWLEDGE, documents[:1])) == []
    assert list(await bulk.conflicts(context, KNOWLEDGE, documents[1:])) == [0, 1]


@pytest.mark.parametrize("given", SPELLINGS[:2])
async def test_a_session_stored_in_capitals_is_found(context: Context, given: str) -> None:
    """Before it is rebuilt, too; nobody can store another one beside it."""
    await stored_in_capitals(context, KNOWLEDGE, customerId="c1")
    found = await sessions.get(context, KNOWLEDGE, given)
    assert found is not None
    assert found["_id"] == CAPITALS
    linked = await sessions.act(context, KNOWLEDGE, given, lambda _document: None, {})
    assert linked["_id"] == CAPITALS
    with pytest.raises(AlreadyExists):
        await sessions.create(context, KNOWLEDGE, {"sessionId": given})
    document = bulk.prepare(context, Draft(KNOWLEDGE, {"sessionId": given}))
    assert list(await bulk.conflicts(context, KNOWLEDGE, [document])) == [0]
    assert await ids(context, KNOWLEDGE) == [CAPITALS]


async def test_rebuild_moves_it(context: Context) -> None:
    """Everything stays but the id; a second run changes nothing."""
    old = await stored_in_capitals(context, KNOWLEDGE, customerId="c1", agentId="a1")
    assert KNOWLEDGE in await outdated(context.store, [KNOWLEDGE])
    found = await rebuild(context, KNOWLEDGE, unseen)
    assert (found.changed, found.problems) == (1, [])
    assert await ids(context, KNOWLEDGE) == [ID]
    stored = await context.store.collection(KNOWLEDGE).find_one({"_id": ID})
    assert stored == {**old, "_id": ID}
    again = await rebuild(context, KNOWLEDGE, unseen)
    assert (again.seen, again.changed, again.problems) == (1, 0, [])


async def test_rebuild_moves_what_it_reserves(context: Context) -> None:
    """A live co-browse session keeps its token."""
    old = await stored_in_capitals(context, CO_BROWSE, sessionToken="123456789")
    assert (await rebuild(context, CO_BROWSE, unseen)).problems == []
    held = CO_BROWSE.reservation(old)
    assert held
    row = await writes.holder(context.store, CO_BROWSE, held)
    assert row
    assert row["sessionId"] == ID
    with pytest.raises(AlreadyExists):
        await reservations.take(context, CO_BROWSE, held, "another")


async def test_rebuild_goes_on_after_a_kill(context: Context) -> None:
    """A copy that was made before the original was removed is no second session."""
    old = await stored_in_capitals(context, KNOWLEDGE, customerId="c1")
    await writes.create(context.store, KNOWLEDGE, {**old, "_id": ID})
    assert (await rebuild(context, KNOWLEDGE, unseen)).problems == []
    assert await ids(context, KNOWLEDGE) == [ID]


async def test_two_different_sessions_stay_and_are_named(context: Context) -> None:
    """As version 0.1 allowed: each is found by its exact spelling, so that one can be deleted."""
    old = await stored_in_capitals(context, KNOWLEDGE, customerId="c1")
    await writes.create(context.store, KNOWLEDGE, {**old, "_id": ID, "customerId": "c2"})
    found = await rebuild(context, KNOWLEDGE, unseen)
    (problem,) = found.problems
    assert CAPITALS in problem
    assert ID in problem
    for spelling, customer in ((CAPITALS, "c1"), (ID, "c2")):
        row = await sessions.get(context, KNOWLEDGE, spelling)
        assert row is not None
        assert row["customerId"] == customer
    await sessions.delete(context, KNOWLEDGE, CAPITALS)
    assert await ids(context, KNOWLEDGE) == [ID]


async def test_a_change_meanwhile_is_moved_as_well(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that changes the session between the copy and the removal loses nothing."""
    await stored_in_capitals(context, KNOWLEDGE, agentId="a1")
    create, agents = writes.create, ["a2", "a3"]

    async def create_and_change(store: Store, kind: Kind, document: Document) -> None:
        await create(store, kind, document)
        if agents:
            await sessions.update(context, KNOWLEDGE, CAPITALS, {"agentId": agents.pop(0)})

    monkeypatch.setattr(writes, "create", create_and_change)
    assert (await rebuild(context, KNOWLEDGE, unseen)).problems == []
    (stored,) = await context.store.collection(KNOWLEDGE).find({}).to_list(None)
    assert (stored["_id"], stored["agentId"]) == (ID, "a3")


async def test_rebuild_brings_pairs_into_one_case(context: Context) -> None:
    """The sessions that another one names."""
    pair = {"kind": "KNOWLEDGE", "sessionId": CAPITALS}
    made = await sessions.create(context, KNOWLEDGE, {"sessionId": ID})
    rows = context.store.collection(KNOWLEDGE)
    await rows.update_one({"_id": made["_id"]}, {"$set": {"relatedSessions": [pair]}})
    assert (await rebuild(context, KNOWLEDGE, unseen)).changed == 1
    stored = await rows.find_one({"_id": ID})
    assert stored is not None
    assert stored["relatedSessions"] == [{**pair, "sessionId": ID}]
