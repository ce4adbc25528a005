"""Changes as callers see them: filters, limits, masks, pages and cursors."""

import asyncio
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from bson import ObjectId

from resolvers import live, sessions
from resolvers.common_columns import SESSION_COLUMNS
from resolvers.context import Context
from resolvers.errors import BadInput, ChangesUnsupported, Forbidden, GatewayError, HistoryLost
from resolvers.masks import MASK
from resolvers.paging import change_cursor
from resolvers.request import EVERYTHING, Compare, Filter, Operator
from resolvers.store import change_stream
from resolvers.store import feed as feeds
from resolvers.store.capabilities import Capability
from resolvers.store.feed import Feed
from resolvers.store.session_ids import StoredId
from resolvers.stream_places import StreamPlace
from tests.conftest import NOW, Clock, mock_store
from tests.resolvers.followed import (
    BOT,
    CHAT,
    KINDS,
    as_caller,
    bot_id,
    following,
    from_now,
    made,
    pulled,
    taken,
    told,
    until,
)

pytestmark = pytest.mark.anyio

UNSETTLED_SECONDS = change_stream.UNSETTLED_SECONDS
CHANNEL = (BOT.by_name["channel"],)
RTM: Filter = Compare(CHANNEL, Operator.EQ, "rtm")
LABELS = next(one for one in SESSION_COLUMNS if one.name == "labels")


async def test_what_happens_to_a_session(wire_context: Context) -> None:
    """It is created, changed and deleted: shown as it is, and gone at the end."""
    async with following(wire_context) as changes:
        await made(wire_context, "1")
        await sessions.update(wire_context, BOT, bot_id("1"), {"channel": "sms"})
        found = await taken(changes, 2)
        await sessions.delete(wire_context, BOT, bot_id("1"))
        found += await taken(changes, 1)
    assert told(found) == [
        ("CREATED", bot_id("1"), True),
        ("UPDATED", bot_id("1"), True),
        ("DELETED", bot_id("1"), False),
    ]
    assert found[1].document is not None
    assert found[1].document["channel"] == "sms"
    assert [one.place for one in found] == sorted({one.place for one in found})


async def test_sessions_come_to_meet_a_filter_and_leave_it(wire_context: Context) -> None:
    """One that leaves is shown no longer; one that never met the filter is never mentioned."""
    async with following(wire_context, RTM) as changes:
        await made(wire_context, "1", channel="sms")
        await made(wire_context, "2")
        await sessions.update(wire_context, BOT, bot_id("2"), {"channel": "sms"})
        await sessions.update(wire_context, BOT, bot_id("2"), {"labels": ["a"]})
        await sessions.delete(wire_context, BOT, bot_id("2"))
        await sessions.update(wire_context, BOT, bot_id("1"), {"channel": "rtm"})
        await sessions.delete(wire_context, BOT, bot_id("1"))
        last = await made(wire_context, "3")
        found = []
        while not found or found[-1].session_id != last["_id"]:
            found += await taken(changes, 1)
    per_session = {one.session_id: one for one in found}
    assert not any(one.document and one.document["channel"] != "rtm" for one in found)
    assert per_session[bot_id("1")].document is None
    assert per_session.get(bot_id("2"), found[0]).document is None
    assert per_session[bot_id("3")].document is not None


@pytest.mark.parametrize(
    ("limits", "own", "foreign"),
    [
        ({"bots": frozenset({"st-1"})}, {"botId": "st-1"}, {"botId": "st-2"}),
        ({"tenants": frozenset({"acme"})}, {"tenant": "acme"}, {"tenant": "globex"}),
    ],
)
async def test_limits_apply_to_deletions_too(
    wire_context: Context, limits: Any, own: Any, foreign: Any
) -> None:
    """Nobody hears of other bots' and tenants' sessions, in whatever happens to them."""
    limited = as_caller(wire_context, **limits)
    async with following(limited) as changes:
        await made(wire_context, "1", **foreign)
        await sessions.update(wire_context, BOT, bot_id("1"), {"channel": "sms"})
        await sessions.delete(wire_context, BOT, bot_id("1"))
        await made(wire_context, "2", **own)
        assert told(await taken(changes, 1)) == [("CREATED", bot_id("2"), True)]
        await sessions.delete(wire_context, BOT, bot_id("2"))
        assert told(await taken(changes, 1)) == [("DELETED", bot_id("2"), False)]


async def test_masks(wire_context: Context) -> None:
    """Who may not see personal data gets masks, and changes nothing for who may."""
    stranger = as_caller(wire_context, scopes={"*:read"})
    async with following(stranger) as masked, following(wire_context) as plain:
        await made(wire_context, "1", note="secret")
        (hidden,), (shown,) = await taken(masked, 1), await taken(plain, 1)
    assert hidden.document is not None
    assert shown.document is not None
    assert (hidden.document["note"], shown.document["note"]) == (MASK, "secret")


