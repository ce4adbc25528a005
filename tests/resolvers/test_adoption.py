"""Documents of others become sessions, and what they were again, whatever happens meanwhile."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import bson
import pytest
from bson import ObjectId

from resolvers import adoption, findings, mapping, sessions
from resolvers.adoption import Target, adopt, examine, sampled, undo
from resolvers.context import Context
from resolvers.errors import BadInput, ReadOnly
from resolvers.findings import Finding
from resolvers.kind import Document, Kind
from resolvers.store import originals, preparation
from tests.conftest import NOW, OpenStore
from tests.kinds import EXAMPLES
from tests.resolvers.adopted import (
    BOT,
    BY_ENUM,
    CHAT,
    KINDS,
    MAP,
    MAPPED,
    OID,
    OTHER_FORMS,
    SNAKE,
    START,
    TARGET,
    TRICKY,
    fill,
    first,
    stored,
    unseen,
)

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def batches_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that five documents need more than one."""
    monkeypatch.setattr(adoption, "BATCH", 2)


@pytest.fixture
async def others(open_store: OpenStore) -> Context:
    """The surroundings of a command on a database that others wrote."""
    return Context(store=await open_store(), now=lambda: NOW)


async def test_values_of_other_forms(others: Context) -> None:
    """ObjectIds, epoch numbers, ISO texts, whole doubles and names of any case become the
    column's own, and what a write computes is there."""
    await fill(others, OTHER_FORMS)
    report = await adopt(others, TARGET, unseen)
    assert (report.seen, report.fitting, report.misfitting) == (1, 1, 0)
    found = await first(others)
    assert (
        found.items()
        >= {
            "_id": OID,
            "userId": "65" * 12,
            "startTime": START,
            "endTime": datetime(2026, 3, 1, 9, 31),
            "sessionType": "NON_INTERACTIVE",
            "status": "CLOSED",
            "startedAt": START,
            "endedAt": datetime(2026, 3, 1, 9, 31),
            "durationSeconds": 60.0,
            "customer": {"id": "65" * 12},
            "createdAt": START,
            "updatedAt": START,
            "revision": 1,
        }.items()
    )
    assert (found["noOfMessagesExchanged"], type(found["noOfMessagesExchanged"])) == (7, int)
    assert "searchKeys" in found
    unruled = replace(others.store, unruled=frozenset({"bot"}))
    served = await sessions.get(Context(store=unruled), BOT, "64" * 12)
    assert served is not None
    assert served["_id"] == "64" * 12


async def test_undo(others: Context) -> None:
    """Every document is what it was, byte for byte, and no trace is left."""
    before = await fill(others, OTHER_FORMS, {**OTHER_FORMS, "_id": 7}, {"_id": "x", "broken": 1})
    await adopt(others, TARGET, unseen)
    assert await stored(others) != before
    found = await undo(others, TARGET, unseen)
    assert (found.restored, found.changed, found.problems) == (2, 0, [])
    assert await stored(others) == before


async def test_map(others: Context) -> None:
    """The mapped values stand under the gateway's names beside the others; constants too."""
    before = await fill(others, SNAKE, target=MAPPED)
    report = await adopt(others, MAPPED, unseen)
    assert (report.fitting, report.misfits.counts) == (1, {})
    found = await first(others, MAPPED)
    assert (
        found.items()
        >= {
            "data": SNAKE["data"],
            "mode": "Robot",
            "started": 1772357400,
            "botId": "shop",
            "userId": "u-1",
            "sessionType": "NON_INTERACTIVE",
            "status": "ACTIVE",
            "startedAt": START,
            "tags": {"userTags": [{"name": "tier", "value": "gold"}]},
        }.items()
    )
    native = Target(BOT, "conversations")
    assert (await examine(others, native, unseen)).whole == 1
    again = await adopt(others, MAPPED, unseen)
    assert (again.whole, again.fitting) == (1, 0)
    await undo(others, MAPPED, unseen)
    assert await stored(others, MAPPED) == before


