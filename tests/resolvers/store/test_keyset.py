"""Keyset paging against plain sorting in Python: every ordering, nulls, ties, both directions."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers import paging
from resolvers.kind import Document, Kind
from resolvers.paging import completed, ordering
from resolvers.request import EVERYTHING, Compare, Filter, Operator, Order, Page, Read, Window
from resolvers.store import read
from resolvers.store.capabilities import named
from resolvers.store.plan import plan
from resolvers.store.store import Store
from tests.conftest import KINDS_BY_NAME, mock_store
from tests.properties import examples

pytestmark = pytest.mark.anyio

BOT = KINDS_BY_NAME["bot"]
DAYS = [datetime(2026, 3, day, 9, 30, 0, 123000) for day in (1, 2, 3)]
MISSING = object()

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "startedAt": st.sampled_from(DAYS),
    "endedAt": st.sampled_from([MISSING, None, *DAYS]),
    "durationSeconds": st.sampled_from([MISSING, None, 0, 0.5, 2.0, 2]),
    "createdAt": st.sampled_from(DAYS),
    "updatedAt": st.sampled_from(DAYS),
    "noOfMessagesExchanged": st.integers(-1, 2),
    "noOfTasksExecuted": st.sampled_from([0, 2**31]),
    "botId": st.sampled_from("ab"),
    "status": st.sampled_from(["ACTIVE", "CLOSED"]),
    "containmentType": st.sampled_from([MISSING, None, "AGENT"]),
    # Not null: mongomock does not find `{"customer.id": None}` in `{"customer": None}`.
    "customer": st.sampled_from([MISSING, {}, {"id": None}, {"id": "a"}, {"id": "b"}]),
}
"""Few values, so that most rows tie with others."""
IDS = st.text("aB1é\U0001f600\0", min_size=1, max_size=2)


def _row(session_id: str, values: Document) -> Document:
    present = {name: value for name, value in values.items() if value is not MISSING}
    return {"_id": session_id, **present}


ROW = st.builds(_row, IDS, st.fixed_dictionaries(VALUES))
ROWS = st.lists(ROW, max_size=14, unique_by=lambda row: row["_id"])
WRITTEN = st.lists(
    st.tuples(st.sampled_from(list(paging.orderings(BOT))), st.booleans()),
    max_size=3,
    unique_by=lambda part: part[0],
).map(
    lambda parts: tuple(
        paging.orderings(BOT)[name]._replace(descending=descending) for name, descending in parts
    )
)
ORDERS = WRITTEN | WRITTEN.map(lambda order: completed(BOT, order))
"""As they are written, and as the index decides among equal values."""
FILTERS: st.SearchStrategy[Filter] = st.sampled_from(
    [
        EVERYTHING,
        Compare((BOT.by_name["botId"],), Operator.EQ, "a"),
        Compare((BOT.by_name["startedAt"],), Operator.GTE, DAYS[1]),
        Compare((BOT.by_name["startedAt"],), Operator.LT, DAYS[2]),
        Compare((BOT.by_name["endedAt"],), Operator.EQ, None),
        Compare((BOT.by_name["endedAt"],), Operator.NE, None),
        Compare((BOT.by_name["durationSeconds"],), Operator.LTE, 1.0),
    ]
)
SIZES = st.integers(1, 4)
PLACES = st.integers(0, 13)


@pytest.fixture(params=["wire", "mock", "ranged"])
async def paged(request: pytest.FixtureRequest, wire_store: Store) -> Store:
    """A real engine, the mock, and the mock as an engine that finds equal values by ranges."""
    if request.param == "wire":
        return wire_store
    store = await mock_store()
    return store if request.param == "mock" else replace(store, capabilities=named({}))


slow_on_the_wire = pytest.mark.parametrize(
    "paged", [pytest.param("wire", marks=pytest.mark.slow), "mock", "ranged"], indirect=True
)
"""Hundreds of pages of one kind; `test_every_ordering` is quick and walks those of every kind."""


async def fill(store: Store, rows: list[Document]) -> None:
    collection = store.collection(BOT)
    await collection.delete_many({})
    if rows:
        await collection.insert_many([dict(row) for row in rows], bypass_document_validation=True)


def holds(where: Filter, row: Document) -> bool:
    """The filter in Python."""
    if not isinstance(where, Compare):
        return True
    value, wanted = row.get(where.path[0].path), where.value
    match where.operator:
        case Operator.EQ:
            return bool(value == wanted)
        case Operator.NE:
            return bool(value != wanted)
        case Operator.GTE:
            return value is not None and value >= wanted
        case Operator.LTE:
            return value is not None and value <= wanted
        case _:
            return value is not None and value < wanted


def expected(rows: list[Document], where: Filter, order: tuple[Order, ...]) -> list[Document]:
    """The rows as the oracle sorts them: nulls are smallest, the id decides between equals."""
    order = order or (Order(BOT.by_name["startedAt"], descending=True),)
    keys = [*order, Order(BOT.by_name["sessionId"], order[-1].descending)]
    found = [row for row in rows if holds(where, row)]
    for key in reversed(keys):
        found.sort(
            key=lambda row: (stored(row, key) is not None, stored(row, key)),
            reverse=key.descending,
        )
    return found


def stored(row: Any, key: Order) -> Any:
    for name in key.path.split("."):
        row = (row or {}).get(name)
    return row


def cursor_of(wanted: Read, row: Document) -> str:
    order = ordering(wanted)
    return paging.encode_cursors(wanted.kind, order, [row])[0]


def ids(rows: list[Document]) -> list[str]:
    return [row["_id"] for row in rows]


async def page(
    store: Store, where: Filter, order: tuple[Order, ...], window: Window
) -> tuple[Page, Read]:
    wanted = Read(BOT, where, order, window)
    return await read.list_(store, wanted), wanted


@slow_on_the_wire
@settings(max_examples=examples(40))
@given(rows=ROWS, order=ORDERS, where=FILTERS, size=SIZES)
async def test_forward_pages_are_the_sorted_rows(
    paged: Store, rows: list[Document], order: tuple[Order, ...], where: Filter, size: int
) -> None:
    """Page after page from the start gives every matching row once, in order."""
    await fill(paged, rows)
    seen: list[Document] = []
    window = Window(first=size)
    while True:
        found, wanted = await page(paged, where, order, window)
        assert found.has_previous is (window.after is not None)
        seen += found.documents
        if not found.has_next:
            break
        window = Window(first=size, after=cursor_of(wanted, found.documents[-1]))
    assert ids(seen) == ids(expected(rows, where, order))


@slow_on_the_wire
@settings(max_examples=examples(40))
@given(rows=ROWS, order=ORDERS, where=FILTERS, size=SIZES)
async def test_backward_pages_are_the_sorted_rows(
    paged: Store, rows: list[Document], order: tuple[Order, ...], where: Filter, size: int
) -> None:
    """Page before page from the end gives the same rows, each page in the list's order."""
    await fill(paged, rows)
    seen: list[Document] = []
    window = Window(first=None, last=size)
    while True:
        found, wanted = await page(paged, where, order, window)
        assert found.has_next is (window.before is not None)
        seen = found.documents + seen
        if not found.has_previous:
            break
        window = Window(first=None, last=size, before=cursor_of(wanted, found.documents[0]))
    assert ids(seen) == ids(expected(rows, where, order))