class Witness:
    """Stands for the audit trail's."""

    reads = True

    def __init__(self) -> None:
        self.seen: list[list[str]] = []

    def shown(self, _act: Any, _kind: Any, ids: list[str]) -> None:
        """Remember whose personal data was shown."""
        self.seen.append(ids)


async def test_what_is_shown_is_noted(wire_context: Context) -> None:
    """In the audit trail, where something personal is shown; by both, and in no other case."""
    witness = Witness()
    store = replace(wire_context.store, witness=cast(Any, witness))
    context = replace(wire_context, store=store, feed=Feed())
    start = await from_now(context)
    await made(wire_context, "1", note="secret")
    for columns, seen in (({"bot": {"note"}}, True), ({"bot": {"channel"}}, False), ({}, True)):
        paths: Any = {name: frozenset(given) for name, given in columns.items()}
        witness.seen.clear()
        await live.page(context, KINDS, {BOT: EVERYTHING}, start, 1, paths)
        changes = await live.follow(context, KINDS, {BOT: EVERYTHING}, start, paths)
        await taken(changes, 1)
        await changes.aclose()
        assert witness.seen == ([[bot_id("1")]] * 2 if seen else [])
    await context.feed.close()


async def test_refusals(wire_context: Context) -> None:
    """A scope that is missing, a filter on masked data, and what is not a cursor."""
    note = next(one for one in SESSION_COLUMNS if one.name == "note")
    refused: list[tuple[Context, Filter, str | None, type[GatewayError]]] = [
        (as_caller(wire_context, scopes={"chat:read"}), EVERYTHING, None, Forbidden),
        (
            as_caller(wire_context, scopes={"*:read"}),
            Compare((note,), Operator.EQ, "x"),
            None,
            Forbidden,
        ),
        (wire_context, EVERYTHING, "nonsense", BadInput),
    ]
    for context, where, after, error in refused:
        with pytest.raises(error):
            await live.follow(context, KINDS, {BOT: where}, after)
        with pytest.raises(error):
            await live.page(context, KINDS, {BOT: where}, after, 1)


@pytest.mark.parametrize("restarted", [False, True])
async def test_going_on_behind_a_cursor(wire_context: Context, restarted: bool) -> None:
    """Every later change comes once, from memory or from the database, then what is new."""
    async with following(wire_context) as changes:
        for number in "123":
            await made(wire_context, number)
        first = (await taken(changes, 3))[0]
    await sessions.delete(wire_context, BOT, bot_id("2"))
    again = replace(wire_context, feed=Feed()) if restarted else wire_context
    async with following(again, after=first.cursor) as changes:
        found = [one for one in await taken(changes, 2) if one.session_id != bot_id("2")]
        await made(wire_context, "4")
        while found[-1].session_id != bot_id("4"):
            found += await taken(changes, 1)
    assert told(found) == [("CREATED", bot_id("3"), True), ("CREATED", bot_id("4"), True)]
    await again.feed.close()


@pytest.mark.parametrize("by_page", [True, False])
async def test_a_change_that_is_shown_late(
    wire_context: Context, monkeypatch: pytest.MonkeyPatch, by_page: bool
) -> None:
    """Its time is before the present one of engines that give it when it begins: it comes all the
    same, once."""
    has = wire_context.store.capabilities.has - {Capability.TIMED_CHANGES}
    capabilities = replace(wire_context.store.capabilities, has=has)
    wire_context.store = replace(wire_context.store, capabilities=capabilities)
    original = feeds.present

    async def ahead(*given: Any) -> StreamPlace:
        place = await original(*given)
        return place._replace(seconds=place.seconds + UNSETTLED_SECONDS)

    monkeypatch.setattr(feeds, "present", ahead)
    page = await live.page(wire_context, KINDS, {BOT: EVERYTHING}, None, 2)
    name = uuid.uuid4().hex[:24]  # changes of the last seconds may come once more
    await made(wire_context, name)
    if by_page:
        found = await pulled(wire_context, page.cursor)
        assert told(found)[-1] == ("CREATED", name, True)
        assert await pulled(wire_context, found[-1].cursor) == []
    else:
        async with following(wire_context, after=page.cursor) as changes:
            await until(changes, name)
            coming = asyncio.ensure_future(until(changes, bot_id("later")))
            await asyncio.sleep(0)
            await made(wire_context, "later")
            await coming
    await wire_context.feed.close()


async def test_a_change_behind_many_of_other_collections(wire_context: Context) -> None:
    """A page is not at its end where the database has looked at a part of its log."""
    start = await from_now(wire_context)
    others = wire_context.store.database["others"]
    await others.insert_many([{} for _ in range(3000)])
    await made(wire_context, "1")
    page = await live.page(wire_context, KINDS, {BOT: EVERYTHING}, start, 1)
    assert told(page.changes) == [("CREATED", bot_id("1"), True)]
    await others.drop()


