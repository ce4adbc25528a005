"""Collections of another shape, served in place: the same answers as from sessions of the kind."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers import mapping, sessions
from resolvers.access import EVERYBODY
from resolvers.context import Context
from resolvers.documents import read as shown
from resolvers.errors import BadInput, CorruptDocument, ReadOnly
from resolvers.kind import Document
from resolvers.paging import cursors
from resolvers.request import (
    EVERYTHING,
    All,
    Compare,
    Filter,
    Not,
    Operator,
    Order,
    Read,
    Some,
    Window,
)
from resolvers.store import find
from resolvers.store.mapped import Mapped
from resolvers.store.store import Store
from resolvers.tenants import NOBODYS
from tests.conftest import KINDS_BY_NAME, NOW
from tests.properties import examples

pytestmark = pytest.mark.anyio

BOT = KINDS_BY_NAME["bot"]
EPOCH = datetime(1970, 1, 1)
MAP: dict[str, Any] = {
    "kind": "BOT",
    "collection": "conversations",
    "columns": {
        "botId": {"constant": "shop"},
        "channel": "meta.channel",
        "userId": "data.user.id",
        "startTime": {"from": "start_time", "format": "epoch-seconds"},
        "endTime": {"from": "end_time", "format": "iso-seconds"},
        "sessionLang": "langs",
        "sessionType": {
            "from": "mode",
            "values": {"human": "INTERACTIVE", "person": "INTERACTIVE", "bot": "NON_INTERACTIVE"},
        },
        "isDeveloper": {"constant": False},
        "tags.userTags": {"from": "labels", "columns": {"name": "key", "value": "text"}},
        "noOfMessagesExchanged": "counts.messages",
        "noOfTasksExecuted": {"constant": 0},
    },
}
KINDS = {kind.enum_name: kind for kind in KINDS_BY_NAME.values()}


def foreign(number: int, **given: Any) -> Document:
    """A document as the other application stores it."""
    started = NOW + timedelta(minutes=number // 2)
    row: Document = {
        "_id": ObjectId(f"{number:024x}"),
        "start_time": int((started - EPOCH).total_seconds()),
        "mode": ("human", "person", "bot")[number % 3],
        "meta": {"channel": "web" if number % 2 else "app"},
        "data": {"user": {"id": f"u{number % 4}"}},
        "langs": ["en"],
        "labels": [{"key": "vip", "text": str(number)}] if number % 5 == 0 else [],
        "counts": {"messages": number},
    }
    if number % 3:
        row["end_time"] = f"{started + timedelta(seconds=90):%Y-%m-%dT%H:%M:%SZ}"
    return row | given


def context_of(store: Store) -> Context:
    """The surroundings of requests, on the collection of the map."""
    mapped = Mapped(mapping.read(MAP, KINDS))
    served = replace(
        store,
        names={"bot": mapped.collection},
        maps={"bot": mapped},
        unruled=frozenset({"bot"}),
        collections={},
    )
    return Context(store=served, caller=replace(EVERYBODY, fixed=frozenset({"bot"})))


@pytest.fixture
async def served(wire_store: Store) -> Context:
    """Twelve documents."""
    await wire_store.database["conversations"].insert_many([foreign(n) for n in range(12)])
    return context_of(wire_store)


def path(*names: str) -> tuple[Any, ...]:
    """The columns of a dotted name."""
    columns, found = BOT.columns, []
    for name in names:
        (column,) = (one for one in columns if one.name == name)
        found.append(column)
        columns = column.columns
    return tuple(found)


TAG_VALUE = path("tags", "userTags", "value")[-1]


async def test_a_session_is_shown_as_its_kind(served: Context) -> None:
    """Names, nested names, dates, constants, names of values, lists, and what is computed."""
    row = await sessions.get(served, BOT, f"{10:024x}")
    assert row is not None
    started = NOW + timedelta(minutes=5)
    expected = {
        "_id": f"{10:024x}",
        "botId": "shop",
        "channel": "app",
        "userId": "u2",
        "startTime": started,
        "endTime": started + timedelta(seconds=90),
        "startedAt": started,
        "endedAt": started + timedelta(seconds=90),
        "status": "CLOSED",
        "durationSeconds": 90.0,
        "sessionType": "INTERACTIVE",
        "sessionLang": ["en"],
        "tags": {"userTags": [{"name": "vip", "value": "10"}]},
        "noOfMessagesExchanged": 10,
        "customer": {"id": "u2"},
    }
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        (Compare(path("userId"), Operator.EQ, "u1"), [9, 5, 1]),
        (Compare(path("botId"), Operator.EQ, "shop"), list(range(11, -1, -1))),
        (Compare(path("botId"), Operator.NE, "shop"), []),
        (Compare(path("sessionType"), Operator.EQ, "NON_INTERACTIVE"), [11, 8, 5, 2]),
        (Compare(path("sessionType"), Operator.NE, "NON_INTERACTIVE"), [10, 9, 7, 6, 4, 3, 1, 0]),
        (Compare(path("status"), Operator.EQ, "ACTIVE"), [9, 6, 3, 0]),
        (Compare(path("status"), Operator.IN, ["CLOSED", "ACTIVE"]), list(range(11, -1, -1))),
        (Compare(path("startedAt"), Operator.GTE, NOW + timedelta(minutes=4)), [11, 10, 9, 8]),
        (Compare(path("endTime"), Operator.LTE, NOW + timedelta(seconds=90)), [1]),
        (Compare(path("containmentType"), Operator.EQ, "AGENT"), []),
        (Compare(path("containmentType"), Operator.EQ, None), list(range(11, -1, -1))),
        (Compare(path("sessionId"), Operator.EQ, f"{7:024x}"), [7]),
        (Not(Compare(path("channel"), Operator.CONTAINS_IGNORE_CASE, "WE")), [10, 8, 6, 4, 2, 0]),
        (
            Some(
                path("tags", "userTags"),
                Compare((path("tags", "userTags", "value")[-1],), Operator.EQ, "5"),
            ),
            [5],
        ),
        (
            All(
                (
                    Compare(path("userId"), Operator.IN, ["u1", "u2"]),
                    Compare(path("noOfMessagesExchanged"), Operator.GT, 5),
                )
            ),
            [10, 9, 6],
        ),
    ],
)
async def test_filters(served: Context, where: Filter, numbers: list[int]) -> None:
    """On every sort of source: compared as the column's values, found as they are stored."""
    read = Read(BOT, where, count=True)
    page = await sessions.list_(served, read)
    assert [int(row["_id"], 16) for row in page.documents] == numbers
    assert page.total == len(numbers)


