"""Filters as queries, against the same filters in plain Python."""

from collections.abc import Callable
from datetime import datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.errors import BadInput, LimitExceeded
from resolvers.kind import Column, Document
from resolvers.request import All, Compare, Either, Filter, Not, Operator, Some, every, none
from resolvers.store.operators import CONDITIONS, FOLDED, conjoin, fold, query
from resolvers.store.store import Store
from resolvers.value_types import LONGEST_SOUGHT, OBJECT, TEXT, VALUE_TYPES, ValueType
from tests.conftest import KINDS_BY_NAME, mock_store
from tests.properties import examples

pytestmark = pytest.mark.anyio

REMOTE_SUPPORT = KINDS_BY_NAME["remote_support"]
BOT = KINDS_BY_NAME["bot"]
CUSTOMER = BOT.by_name["customer"]

TEXTS = st.sampled_from(
    ["", "a", "A", "ab", "Ab\n", "a.b", "a*", ".*", "^a$", "(", "[", "\\", "\\d", "{", "a b", "#",
     '{"$gt": ""}', "$where", "é", "É", "\ud7ff", "\ue000", "\U0010ffff", "a\U0010ffff",
     "\U0001f600"]
)  # fmt: skip
DAMAGED = st.sampled_from([None, 5, True, 1.5, {}, {"name": 5}])
"""What may stand where a text or an object should."""
NOT_A_LIST = st.sampled_from([None, "a", 5, {}, {"name": "a"}])
NUMBERS = st.integers(-1, 3)
DATES = st.sampled_from([datetime(2026, 3, day) for day in (1, 2, 3)])