@slow_on_the_wire
@settings(max_examples=examples(40))
@given(rows=ROWS, order=ORDERS, where=FILTERS, size=SIZES, places=st.tuples(PLACES, PLACES))
async def test_rows_between_two_cursors(
    paged: Store,
    rows: list[Document],
    order: tuple[Order, ...],
    where: Filter,
    size: int,
    places: tuple[int, int],
) -> None:
    """`after` and `before` together bound the page on both sides, from either end."""
    await fill(paged, rows)
    matching = expected(rows, where, order)
    if not matching:
        return
    after, before = (place % len(matching) for place in places)
    wanted = Read(BOT, where, order)
    bounds = {
        "after": cursor_of(wanted, matching[after]),
        "before": cursor_of(wanted, matching[before]),
    }
    between = ids(matching[after + 1 : before])
    found, _ = await page(paged, where, order, Window(first=size, **bounds))
    assert ids(found.documents) == between[:size]
    found, _ = await page(paged, where, order, Window(first=None, last=size, **bounds))
    assert ids(found.documents) == between[-size:]


@slow_on_the_wire
@settings(max_examples=examples(40))
@given(
    rows=ROWS,
    order=ORDERS,
    size=SIZES,
    changes=st.lists(st.tuples(st.lists(ROW, max_size=3), st.lists(IDS, max_size=3)), max_size=8),
)
async def test_rows_that_come_and_go_between_pages(
    paged: Store,
    rows: list[Document],
    order: tuple[Order, ...],
    size: int,
    changes: list[tuple[list[Document], list[str]]],
) -> None:
    """Each page holds the rows that then follow the last one seen: none skipped, none repeated."""
    stored = {row["_id"]: row for row in rows}
    await fill(paged, rows)
    last: Document | None = None
    window = Window(first=size)
    for arriving, leaving in [([], []), *changes]:
        await _change(paged, stored, arriving, leaving, keep=last)
        current = list(stored.values())
        following = expected(_with(current, last), EVERYTHING, order)
        place = ids(following).index(last["_id"]) + 1 if last else 0
        found, wanted = await page(paged, EVERYTHING, order, window)
        assert ids(found.documents) == ids(following[place : place + size])
        if not found.documents:
            break
        last = found.documents[-1]
        window = Window(first=size, after=cursor_of(wanted, last))


