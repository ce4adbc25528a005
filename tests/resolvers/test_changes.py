"""What is computed from a session's own columns: start, end, status, durations, customer."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from resolvers import sessions
from resolvers.context import Context
from resolvers.errors import Conflict, CorruptDocument, Invalid
from resolvers.kind import Document
from resolvers.store.store import Store
from tests.conftest import KINDS_BY_NAME, NOW, Clock, mock_store
from tests.kinds import EXAMPLES

pytestmark = pytest.mark.anyio

CO_BROWSE = KINDS_BY_NAME["co_browse"]
REMOTE_SUPPORT = KINDS_BY_NAME["remote_support"]
KNOWLEDGE = KINDS_BY_NAME["knowledge"]
CHAT = KINDS_BY_NAME["chat"]
BOT = KINDS_BY_NAME["bot"]


@pytest.fixture
async def store() -> Store:
    """In memory: nothing here depends on the engine."""
    return await mock_store()


def moment(milliseconds: int) -> datetime:
    """Unix milliseconds, as the vendor's page has them."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).replace(tzinfo=None)


VENDOR = {
    "sessionToken": "519333886",
    "creationTime": moment(1369939707527),
    "activationTime": moment(1369939712516),
    "deactivationTime": moment(1369939743522),
    "pages": [
        {"url": "http://www.genesyslab.com/a.aspx", "enteredTimestamp": moment(1369939712594)},
        {"url": "http://www.genesyslab.com/b.aspx", "enteredTimestamp": moment(1369939723764)},
        {"url": "http://www.genesyslab.com/c.aspx", "enteredTimestamp": moment(1369939731685)},
    ],
}


async def test_co_browse_durations_of_the_vendor(context: Context) -> None:
    """The figures of the vendor's own page: 11, 7 and 11 seconds."""
    created = await sessions.create(context, CO_BROWSE, VENDOR)
    assert [page["duration"] for page in created["pages"]] == [11, 7, 11]
    assert created["startedAt"] == VENDOR["activationTime"]
    assert created["durationSeconds"] == 31.006
    assert created["status"] == "CLOSED"


async def test_co_browse_page_that_is_open_has_no_duration(context: Context) -> None:
    """Until the next page, or the end; pages are in the order of their times."""
    pages = list(reversed(VENDOR["pages"]))  # type: ignore[call-overload]  # a list
    live = {**VENDOR, "pages": pages, "deactivationTime": None}
    created = await sessions.create(context, CO_BROWSE, live)
    assert [page.get("duration") for page in created["pages"]] == [11, 7, None]
    assert (created["status"], created.get("endedAt")) == ("ACTIVE", None)


async def test_co_browse_before_an_agent_joined(context: Context) -> None:
    """It starts with its creation, and so does its first page with its own entry."""
    alone = {**VENDOR, "activationTime": None}
    created = await sessions.create(context, CO_BROWSE, alone)
    assert created["startedAt"] == VENDOR["creationTime"]
    assert [page["duration"] for page in created["pages"]] == [11, 7, 11]


@pytest.mark.parametrize(
    ("kind", "start", "end"),
    [
        (CO_BROWSE, "creationTime", "deactivationTime"),
        (REMOTE_SUPPORT, "dateStart", "dateEnd"),
        (BOT, "startTime", "endTime"),
    ],
)
async def test_end_before_start(context: Context, kind: Any, start: str, end: str) -> None:
    """Refused by the end's field, at creation and later, with the session unchanged."""
    values = {**EXAMPLES[kind.name].values, "activationTime": None, start: NOW}
    values |= dict.fromkeys((end, *kind.only_ended))
    values = {name: value for name, value in values.items() if name in kind.by_name}
    early = NOW - timedelta(milliseconds=1)
    with pytest.raises(Invalid) as refusal:
        await sessions.create(context, kind, {**values, end: early})
    assert refusal.value.field == (end,)
    created = await sessions.create(context, kind, values)
    with pytest.raises(Invalid) as refusal:
        await sessions.update(context, kind, created["_id"], {end: early})
    assert refusal.value.field == (end,)
    assert await sessions.get(context, kind, created["_id"]) == created
    ended = await sessions.update(context, kind, created["_id"], {end: NOW})
    assert (ended["status"], ended["durationSeconds"]) == ("CLOSED", 0.0)


