"""Filters decided in this process, against the same filters put to the engines."""

import time
from datetime import datetime
from typing import Any

import pytest
from bson import Decimal128, ObjectId
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.common_columns import SESSION_COLUMNS
from resolvers.errors import LimitExceeded
from resolvers.kind import Document
from resolvers.request import All, Compare, Either, Filter, Not, Operator, Search
from resolvers.search import index
from resolvers.store.matching import matcher
from resolvers.store.operators import query
from resolvers.store.store import Store
from resolvers.value_types import LONGEST_SOUGHT
from resolvers.words import terms
from tests.conftest import KINDS_BY_NAME
from tests.properties import examples
from tests.resolvers.store.test_operators import (
    BOT,
    FILTERS,
    ON_LISTS,
    ROWS,
    column,
)

pytestmark = pytest.mark.anyio

CHAT = KINDS_BY_NAME["chat"]
ODD = st.sampled_from(
    [None, True, 0, 1.0, float("nan"), Decimal128("1"), 2**40, "a", "", [], ["a", None], [[1]], {},
     {"id": "a"}, datetime(2026, 3, 2), ObjectId(bytes(12)), b"a"]
)  # fmt: skip
"""Values of any type, for columns of any type."""
ODD_ROWS = st.lists(
    st.dictionaries(
        st.sampled_from(
            ["channel", "containmentType", "noOfTasksExecuted", "durationSeconds", "endedAt",
             "isDeveloper", "customer", "sessionLang"]
        ),
        ODD,
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip


async def assert_alike(store: Store, rows: list[Document], where: Filter) -> None:
    """The matcher says of each document what the database does."""
    collection = store.collection(BOT)
    await collection.delete_many({})
    stored = [{"_id": str(place), **row} for place, row in enumerate(rows)]
    await collection.insert_many([dict(row) for row in stored], bypass_document_validation=True)
    found = await collection.find(query(where)).to_list(None)
    meets = matcher(where)
    kept = await collection.find({}).to_list(None)
    assert sorted(row["_id"] for row in found) == sorted(row["_id"] for row in kept if meets(row))


@pytest.mark.slow
@settings(max_examples=examples(50))
@given(rows=ROWS, where=FILTERS)
async def test_it_decides_as_the_database(
    wire_store: Store, rows: list[Document], where: Filter
) -> None:
    """Any combination of conditions over any documents."""
    await assert_alike(wire_store, rows, where)


@pytest.mark.slow
@settings(max_examples=examples(50))
@given(rows=ROWS, where=ON_LISTS)
async def test_conditions_on_lists_alike(
    wire_store: Store, rows: list[Document], where: Filter
) -> None:
    """Some, none and every element, of sound and of damaged lists."""
    await assert_alike(wire_store, rows, where)


@pytest.mark.slow
@settings(max_examples=examples(60))
@given(rows=ODD_ROWS, where=FILTERS)
async def test_values_of_any_type_alike(
    wire_store: Store, rows: list[Document], where: Filter
) -> None:
    """What other writers may have stored."""
    await assert_alike(wire_store, rows, where)


WORDS = ("printer", "jam", "print", "café", "a")
SEARCHED = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join), max_size=3
)


@settings(max_examples=examples(60))
@given(
    texts=SEARCHED,
    sought=st.sampled_from(["printer", "printer jam", "print*", "cafe", '"a jam"', "a"]),
)
async def test_searches_alike(store: Store, texts: list[str], sought: str) -> None:
    """The words of a search, against the keys and texts that are stored for it."""
    session: Document = {
        "_id": "1",
        "messages": [{"source": "VISITOR", "message": text} for text in texts],
    }
    index(CHAT, session)
    collection = store.collection(CHAT)
    await collection.delete_many({})
    await collection.insert_one(dict(session), bypass_document_validation=True)
    where = Search(terms(sought))
    found = await collection.find(query(where)).to_list(None)
    assert bool(found) == matcher(where)(session)


def test_it_refuses_what_the_store_refuses() -> None:
    """A subscription that could never be a list is refused with the list's message."""
    with pytest.raises(LimitExceeded, match=f"at most {LONGEST_SOUGHT}"):
        matcher(Compare(column("channel"), Operator.CONTAINS, "a" * (LONGEST_SOUGHT + 1)))


def test_an_event_that_is_dropped_costs_next_to_nothing() -> None:
    """At most 5 µs of CPU for a filter of the usual kind: the best of several runs counts."""
    status = next(one for one in SESSION_COLUMNS if one.name == "status")
    where: Filter = All(
        (
            Compare((status,), Operator.EQ, "ACTIVE"),
            Compare(column("startTime"), Operator.GTE, datetime(2026, 1, 1)),
            Either((Compare(column("channel"), Operator.CONTAINS, "x"),)),
            Not(Compare(column("botId"), Operator.IN, ["a", "b"])),
        )
    )
    meets = matcher(where)
    row: dict[str, Any] = {
        "status": "ACTIVE",
        "startTime": datetime(2026, 2, 1),
        "channel": "xyz",
        "botId": "a",
    }
    assert not meets(row)
    seconds = []
    for _ in range(20):
        started = time.process_time()
        for _ in range(1000):
            meets(row)
        seconds.append((time.process_time() - started) / 1000)
    assert min(seconds) < 5e-6
