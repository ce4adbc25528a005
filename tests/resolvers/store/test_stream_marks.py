"""Marks: where a change stream begins without a search of the engine's log."""

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
from resolvers.store.change_stream import LOOK_MS, ChangeStream, watching
from resolvers.store.feed import Feed
from resolvers.store.store import Store
from resolvers.store.stream_marks import MOST, StreamMarks
from resolvers.stream_places import LAST, StreamPlace
from tests.resolvers.followed import BOT, KINDS, bot_id, following, made, taken

pytestmark = pytest.mark.anyio

PLACES = st.builds(StreamPlace, st.integers(0, 3), st.integers(0, 3), st.just(LAST))


@given(noted=st.lists(PLACES), asked=PLACES)
def test_the_last_mark_before_a_place(noted: list[StreamPlace], asked: StreamPlace) -> None:
    """Its own, or else the nearest earlier one; none where all are later."""
    marks = StreamMarks()
    for place in noted:
        marks.note(place, place)
    assert marks.before(asked) == max((one for one in noted if one <= asked), default=None)


@given(noted=st.lists(PLACES), asked=PLACES, oldest=PLACES)
def test_a_place_that_a_mark_serves(
    noted: list[StreamPlace], asked: StreamPlace, oldest: StreamPlace
) -> None:
    """It is the one asked for, or the nearest later one, where marks are too old or too late."""
    marks = StreamMarks()
    for place in noted:
        marks.note(place, place)
    served = marks.served(asked, oldest)
    near = any(oldest <= one <= asked for one in noted)
    later = [one for one in noted if one > asked]
    assert served == (min(later) if later and not near else asked)


def test_there_are_never_many() -> None:
    """Every second one goes; what stays is as good, only earlier."""
    marks = StreamMarks()
    for number in range(10 * MOST):
        marks.note(StreamPlace(1, number, LAST), number)
        assert marks.before(StreamPlace(1, number // 2, LAST)) <= number // 2
    assert len(marks._places) == len(marks._tokens) <= MOST


@pytest.fixture
def openings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How each stream of this test began."""
    began: list[str] = []
    plain = ChangeStream._opened

    async def opened(self: ChangeStream, **start: Any) -> Any:
        began.extend(start)
        return await plain(self, **start)

    monkeypatch.setattr(ChangeStream, "_opened", opened)
    return began


async def test_places_of_this_process_need_no_search(
    wire_context: Context, openings: list[str]
) -> None:
    """The present one, those of changes, and ends of pages; the search is for foreign ones."""
    start = (await live.page(wire_context, KINDS, {BOT: EVERYTHING}, None, 1)).cursor
    for number in "123":
        await made(wire_context, number)
    page = await live.page(wire_context, KINDS, {BOT: EVERYTHING}, start, 2)
    await live.page(wire_context, KINDS, {BOT: EVERYTHING}, page.cursor, 2)
    async with following(wire_context, after=start) as changes:
        assert [one.session_id for one in await taken(changes, 3)] == [bot_id(one) for one in "123"]
    assert set(openings) == {"resume_after"}
    elsewhere = replace(wire_context, feed=Feed())
    found = await live.page(elsewhere, KINDS, {BOT: EVERYTHING}, start, 3)
    assert [one.session_id for one in found.changes] == [bot_id(one) for one in "123"]
    assert openings.pop() == "start_at_operation_time"
    await wire_context.feed.close()


async def test_a_token_that_is_too_old(wire_context: Context, openings: list[str]) -> None:
    """It is forgotten; the place may still be in the engine's log."""
    start = (await live.page(wire_context, KINDS, {BOT: EVERYTHING}, None, 1)).cursor
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
    assert marks.before(paging.decode_change(start, "after")) is None


async def test_changes_of_one_time_stay_together(wire_store: Store) -> None:
    """A mark comes after all of them: who goes on between two gets the second."""
    marks = StreamMarks()
    after = StreamPlace(1, 0, 0)
    async with watching(wire_store, KINDS, after, marks, LOOK_MS) as stream:
        times = [(1, 1), (1, 1), (1, 2)]
        places = [stream._place(Timestamp(*time), token) for token, time in enumerate(times, 1)]
    assert places == [StreamPlace(1, 1, 0), StreamPlace(1, 1, 1), StreamPlace(1, 2, 0)]
    assert marks.before(places[1]) is None
    assert marks.before(places[2]) == 2
