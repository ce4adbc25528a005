"""Filters as queries, against the same filters in plain Python."""

from collections.abc import Callable
from datetime import datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.errors import BadInput
from resolvers.kind import Column, Document
from resolvers.request import All, Compare, Either, Filter, Not, Operator, Some
from resolvers.store.operators import CONDITIONS, FOLDED, conjoin, fold, query
from resolvers.store.store import Store
from resolvers.value_types import TEXT, VALUE_TYPES, ValueType
from tests.conftest import KINDS_BY_NAME, mock_store

pytestmark = pytest.mark.anyio

REMOTE_SUPPORT = KINDS_BY_NAME["remote_support"]
BOT = KINDS_BY_NAME["bot"]
CUSTOMER = BOT.by_name["customer"]

TEXTS = st.sampled_from(
    ["", "a", "A", "ab", "Ab\n", "a.b", "a*", ".*", "^a$", "(", "[", "\\", "\\d", "{", "a b", "#",
     '{"$gt": ""}', "$where", "é", "É", "\ud7ff", "\ue000", "\U0010ffff", "a\U0010ffff",
     "\U0001f600"]
)  # fmt: skip
NUMBERS = st.integers(-1, 3)
DATES = st.sampled_from([datetime(2026, 3, day) for day in (1, 2, 3)])

ROWS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "channel": TEXTS,
            "containmentType": st.sampled_from(["AGENT", "DROP_OFF", None]),
            "noOfTasksExecuted": NUMBERS,
            "durationSeconds": st.sampled_from([None, 0, 0.5, 1.0]),
            "endedAt": st.none() | DATES,
            "isDeveloper": st.booleans(),
            "customer": st.fixed_dictionaries(
                {}, optional={"id": TEXTS, "name": st.none() | TEXTS}
            ),
            "sessionLang": st.lists(TEXTS, max_size=3),
            "tags": st.fixed_dictionaries(
                {
                    "userTags": st.lists(
                        st.fixed_dictionaries({"name": TEXTS}, optional={"value": TEXTS}),
                        max_size=3,
                    )
                }
            ),
        },
    ),
    min_size=1,
    max_size=8,
)

NULLABLE = (Operator.EQ, Operator.NE)
LISTS = (Operator.IN, Operator.NIN)


def on(
    path: tuple[Column, ...], values: st.SearchStrategy[Any], type_: ValueType | None = None
) -> st.SearchStrategy[Filter]:
    """Every comparison of one column, by each operator of its type."""
    operands = {
        **dict.fromkeys(NULLABLE, st.none() | values),
        **dict.fromkeys(LISTS, st.lists(values, max_size=3)),
    }
    return st.one_of(
        st.builds(Compare, st.just(path), st.just(operator), operands.get(operator, values))
        for operator in (type_ or path[-1].type).operators
    )


def column(name: str) -> tuple[Column, ...]:
    return (BOT.by_name[name],)


TAGS = (BOT.by_name["tags"], BOT.by_name["tags"].column("userTags"))
TAG_PARTS = [(TAGS[1].column(name),) for name in ("name", "value")]
LEAVES = st.one_of(
    on(column("channel"), TEXTS),
    on(column("containmentType"), st.sampled_from(["AGENT", "DROP_OFF"])),
    on(column("noOfTasksExecuted"), NUMBERS),
    on(column("durationSeconds"), st.sampled_from([0, 0.5, 1.0])),
    on(column("endedAt"), DATES),
    on(column("isDeveloper"), st.booleans()),
    *(on((CUSTOMER, CUSTOMER.column(name)), TEXTS) for name in ("id", "name")),
    st.builds(Some, st.just(column("sessionLang")), on((), TEXTS, TEXT)),
    st.builds(
        Some,
        st.just(TAGS),
        st.lists(st.one_of(*(on(path, TEXTS) for path in TAG_PARTS)), min_size=1, max_size=3)
        .map(tuple)
        .map(All),
    ),
)
FILTERS: st.SearchStrategy[Filter] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(tuple).map(All),
        st.lists(inner, max_size=3).map(tuple).map(Either),
        inner.map(Not),
    ),
    max_leaves=8,
)

ORACLE: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: lambda value, wanted: bool(value == wanted),
    Operator.NE: lambda value, wanted: bool(value != wanted),
    Operator.IN: lambda value, wanted: value in wanted,
    Operator.NIN: lambda value, wanted: value not in wanted,
    Operator.GT: lambda value, wanted: value is not None and value > wanted,
    Operator.GTE: lambda value, wanted: value is not None and value >= wanted,
    Operator.LT: lambda value, wanted: value is not None and value < wanted,
    Operator.LTE: lambda value, wanted: value is not None and value <= wanted,
    Operator.STARTS_WITH: lambda value, wanted: value is not None and value.startswith(wanted),
    Operator.CONTAINS: lambda value, wanted: value is not None and wanted in value,
    Operator.EQ_IGNORE_CASE: lambda value, wanted: (
        value is not None and value.lower() == wanted.lower()
    ),
}


def test_every_operator_has_a_meaning_here_and_there() -> None:
    """One that no type has, no query or no oracle, would be found nowhere or tested nowhere."""
    used = {operator for type_ in VALUE_TYPES for operator in type_.operators}
    assert set(ORACLE) == set(CONDITIONS) == used == set(Operator)


def holds(where: Filter, row: Any) -> bool:
    """What a filter means."""
    match where:
        case All(parts):
            return all(holds(part, row) for part in parts)
        case Either(parts):
            return any(holds(part, row) for part in parts)
        case Not(part):
            return not holds(part, row)
        case Some(path, condition):
            return any(holds(condition, item) for item in value_at(path, row) or [])
        case Compare(path, operator, wanted):
            return ORACLE[operator](value_at(path, row), wanted)


