"""Pages over several kinds against sorting everything in Python."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers import merged_pages, paging
from resolvers.context import Context
from resolvers.kind import Document, Kind
from resolvers.merged_pages import Across
from resolvers.request import (
    EVERYTHING,
    All,
    Compare,
    Either,
    Filter,
    Not,
    Operator,
    Order,
    Page,
    Window,
)
from resolvers.store import find
from resolvers.store import read as read_store
from resolvers.store.store import Store
from schema.all_kinds import all_kinds
from tests.conftest import KINDS_BY_NAME, NOW, mock_store
from tests.properties import examples

pytestmark = pytest.mark.anyio

KINDS = tuple(KINDS_BY_NAME.values())
COMMON = all_kinds(KINDS).common
CHAT = KINDS_BY_NAME["chat"]
DAYS = [datetime(2026, 3, day, 9, 30, 0, 123000) for day in (1, 2, 3)]
MISSING = object()
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "startedAt": st.sampled_from(DAYS),
    "endedAt": st.sampled_from([MISSING, *DAYS]),
    "durationSeconds": st.sampled_from([MISSING, 0, 0.5, 2.0, 2]),
    "createdAt": st.sampled_from(DAYS),
    "updatedAt": st.sampled_from(DAYS),
    "status": st.sampled_from([MISSING, "ACTIVE", "CLOSED"]),
    "assignee": st.sampled_from([MISSING, "a", "ab"]),
    "customer": st.sampled_from([MISSING, {}, {"id": "a"}, {"id": "b"}]),
}
"""Few values, so that most rows tie with others."""


def _row(place: tuple[str, str], values: Document) -> tuple[str, Document]:
    kind, session_id = place
    present = {name: value for name, value in values.items() if value is not MISSING}
    return kind, {"_id": session_id, **present}


PLACES = st.tuples(st.sampled_from(list(KINDS_BY_NAME)), st.sampled_from(["1", "12", "a", "é"]))
ROWS = st.lists(
    st.builds(_row, PLACES, st.fixed_dictionaries(VALUES)),
    max_size=16,
    unique_by=lambda row: (row[0], row[1]["_id"]),
)
ORDERS = st.lists(
    st.tuples(st.sampled_from(list(paging.orderings(COMMON))), st.booleans()),
    max_size=3,
    unique_by=lambda part: part[0],
).map(
    lambda parts: tuple(
        paging.orderings(COMMON)[name]._replace(descending=falls) for name, falls in parts
    )
)
KIND = (COMMON.by_name["kind"],)
STATUS = (COMMON.by_name["status"],)
STARTED = (COMMON.by_name["startedAt"],)
IS_CHAT = Compare(KIND, Operator.EQ, "CHAT")
FILTERS: st.SearchStrategy[Filter] = st.sampled_from(
    [
        EVERYTHING,
        IS_CHAT,
        Not(IS_CHAT),
        Compare(KIND, Operator.IN, ["BOT", "KNOWLEDGE"]),
        All((Compare(KIND, Operator.NIN, ["BOT"]), Compare(STATUS, Operator.EQ, "ACTIVE"))),
        Either((IS_CHAT, Compare(STARTED, Operator.GTE, DAYS[1]))),
        Not(Either((IS_CHAT, Compare(STATUS, Operator.EQ, "CLOSED")))),
        Compare(STARTED, Operator.LT, DAYS[2]),
        Compare((COMMON.by_name["endedAt"],), Operator.EQ, None),
    ]
)
SIZES = st.integers(1, 5)


@pytest.fixture(params=[pytest.param("wire", marks=pytest.mark.slow), "mock"])
async def merging(request: pytest.FixtureRequest, wire_store: Store) -> Context:
    """A real engine and the mock."""
    return Context(store=wire_store if request.param == "wire" else await mock_store())


async def fill(store: Store, rows: list[tuple[str, Document]]) -> None:
    """Store these rows and no others, whatever a kind's rules say."""
    for name, kind in KINDS_BY_NAME.items():
        collection = store.collection(kind)
        await collection.delete_many({})
        own = [dict(row) for of, row in rows if of == name]
        if own:
            await collection.insert_many(own, bypass_document_validation=True)