async def test_dry_run(others: Context) -> None:
    """It counts everything by path, type and what would be right, and changes nothing."""
    wrong = {**OTHER_FORMS, "_id": 7, "startTime": "noon", "sessionType": "bot", "botId": None}
    before = await fill(others, OTHER_FORMS, wrong, {**wrong, "_id": 8})
    report = await examine(others, TARGET, unseen)
    assert (report.seen, report.whole, report.fitting, report.misfitting) == (3, 0, 1, 2)
    counted = {(one.path, one.found): number for one, number in report.misfits.counts.items()}
    assert counted == {
        ("startTime", "string"): 2,
        ("sessionType", "'bot'"): 2,
        ("botId", "missing"): 2,
    }
    right = {one.path: one.right for one in report.misfits.counts}
    assert right["sessionType"] == "one of INTERACTIVE, NON_INTERACTIVE"
    assert (await sampled(others, TARGET)).misfits.counts == report.misfits.counts
    assert report.ids == {"objectId": 1, "int": 2}
    assert await stored(others) == before


async def test_misfits_of_a_map(others: Context) -> None:
    """They are named by the foreign path, and the document stays as it is."""
    wrong = {**SNAKE, "started": {"when": 1}, "data": {"user": {}}, "labels": [{"text": "gold"}]}
    before = await fill(others, wrong, target=MAPPED)
    report = await adopt(others, MAPPED, unseen)
    assert {(one.path, one.found) for one in report.misfits.counts} == {
        ("started", "object"),
        ("data.user.id", "missing"),
        ("labels.key", "missing"),
    }
    assert await stored(others, MAPPED) == before


async def test_an_unnamed_field_of_a_columns_name(others: Context) -> None:
    """A map that says nothing of it leaves the document alone, and the message says what to do."""
    await fill(others, {**SNAKE, "note": ["a", "b"]}, target=MAPPED)
    (found,) = (await adopt(others, MAPPED, unseen)).misfits.counts
    assert (found.path, found.found) == ("note", "array")
    assert "give it a source" in found.right


def test_other_ids() -> None:
    """A map that takes the id from another field cannot be adopted with: ids do not change."""
    columns = {**MAP["columns"], "sessionId": "number"}  # type: ignore[dict-item]  # a dict
    with pytest.raises(BadInput, match=r"columns\.sessionId"):
        Target.of(mapping.read({**MAP, "columns": columns}, BY_ENUM))


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
async def test_sessions_of_ours_are_whole(others: Context, kind: Kind) -> None:
    """What the gateway stored itself is changed by no adoption."""
    await sessions.create(others, kind, EXAMPLES[kind.name].values)
    target = Target(kind, kind.collection)
    before = await stored(others, target)
    report = await adopt(others, target, unseen)
    assert (report.seen, report.whole, report.is_whole) == (1, 1, True)
    assert await stored(others, target) == before


class Killed(BaseException):
    """As a signal between two batches."""


async def test_a_killed_adoption_goes_on(others: Context) -> None:
    """The next one starts after what was done; at its end all are adopted, each once."""
    ids = [3, 4.5, "a", "b", OID, True, START]
    await fill(others, *({**OTHER_FORMS, "_id": one} for one in ids))

    def kill(_number: int) -> None:
        raise Killed

    for _ in range(2):
        with pytest.raises(Killed):
            await adopt(others, TARGET, kill)
    report = await adopt(others, TARGET, unseen)
    assert (report.resumed, report.seen, report.fitting) == (True, 3, 3)
    again = await adopt(others, TARGET, unseen)
    assert (again.resumed, again.seen, again.whole) == (False, 7, 7)
    found = [bson.decode(one) for one in await stored(others)]
    assert [one["revision"] for one in found] == [1] * 7


async def test_another_map_starts_at_the_beginning(others: Context) -> None:
    """The place that another adoption reached says nothing."""
    await fill(others, *({**OTHER_FORMS, "_id": place} for place in range(4)))
    await others.store.database["marks"].insert_one(
        {"_id": f"adopted:{BOT.collection}", "state": '0123456789ab {"_id": 2}'}
    )
    report = await adopt(others, TARGET, unseen)
    assert (report.resumed, report.seen) == (False, 4)


