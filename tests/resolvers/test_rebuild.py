"""Stored sessions get what a version computes and the one before did not."""

from typing import Any

import pytest

from resolvers import rebuild as rebuilding
from resolvers import sessions
from resolvers.context import Context
from resolvers.kind import Document, Kind
from resolvers.rebuild import Rebuilt, outdated, rebuild
from resolvers.request import Compare, Operator
from resolvers.store import write as writes
from tests.conftest import KINDS_BY_NAME, NOW, Clock
from tests.kinds import EXAMPLES

pytestmark = pytest.mark.anyio

KINDS = list(KINDS_BY_NAME.values())
CHAT = KINDS_BY_NAME["chat"]
COMPUTED = dict.fromkeys(("startedAt", "customer", "status", "searchKeys", "searchTexts"), "")
"""What the sessions here lack at first."""


@pytest.fixture(autouse=True)
def batches_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that five sessions need more than one."""
    monkeypatch.setattr(rebuilding, "BATCH", 2)


def unseen(_number: int) -> None:
    """Nobody looks at the progress."""


async def filled(context: Context, kind: Kind, count: int = 5) -> dict[str, Document]:
    """Sessions as they should be, by id, after all that is computed was taken from the stored."""
    made = {}
    for _ in range(count):
        row = await sessions.create(context, kind, EXAMPLES[kind.name].values)
        made[row["_id"]] = row
    collection = context.store.collection(kind)
    await collection.update_many({}, {"$unset": COMPUTED}, bypass_document_validation=True)
    return made


async def stored(context: Context, kind: Kind) -> dict[str, Document]:
    rows = await context.store.collection(kind).find({}).to_list(None)
    return {row["_id"]: row for row in rows}


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
async def test_everything_computed_is_there(context: Context, kind: Kind, clock: Clock) -> None:
    """Each session is as the write path would have stored it; `revision` rises, no time changes."""
    whole = await filled(context, kind)
    clock.advance(days=1)
    assert await rebuild(context, kind, unseen) == Rebuilt(seen=5, changed=5)
    raised = {key: {**row, "revision": row["revision"] + 1} for key, row in whole.items()}
    assert await stored(context, kind) == raised
    assert await rebuild(context, kind, unseen) == Rebuilt(seen=5, changed=0)
    assert await stored(context, kind) == raised


async def test_an_ended_rebuild_goes_on(context: Context) -> None:
    """What was done before it was ended is not done again; the next one starts at the beginning."""
    await filled(context, CHAT)
    batches: list[int] = []

    def end(number: int) -> None:
        batches.append(number)
        if len(batches) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await rebuild(context, CHAT, end)
    assert await rebuild(context, CHAT, unseen) == Rebuilt(seen=1, changed=1)
    assert await rebuild(context, CHAT, unseen) == Rebuilt(seen=5, changed=0)


async def test_another_version_starts_at_the_beginning(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place that another version reached says nothing."""
    await filled(context, CHAT)
    await writes.set_mark(context.store, "derived:chat", "0123456789ab zzz")
    assert (await rebuild(context, CHAT, unseen)).seen == 5
    monkeypatch.setattr(rebuilding, "DERIVATION", 0)
    assert await outdated(context.store, [CHAT]) == [CHAT]


async def test_a_change_meanwhile_is_kept(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that changes between reading and storing is computed again from what it is then."""
    (session_id,) = await filled(context, CHAT, 1)
    storing = writes.update

    async def late(*arguments: Any) -> Any:
        monkeypatch.setattr(writes, "update", storing)
        change = {"$set": {"visitor": {"name": "Zoë"}}, "$inc": {"revision": 1}}
        rows = context.store.collection(CHAT)
        await rows.update_one({"_id": session_id}, change, bypass_document_validation=True)
        return await storing(*arguments)

    monkeypatch.setattr(writes, "update", late)
    assert await rebuild(context, CHAT, unseen) == Rebuilt(seen=1, changed=1)
    found = await sessions.get(context, CHAT, session_id)
    assert found is not None
    assert (found["customer"], found["visitor"]) == ({"name": "Zoë"}, {"name": "Zoë"})


async def test_a_deletion_meanwhile_is_kept(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that is deleted between reading and storing stays deleted."""
    await filled(context, CHAT, 2)
    storing = writes.update

    async def late(*arguments: Any) -> Any:
        monkeypatch.setattr(writes, "update", storing)
        first = min(await stored(context, CHAT))
        await context.store.collection(CHAT).delete_one({"_id": first})
        return await storing(*arguments)

    monkeypatch.setattr(writes, "update", late)
    assert (await rebuild(context, CHAT, unseen)).changed == 1
    assert len(await stored(context, CHAT)) == 1


async def test_damaged_sessions_are_named(context: Context) -> None:
    """They stay as they are, and the others are done."""
    first, *_ = await filled(context, CHAT, 3)
    collection = context.store.collection(CHAT)
    broken = {"$set": {"start": "noon"}}
    await collection.update_one({"_id": first}, broken, bypass_document_validation=True)
    found = await rebuild(context, CHAT, unseen)
    assert (found.seen, found.changed, len(found.problems)) == (3, 2, 1)
    assert repr(first) in found.problems[0]
    assert (await stored(context, CHAT))[first]["start"] == "noon"


async def test_the_start_learns_which_kinds_are_outdated(context: Context) -> None:
    """Those with sessions that no rebuild has done; a kind without sessions is up to date."""
    await filled(context, CHAT)
    assert await outdated(context.store, KINDS) == [CHAT]
    await rebuild(context, CHAT, unseen)
    assert await outdated(context.store, KINDS) == []


async def test_lists_are_counted(context: Context) -> None:
    """What is stored beside a list follows from it: then filters and orderings see it."""
    sent = {"dateTime": NOW, "timeZone": "UTC"}
    messages = [
        {"message": "x", "source": source, "sent": sent} for source in ("VISITOR", "OPERATOR")
    ]
    made = await sessions.create(context, CHAT, {"sessionId": "c", "messages": messages})
    computed = dict.fromkeys((*CHAT.beside, "lastMessageAt", "firstResponseSeconds"), "")
    collection = context.store.collection(CHAT)
    await collection.update_many({}, {"$unset": computed}, bypass_document_validation=True)
    answered = Compare((CHAT.by_name["firstResponseSeconds"],), Operator.NE, None)
    assert await sessions.count(context, CHAT, answered) == 0
    await rebuild(context, CHAT, unseen)
    assert await sessions.count(context, CHAT, answered) == 1
    row = (await stored(context, CHAT))["c"]
    assert {name: row[name] for name in computed} == {name: made[name] for name in computed}