def holds(where: Filter, kind: str, row: Document) -> bool:
    """The filter in Python."""
    match where:
        case All(parts):
            return all(holds(part, kind, row) for part in parts)
        case Either(parts):
            return any(holds(part, kind, row) for part in parts)
        case Not(part):
            return not holds(part, kind, row)
        case Compare((column,), operator, wanted):
            value = kind.upper() if column.name == "kind" else row.get(column.path)
            return bool(COMPARED[operator](value, wanted))
    raise NotImplementedError(where)


COMPARED: Mapping[Operator, Any] = {
    Operator.EQ: lambda value, wanted: value == wanted,
    Operator.IN: lambda value, wanted: value in wanted,
    Operator.NIN: lambda value, wanted: value not in wanted,
    Operator.GTE: lambda value, wanted: value is not None and value >= wanted,
    Operator.LT: lambda value, wanted: value is not None and value < wanted,
}


def expected(
    rows: list[tuple[str, Document]], where: Filter, order: tuple[Order, ...]
) -> list[tuple[str, str]]:
    """Kinds and ids as the oracle sorts them: nulls are smallest; kind, then id break ties."""
    order = order or paging.default_order(COMMON)
    # After the session id, only the kind is left to decide, and it follows the id's direction.
    named = [part.name for part in order]
    order = order[: named.index("sessionId") + 1] if "sessionId" in named else order
    found = [row for row in rows if holds(where, *row)]
    falls = order[-1].descending
    found.sort(key=lambda row: (row[0], row[1]["_id"]), reverse=falls)
    for key in reversed(order):
        values = partial(_comparable, key)
        found.sort(key=values, reverse=key.descending)
    return [(kind, row["_id"]) for kind, row in found]


def _comparable(key: Order, row: tuple[str, Any]) -> tuple[Any, ...]:
    value = row[1]
    for name in key.path.split("."):
        value = (value or {}).get(name)
    return () if value is None else (value,)


def shown(rows: list[Any]) -> list[tuple[str, str]]:
    """Kinds and ids of a page."""
    return [(row.kind.name, row["_id"]) for row in rows]


async def page(
    context: Context, where: Filter, order: tuple[Order, ...], window: Window, count: bool = False
) -> tuple[Page, list[str]]:
    """A page and its rows' cursors."""
    read = Across(COMMON, KINDS, where, order=order, window=window, count=count)
    found = await merged_pages.list_(context, read)
    return found, merged_pages.cursors(read, found.documents)


@settings(max_examples=examples(60))
@given(rows=ROWS, order=ORDERS, where=FILTERS, size=SIZES)
async def test_forward_pages_are_the_sorted_rows(
    merging: Context,
    rows: list[tuple[str, Document]],
    order: tuple[Order, ...],
    where: Filter,
    size: int,
) -> None:
    """Page after page from the start gives every matching row once, in order, with the count."""
    await fill(merging.store, rows)
    whole = expected(rows, where, order)
    seen: list[tuple[str, str]] = []
    window = Window(first=size)
    while True:
        found, places = await page(merging, where, order, window, count=True)
        assert found.total == len(whole)
        assert found.has_previous is (window.after is not None)
        seen += shown(found.documents)
        if not found.has_next:
            break
        window = Window(first=size, after=places[-1])
    assert seen == whole


