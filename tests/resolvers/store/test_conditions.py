"""Constants meet a condition exactly when a document that has them would be found."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.store.conditions import meets
from resolvers.store.store import Store
from tests.conftest import NOW
from tests.properties import examples

pytestmark = pytest.mark.anyio

VALUES = st.sampled_from([None, "", "ab", "b", 0, 1, 1.0, 2.5, True, False, NOW])
BOUNDS = st.sampled_from(["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"])
SEVERAL = st.sampled_from(["$in", "$nin"])
SOME = VALUES.filter(lambda value: value is not None)
PLAIN = st.one_of(
    st.builds(lambda name, value: {name: value}, BOUNDS, SOME),
    st.builds(lambda name, values: {name: values}, SEVERAL, st.lists(VALUES, max_size=3)),
    st.sampled_from([{"$regex": "^a"}, {"$regex": "(?i)B"}, {"$eq": None}, {"$ne": None}]),
)
CONDITIONS = VALUES | PLAIN | PLAIN.map(lambda condition: {"$not": condition})


@settings(max_examples=examples(80))
@given(value=VALUES, condition=CONDITIONS)
async def test_as_the_database_decides(wire_store: Store, value: Any, condition: Any) -> None:
    """Values of every type, against every operator of filters."""
    rows = wire_store.database["values"]
    await rows.replace_one({"_id": 1}, {"a": value}, upsert=True)
    found = await rows.count_documents({"a": condition})
    assert meets(value, condition) == bool(found)
