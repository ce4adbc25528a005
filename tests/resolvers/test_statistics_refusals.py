"""Questions of statistics that are refused: too much, not meant, or not for the caller."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from resolvers import statistics
from resolvers.access import Caller
from resolvers.context import Context
from resolvers.errors import BadInput, Forbidden, LimitExceeded
from resolvers.groups import (
    MOST_GROUPS,
    MOST_KEYS,
    MOST_RANKINGS,
    MOST_ROWS,
    Figure,
    Measure,
    Question,
    Ranking,
)
from resolvers.request import EVERYTHING, All, Compare, Operator
from resolvers.store import groups as store
from resolvers.time_buckets import Every, Unit
from tests.conftest import mock_store
from tests.resolvers.asked_statistics import BOT, BY_BOT, DURATION, KEYS, Asker, sessions, started


@pytest.fixture(scope="module")
def ask() -> Iterator[Asker]:
    """Over a database in memory."""
    with asyncio.Runner() as runner:
        yield Asker(runner, Context(runner.run(mock_store())))


def test_more_groups_than_are_answered(ask: Asker) -> None:
    """The refusal says how many; the first of them are answered all the same."""
    ask.store(sessions(MOST_GROUPS + 1))
    question = Question(where=EVERYTHING, group_by=BY_BOT)
    with pytest.raises(LimitExceeded, match="1,001 groups"):
        ask(question)
    assert ask(Question(where=EVERYTHING, group_by=BY_BOT, first=1)).count == MOST_GROUPS + 1


def test_more_rows_than_are_read(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of groups is counted by the database."""
    assert MOST_ROWS > MOST_GROUPS
    monkeypatch.setattr(statistics, "MOST_ROWS", 1100)
    ask.store(sessions(1200))
    with pytest.raises(LimitExceeded, match="1,200 groups"):
        ask(Question(where=EVERYTHING, group_by=BY_BOT))


def test_no_more_rows_are_read_than_can_be_groups(
    ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of groups that are refused cost time, too: they are counted by the database."""
    asked: list[int] = []
    read = store.read

    async def noted(*arguments: Any) -> Any:
        asked.append(arguments[-1])
        return await read(*arguments)

    monkeypatch.setattr(store, "read", noted)
    ask.store(sessions(2 * MOST_GROUPS + 1))
    with pytest.raises(LimitExceeded, match="2,001 groups"):
        ask(Question(where=EVERYTHING, group_by=BY_BOT))
    ask(Question(where=EVERYTHING, every=Every(Unit.DAY, "Europe/Berlin")))
    ask(Question(where=EVERYTHING, every=Every(Unit.MONTH, "Europe/Berlin")))
    assert asked == [2 * MOST_GROUPS, 4 * MOST_GROUPS, MOST_ROWS]


def test_more_different_numbers_than_are_read(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Percentiles may need more rows than there are groups."""
    monkeypatch.setattr(statistics, "MOST_ROWS", 20)
    rows = [{"botId": "a", "durationSeconds": 2.0**place} for place in range(30)]
    ask.store(rows)
    measure = Measure(DURATION, percentiles=True)
    with pytest.raises(LimitExceeded, match="percentiles of 1 groups"):
        ask(Question(where=EVERYTHING, group_by=BY_BOT, measures=(measure,)))


def test_too_many_buckets_are_refused_before_reading() -> None:
    """By arithmetic: nothing is asked of the database, which is not there."""
    where = All(
        (
            started(Operator.GTE, datetime(2000, 1, 1)),
            started(Operator.LT, datetime(2020, 1, 1)),
        )
    )
    question = Question(where=where, every=Every(Unit.HOUR), first=1)
    with pytest.raises(LimitExceeded, match="175,320 groups"):
        asyncio.run(statistics.of_kind(Context.offline(), BOT, question))


def test_first_allows_more_buckets() -> None:
    """All of them are made and ordered before it cuts; without it they are too many."""
    start = datetime(2026, 1, 1)
    end = started(Operator.LT, start + timedelta(days=50))
    where = All((started(Operator.GTE, start), end))
    question = Question(where=where, every=Every(Unit.HOUR), first=5)
    with asyncio.Runner() as runner:
        context = Context(runner.run(mock_store()))
        found = runner.run(statistics.of_kind(context, BOT, question))
        assert (len(found.groups), found.count) == (5, 1200)
        with pytest.raises(LimitExceeded, match="1,200 groups"):
            runner.run(statistics.of_kind(context, BOT, replace(question, first=None)))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime.min, datetime(1, 1, 2)),
        (datetime(9999, 12, 31), datetime.max),
        (datetime(2026, 1, 1), datetime(2016, 1, 1)),
    ],
)
def test_ranges_without_sessions_are_not_read(start: datetime, end: datetime) -> None:
    """Nothing is asked of the database, which is not there."""
    where = All((started(Operator.GTE, start), started(Operator.LT, end)))
    question = Question(where=where, every=Every(Unit.YEAR, "Asia/Tokyo"))
    found = asyncio.run(statistics.of_kind(Context.offline(), BOT, question))
    assert found == ([], 0)