TAG = st.fixed_dictionaries({"name": TEXTS}, optional={"value": TEXTS})
ROWS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "channel": TEXTS | DAMAGED,
            "containmentType": st.sampled_from(["AGENT", "DROP_OFF", None]),
            "noOfTasksExecuted": NUMBERS,
            "durationSeconds": st.sampled_from([None, 0, 0.5, 1.0]),
            "endedAt": st.none() | DATES,
            "isDeveloper": st.booleans(),
            "customer": st.fixed_dictionaries(
                {}, optional={"id": TEXTS, "name": st.none() | TEXTS}
            ),
            "sessionLang": st.lists(TEXTS, max_size=3)
            | st.lists(TEXTS | DAMAGED, max_size=3)
            | NOT_A_LIST,
            "tags": st.fixed_dictionaries(
                {},
                optional={
                    "userTags": st.lists(TAG, max_size=3)
                    | st.lists(TAG | DAMAGED, max_size=3)
                    | NOT_A_LIST
                },
            ),
            "outer": st.lists(
                st.fixed_dictionaries(
                    {},
                    optional={
                        "word": TEXTS,
                        "words": st.lists(TEXTS, max_size=2),
                        "inner": st.lists(TAG, max_size=2),
                    },
                ),
                max_size=2,
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
    return st.sampled_from((type_ or path[-1].type).operators).flatmap(
        lambda operator: operands.get(operator, values).map(
            lambda wanted: Compare(path, operator, wanted)
        )
    )


def column(name: str) -> tuple[Column, ...]:
    return (BOT.by_name[name],)


TAGS = (BOT.by_name["tags"], BOT.by_name["tags"].column("userTags"))
TAG_PARTS = [(TAGS[1].column(name),) for name in ("name", "value")]
INNER = Column(name="inner", type=OBJECT, many=True, columns=TAGS[1].columns)
OUTER = Column(
    name="outer",
    type=OBJECT,
    many=True,
    columns=(Column(name="word", type=TEXT), Column(name="words", type=TEXT, many=True), INNER),
)
"""Lists within the elements of a list, which no kind has yet."""


def together(*conditions: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    """Some of these, all of which must be met."""
    return st.lists(st.one_of(conditions), min_size=1, max_size=3).map(tuple).map(All)


def on_list(
    path: tuple[Column, ...], condition: st.SearchStrategy[Filter]
) -> st.SearchStrategy[Filter]:
    """A condition on elements, under each of the three words."""
    return condition.flatmap(
        lambda one: st.sampled_from([word(path, one) for word in (Some, none, every)])
    )


ON_LISTS = st.one_of(
    on_list(column("sessionLang"), on((), TEXTS, TEXT)),
    on_list(TAGS, together(*(on(path, TEXTS) for path in TAG_PARTS))),
    on_list(
        (OUTER,),
        together(
            on((OUTER.column("word"),), TEXTS),
            on_list((OUTER.column("words"),), on((), TEXTS, TEXT)),
            on_list((INNER,), together(*(on((part,), TEXTS) for part in INNER.columns))),
        ),
    ),
)
LEAVES = st.one_of(
    on(column("channel"), TEXTS),
    on(column("containmentType"), st.sampled_from(["AGENT", "DROP_OFF"])),
    on(column("noOfTasksExecuted"), NUMBERS),
    on(column("durationSeconds"), st.sampled_from([0, 0.5, 1.0])),
    on(column("endedAt"), DATES),
    on(column("isDeveloper"), st.booleans()),
    *(on((CUSTOMER, CUSTOMER.column(name)), TEXTS) for name in ("customerId", "name")),
    ON_LISTS,
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
    Operator.STARTS_WITH: lambda value, wanted: isinstance(value, str) and value.startswith(wanted),
    Operator.ENDS_WITH: lambda value, wanted: isinstance(value, str) and value.endswith(wanted),
    Operator.CONTAINS: lambda value, wanted: isinstance(value, str) and wanted in value,
    Operator.CONTAINS_IGNORE_CASE: lambda value, wanted: (
        isinstance(value, str) and wanted.lower() in value.lower()
    ),
    Operator.EQ_IGNORE_CASE: lambda value, wanted: (
        isinstance(value, str) and value.lower() == wanted.lower()
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
            return any(holds(condition, item) for item in elements(path, row))
        case Compare(path, operator, wanted):
            return ORACLE[operator](value_at(path, row), wanted)


def elements(path: tuple[Column, ...], row: Any) -> list[Any]:
    """Those of a list that can meet a condition: what is no list has none."""
    found = value_at(path, row)
    sound = (dict,) if path[-1].columns else (object,)
    return [item for item in found if isinstance(item, sound)] if isinstance(found, list) else []


def value_at(path: tuple[Column, ...], row: Any) -> Any:
    for part in path:
        row = row.get(part.path) if isinstance(row, dict) else None
    return row


@pytest.fixture(params=[pytest.param("wire", marks=pytest.mark.slow), "mock"])
async def searched(request: pytest.FixtureRequest, wire_store: Store) -> Store:
    """A real engine and the mock."""
    return wire_store if request.param == "wire" else await mock_store()


@pytest.mark.slow
@settings(max_examples=examples(120))
@given(rows=ROWS, where=FILTERS)
async def test_filters_find_what_they_mean(
    searched: Store, rows: list[Document], where: Filter
) -> None:
    """Any combination of conditions over any documents."""
    await assert_found(searched, rows, where)


@pytest.mark.slow
@settings(max_examples=examples(200))
@given(rows=ROWS, where=ON_LISTS)
async def test_conditions_on_lists(searched: Store, rows: list[Document], where: Filter) -> None:
    """Some, none and every element, of sound and of damaged lists."""
    await assert_found(searched, rows, where)


async def assert_found(searched: Store, rows: list[Document], where: Filter) -> None:
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
    """The case-folded copy is what is compared."""
    rows = [
        {"_id": "1", FOLDED: {"customerName": fold(stored)}},
        {"_id": "2", FOLDED: {"customerName": "x"}},
    ]
    await store.collection(REMOTE_SUPPORT).insert_many(rows, bypass_document_validation=True)
    customer = (REMOTE_SUPPORT.by_name["customerName"],)
    for operator, sought in (
        (Operator.EQ_IGNORE_CASE, wanted),
        (Operator.CONTAINS_IGNORE_CASE, wanted[1:]),
    ):
        where = query(Compare(customer, operator, sought))
        found = await store.collection(REMOTE_SUPPORT).find(where).to_list(None)
        assert [row["_id"] for row in found] == ["1"]


PATTERNS = (
    Operator.ENDS_WITH,
    Operator.CONTAINS,
    Operator.CONTAINS_IGNORE_CASE,
    Operator.EQ_IGNORE_CASE,
)


@pytest.mark.parametrize("operator", PATTERNS)
async def test_the_longest_text_that_is_sought(searched: Store, operator: Operator) -> None:
    """Every engine takes it, whatever it consists of; a longer one is refused with its limit."""
    for character in ("a", "é", ".", "\U0010ffff"):
        text = character * LONGEST_SOUGHT
        rows = [{"_id": character, "channel": text}]
        await searched.collection(BOT).insert_many(rows, bypass_document_validation=True)
        for where in (column("channel"), ()):
            condition = Compare(where, operator, text)
            wanted = query(condition if where else every(column("sessionLang"), condition))
            found = await searched.collection(BOT).find(wanted).to_list(None)
            assert character in [row["_id"] for row in found]
        with pytest.raises(LimitExceeded, match=f"at most {LONGEST_SOUGHT}"):
            query(Compare(column("channel"), operator, text + "a"))


def test_one_pattern_for_an_element_of_a_list() -> None:
    """Two at once have no query on every engine: bad input, not a wrong answer."""
    parts = (Compare((), Operator.ENDS_WITH, "a"), Compare((), Operator.CONTAINS, "b"))
    with pytest.raises(BadInput, match="only one of"):
        query(Some(column("sessionLang"), All(parts)))


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
