"""Counts are exact, or estimates that say so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from resolvers import merged_pages
from resolvers.context import Context
from resolvers.errors import Timeout
from resolvers.merged_pages import Across
from resolvers.request import (
    EVERYTHING,
    All,
    Compare,
    Either,
    Estimate,
    Filter,
    Operator,
    Read,
    Window,
)
from resolvers.store import counting, look_limit, read, surveys, timeline
from resolvers.store.capabilities import UNKNOWN, Capability
from resolvers.store.driver import Driver
from resolvers.store.store import Store
from schema.all_kinds import all_kinds
from schema.kinds.bot import BOT
from schema.kinds.chat import CHAT
from tests.conftest import OpenStore

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

LACKING = replace(UNKNOWN, has=UNKNOWN.has - {Capability.ORDERED_WALK, Capability.TIME_LIMIT})
ROWS = 1200
LAST = datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def compared(name: str, value: Any, operator: Operator = Operator.EQ) -> Filter:
    return Compare((BOT.by_name[name],), operator, value)


RARE, FREQUENT = compared("channel", "rare"), compared("channel", "frequent")
EARLIER = compared("startedAt", LAST - timedelta(hours=480), Operator.LT)


@pytest.fixture(name="filled")
async def _filled(wire_store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Hours with much and hours with little; two of three rows are frequent, five rare."""
    monkeypatch.setattr(surveys, "SMALL_COLLECTION", -1)
    monkeypatch.setattr(counting, "COUNTED", 200)
    monkeypatch.setattr(counting, "COUNTED_BY_FILTER", 200)
    monkeypatch.setattr(timeline, "GROWTH", 64)
    monkeypatch.setattr(timeline, "LATER_GROWTH", 2)
    monkeypatch.setattr(timeline, "SLICE", 4)
    rows = [
        {
            "_id": f"{number:05}",
            "startedAt": LAST - timedelta(hours=number // 25 * 30 + number % 25 / 5),
            "status": "CLOSED",
            "channel": "rare" if number % 240 == 0 else "frequent" if number % 3 else "other",
        }
        for number in range(ROWS)
    ]
    collection = wire_store.collection(BOT)
    await collection.insert_many(rows, bypass_document_validation=True)
    return replace(wire_store, capabilities=LACKING)


async def test_many_are_estimated(filled: Store) -> None:
    """About right, of uneven data too, and it says so."""
    for where in (EVERYTHING, FREQUENT, EARLIER, All((EARLIER, FREQUENT))):
        found = await read.count(filled, BOT, where)
        actual = await read.count_exactly(filled, BOT, where)
        assert isinstance(found, Estimate)
        assert abs(found - actual) < actual / 4, where


async def test_few_are_counted(filled: Store) -> None:
    """What has few rows, or few in its time, is exact."""
    moments = (LAST, LAST - timedelta(hours=30))
    for where in (
        RARE,
        compared("startedAt", LAST - timedelta(hours=60), Operator.GTE),
        compared("startedAt", moments, Operator.IN),
        Either((compared("startedAt", moments[0]), compared("channel", "rare"))),
    ):
        found = await read.count(filled, BOT, where)
        assert not isinstance(found, Estimate)
        assert found == await read.count_exactly(filled, BOT, where) > 0


async def test_few_that_lie_close_together_are_counted(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an index, also where the fullest hours have many of them; others would take too long."""

    async def in_fullest_hours(*_: Any) -> float:
        return 1.0

    monkeypatch.setattr(surveys, "_probed", in_fullest_hours)
    monkeypatch.setattr(look_limit, "HOPELESS", 1e-6)
    newest = {"startedAt": {"$gte": LAST - timedelta(hours=1)}}
    active = {"$set": {"status": "ACTIVE", "isDeveloper": True}}
    changed = await filled.collection(BOT).update_many(
        newest, active, bypass_document_validation=True
    )
    assert await read.count(filled, BOT, compared("status", "ACTIVE")) == changed.modified_count > 0
    with pytest.raises(Timeout, match="has time for"):
        await read.count(filled, BOT, compared("isDeveloper", True))


async def test_engines_that_walk_indexes_count(filled: Store, wire_store: Store) -> None:
    """However many there are."""
    found = await read.count(wire_store, BOT, FREQUENT)
    assert (found, isinstance(found, Estimate)) == (800, False)


async def test_an_estimate_reads_few_rows(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """And never all of a collection: no command is without bounds in time."""
    await read.count(filled, BOT, EVERYTHING)  # the survey
    asked: list[Any] = []
    plain = counting.aggregate

    async def aggregate(store: Store, kind: Any, stages: list[Any]) -> Any:
        asked.append(stages[0]["$match"]["startedAt"])
        return await plain(store, kind, stages)

    monkeypatch.setattr(counting, "aggregate", aggregate)
    await read.count(filled, BOT, FREQUENT)
    assert 0 < len(asked) <= 2 * counting.SAMPLES
    assert all({"$gte", "$lt"} == set(window) for window in asked)


async def test_a_page_says_that_its_total_is_an_estimate(filled: Store) -> None:
    """The page itself is exact."""
    page = await read.list_(filled, Read(BOT, FREQUENT, window=Window(first=2), count=True))
    assert len(page.documents) == 2
    assert isinstance(page.total, Estimate)


async def test_kinds_are_counted_together(filled: Store) -> None:
    """For a sum no more is read than for one number; what an index finds is exact all the same."""
    for where in (EVERYTHING, EARLIER, compared("status", "CLOSED")):
        asked = [Read(BOT, where, count=True), Read(CHAT, where, count=True)]
        assert {one.most_counted for one in await read.bounded_together(filled, asked)} == {100}
    mine = Compare((CHAT.by_name["assignee"],), Operator.EQ, "me")
    few = [Read(BOT, RARE), Read(CHAT, mine), Read(CHAT)]
    assert {one.most_counted for one in await read.bounded_together(filled, few)} == {200}


async def test_a_page_over_kinds_counts_them_together(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the two would be counted alone."""
    monkeypatch.setattr(counting, "COUNTED", ROWS + ROWS // 2)
    common = all_kinds((BOT,)).common
    for kinds, estimated in (((BOT,), False), ((BOT, BOT), True)):
        asked = Across(common, kinds, count=True, columns={"bot": frozenset({"startedAt"})})
        total = (await merged_pages.list_(Context(filled), asked)).total
        assert isinstance(total, Estimate) is estimated


@pytest.mark.parametrize("driver_name", ["pymongo", "motor"])
async def test_both_drivers_count(open_store: OpenStore, driver_name: Driver) -> None:
    """Motor's counts are no coroutines."""
    store = replace(await open_store(driver_name), capabilities=LACKING)
    for where in (EVERYTHING, FREQUENT):
        assert await read.count_exactly(store, BOT, where) == 0