async def _change(
    store: Store,
    stored: dict[str, Document],
    arriving: list[Document],
    leaving: list[str],
    keep: Document | None,
) -> None:
    """Insert and delete; the row under the cursor may go, but not come back elsewhere."""
    collection = store.collection(BOT)
    for session_id in leaving:
        await collection.delete_one({"_id": session_id})
        stored.pop(session_id, None)
    for row in arriving:
        if row["_id"] not in stored and row["_id"] != (keep or {}).get("_id"):
            await collection.insert_one(dict(row), bypass_document_validation=True)
            stored[row["_id"]] = row


def _with(rows: list[Document], last: Document | None) -> list[Document]:
    gone = last is not None and last["_id"] not in ids(rows)
    return [*rows, last] if gone and last else rows


@pytest.mark.parametrize("kind", KINDS_BY_NAME.values(), ids=KINDS_BY_NAME)
async def test_every_ordering(request: pytest.FixtureRequest, paged: Store, kind: Kind) -> None:
    """Page after page and page before page, both directions, over ties and rows without values.

    An engine is sent the same sorts for pages forward as for pages backward: the mock has both.
    """
    on_the_wire = request.node.callspec.params["paged"] == "wire"
    rows = [_made(kind, place) for place in range(24)]
    await paged.collection(kind).delete_many({})
    await paged.collection(kind).insert_many(
        [dict(row) for row in rows], bypass_document_validation=True
    )
    for part in paging.orderings(kind).values():
        for descending in (False, True):
            order = completed(kind, (part._replace(descending=descending),))
            sorted_ = ids(expected(rows, EVERYTHING, order))
            assert await _walked(paged, kind, order, Window(first=7)) == sorted_, part.name
            if on_the_wire:
                continue
            assert await _walked(paged, kind, order, Window(None, last=7)) == sorted_, part.name


async def _walked(store: Store, kind: Kind, order: tuple[Order, ...], window: Window) -> list[str]:
    """The ids of all pages."""
    seen: list[Document] = []
    while True:
        wanted = Read(kind, order=order, window=window)
        found = await read.list_(store, wanted)
        if window.first:
            seen += found.documents
            more, window = (
                found.has_next,
                Window(first=window.first, after=cursor_of(wanted, found.documents[-1])),
            )
        else:
            seen = found.documents + seen
            more, window = (
                found.has_previous,
                Window(first=None, last=window.last, before=cursor_of(wanted, found.documents[0])),
            )
        if not more:
            return ids(seen)


def _made(kind: Kind, place: int) -> Document:
    """A session with few different values, some of which are missing where they may be."""
    document: Document = {"_id": str(place), "startedAt": DAYS[place % 3]}
    for number, part in enumerate(paging.orderings(kind).values()):
        choice = (place // (number % 3 + 1)) % 3
        *parents, name = part.path.split(".")
        if part.path in document or (part.nullable and choice == 2):
            continue
        within = document
        for parent in parents:
            within = within.setdefault(parent, {})
        within[name] = [*(part.column.values or part.column.type.examples) * 2][choice]
    return document


@pytest.mark.parametrize("kind", KINDS_BY_NAME.values(), ids=KINDS_BY_NAME)
def test_nothing_is_sorted_after_the_session_id(kind: Kind) -> None:
    """It decides alone, so that its own index serves the ordering."""
    order = (Order(kind.by_name["sessionId"]), Order(kind.by_name["startedAt"], descending=True))
    assert plan(Read(kind, order=order)).sort == [("_id", 1)]


def test_bounds_of_filter_and_cursor_become_one_range() -> None:
    """A page within a span of time has plain bounds, which every planner serves from an index."""
    started = (BOT.by_name["startedAt"],)
    wanted = Read(BOT, Compare(started, Operator.LT, DAYS[2]))
    place = cursor_of(wanted, {"_id": "x", "startedAt": DAYS[1]})
    queries = plan(Read(BOT, wanted.where, window=Window(after=place))).queries
    assert queries[1] == {"startedAt": {"$lt": DAYS[1]}}


def test_equal_values_as_ranges() -> None:
    """As engines that walk indexes are asked for rows that tie with a place; nulls stay nulls."""
    order = (Order(BOT.by_name["startedAt"]), Order(BOT.by_name["endedAt"]))
    wanted = Read(BOT, order=order)
    place = cursor_of(wanted, {"_id": "x", "startedAt": DAYS[1], "endedAt": None})
    read = wanted._replace(window=Window(after=place))
    plain, ranged = plan(read).queries[0], plan(read, ranged=True).queries[0]
    assert plain == {"startedAt": DAYS[1], "endedAt": None, "_id": {"$gt": "x"}}
    assert ranged == {**plain, "startedAt": {"$gte": DAYS[1], "$lte": DAYS[1]}}
