"""Collections that others write to: no row is left out of a list, whatever it holds."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers import sessions
from resolvers.context import Context
from resolvers.kind import Document
from resolvers.paging import cursors
from resolvers.request import Compare, Not, Operator, Order, Read, Window
from resolvers.store.store import Store
from tests.conftest import KINDS_BY_NAME, NOW
from tests.kinds import EXAMPLES
from tests.properties import examples

pytestmark = pytest.mark.anyio

BOT = KINDS_BY_NAME["bot"]
STARTED = BOT.by_name["startedAt"]
MISSING = object()
MOMENTS = st.integers(0, 3).map(lambda hours: NOW + timedelta(hours=hours))
VALUES = st.one_of(
    MOMENTS,
    MOMENTS,
    st.sampled_from([MISSING, None, "2026-03-01T09:30:00+00:00", "", 7, 7.5, True, False]),
    st.sampled_from([ObjectId("64" * 12), b"x", {"a": 1}, float("nan"), datetime(1, 1, 1)]),
)
IDS = st.one_of(
    st.sampled_from(["a", "b", "c", "64" * 12, "7"]),
    st.sampled_from([ObjectId("64" * 12), ObjectId("65" * 12), 7, 2**40, -1]),
)


@pytest.fixture
def others(store: Store) -> Context:
    """The surroundings of requests to a database without rules of the gateway's."""
    return Context(store=replace(store, unruled=frozenset({"bot"})))


async def filled(context: Context, rows: Sequence[tuple[Any, Any]]) -> list[Any]:
    """Store sessions by id and start; their ids as the database orders them, newest first."""
    collection = context.store.database[BOT.collection]
    await collection.drop()
    for stored, started in rows:
        row = {"_id": stored} | ({} if started is MISSING else {"startedAt": started})
        await collection.insert_one(row)
    found = await collection.find({}).sort([("startedAt", -1), ("_id", -1)]).to_list(None)
    return [row["_id"] for row in found]


async def walked(context: Context, size: int, backward: bool, order: tuple[Order, ...]) -> Any:
    """The stored ids of all pages, in the list's order."""
    ids: list[Any] = []
    place: str | None = None
    for _ in range(100):
        window = Window(None, None, size, place) if backward else Window(size, place)
        read = Read(BOT, order=order, window=window)
        page = await sessions.list_(context, read)
        found = [getattr(row["_id"], "stored", row["_id"]) for row in page.documents]
        ids = found + ids if backward else ids + found
        if not (page.has_previous if backward else page.has_next):
            return ids
        place = cursors(read, page.documents)[0 if backward else -1]
    raise AssertionError("the pages do not end")


@settings(max_examples=examples(60))
@given(
    rows=st.lists(st.tuples(IDS, VALUES), max_size=9, unique_by=lambda row: repr(row[0])),
    size=st.integers(1, 4),
    backward=st.booleans(),
    descending=st.booleans(),
)
async def test_pages_have_every_row(
    wire_store: Store,
    rows: list[tuple[Any, Any]],
    size: int,
    backward: bool,
    descending: bool,
) -> None:
    """Missing and mistyped dates, and ids of any type: each row once, in the database's order."""
    others = Context(store=replace(wire_store, unruled=frozenset({"bot"})))
    newest_first = await filled(others, rows)
    expected = newest_first if descending else newest_first[::-1]
    found = await walked(others, size, backward, (Order(STARTED, descending),))
    assert list(map(repr, found)) == list(map(repr, expected))


async def test_ids_of_other_types_are_found_by_their_text(others: Context) -> None:
    """What a list shows as an id leads to the session."""
    stored = [ObjectId("65" * 12), 7, "8", 9.5, {"a": 1}, True]
    await filled(others, [(one, NOW) for one in stored])
    page = await sessions.list_(others, Read(BOT, window=Window(20)))
    shown = [row["_id"] for row in page.documents]
    assert {"65" * 12, "7", "8", "9.5", "true"} < set(shown)
    assert {*await sessions.get_many(others, BOT, shown)} == set(shown)


async def test_filters_compare_ids_of_other_types(others: Context) -> None:
    """An id as the list shows it is one that filters know."""
    await filled(others, [(ObjectId("65" * 12), NOW), (7, NOW), ("7a", NOW)])
    by_id = (BOT.by_name["sessionId"],)

    async def ids(where: Any) -> list[str]:
        return [row["_id"] for row in (await sessions.list_(others, Read(BOT, where))).documents]

    assert await ids(Compare(by_id, Operator.EQ, "65" * 12)) == ["65" * 12]
    assert await ids(Compare(by_id, Operator.IN, ["7", "7a"])) == ["7a", "7"]
    assert await ids(Compare(by_id, Operator.NE, "7")) == ["65" * 12, "7a"]
    assert await ids(Not(Compare(by_id, Operator.EQ, "7"))) == ["65" * 12, "7a"]


async def test_changes_find_ids_of_other_types(others: Context) -> None:
    """A session with such an id is changed and deleted as any other."""
    whole: Document = await sessions.create(others, BOT, EXAMPLES["bot"].values)
    await filled(others, [])
    stored = {**whole, "_id": ObjectId("65" * 12)}
    await others.store.database[BOT.collection].insert_one(stored)
    changed = await sessions.update(others, BOT, "65" * 12, {"channel": "web"})
    assert (changed["_id"], changed["channel"]) == ("65" * 12, "web")
    await sessions.delete(others, BOT, "65" * 12)
    assert await sessions.get(others, BOT, "65" * 12) is None