@pytest.mark.parametrize(
    ("kind", "end"),
    [(CO_BROWSE, "deactivationTime"), (REMOTE_SUPPORT, "dateEnd"), (BOT, "endTime")],
)
async def test_end_in_the_future(context: Context, kind: Any, end: str) -> None:
    """A day from now is allowed, for clocks that differ; more is refused by the end's field."""
    tomorrow = NOW + timedelta(days=1)
    late = tomorrow + timedelta(milliseconds=1)
    values = {**EXAMPLES[kind.name].values}
    with pytest.raises(Invalid, match="more than a day from now") as refusal:
        await sessions.create(context, kind, {**values, end: late})
    assert refusal.value.field == (end,)
    created = await sessions.create(context, kind, {**values, end: tomorrow})
    with pytest.raises(Invalid):
        await sessions.update(context, kind, created["_id"], {end: late})
    assert await sessions.get(context, kind, created["_id"]) == created


OUTCOME = {"containmentType": "AGENT"}


async def bot(context: Context, **values: Any) -> Document:
    """A bot session that is active unless `values` say otherwise."""
    active = {"endTime": None, "containmentType": None}
    return await sessions.create(context, BOT, {**EXAMPLES["bot"].values, **active, **values})


async def test_active_session_has_no_outcome(context: Context) -> None:
    """Refused by its field at creation and later; with an end it is allowed."""
    with pytest.raises(Invalid, match="give its endTime") as refusal:
        await bot(context, **OUTCOME)
    assert refusal.value.field == ("containmentType",)
    active = await bot(context)
    with pytest.raises(Invalid) as refusal:
        await sessions.update(context, BOT, active["_id"], OUTCOME)
    assert refusal.value.field == ("containmentType",)
    assert await sessions.get(context, BOT, active["_id"]) == active
    ended = await sessions.update(context, BOT, active["_id"], {**OUTCOME, "endTime": NOW})
    assert (ended["status"], ended["containmentType"]) == ("CLOSED", "AGENT")


async def test_reopening_clears_the_outcome(context: Context) -> None:
    """Unless the same update gives one: that is refused, even the stored one."""
    ended = await bot(context, endTime=NOW, **OUTCOME)
    with pytest.raises(Invalid):
        await sessions.update(context, BOT, ended["_id"], {"endTime": None, **OUTCOME})
    reopened = await sessions.update(context, BOT, ended["_id"], {"endTime": None})
    assert reopened["status"] == "ACTIVE"
    assert "containmentType" not in reopened


@pytest.mark.parametrize("repair", [{"containmentType": None}, {"endTime": NOW}, {"endTime": None}])
async def test_impossible_session_can_be_repaired(context: Context, repair: Document) -> None:
    """One that was stored before the rule takes other changes as well, and may be corrected."""
    active = await bot(context)
    collection = context.store.collection(BOT)
    await collection.update_one({"_id": active["_id"]}, {"$set": OUTCOME})
    changed = await sessions.update(context, BOT, active["_id"], {"channel": "web"})
    assert (changed["channel"], changed["containmentType"]) == ("web", "AGENT")
    with pytest.raises(Invalid):
        await sessions.update(context, BOT, active["_id"], {"containmentType": "DROP_OFF"})
    repaired = await sessions.update(context, BOT, active["_id"], repair)
    assert (repaired["status"] == "CLOSED") == ("containmentType" in repaired)


async def test_activation_before_creation(context: Context) -> None:
    """An agent cannot join what does not exist yet."""
    early = {**VENDOR, "activationTime": moment(1369939707526)}
    with pytest.raises(Invalid) as refusal:
        await sessions.create(context, CO_BROWSE, early)
    assert refusal.value.field == ("activationTime",)


async def test_reopened_session_loses_what_its_end_brought(context: Context) -> None:
    """Status, end and duration go back with it."""
    values = {**EXAMPLES["bot"].values, "endTime": NOW}
    created = await sessions.create(context, BOT, values)
    after = await sessions.update(context, BOT, created["_id"], {"endTime": None})
    assert after["status"] == "ACTIVE"
    assert not {"endedAt", "durationSeconds", "endTime"} & after.keys()


async def test_knowledge_session_never_ends(context: Context) -> None:
    """It starts when it is stored, has no status, and knows its customer."""
    created = await sessions.create(context, KNOWLEDGE, {"customerId": "c1"})
    assert created["startedAt"] == NOW
    assert not {"status", "endedAt"} & created.keys()
    assert created["customer"] == {"id": "c1"}
    after = await sessions.update(context, KNOWLEDGE, created["_id"], {"customerId": None})
    assert "customer" not in after


async def test_remote_support_customer_and_custom_fields(context: Context) -> None:
    """What is known of the customer, and the keys by which custom fields are found."""
    values = {
        "customerNumber": "7",
        "customerEmail": "Ada@example.com",
        "customFields": [{"name": "Floor", "value": "Zwölf"}],
        "videoLinks": ["https://video.example/1"],
    }
    created = await sessions.create(context, REMOTE_SUPPORT, values)
    folded = {"email": "ada@example.com"}
    assert created["customer"] == {"id": "7", "email": "Ada@example.com", "folded": folded}
    assert created["customFieldKeys"] == ["floor\x1fzwölf"]
    assert created["folded"]["customerEmail"] == "ada@example.com"
    assert created["hasVideos"] is True