@pytest.mark.parametrize(
    ("more", "argument"),
    [
        ({"group_by": BY_BOT * (MOST_KEYS + 1)}, "groupBy"),
        ({"order": (Ranking(Figure.COUNT),) * (MOST_RANKINGS + 1)}, "orderBy"),
    ],
)
def test_too_long_arguments(more: dict[str, Any], argument: str) -> None:
    """The length is looked at first."""
    with pytest.raises(LimitExceeded, match="too many: at most") as refused:
        asyncio.run(statistics.of_kind(Context.offline(), BOT, Question(where=EVERYTHING, **more)))
    assert refused.value.details["argument"] == argument


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"group_by": BY_BOT * 2}, "only once"),
        ({"order": (Ranking(Figure.COUNT), Ranking(Figure.COUNT, True))}, "only once"),
        ({"first": -1}, "from 0 to 1000"),
        ({"first": MOST_GROUPS + 1}, "from 0 to 1000"),
        ({"every": Every(Unit.DAY, "Mars/Olympus")}, "IANA"),
        ({"order": (Ranking(Figure.KEY),)}, "KEY needs groupBy"),
        ({"order": (Ranking(Figure.PERIOD_START),)}, "PERIOD_START needs every"),
        ({"order": (Ranking(Figure.RATE),)}, "RATE needs rateOf"),
        ({"order": (Ranking(Figure.SUM),)}, "SUM needs `of`"),
        ({"order": (Ranking(Figure.COUNT, of=DURATION),)}, "COUNT has no use for `of`"),
        ({"order": (Ranking(Figure.PERCENTILE, of=DURATION),)}, "PERCENTILE needs `p`"),
        ({"order": (Ranking(Figure.SUM, of=DURATION, p=0.5),)}, "SUM has no use for `p`"),
        ({"order": (Ranking(Figure.PERCENTILE, of=DURATION, p=50),)}, "0.95"),
    ],
)
def test_what_cannot_be_meant(more: dict[str, Any], message: str) -> None:
    """It is refused before anything is read."""
    question = Question(where=EVERYTHING, **more)
    with pytest.raises(BadInput, match=message):
        asyncio.run(statistics.of_kind(Context.offline(), BOT, question))


@pytest.mark.parametrize(
    "question",
    [
        Question(where=EVERYTHING, group_by=(KEYS["customerName"],)),
        Question(where=EVERYTHING, group_by=(KEYS["note"],)),
        Question(where=Compare((BOT.by_name["note"],), Operator.EQ, "x")),
        Question(where=EVERYTHING, rate_of=Compare((BOT.by_name["note"],), Operator.EQ, "x")),
    ],
)
def test_personal_columns_need_their_scope(question: Question) -> None:
    """By none may a masked caller group, filter or rate."""
    caller = Caller("masked", frozenset({"*:read"}))
    context = Context(Context.offline().store, caller=caller)
    with pytest.raises(Forbidden, match="personal"):
        asyncio.run(statistics.of_kind(context, BOT, question))


def test_a_kind_needs_its_scope() -> None:
    """As everywhere."""
    context = Context(Context.offline().store, caller=Caller("chat", frozenset({"chat:read"})))
    with pytest.raises(Forbidden, match="bot:read"):
        asyncio.run(statistics.of_kind(context, BOT, Question(where=EVERYTHING)))
