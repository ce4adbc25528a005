"""Finds in windows give what the plain plan gives, and look at few rows."""

import asyncio
import gc
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers import paging
from resolvers import rebuild as rebuilding
from resolvers.context import Context
from resolvers.errors import Timeout, Unavailable
from resolvers.kind import Document, Kind
from resolvers.paging import ordering
from resolvers.request import (
    EVERYTHING,
    NEVER,
    All,
    Compare,
    Either,
    Filter,
    Operator,
    Order,
    Read,
    Window,
)
from resolvers.store import look_limit, read, surveys, timeline, windows
from resolvers.store.branches import branches
from resolvers.store.capabilities import UNKNOWN, Capability
from resolvers.store.look_limit import Look, bounded
from resolvers.store.operators import query
from resolvers.store.plan import plan
from resolvers.store.riding import riding
from resolvers.store.store import Store
from resolvers.store.timeline import Span, Timeline, Timelines, merged
from resolvers.store.unbounded import Unbounded
from schema.kinds.bot import BOT
from tests.conftest import mock_store
from tests.properties import examples
from tests.timing import limit

pytestmark = pytest.mark.anyio

START = datetime(2026, 3, 1)
LACKING = replace(UNKNOWN, has=UNKNOWN.has - {Capability.ORDERED_WALK, Capability.TIME_LIMIT})


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of few rows, a coarse survey, and no collection that is read as a whole."""
    monkeypatch.setattr(surveys, "SMALL_COLLECTION", -1)
    monkeypatch.setattr(windows, "BUDGET", 3)
    monkeypatch.setattr(windows, "MINUTE", timedelta(seconds=5))
    monkeypatch.setattr(timeline, "GROWTH", 4)
    monkeypatch.setattr(timeline, "LATER_GROWTH", 2)


def filters() -> st.SearchStrategy[Filter]:
    """None, one that an index serves, several values, one beside an index, and nothing."""

    def eq(name: str, value: Any) -> Filter:
        return Compare((BOT.by_name[name],), Operator.EQ, value)

    bots = Compare((BOT.by_name["botId"],), Operator.IN, ("b0", "b1"))
    some = Either((eq("channel", "c0"), eq("userId", "u1")))
    since = Compare((BOT.by_name["startedAt"],), Operator.GTE, START)
    other = Compare((BOT.by_name["startedAt"],), Operator.NE, START)
    return st.sampled_from(
        [
            EVERYTHING,
            NEVER,
            eq("botId", "b0"),
            bots,
            some,
            other,
            All((eq("botId", "b1"), eq("channel", "c1"))),
            All((since, some)),
            All((some, Either((eq("botId", "b2"), bots)))),
            Either((All((eq("botId", "b0"), eq("channel", "c1"))), bots)),
            All((since, Compare((BOT.by_name["startedAt"],), Operator.LT, START.replace(day=9)))),
        ]
    )


MOMENTS = st.one_of(
    st.integers(0, 5),  # ties and a burst
    st.integers(0, 20 * 86_400),
    st.sampled_from([-10 * 365 * 86_400, -318 * 86_400, -60 * 365 * 86_400, 400 * 86_400]),
).map(lambda seconds: START + timedelta(seconds=seconds))
"""Very uneven ones: bursts, long silences, one before 1970, one in the future."""

ROWS = st.lists(
    st.tuples(MOMENTS, st.none() | MOMENTS, st.integers(0, 2), st.integers(0, 2)), max_size=40
)


def documents(rows: list[tuple[datetime, datetime | None, int, int]]) -> Iterator[Document]:
    for number, (started, ended, bot, channel) in zip(count(), rows, strict=False):
        yield {
            "_id": f"{number * 7919 % 1000:03}",
            "startedAt": started,
            "endedAt": ended,
            "botId": f"b{bot}",
            "channel": f"c{channel}",
            "userId": f"u{channel}",
        }


def reads(rows: list[Document]) -> st.SearchStrategy[Read]:
    """Pages of any place, by moments that are always there or not, both ways."""

    def made(drawn: tuple[str, bool, Filter, int, bool, int | None, int | None]) -> Read:
        name, falls, where, size, backward, after, before = drawn
        wanted = Read(BOT, where, (Order(BOT.by_name[name], falls),))
        cursors = paging.encode_cursors(BOT, ordering(wanted), rows)
        ends = [
            None if one is None or not cursors else cursors[one % len(cursors)]
            for one in (after, before)
        ]
        window = Window(
            first=None if backward else size,
            last=size if backward else None,
            after=ends[0],
            before=ends[1],
        )
        columns = frozenset({"_id", name, "botId"})
        return wanted._replace(window=window, columns=columns)

    places = st.none() | st.integers(0, 1000)
    return st.tuples(
        st.sampled_from(["startedAt", "endedAt"]),
        st.booleans(),
        filters(),
        st.integers(1, 12),
        st.booleans(),
        places,
        places,
    ).map(made)


@pytest.mark.slow
async def test_windows_give_what_the_plain_plan_gives(wire_store: Store) -> None:
    """Over any rows, orderings, filters and places, and whatever was learned from other rows."""
    windowed = replace(wire_store, capabilities=LACKING)
    loop = asyncio.get_running_loop()
    collection = wire_store.collection(BOT)

    async def check(rows: list[Document], wanted: Read, skip: int) -> None:
        if skip == 0:
            windowed.timelines.known.clear()
        await collection.delete_many({})
        if rows:
            await collection.insert_many(
                [dict(row) for row in rows], bypass_document_validation=True
            )
        for one in (wanted, wanted._replace(skip=skip), wanted):
            assert await read.list_(windowed, one) == await read.list_(wire_store, one)

    @given(st.data())
    @settings(max_examples=examples(40))
    def run(data: st.DataObject) -> None:
        rows = list(documents(data.draw(ROWS)))
        wanted = data.draw(reads(rows))
        skip = data.draw(st.integers(0, 3))
        asyncio.run_coroutine_threadsafe(check(rows, wanted, skip), loop).result(limit(60))

    await asyncio.to_thread(run)


@pytest.mark.slow
async def test_an_or_is_counted_part_by_part(wire_store: Store) -> None:
    """As the engine counts it; a row that meets several parts is one."""
    windowed = replace(wire_store, capabilities=LACKING)
    rows: list[Any] = [(START + timedelta(hours=n), None, n % 3, n % 2) for n in range(30)]
    collection = wire_store.collection(BOT)
    await collection.insert_many(list(documents(rows)), bypass_document_validation=True)

    def eq(name: str, value: str) -> Filter:
        return Compare((BOT.by_name[name],), Operator.EQ, value)

    for where in (
        Either((eq("botId", "b0"), eq("channel", "c1"))),
        Either((eq("botId", "b0"), eq("channel", "c1"), eq("userId", "u1"))),
        All((Either((eq("botId", "b0"), eq("userId", "u1"))), eq("channel", "c1"))),
    ):
        assert branches(BOT, query(where))
        expected = await read.count_exactly(wire_store, BOT, where)
        assert 0 < expected < 30
        assert await read.count_exactly(windowed, BOT, where) == expected


def test_branches_are_those_that_an_index_serves() -> None:
    """A query is taken apart only if each part begins an index with equalities."""
    served: list[Document] = [{"botId": "b"}, {"customer.id": {"$in": ["a", "c"]}}]
    rest: Document = {"startedAt": {"$lt": START}}
    assert branches(BOT, {"$or": served, **rest}) == tuple({**one, **rest} for one in served)
    assert branches(BOT, {"$and": [{"$or": served}], **rest}) == branches(
        BOT, {"$or": served, **rest}
    )
    for unserved in ({"note": "n"}, {"botId": {"$ne": "b"}}, {"$or": served}):
        assert branches(BOT, {"$or": [*served, unserved]}) == ()
    assert branches(BOT, {"botId": "b"}) == ()


async def test_a_page_looks_at_few_rows(wire_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it is known where rows are, of 600 no find bounds more than a few pages of them."""
    windowed = replace(wire_store, capabilities=LACKING)
    rows = [
        {"_id": f"{number:05}", "startedAt": START + timedelta(hours=number)}
        for number in range(600)
    ]
    await wire_store.collection(BOT).insert_many(rows, bypass_document_validation=True)
    bounded: list[int] = []
    plain = windows.find

    async def noted(store: Store, kind: Kind, wanted: Document, *more: Any) -> list[Document]:
        bounds = wanted.get("startedAt")
        if isinstance(bounds, dict):  # and no tie
            low, high = bounds.get("$gte", datetime.min), bounds.get("$lt", datetime.max)
            bounded.append(sum(low <= row["startedAt"] < high for row in rows))
        return await plain(store, kind, wanted, *more)

    monkeypatch.setattr(windows, "find", noted)
    cursor = paging.encode_cursors(BOT, paging.default_order(BOT), [rows[300]])[0]
    for window in (Window(first=5), Window(first=5, after=cursor), Window(first=None, last=5)):
        wanted = Read(BOT, window=window, columns=frozenset({"_id", "startedAt"}))
        expected = await read.list_(wire_store, wanted)
        assert await read.list_(windowed, wanted) == expected
        bounded.clear()
        assert await read.list_(windowed, wanted) == expected
        assert sum(bounded) >= 5
        assert max(bounded) < 150


