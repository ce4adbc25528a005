"""Statistics on a real engine: the same groups as everywhere, and one command a field."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from pymongo import AsyncMongoClient

from resolvers import statistics
from resolvers.context import Context
from resolvers.errors import LimitExceeded
from resolvers.groups import Figure, Measure, Question, Ranking
from resolvers.kind import Document
from resolvers.request import EVERYTHING, All, Operator
from resolvers.store import driver
from resolvers.store.store import Store
from resolvers.time_buckets import Every, Unit
from schema.build import build
from schema.kinds import KINDS
from tests.conftest import DEADLINE, prepared
from tests.properties import examples
from tests.resolvers.test_statistics import (
    BOT,
    BY_BOT,
    DOCUMENTS,
    DROPPED,
    DURATION,
    KEYS,
    NUMBERS,
    Asker,
    compare,
    meets,
    questions,
    sessions,
    started,
)
from tests.wire.engine import WireEngine
from tests.wire.test_commands import Commands

COMMANDS = Commands()
"""What the last question sent."""


@pytest.fixture(scope="module")
def ask(engine: WireEngine) -> Iterator[Asker]:
    """Over the shared engine, in a database of this module's own; its rules are off."""
    with asyncio.Runner() as runner:

        async def connect() -> Any:
            return AsyncMongoClient[dict[str, Any]](engine.uri, event_listeners=[COMMANDS])

        client = runner.run(connect())
        database = driver.database(client, "test_statistics", DEADLINE)
        yield Asker(runner, Context(Store(database, DEADLINE)))
        runner.run(client.drop_database("test_statistics"))
        runner.run(client.close())


@settings(max_examples=examples(40))
@given(documents=DOCUMENTS, question=questions())
def test_as_folded_one_by_one(ask: Asker, documents: list[Document], question: Question) -> None:
    """Damaged values, zones and ranges too."""
    ask.store(documents)
    matching = [document for document in documents if meets(document, question.where)]
    COMMANDS.sent.clear()
    found = ask(question)
    assert COMMANDS.sent in (["aggregate"], [])  # nothing for a range without sessions
    compare(found, matching, question)


def test_one_command_for_all_that_can_be_asked(ask: Asker) -> None:
    """Figures of three columns, percentiles, a rate, an ordering; more rows than a first batch."""
    ask.store(
        [
            {**session, "durationSeconds": 1.1**place, "noOfMessagesExchanged": place}
            for place, session in enumerate(sessions(600))
        ]
    )
    question = Question(
        where=EVERYTHING,
        group_by=BY_BOT,
        every=Every(Unit.HOUR, "Europe/Berlin"),
        measures=tuple(Measure(leaf, True, True, True) for leaf in NUMBERS.values()),
        rate_of=DROPPED,
        order=(Ranking(Figure.PERCENTILE, True, DURATION, 0.5),),
    )
    COMMANDS.sent.clear()
    found = ask(question)
    assert COMMANDS.sent == ["aggregate"]
    assert (found.count, found.groups[0].keys) == (600, ("b00599",))


def test_a_second_command_counts_what_is_refused(
    ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else needs one."""
    monkeypatch.setattr(statistics, "MOST_ROWS", 1050)
    ask.store(sessions(1100))
    COMMANDS.sent.clear()
    with pytest.raises(LimitExceeded, match="1,100 groups"):
        ask(Question(where=EVERYTHING, group_by=BY_BOT))
    assert COMMANDS.sent == ["aggregate", "aggregate"]


def test_labels(ask: Asker) -> None:
    """By one command, a session counts for each of its own."""
    started = {"startedAt": datetime(2026, 3, 1)}
    ask.store([{**started, "labels": labels} for labels in (["a", "b"], ["a"], [], ["b", "a"])])
    COMMANDS.sent.clear()
    question = Question(where=EVERYTHING, group_by=(KEYS["label"],), measures=(Measure(DURATION),))
    found = ask(question)
    assert [(group.keys, group.count, group.share) for group in found.groups] == [
        (("a",), 3, 0.75),
        (("b",), 2, 0.5),
        ((None,), 1, 0.25),
    ]
    assert COMMANDS.sent == ["aggregate"]


def test_one_command_a_kind(ask: Asker) -> None:
    """Over all kinds, whatever is asked."""
    ask.store(sessions(3))
    schema = build()
    COMMANDS.sent.clear()
    text = "{ sessionStatistics(groupBy: [KIND]) { groups { key { kind } count } } }"
    found = ask.runner.run(schema.execute(text, context_value=ask.context))
    assert found.data == {"sessionStatistics": {"groups": [{"key": {"kind": "BOT"}, "count": 3}]}}
    assert COMMANDS.sent == ["aggregate"] * len(KINDS)


async def over(uri: str, name: str, driver_name: driver.Driver) -> tuple[int, list[int]]:
    client = driver.connect(uri, driver_name, DEADLINE, asyncio.get_running_loop())
    try:
        store = await prepared(Store(driver.database(client, name, DEADLINE), DEADLINE))
        start = datetime(2024, 3, 30)
        await store.collection(BOT).insert_many(
            [{"_id": str(n), "startedAt": start + timedelta(hours=n)} for n in range(72)],
            bypass_document_validation=True,
        )
        where = All((started(Operator.GTE, start), started(Operator.LT, start + timedelta(days=3))))
        question = Question(where=where, every=Every(Unit.DAY, "Europe/Berlin"))
        found = await statistics.of_kind(Context(store), BOT, question)
        return found.count, [group.count for group in found.groups]
    finally:
        await driver.close(client)


@pytest.mark.parametrize("driver_name", ["pymongo", "motor"])
def test_either_driver(engine: WireEngine, database_name: str, driver_name: driver.Driver) -> None:
    """The days around a change of the clocks."""
    assert asyncio.run(over(engine.uri, database_name, driver_name)) == (4, [23, 23, 24, 2])