async def test_pages(wire_context: Context) -> None:
    """The same changes page by page; each end is where the next page begins."""
    start = await live.page(wire_context, KINDS, {BOT: EVERYTHING}, None, 2)
    assert start.changes == []
    ahead = change_cursor(StreamPlace(2**32 - 1, 0, 0))
    assert (await live.page(wire_context, KINDS, {BOT: EVERYTHING}, ahead, 2)).changes == []
    for number in "123":
        await made(wire_context, number)
    await sessions.delete(wire_context, BOT, bot_id("1"))
    found, page = [], start
    while page is start or page.more:
        page = await live.page(wire_context, KINDS, {BOT: EVERYTHING}, page.cursor, 2)
        assert len(page.changes) <= 2
        found += page.changes
    rest = await live.page(wire_context, KINDS, {BOT: EVERYTHING}, page.cursor, 2)
    assert rest.changes == []
    assert told(found)[-1] == ("DELETED", bot_id("1"), False)
    assert {one.session_id for one in found if one.document} == {bot_id("2"), bot_id("3")}


async def test_expired_sessions(wire_context: Context, clock: Clock) -> None:
    """One whose time is over is shown no longer, and is deleted once the database removed it."""
    context = replace(wire_context, retention={"bot": 60})
    async with following(context) as changes:
        await made(context, "1", startTime=clock() - timedelta(seconds=30))
        assert told(await taken(changes, 1)) == [("CREATED", bot_id("1"), True)]
        clock.advance(seconds=60)
        collection = context.store.collection(BOT)
        await collection.update_one({"_id": bot_id("1")}, {"$set": {"channel": "sms"}})
        assert told(await taken(changes, 1)) == [("UPDATED", bot_id("1"), False)]
        await collection.delete_one({"_id": bot_id("1")})
        assert told(await taken(changes, 1)) == [("DELETED", bot_id("1"), False)]


async def test_a_cursor_that_is_too_old(wire_context: Context) -> None:
    """Where the database's log begins later, what was in between is lost, and it says so."""
    old = change_cursor(StreamPlace(1, 1, 0))
    with pytest.raises(HistoryLost):
        await live.page(wire_context, KINDS, {BOT: EVERYTHING}, old, 1)
    async with following(wire_context, after=old) as changes:
        with pytest.raises(HistoryLost):
            await taken(changes, 1)


async def test_ids_of_any_type(wire_context: Context) -> None:
    """What others store under an id that is not a text is told by its text, and stops nobody."""
    ids = [{"tenant": 1}, 7, ObjectId(bytes(12)), 2.5, datetime(2026, 1, 1), "last"]
    async with following(wire_context) as changes:
        for one in ids:
            row = {"_id": one, "startedAt": NOW, "labels": "damaged"}
            collection = wire_context.store.collection(BOT)
            await collection.insert_one(row, bypass_document_validation=True)
        found = await taken(changes, len(ids))
    assert told(found) == [("CREATED", str(StoredId(one)), True) for one in ids]


async def test_a_collection_that_is_dropped(wire_context: Context) -> None:
    """Nobody can say which sessions it had: read them anew."""
    async with following(wire_context) as changes:
        await made(wire_context, "1")
        await taken(changes, 1)
        await wire_context.store.collection(BOT).drop()
        with pytest.raises(HistoryLost):
            await taken(changes, 1)


async def test_collections_without_earlier_states(wire_context: Context) -> None:
    """Who sees everything hears of each deletion; who does not is asked to read anew."""
    images = {"changeStreamPreAndPostImages": {"enabled": False}}
    await wire_context.store.database.command({"collMod": BOT.collection, **images})
    limited = as_caller(wire_context, bots=frozenset({"st-1"}))
    async with following(wire_context, RTM) as all_of_them, following(limited, RTM) as own:
        await made(wire_context, "1")
        await taken(own, 1)
        await taken(all_of_them, 1)
        await sessions.delete(wire_context, BOT, bot_id("1"))
        assert told(await taken(all_of_them, 1)) == [("DELETED", bot_id("1"), False)]
        with pytest.raises(HistoryLost, match="keeps no earlier states"):
            await taken(own, 1)
    images["changeStreamPreAndPostImages"]["enabled"] = True
    await wire_context.store.database.command({"collMod": BOT.collection, **images})


async def test_a_database_without_changes() -> None:
    """The refusal has a name, a reason and what to do."""
    context = Context(await mock_store())
    for asked in (
        live.follow(context, KINDS, {BOT: EVERYTHING}, None),
        live.page(context, KINDS, {BOT: EVERYTHING}, None, 1),
    ):
        with pytest.raises(ChangesUnsupported, match="replSet"):
            await asked


async def test_collections_of_another_shape(wire_context: Context) -> None:
    """Their kind is refused by its name."""
    maps: Any = {"chat": object()}
    context = replace(wire_context, store=replace(wire_context.store, maps=maps))
    assert CHAT not in live.served(context, KINDS)
    with pytest.raises(ChangesUnsupported, match="ChatSession"):
        await live.follow(context, live.served(context, KINDS), {CHAT: EVERYTHING}, None)