@settings(max_examples=examples(25))
@given(
    numbers=st.lists(st.integers(0, 11), max_size=8, unique=True),
    odd=st.lists(
        st.sampled_from([{"start_time": None}, {"start_time": "soon"}, {"start_time": 1.5}]),
        max_size=2,
    ),
    size=st.integers(1, 4),
    descending=st.booleans(),
)
async def test_pages_have_every_document(
    wire_store: Store, numbers: list[int], odd: Sequence[Document], size: int, descending: bool
) -> None:
    """Each once, in the order of the stored values, those without a valid date included."""
    collection = wire_store.database["conversations"]
    await collection.delete_many({})
    rows = [foreign(n) for n in numbers]
    rows += [foreign(20 + place, **given) for place, given in enumerate(odd)]
    if rows:
        await collection.insert_many(rows)
    way = -1 if descending else 1
    expected = await collection.find({}).sort([("start_time", way), ("_id", way)]).to_list(None)
    served, found, place = context_of(wire_store), [], None
    for _ in range(20):
        order = (Order(BOT.by_name["startedAt"], descending),)
        read = Read(BOT, order=order, window=Window(size, place))
        page = await sessions.list_(served, read)
        found += [row["_id"] for row in page.documents]
        if not page.has_next:
            break
        place = cursors(read, page.documents)[-1]
    assert found == [str(row["_id"]) for row in expected]


async def test_what_does_not_fit_is_an_error_in_its_place(served: Context) -> None:
    """A date that is none is named; the other columns are shown."""
    rows = served.store.database["conversations"]
    await rows.insert_one(foreign(30, start_time="soon", mode="alien"))
    row = await sessions.get(served, BOT, f"{30:024x}")
    assert row is not None
    assert row["userId"] == "u2"
    for name in ("startTime", "sessionType"):
        with pytest.raises(CorruptDocument) as refusal:
            shown(BOT.by_name[name], row)
        assert name in refusal.value.message


@pytest.mark.parametrize("name", ["durationSeconds", "customer"])
async def test_what_is_computed_cannot_be_compared(served: Context, name: str) -> None:
    """It is refused by name, where an empty list would be wrong."""
    column = path("customer", "customerId") if name == "customer" else path(name)
    value = "u1" if name == "customer" else 90.0
    with pytest.raises(BadInput, match="cannot be compared"):
        await sessions.list_(served, Read(BOT, Compare(column, Operator.EQ, value)))


