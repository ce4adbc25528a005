"""Marks: where a change stream begins without a search of the engine's log."""

import asyncio
import uuid
from dataclasses import replace
from typing import Any

import pytest
from bson import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from pymongo.errors import OperationFailure

from resolvers import live, paging
from resolvers.context import Context
from resolvers.request import EVERYTHING
from resolvers.store import change_stream
from resolvers.store.change_stream import LOOK_MS, UNSETTLED_SECONDS, ChangeStream, watching
from resolvers.store.feed import Feed
from resolvers.store.store import Store
from resolvers.store.stream_marks import MOST, NEAR_SECONDS, StreamMarks
from resolvers.stream_places import LAST, StreamPlace
from tests.resolvers.followed import (
    BOT,
    KINDS,
    bot_id,
    following,
    from_now,
    made,
    pulled,
    taken,
    until,
)

pytestmark = pytest.mark.anyio

SECONDS = st.sampled_from([0, 1, NEAR_SECONDS, NEAR_SECONDS + 1, 2 * NEAR_SECONDS])
PLACES = st.builds(StreamPlace, SECONDS, st.integers(0, 3), st.just(LAST))


@given(noted=st.lists(PLACES), asked=PLACES)
def test_the_last_mark_before_a_place(noted: list[StreamPlace], asked: StreamPlace) -> None:
    """Its own, or else the nearest earlier one; none where all are later, or that one is old."""
    marks = StreamMarks()
    for place in noted:
        marks.note(place, place)
    last = max((one for one in noted if one <= asked), default=None)
    near = last is not None and asked.seconds - last.seconds <= NEAR_SECONDS
    assert marks.near(asked) == (last if near else None)


def test_there_are_never_many() -> None:
    """Every second one goes; what stays is as good, only earlier."""
    marks = StreamMarks()
    for number in range(10 * MOST):
        marks.note(StreamPlace(1, number, LAST), number)
        assert marks.near(StreamPlace(1, number // 2, LAST)) <= number // 2
    assert len(marks._places) == len(marks._tokens) <= MOST


@pytest.fixture
def began(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How each stream of this test began; `searched` for each search of the engine's log."""
    found: list[str] = []
    plain, search = ChangeStream._opened, change_stream._began

    async def opened(self: ChangeStream, **start: Any) -> Any:
        found.extend(start)
        return await plain(self, **start)

    async def searched(store: Store, **start: Any) -> Any:
        found.extend("searched" for _ in start)
        return await search(store, **start)

    monkeypatch.setattr(ChangeStream, "_opened", opened)
    monkeypatch.setattr(change_stream, "_began", searched)
    return found


async def test_one_search_serves_the_process(
    wire_context: Context, began: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first place is searched for; those of about the same time need none, nor later ones."""
    monkeypatch.setattr(change_stream, "UNSETTLED_SECONDS", 0)  # this log may have begun just now
    monkeypatch.setattr(change_stream, "SPARE_SECONDS", 0)
    start = await from_now(wire_context)
    assert began == []
    for number in "123":
        await made(wire_context, number)
    elsewhere = replace(wire_context, feed=Feed())

    async def first_three() -> str:
        found = await live.page(elsewhere, KINDS, {BOT: EVERYTHING}, start, 3)
        assert [one.session_id for one in found.changes] == [bot_id(one) for one in "123"]
        return found.changes[1].cursor

    second, _ = await asyncio.gather(first_three(), first_three())
    await live.page(elsewhere, KINDS, {BOT: EVERYTHING}, second, 2)
    async with following(elsewhere, after=start) as changes:
        assert [one.session_id for one in await taken(changes, 3)] == [bot_id(one) for one in "123"]
    assert began.count("searched") == 1
    assert "start_at_operation_time" not in began
    await elsewhere.feed.close()


@pytest.mark.parametrize("by_page", [True, False])
async def test_a_change_in_flight_when_the_first_one_asks(
    wire_context: Context, monkeypatch: pytest.MonkeyPatch, by_page: bool
) -> None:
    """It has its time already, and is shown later: who goes on from the cursor gets it, though the
    process has no earlier mark."""
    plain = change_stream._began

    async def ahead(store: Store, **start: Any) -> Any:
        time, token = await plain(store, **start)
        return Timestamp(time.time + UNSETTLED_SECONDS // 2, time.inc), token

    monkeypatch.setattr(change_stream, "_began", ahead)
    start = (await live.page(wire_context, KINDS, {BOT: EVERYTHING}, None, 1)).cursor
    name = uuid.uuid4().hex[:24]  # changes of the last seconds come once more
    await made(wire_context, name)
    if by_page:
        assert name in [one.session_id for one in await pulled(wire_context, start)]
    else:
        async with following(wire_context, after=start) as changes:
            await until(changes, name)
    await wire_context.feed.close()


async def test_a_token_that_is_too_old(wire_context: Context) -> None:
    """It is forgotten; the place may still be in the engine's log."""
    start = await from_now(wire_context)
    marks = wire_context.feed._marks
    plain = ChangeStream._opened

    async def lost(self: ChangeStream, **options: Any) -> Any:
        if "resume_after" in options:
            raise OperationFailure("lost", code=286)
        return await plain(self, **options)

    await made(wire_context, "1")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ChangeStream, "_opened", lost)
        found = await live.page(wire_context, KINDS, {BOT: EVERYTHING}, start, 1)
    assert [one.session_id for one in found.changes] == [bot_id("1")]
    assert marks.near(paging.decode_change(start, "after")) is None


async def test_changes_of_one_time_stay_together(wire_store: Store) -> None:
    """A mark comes after all of them: who goes on between two gets the second."""
    marks = StreamMarks()
    after = StreamPlace(1, 0, 0)
    async with watching(wire_store, KINDS, after, marks, LOOK_MS) as stream:
        times = [(1, 1), (1, 1), (1, 2)]
        places = [stream._place(Timestamp(*time), token) for token, time in enumerate(times, 1)]
    assert places == [StreamPlace(1, 1, 0), StreamPlace(1, 1, 1), StreamPlace(1, 2, 0)]
    assert marks.near(places[1]) is None
    assert marks.near(places[2]) == 2