@settings(max_examples=examples(60))
@given(rows=ROWS, order=ORDERS, where=FILTERS, size=SIZES)
async def test_backward_pages_are_the_sorted_rows(
    merging: Context,
    rows: list[tuple[str, Document]],
    order: tuple[Order, ...],
    where: Filter,
    size: int,
) -> None:
    """Page before page from the end gives the same rows, each page in the list's order."""
    await fill(merging.store, rows)
    seen: list[tuple[str, str]] = []
    window = Window(first=None, last=size)
    while True:
        found, places = await page(merging, where, order, window)
        assert found.has_next is (window.before is not None)
        seen = shown(found.documents) + seen
        if not found.has_previous:
            break
        window = Window(first=None, last=size, before=places[0])
    assert seen == expected(rows, where, order)


@settings(max_examples=examples(60))
@given(
    rows=ROWS,
    order=ORDERS,
    where=FILTERS,
    size=SIZES,
    places=st.tuples(SIZES, SIZES),
    last=st.booleans(),
)
async def test_rows_between_two_cursors(
    merging: Context,
    rows: list[tuple[str, Document]],
    order: tuple[Order, ...],
    where: Filter,
    size: int,
    places: tuple[int, int],
    last: bool,
) -> None:
    """`after` and `before` together bound the page on both sides, from either end."""
    await fill(merging.store, rows)
    whole, cursors = await page(merging, where, order, Window(first=100))
    if not cursors:
        return
    start, end = (place % len(cursors) for place in places)
    bounds = {"after": cursors[start], "before": cursors[end]}
    between = shown(whole.documents)[start + 1 : end]
    window = Window(first=None, last=size, **bounds) if last else Window(first=size, **bounds)
    found, _ = await page(merging, where, order, window)
    assert shown(found.documents) == (between[-size:] if last else between[:size])
    more = found.has_previous if last else found.has_next
    assert more is (len(between) > size)


@settings(max_examples=examples(40))
@given(rows=ROWS, later=ROWS, size=SIZES, order=ORDERS)
async def test_rows_that_come_and_go(
    merging: Context,
    rows: list[tuple[str, Document]],
    later: list[tuple[str, Document]],
    size: int,
    order: tuple[Order, ...],
) -> None:
    """Rows that stay all the time are neither skipped nor repeated."""
    await fill(merging.store, rows)
    known = {(kind, row["_id"]) for kind, row in rows}
    steps = iter(later)
    staying = {*expected(rows, EVERYTHING, ())}
    seen: list[tuple[str, str]] = []
    window = Window(first=size)
    while True:
        found, places = await page(merging, EVERYTHING, order, window)
        seen += shown(found.documents)
        kind, row = next(steps, (None, {}))
        if kind and (kind, row["_id"]) in known:  # it goes
            await merging.store.collection(KINDS_BY_NAME[kind]).delete_one({"_id": row["_id"]})
            staying -= {(kind, row["_id"])}
        elif kind:  # it comes
            collection = merging.store.collection(KINDS_BY_NAME[kind])
            await collection.insert_one(dict(row), bypass_document_validation=True)
        if not found.has_next:
            break
        window = Window(first=size, after=places[-1])
    assert len(seen) == len(set(seen))
    assert staying <= set(seen)
    in_order = expected(rows, EVERYTHING, order)
    assert [row for row in seen if row in staying] == [row for row in in_order if row in staying]


async def test_at_most_two_finds_a_kind(
    wire_context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first page takes one find a kind; a later one a second for rows that may tie."""
    sent: list[str] = []
    original = find.find

    async def noted(store: Store, kind: Kind, *rest: Any) -> list[Document]:
        sent.append(kind.name)
        return await original(store, kind, *rest)

    monkeypatch.setattr(read_store, "find", noted)
    rows = [
        (name, {"_id": str(number), "startedAt": NOW - timedelta(minutes=number // 3)})
        for name in KINDS_BY_NAME
        for number in range(40)
    ]
    await fill(wire_context.store, rows)
    window, most = Window(first=10), 1
    while True:
        sent.clear()
        found, places = await page(wire_context, EVERYTHING, (), window)
        assert max(sent.count(name) for name in KINDS_BY_NAME) <= most
        if not found.has_next:
            break
        window, most = Window(first=10, after=places[-1]), 2