async def test_orderings_that_are_not_stored_are_refused(served: Context) -> None:
    """Such as one by names that are stored differently."""
    for name in ("durationSeconds", "sessionType", "botId"):
        with pytest.raises(BadInput, match="cannot be ordered by"):
            await sessions.list_(served, Read(BOT, order=(Order(BOT.by_name[name]),)))


async def test_summaries(served: Context) -> None:
    """The number and the mean duration, computed by the database."""
    summary = await sessions.summarise(served, BOT, Compare(path("userId"), Operator.EQ, "u1"))
    assert (summary.count, summary.average_duration_seconds) == (3, 90.0)


async def test_tenants(served: Context) -> None:
    """Documents have the tenant of the map; without one in it, they are nobody's."""
    maps = {**MAP, "columns": {**MAP["columns"], "tenant": {"constant": "acme"}}}
    of_acme = replace(served.store, maps={"bot": Mapped(mapping.read(maps, KINDS))})
    for store, owner in ((served.store, NOBODYS), (of_acme, frozenset({"acme"}))):
        for limit in (NOBODYS, frozenset({"acme"}), frozenset({"globex"})):
            caller = replace(served.caller, tenants=limit)
            seen = await sessions.count(Context(store, caller=caller), BOT, EVERYTHING)
            assert seen == (12 if limit == owner else 0)


async def test_nothing_is_changed(served: Context) -> None:
    """Every change is refused."""
    session_id = f"{1:024x}"
    before = await served.store.database["conversations"].find({}).to_list(None)
    with pytest.raises(ReadOnly, match="another application"):
        await sessions.update(served, BOT, session_id, {"channel": "x"})
    with pytest.raises(ReadOnly):
        await sessions.delete(served, BOT, session_id)
    assert await served.store.database["conversations"].find({}).to_list(None) == before


CODES = {
    **MAP["columns"],
    "sessionType": {"from": "mode", "values": {"0": "INTERACTIVE", "1": "NON_INTERACTIVE"}},
    "isDeveloper": {"from": "testing", "values": {"Y": True, "N": False}},
}


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        (Compare(path("userId"), Operator.EQ, "17"), [1]),
        (Compare(path("userId"), Operator.NIN, ["17", "18"]), [0]),
        (Compare(path("isDeveloper"), Operator.EQ, True), [1]),
        (Compare(path("sessionType"), Operator.EQ, "NON_INTERACTIVE"), [2, 1]),
        (Compare(path("sessionType"), Operator.NE, "NON_INTERACTIVE"), [0]),
    ],
)
async def test_numbers_and_words_for_flags(
    wire_store: Store, where: Filter, numbers: list[int]
) -> None:
    """A text may be stored as a number, a name as a code, and a flag as a word."""
    rows = [
        foreign(0, data={"user": {"id": "u"}}, mode=0, testing="N"),
        foreign(1, data={"user": {"id": 17}}, mode=1, testing="Y"),
        foreign(2, data={"user": {"id": 18.0}}, mode="1", testing="N"),
    ]
    await wire_store.database["conversations"].insert_many(rows)
    mapped = Mapped(mapping.read({**MAP, "columns": CODES}, KINDS))
    served = context_of(wire_store)
    served = replace(served, store=replace(served.store, maps={"bot": mapped}))
    found = (await sessions.list_(served, Read(BOT, where))).documents
    assert [int(row["_id"], 16) for row in found] == numbers
    assert {(row["userId"], row["sessionType"], row["isDeveloper"]) for row in found} <= {
        ("u", "INTERACTIVE", False),
        ("17", "NON_INTERACTIVE", True),
        ("18", "NON_INTERACTIVE", False),
    }


async def test_an_id_of_any_type_takes_one_find(served: Context, monkeypatch: Any) -> None:
    """Texts, and what is shown as they are, are looked for together."""
    finds: list[Any] = []
    wrapped = find.find

    async def counted(*given: Any) -> Any:
        finds.append(given)
        return await wrapped(*given)

    monkeypatch.setattr("resolvers.store.read.find", counted)
    rows = served.store.database["conversations"]
    await rows.insert_many([foreign(20, _id=17), foreign(21, _id=f"{5:024x}")])
    found = await sessions.get_many(served, BOT, ["17", f"{4:024x}", f"{5:024x}", "none"])
    assert {one: row["noOfMessagesExchanged"] for one, row in found.items()} == {
        "17": 20,
        f"{4:024x}": 4,
        f"{5:024x}": 21,
    }
    assert len(finds) == 1
