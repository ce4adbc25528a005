"""Many sessions at once: those that cannot be stored are named, and the others are stored."""

from typing import Any

import pytest
from pymongo import MongoClient

from resolvers import bulk, sessions
from resolvers.bulk import Draft
from resolvers.context import Context
from resolvers.errors import AlreadyExists, Timeout, Unavailable
from resolvers.kind import Document, Kind
from resolvers.store import write as writes
from tests.conftest import KINDS_BY_NAME, NOW
from tests.kinds import EXAMPLES

pytestmark = pytest.mark.anyio

BOT = KINDS_BY_NAME["bot"]
CO_BROWSE = KINDS_BY_NAME["co_browse"]
REMOTE_SUPPORT = KINDS_BY_NAME["remote_support"]
TOKEN = "519333886"
UUIDS = tuple(f"00000000-0000-4000-8000-00000000000{number}" for number in range(4))


def drafted(context: Context, kind: Kind, session_id: str | None = None, **more: Any) -> Document:
    """A session that is ready to be stored."""
    given = {} if session_id is None else {"sessionId": session_id}
    return bulk.prepare(context, Draft(kind, {**EXAMPLES[kind.name].values, **given, **more}))


def refused(conflicts: bulk.Conflicts) -> dict[int, tuple[str, ...]]:
    """The places left out, and the field to blame for each."""
    return {place: error.field for place, error in conflicts.items()}


async def stored(context: Context, kind: Kind) -> list[str]:
    """The ids of all sessions."""
    rows = await context.store.collection(kind).find({}).sort("_id", 1).to_list(None)
    return [row["_id"] for row in rows]


async def held(context: Context) -> list[str]:
    """The session that holds TOKEN, if one does."""
    rows = await context.store.database["claims"].find({"_id": {"$regex": TOKEN}}).to_list(None)
    return [row["sessionId"] for row in rows]


async def test_taken_ids_are_left_out(context: Context) -> None:
    """An id that is stored, and one that comes twice: the first keeps it."""
    first = await sessions.create(context, BOT, {**EXAMPLES["bot"].values, "sessionId": "b"})
    documents = [drafted(context, BOT, name, channel="late") for name in ("a", "b", "c", "a")]
    expected = {1: ("sessionId",), 3: ("sessionId",)}
    assert refused(await bulk.conflicts(context, BOT, documents)) == expected
    assert await stored(context, BOT) == ["b"]
    assert refused(await bulk.create(context, BOT, documents)) == expected
    assert await stored(context, BOT) == ["a", "b", "c"]
    assert await sessions.get(context, BOT, "b") == first


async def test_taken_tokens_are_left_out(context: Context) -> None:
    """Among the new sessions as well; looking for conflicts takes nothing."""
    documents = [
        drafted(context, CO_BROWSE, UUIDS[0], sessionToken=TOKEN),
        drafted(context, CO_BROWSE, UUIDS[1], sessionToken=TOKEN),
        drafted(context, CO_BROWSE, UUIDS[2]),
    ]
    assert await bulk.conflicts(context, CO_BROWSE, documents) == {}
    assert await held(context) == []
    assert refused(await bulk.create(context, CO_BROWSE, documents)) == {1: ("sessionToken",)}
    assert await stored(context, CO_BROWSE) == [UUIDS[0], UUIDS[2]]
    later = [drafted(context, CO_BROWSE, UUIDS[3], sessionToken=TOKEN)]
    assert refused(await bulk.conflicts(context, CO_BROWSE, later)) == {0: ("sessionToken",)}
    assert await held(context) == [UUIDS[0]]