async def test_a_killed_undo_goes_on(others: Context) -> None:
    """What is restored is done; the rest is restored by the next one."""
    before = await fill(others, *({**OTHER_FORMS, "_id": place} for place in range(5)))
    await adopt(others, TARGET, unseen)

    def kill(_number: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        await undo(others, TARGET, kill)
    assert (await undo(others, TARGET, unseen)).restored == 3
    assert await stored(others) == before


async def test_a_change_meanwhile_is_kept(others: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that changes between reading and storing is adopted as it is then."""
    await fill(others, {**OTHER_FORMS, "_id": 1}, {**OTHER_FORMS, "_id": 2})
    storing = originals.apply_all
    collection = others.store.database[BOT.collection]

    async def late(*arguments: Any) -> bool:
        await collection.update_one({"_id": 1}, {"$set": {"startTime": 1772357460, "more": 1}})
        await collection.delete_one({"_id": 2})
        return await storing(*arguments)

    monkeypatch.setattr(originals, "apply_all", late)
    report = await adopt(others, TARGET, unseen)
    assert (report.seen, report.fitting) == (1, 1)
    found = await first(others)
    assert (found["startedAt"], found["more"]) == (START + timedelta(minutes=1), 1)
    assert found[originals.RECORD]["originals"]["startTime"] == 1772357460


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"theirs": "new"}, {"theirs": "new", "startTime": 1772357400}),
        ({"startTime": "today"}, {"startTime": "today"}),
        ({"note": "mine"}, {"note": "mine", "startTime": 1772357400}),
        ({"durationSeconds": 7.0}, {"startTime": 1772357400}),
    ],
    ids=["another field", "an adopted field", "a field of ours", "a computed field"],
)
async def test_undo_keeps_what_others_changed(
    others: Context, change: Document, left: Document
) -> None:
    """Everything else is as before; changes of adopted fields are counted."""
    await fill(others, OTHER_FORMS)
    await adopt(others, TARGET, unseen)
    await others.store.database[BOT.collection].update_one({}, {"$set": change})
    found = await undo(others, TARGET, unseen)
    assert (found.restored, found.changed) == (1, int("startTime" in change))
    expected = {**bson.decode(bson.encode(OTHER_FORMS)), **left}
    restored = await first(others)
    assert repr(restored) == repr({name: expected[name] for name in restored})
    assert restored.keys() == expected.keys()


async def test_a_mutation_after_adoption(others: Context) -> None:
    """The gateway's own changes count, and another adoption with the map keeps them."""
    await fill(others, {**SNAKE, "_id": "a"}, target=MAPPED)
    await adopt(others, MAPPED, unseen)
    native = replace(BOT, collection=MAPPED.collection)
    end = START + timedelta(minutes=5)
    await sessions.update(others, native, "a", {"endTime": end, "isDeveloper": True})
    await adopt(others, MAPPED, unseen)
    found = await first(others, MAPPED)
    assert (found["endTime"], found["isDeveloper"], found["status"]) == (end, True, "CLOSED")


async def test_their_change_after_adoption(others: Context) -> None:
    """What the other application changes afterwards is taken over by the next adoption."""
    await fill(others, SNAKE, target=MAPPED)
    await adopt(others, MAPPED, unseen)
    rows = others.store.database[MAPPED.collection]
    await rows.update_one({}, {"$set": {"ended": 1772357460}})
    assert (await adopt(others, MAPPED, unseen)).fitting == 1
    found = await first(others, MAPPED)
    assert (found["status"], found["durationSeconds"], found["revision"]) == ("CLOSED", 60.0, 2)
    assert (await adopt(others, MAPPED, unseen)).whole == 1


@pytest.mark.parametrize(("values", "misfits"), TRICKY.values(), ids=TRICKY)
async def test_trickier_values(
    others: Context, values: Document, misfits: set[tuple[str, str]]
) -> None:
    """Each is named by its path and type, and the document stays as it is."""
    before = await fill(others, {**OTHER_FORMS, **values})
    report = await adopt(others, TARGET, unseen)
    assert {(one.path, one.found) for one in report.misfits.counts} == misfits
    assert await stored(others) == before


async def test_no_documents(others: Context) -> None:
    """Nothing to do is no error."""
    assert (await adopt(others, TARGET, unseen)).seen == 0
    assert (await undo(others, TARGET, unseen)).restored == 0


@pytest.mark.slow
async def test_huge_documents(others: Context) -> None:
    """What would grow beyond the database's limit is named and stays; large ones are adopted."""
    huge = {**OTHER_FORMS, "_id": "huge", "theirs": "x" * 16_776_500}
    large = {**OTHER_FORMS, "_id": "large", "theirs": "x" * 9_000_000}
    before = await fill(others, huge, large)
    report = await adopt(others, TARGET, unseen)
    assert (report.fitting, report.misfitting) == (1, 1)
    (found,) = report.misfits.counts
    assert "16 MB" in found.right
    assert report.misfits.examples[found] == "huge"
    after = await stored(others)
    assert (after[0], after[1]) != (before[0], before[1])
    assert after[0] == before[0]
    await undo(others, TARGET, unseen)
    assert await stored(others) == before


async def test_chats(others: Context) -> None:
    """Lists of objects in other forms, with the counts and times that follow from them."""
    chat = {
        "_id": "c",
        "start": {"dateTime": "2026-03-01T09:30:00", "timeZone": "Europe/Paris", "theirs": 1},
        "status": "closed",
        "messages": [
            {"id": ObjectId("66" * 12), "message": "Hi", "source": "visitor", "extra": True,
             "sent": {"dateTime": datetime(2026, 3, 1, 9, 31), "timeZone": "Europe/Paris"}},
        ],
    }  # fmt: skip
    target = Target(CHAT, CHAT.collection)
    before = await fill(others, chat, target=target)
    report = await adopt(others, target, unseen)
    assert (report.fitting, report.misfits.counts) == (1, {})
    found = await first(others, target)
    assert found["start"]["instant"] == datetime(2026, 3, 1, 8, 30)
    assert found["start"]["theirs"] == 1
    assert (found["messageCount"], found["messages"][0]["extra"]) == (1, True)
    assert found["messages"][0]["source"] == "VISITOR"
    assert (found["status"], found["endedAt"]) == ("CLOSED", datetime(2026, 3, 1, 8, 31))
    await undo(others, target, unseen)
    assert await stored(others, target) == before


async def test_whose_it_is(others: Context) -> None:
    """An adopted collection stays that of others, until it is taken over; undo gives it back."""
    await fill(others, {**OTHER_FORMS, "_id": "a"})
    await adopt(others, TARGET, unseen)
    assert not await preparation.owns(others.store, BOT)
    assert (await preparation.prepare(others.store, [BOT], {})).foreign == [BOT.collection]
    await preparation.take_over(others.store, BOT.collection)
    assert (await preparation.prepare(others.store, [BOT], {})).foreign == []
    await undo(others, TARGET, unseen)
    assert not await preparation.owns(others.store, BOT)
    await others.store.database[BOT.collection].insert_one({"_id": "new", "anything": 1})


async def test_read_only(others: Context) -> None:
    """Looking is allowed, changing is not."""
    before = await fill(others, OTHER_FORMS)
    reader = replace(others, caller=replace(others.caller, read_only=True))
    assert (await examine(reader, TARGET, unseen)).fitting == 1
    assert (await undo(reader, TARGET, unseen, dry_run=True)).restored == 0
    for change in (adopt, undo):
        with pytest.raises(ReadOnly):
            await change(reader, TARGET, unseen)
    assert await stored(others) == before


async def test_findings_are_bounded(others: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many different ones there are, memory is not: the last ones are counted together."""
    monkeypatch.setattr(findings, "MOST_FINDINGS", 2)
    names = ("p", "q", "r", "s")
    await fill(others, *({**OTHER_FORMS, "_id": name, "sessionType": name} for name in names))
    counts = (await examine(others, TARGET, unseen)).misfits.counts
    assert (len(counts), counts[findings.OTHERS], sum(counts.values())) == (3, 2, 4)
    assert isinstance(next(iter(counts)), Finding)