async def test_the_share_of_a_value_is_looked_for_once(
    wire_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the next survey; another value has another share."""
    windowed = replace(wire_store, capabilities=LACKING)
    rows: list[Any] = [(START + timedelta(hours=n), None, n % 2, 0) for n in range(20)]
    collection = wire_store.collection(BOT)
    await collection.insert_many(list(documents(rows)), bypass_document_validation=True)
    looked: list[float] = []
    probed = surveys._probed

    async def noted(*asked: Any) -> float:
        looked.append(await probed(*asked))
        return looked[-1]

    monkeypatch.setattr(surveys, "_probed", noted)
    for value in ("b0", "b0", "b1", "b0"):
        where = Compare((BOT.by_name["botId"],), Operator.EQ, value)
        assert len((await read.list_(windowed, Read(BOT, where))).documents) == 10
    assert len(looked) == 2


def test_what_an_index_finds_comes_first() -> None:
    """Equalities before the column in an index, its bounds, and the rest."""
    asked = {"channel": "c", "botId": {"$in": ["a", "b"]}, "startedAt": {"$lt": START}}
    along = riding(BOT, {**asked, "$or": [{"userId": "u"}]}, "startedAt")
    assert along is not None
    assert along.until == START
    assert len(along.prefixes) == 1 or along.prefixes == ({"botId": "a"}, {"botId": "b"})
    assert "$or" in along.rest
    low = START - timedelta(hours=1)
    window = along.within(low, START + timedelta(hours=1), along.prefixes[0])
    assert window["startedAt"] == {"$lt": START, "$gte": low}


def test_one_moment_is_no_window() -> None:
    """It is an equality."""
    assert riding(BOT, {"startedAt": START}, "startedAt") is None


def test_neighbours_are_joined_until_they_have_enough_rows() -> None:
    """With the share of their rows that counts, and no stretch of time is lost."""
    hour = timedelta(hours=1)
    spans = [
        Span(START - hour * (n + 1), START - hour * n, rows)
        for n, rows in enumerate([0, 10, 10, 1000, 0, 4])
    ]
    joined = list(merged(spans, 0.5, 10))
    assert [span.rows for span in joined] == [10, 500, 2]
    assert joined[0].end == START
    assert [span.start for span in joined[:-1]] == [span.end for span in joined[1:]]


async def test_few_unbounded_finds_run_at_a_time() -> None:
    """One too many is refused; a place is free when the engine is done, not when its asker left."""
    places, ended = Unbounded(1), asyncio.Event()
    asker = asyncio.create_task(places.run(ended.wait(), 5))
    await asyncio.sleep(0)
    asker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asker
    with pytest.raises(Unavailable) as refused:
        await places.run(asyncio.sleep(0), 0.01)
    assert refused.value.details["retry_after"] > 0
    ended.set()
    await places.run(asyncio.sleep(0), 5)


async def test_a_read_that_is_given_up_early_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    """No find or count that is made and never awaited, whoever gives up while sizes are asked."""
    store, wanted = await mock_store(), Read(BOT)

    async def given_up(*_: Any) -> bool:
        raise Timeout("the request's time is over")

    async def work() -> None:
        """Not begun."""

    monkeypatch.setattr(windows, "is_quick", given_up)
    monkeypatch.setattr(look_limit, "is_large", given_up)
    planned = plan(wanted)
    with pytest.raises(Timeout):
        await windows.found(store, BOT, planned, planned.match, 1, 0)
    with pytest.raises(Timeout):
        await bounded(replace(store, capabilities=LACKING), BOT, {}, Look.SORT, work())
    gc.collect()
    assert not recwarn.list


async def test_the_survey_is_made_once() -> None:
    """However many ask at the same time."""
    made = []

    async def make() -> Timeline:
        await asyncio.sleep(0)
        made.append(Timeline(made=timeline.now()))
        return made[-1]

    timelines = Timelines()
    found = await asyncio.gather(*(timelines.of("x", make) for _ in range(3)))
    assert [one is made[0] for one in found] == [True] * 3
    assert len(made) == 1


def test_a_noted_timeline_is_the_same() -> None:
    """It passes from the start to the workers as a text."""
    noted = Timeline([Span(START, START + timedelta(hours=1), 7, START)], START)
    assert Timeline.of_text(noted.as_text()) == noted


async def test_a_start_surveys_large_collections(wire_store: Store) -> None:
    """Once, for all processes; engines that walk indexes need none."""
    said: list[str] = []
    await surveys.prepare(wire_store, [BOT], said.append)
    assert said == []
    windowed = replace(wire_store, capabilities=LACKING)
    for _ in range(2):
        await surveys.prepare(windowed, [BOT], said.append)
    assert [line.split()[-2] for line in said] == ["startedAt", "createdAt"]


async def test_a_rebuild_looks_at_few_rows_at_a_time(
    wire_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes along the moments when sessions were created, and comes by all of them."""
    windowed = replace(wire_store, capabilities=LACKING)
    rows = [
        {
            "_id": f"{number * 7919 % 1000:03}",
            "startedAt": START,
            "createdAt": START + timedelta(hours=number // 2) if number > 4 else None,
            "revision": 1,
        }
        for number in range(300)
    ]
    await wire_store.collection(BOT).insert_many(rows, bypass_document_validation=True)
    bounded: list[int] = []
    plain = windows.find

    async def noted(store: Store, kind: Kind, wanted: Document, *more: Any) -> list[Document]:
        found = await plain(store, kind, wanted, *more)
        bounded.append(len(found))
        assert "createdAt" in wanted
        return found

    monkeypatch.setattr(windows, "find", noted)
    monkeypatch.setattr(rebuilding, "BATCH", 20)
    assert await rebuilding.outdated(windowed, [BOT]) == [BOT]
    done = await rebuilding.rebuild(Context(windowed), BOT, lambda number: None)
    assert done.seen == 300
    assert 1 < max(bounded) < 100
