"""The order of values of any type against the database's own."""

from datetime import datetime
from typing import Any

from bson import Binary, DatetimeMS, Decimal128, ObjectId, Regex, Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st
from pymongo import MongoClient

from resolvers.store.bson_order import sort_key
from resolvers.store.driver import CODEC
from tests.properties import examples

VALUES: list[Any] = [
    None,
    float("nan"),
    float("-inf"),
    -1,
    0,
    0.5,
    Decimal128("0.75"),
    2**40,
    "",
    "a",
    "ab",
    "\uffff",
    "\U0001f600",
    {},
    {"a": 1},
    {"a": 2},
    Binary(b"a"),
    Binary(b"bb"),
    ObjectId("0" * 24),
    ObjectId("f" * 24),
    False,
    True,
    DatetimeMS(-(2**50)),
    datetime(1969, 12, 31),
    datetime(2026, 3, 1, 9, 30, 0, 123000),
    DatetimeMS(2**50),
    Timestamp(1, 1),
    Timestamp(2, 1),
    Regex("a"),
]
"""In MongoDB's order; lists aside, which it orders by one of their elements."""

FOUND = [value for value in VALUES if not isinstance(value, DatetimeMS | Timestamp | Regex | dict)]
"""What the embedded engine stores, and does not compare in a way of its own."""


def test_documented_order() -> None:
    """Nulls first, then each type in its place; equal only to itself."""
    keys = [sort_key(value) for value in VALUES]
    assert keys == sorted(keys)
    assert len(set(map(repr, keys))) == len(VALUES)


def test_numbers_of_several_types_are_compared_by_value() -> None:
    """2 is 2.0, and a bool is no number."""
    assert sort_key(2) == sort_key(2.0) == sort_key(Decimal128("2"))
    assert sort_key(True) != sort_key(1)


@settings(max_examples=examples(25))
@given(values=st.lists(st.sampled_from(FOUND), max_size=12))
def test_same_as_the_engine(
    values: list[Any], engine_client: MongoClient[dict[str, Any]], database_name: str
) -> None:
    """The engine sorts what columns may hold in the same way, in both directions."""
    rows = engine_client[database_name].get_collection("order", CODEC)
    rows.delete_many({})
    if values:
        rows.insert_many([{"_id": place, "v": value} for place, value in enumerate(values)])
    for direction in (1, -1):
        found = [row["v"] for row in rows.find(sort=[("v", direction), ("_id", direction)])]
        keys = [sort_key(value) for value in found]
        assert keys == sorted(keys, reverse=direction < 0)