def message(text: str, local: datetime, zone: str = "Europe/Paris", **more: Any) -> Document:
    sent = {"dateTime": local, "timeZone": zone}
    return {"message": text, "source": "VISITOR", "sent": sent, **more}


@pytest.mark.parametrize(
    ("local", "instant"),
    [
        (datetime(2026, 1, 15, 12), datetime(2026, 1, 15, 11)),
        (datetime(2026, 7, 15, 12), datetime(2026, 7, 15, 10)),
        # Skipped by the clock in spring: read with the offset that was in force before.
        (datetime(2026, 3, 29, 2, 30), datetime(2026, 3, 29, 1, 30)),
        # Shown twice in autumn: the first of the two.
        (datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 0, 30)),
    ],
)
async def test_local_times_become_instants(
    context: Context, local: datetime, instant: datetime
) -> None:
    """In winter, in summer, and where the clock jumps."""
    start = {"dateTime": local, "timeZone": "Europe/Paris"}
    created = await sessions.create(context, CHAT, {"start": start})
    assert created["startedAt"] == created["start"]["instant"] == instant


async def test_times_without_a_zone_are_the_companys(context: Context) -> None:
    """So is a start that is not given."""
    context.company_timezone = "Asia/Kolkata"
    created = await sessions.create(context, CHAT, {})
    local = NOW + timedelta(hours=5, minutes=30)
    assert created["start"] == {"dateTime": local, "timeZone": "Asia/Kolkata", "instant": NOW}


async def test_closed_chat_lasts_from_first_to_last_message(context: Context) -> None:
    """An open one has no duration yet."""
    noon = datetime(2026, 1, 15, 12)
    messages = [message("b", noon + timedelta(seconds=90)), message("a", noon)]
    values = {"start": {"dateTime": noon, "timeZone": "Europe/Paris"}, "messages": messages}
    opened = await sessions.create(context, CHAT, values)
    assert not {"durationSeconds", "endedAt"} & opened.keys()
    closed = await sessions.create(context, CHAT, values, status="CLOSED")
    assert closed["durationSeconds"] == 90.0
    assert closed["endedAt"] - closed["startedAt"] == timedelta(seconds=90)


async def test_message_ids_are_unique_within_a_chat(context: Context) -> None:
    """The second one is to blame; ids that are not given are made."""
    messages = [message("a", NOW, messageId="1"), message("b", NOW, messageId="1")]
    with pytest.raises(Invalid) as refusal:
        await sessions.create(context, CHAT, {"messages": messages})
    assert refusal.value.field == ("messages", "1", "messageId")
    made = await sessions.create(context, CHAT, {"messages": [message("a", NOW)] * 2})
    assert len({one["id"] for one in made["messages"]}) == 2


async def test_refused_verb_changes_nothing(context: Context, clock: Clock) -> None:
    """A verb that the session's state does not allow leaves it alone."""
    created = await sessions.create(context, CHAT, {}, status="CLOSED")
    clock.advance(seconds=1)

    def change(document: Document) -> None:
        document["messages"] = [message("late", NOW)]
        raise Conflict("The chat is closed.")

    with pytest.raises(Conflict):
        await sessions.act(context, CHAT, created["_id"], change)
    assert await sessions.get(context, CHAT, created["_id"]) == created


async def test_append_beyond_the_longest_list(context: Context) -> None:
    """A list is limited however it grows."""
    values = {**EXAMPLES["bot"].values, "sessionLang": ["en"] * 50}
    created = await sessions.create(context, BOT, values)

    def change(document: Document) -> None:
        document["sessionLang"] = [*document["sessionLang"], "de"]

    with pytest.raises(Invalid) as refusal:
        await sessions.act(context, BOT, created["_id"], change)
    assert refusal.value.field == ("sessionLang",)
    assert await sessions.get(context, BOT, created["_id"]) == created


@pytest.mark.parametrize("broken", [{"endTime": "late"}, {"updatedAt": 7}, {"revision": "x"}])
async def test_broken_session_is_not_changed(context: Context, broken: Document) -> None:
    """What a change would be computed from is not what it should be: it must be mended first."""
    created = await sessions.create(context, BOT, EXAMPLES["bot"].values)
    await context.store.collection(BOT).update_one({"_id": created["_id"]}, {"$set": broken})
    with pytest.raises(CorruptDocument):
        await sessions.update(context, BOT, created["_id"], {"channel": "web"})