def value_at(path: tuple[Column, ...], row: Any) -> Any:
    for part in path:
        row = row.get(part.path) if isinstance(row, dict) else None
    return row


@pytest.fixture(params=["wire", "mock"])
async def searched(request: pytest.FixtureRequest, wire_store: Store) -> Store:
    """A real engine and the mock."""
    return wire_store if request.param == "wire" else await mock_store()


@settings(max_examples=120)
@given(rows=ROWS, where=FILTERS)
async def test_filters_find_what_they_mean(
    searched: Store, rows: list[Document], where: Filter
) -> None:
    """Any combination of conditions over any documents."""
    collection = searched.collection(BOT)
    await collection.delete_many({})
    stored = [{"_id": str(place), **row} for place, row in enumerate(rows)]
    await collection.insert_many([dict(row) for row in stored], bypass_document_validation=True)
    found = await collection.find(query(where)).to_list(None)
    assert sorted(row["_id"] for row in found) == [
        row["_id"] for row in stored if holds(where, row)
    ]


BORDERS = ("a", "\ud7fe", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010fffe", "\U0010ffff")
"""Characters beside the surrogates, which no text can hold, and at the end of Unicode."""


async def test_prefixes_at_the_borders_of_unicode(searched: Store) -> None:
    """Every prefix of up to two such characters finds what Python's startswith does."""
    texts = ["", *BORDERS, *map("".join, product(BORDERS, repeat=2))]
    rows = [{"_id": str(place), "channel": text} for place, text in enumerate(texts)]
    await searched.collection(BOT).insert_many(rows, bypass_document_validation=True)
    for prefix in texts:
        where = query(Compare(column("channel"), Operator.STARTS_WITH, prefix))
        found = await searched.collection(BOT).find(where).to_list(None)
        expected = [row["channel"] for row in rows if row["channel"].startswith(prefix)]
        assert sorted(row["channel"] for row in found) == sorted(expected), prefix


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [("Straße", "STRASSE"), ("ÉCOLE", "école"), ("a.b", "A.B"), ("x\n", "X\n")],
)
async def test_folded_columns_ignore_case_in_every_script(
    store: Store, stored: str, wanted: str
) -> None:
    """The case-folded copy is compared as a whole."""
    rows = [
        {"_id": "1", FOLDED: {"customerName": fold(stored)}},
        {"_id": "2", FOLDED: {"customerName": "x"}},
    ]
    await store.collection(REMOTE_SUPPORT).insert_many(rows, bypass_document_validation=True)
    where = Compare((REMOTE_SUPPORT.by_name["customerName"],), Operator.EQ_IGNORE_CASE, wanted)
    found = await store.collection(REMOTE_SUPPORT).find(query(where)).to_list(None)
    assert [row["_id"] for row in found] == ["1"]


@pytest.mark.parametrize("operator", [Operator.CONTAINS, Operator.EQ_IGNORE_CASE])
def test_patterns_longer_than_the_database_takes(operator: Operator) -> None:
    """A text that would make too long a regular expression is bad input."""
    with pytest.raises(BadInput):
        query(Compare(column("channel"), operator, "é" * 20_000))


def test_no_text_becomes_an_operator() -> None:
    """Values stand where values are expected."""
    for operator in (Operator.EQ, Operator.NE, Operator.IN, Operator.STARTS_WITH):
        wanted = ["$where"] if operator is Operator.IN else "$where"
        assert list(query(Compare(column("channel"), operator, wanted))) == ["channel"]


async def test_every_alternative_counts(searched: Store) -> None:
    """One of none is nothing, of one that one, of several any of them."""
    rows = [{"_id": text, "channel": text} for text in "abcd"]
    await searched.collection(BOT).insert_many(rows, bypass_document_validation=True)
    parts = tuple(Compare(column("channel"), Operator.EQ, text) for text in "abc")
    for count in range(4):
        found = await searched.collection(BOT).find(query(Either(parts[:count]))).to_list(None)
        assert sorted(row["_id"] for row in found) == list("abc")[:count]


def test_bounds_are_drawn_together() -> None:
    """Two bounds on one side become the tighter one; nothing is lost that cannot be."""
    assert conjoin([{"a": {"$gt": 1, "$lt": 9}}, {"a": {"$gt": 3, "$lte": 9}}]) == {
        "a": {"$gt": 3, "$lt": 9, "$lte": 9}
    }
    assert conjoin([{"a": {"$gt": 1}}, {"a": 2}]) == {"a": 2}
    assert conjoin([{"a": 2}, {"a": {"$in": [1, 2]}}]) == {"a": 2}
    assert conjoin([{"a": 2}, {"a": {"$gt": 2}}]) == {"a": 2, "$and": [{"a": {"$gt": 2}}]}
    assert conjoin([{"a": None}, {"a": {"$gt": 2}}]) == {"a": None, "$and": [{"a": {"$gt": 2}}]}


@pytest.mark.parametrize(
    ("operator", "met", "missed"),
    [("$gt", 1, 2), ("$gte", 2, 3), ("$lt", 3, 2), ("$lte", 2, 1), ("$in", [1, 2], [1, 3])],
)
def test_bound_beside_a_value(operator: str, met: Any, missed: Any) -> None:
    """One that the value meets adds nothing, whichever comes first; one that it misses stays."""
    value, needless, contrary = {"a": 2}, {"a": {operator: met}}, {"a": {operator: missed}}
    assert conjoin([value, needless]) == conjoin([needless, value]) == value
    assert conjoin([value, contrary]) == {"a": 2, "$and": [contrary]}
    assert conjoin([contrary, value]) == {**contrary, "$and": [value]}
