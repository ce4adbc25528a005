"""What would look at far too many rows is not begun, on an engine that walks no index."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from resolvers.errors import Timeout
from resolvers.request import EVERYTHING, Compare, Filter, Operator, Order, Page, Read, Window
from resolvers.store import look_limit, read, surveys, timeline
from resolvers.store.capabilities import UNKNOWN, Capability
from resolvers.store.store import Store
from schema.kinds.bot import BOT
from tests.timing import limit

pytestmark = pytest.mark.anyio

WITHOUT = {Capability.ORDERED_WALK, Capability.TIME_LIMIT}
LAST = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
ROWS = 200
DEADLINE = limit(10)


@pytest.fixture(name="large")
async def _large(wire_store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Some hundred sessions, an hour apart, and time to look at three in ten of them."""
    monkeypatch.setattr(surveys, "SMALL_COLLECTION", -1)
    monkeypatch.setattr(timeline, "GROWTH", 16)
    monkeypatch.setattr(timeline, "LATER_GROWTH", 2)
    monkeypatch.setattr(timeline, "SLICE", 4)  # a row that is found stands for two
    seconds = ROWS * 0.3 * look_limit.Look.SORT.value / 1e6
    monkeypatch.setattr(look_limit, "HOPELESS", seconds / DEADLINE)
    rows = [
        {
            "_id": f"{number:05}",
            "startedAt": LAST - timedelta(hours=number),
            "durationSeconds": float(number % 7),
            "userId": f"u{number % 100}",
            "botId": "often" if number % 2 else "rarely",
            "status": "CLOSED" if number % 40 else "ACTIVE",
        }
        for number in range(ROWS)
    ]
    await wire_store.collection(BOT).insert_many(rows, bypass_document_validation=True)
    lacking = replace(UNKNOWN, has=UNKNOWN.has - WITHOUT)
    return replace(wire_store, deadline=DEADLINE, capabilities=lacking)


def compared(name: str, value: Any, operator: Operator = Operator.EQ) -> Filter:
    return Compare((BOT.by_name[name],), operator, value)


async def page(store: Store, where: Filter, by: str = "durationSeconds") -> Page:
    """The first page by a column."""
    order = (Order(BOT.by_name[by]), Order(BOT.by_name["sessionId"]))
    return await read.list_(store, Read(BOT, where, order, Window(first=3)))


CLOSED, LATELY = (
    compared("status", "CLOSED"),
    compared("startedAt", LAST - timedelta(hours=20), Operator.GTE),
)


@pytest.mark.parametrize(
    "where",
    [EVERYTHING, CLOSED, compared("botId", "often")],
    ids=["all", "nearly all", "half of them"],
)
async def test_an_ordering_of_too_many_is_refused(large: Store, where: Filter) -> None:
    """By name, with what would be right, and with no command that goes on."""
    with pytest.raises(Timeout, match=r"about \d+ sessions .* Filter by startedAt"):
        await page(large, where)
    await large.places.run(asyncio.sleep(0), 0.01)
    await large.places.run(asyncio.sleep(0), 0.01)


async def test_figures_of_too_many_are_refused(large: Store) -> None:
    """Summaries, like groups."""
    with pytest.raises(Timeout, match="has time for"):
        await read.summarise(large, BOT, EVERYTHING)


@pytest.mark.parametrize(
    "where",
    [LATELY, compared("userId", "u7"), compared("status", "ACTIVE")],
    ids=["time", "one of many values", "a rare value"],
)
async def test_a_filter_that_leaves_few_is_answered(large: Store, where: Filter) -> None:
    """By time, or by a column with many values that an index begins with."""
    assert (await page(large, where)).documents
    assert (await read.summarise(large, BOT, where)).count


async def test_an_ordering_by_time_is_answered(large: Store) -> None:
    """In windows, however many there are."""
    found = await page(large, EVERYTHING, "startedAt")
    assert [row["_id"] for row in found.documents] == ["00199", "00198", "00197"]


async def test_an_engine_that_ends_a_find_is_left_to_it(large: Store) -> None:
    """It has a limit of its own."""
    ends = replace(large.capabilities, has=large.capabilities.has | {Capability.TIME_LIMIT})
    assert (await page(replace(large, capabilities=ends), EVERYTHING)).documents