async def test_somebody_else_stores_an_id_meanwhile(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session that came too late is left out and gives its token back; the others stay."""
    documents = [
        drafted(context, CO_BROWSE, UUIDS[0], sessionToken=TOKEN),
        drafted(context, CO_BROWSE, UUIDS[1]),
    ]
    create_all = writes.create_all

    async def late(*given: Any) -> set[str]:
        values = {**EXAMPLES["co_browse"].values, "sessionId": UUIDS[0]}
        await sessions.create(context, CO_BROWSE, values)
        return await create_all(*given)

    monkeypatch.setattr(writes, "create_all", late)
    found = await bulk.create(context, CO_BROWSE, documents)
    assert refused(found) == {0: ("sessionId",)}
    assert UUIDS[0] in found[0].message
    assert await stored(context, CO_BROWSE) == [UUIDS[0], UUIDS[1]]
    assert await held(context) == []


async def test_numbers_are_given_in_order(context: Context) -> None:
    """From 1 on, and the next ones the next time."""
    for expected in (["1", "2", "3"], ["4", "5", "6"]):
        documents = [drafted(context, REMOTE_SUPPORT) for _ in range(3)]
        assert await bulk.create(context, REMOTE_SUPPORT, documents) == {}
        assert [document["_id"] for document in documents] == expected


async def test_numbers_step_over_taken_ones(context: Context) -> None:
    """Over those that are stored, and over those that come with the sessions."""
    for number in ("1", "4"):
        given = {**EXAMPLES["remote_support"].values, "sessionId": number}
        await sessions.create(context, REMOTE_SUPPORT, given)
    documents = [
        drafted(context, REMOTE_SUPPORT, number) for number in (None, "2", None, None, None)
    ]
    assert await bulk.create(context, REMOTE_SUPPORT, documents) == {}
    numbers = [document["_id"] for document in documents]
    assert numbers.pop(1) == "2"
    assert len({"1", "2", "4", *numbers}) == 7
    assert await stored(context, REMOTE_SUPPORT) == sorted(["1", "2", "4", *numbers])
    one = await sessions.create(context, REMOTE_SUPPORT, EXAMPLES["remote_support"].values)
    assert int(one["_id"]) > max(map(int, numbers))


async def test_nothing_is_no_command(context: Context) -> None:
    """The database would refuse it."""
    assert await bulk.create(context, BOT, []) == {}
    assert await bulk.conflicts(context, BOT, []) == {}


@pytest.mark.parametrize(("code", "expected"), [(64, Timeout), (91, Unavailable)])
async def test_unconfirmed_write_is_no_success(
    wire_context: Context,
    engine_client: MongoClient[dict[str, Any]],
    code: int,
    expected: type[Exception],
) -> None:
    """Nor a mere conflict, even where an id is taken as well."""
    kind = KINDS_BY_NAME["bot"]
    await sessions.create(wire_context, kind, {**EXAMPLES["bot"].values, "sessionId": "b"})
    engine_client.admin.command(
        "configureFailPoint",
        "failCommand",
        mode={"times": 1},
        data={
            "failCommands": ["insert"],
            "writeConcernError": {"code": code, "errmsg": "not confirmed"},
        },
    )
    documents = [drafted(wire_context, kind, name) for name in ("b", "c")]
    with pytest.raises(expected):
        await writes.create_all(wire_context.store, kind, documents)


async def test_taken_id_of_a_single_write(context: Context) -> None:
    """The refusal names kind and id."""
    document = drafted(context, BOT, "b")
    await writes.create(context.store, BOT, dict(document))
    with pytest.raises(AlreadyExists, match=r"BotSession .*'b'"):
        await writes.create(context.store, BOT, dict(document))


async def test_what_lists_keep(context: Context) -> None:
    """What is kept beside a list is there as after a creation of its own."""
    chat = KINDS_BY_NAME["chat"]
    sent = {"dateTime": NOW, "timeZone": "UTC"}
    messages = [
        {"messageId": source, "message": "x", "source": source, "sent": sent}
        for source in ("VISITOR", "OPERATOR")
    ]
    document = drafted(context, chat, "c", messages=messages)
    assert await bulk.create(context, chat, [document]) == {}
    row = await context.store.collection(chat).find_one({"_id": "c"})
    assert (row["messageCount"], row["lastMessage"]) == (2, row["messages"][-1])
    assert (row["lastMessageAt"], row["firstResponseSeconds"]) == (NOW, 0)
