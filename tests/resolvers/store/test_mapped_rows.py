"""Rows of mapped collections: the function made from a map, and the one that it stands in for."""

from datetime import datetime
from typing import Any

import pytest
from bson import Int64, ObjectId
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers import mapping
from resolvers.kind import Document
from resolvers.store.mapped import Mapped
from resolvers.store.mapped_source import quick_row
from resolvers.store.mapped_values import DURATION, STATUS, fitting_row, tree
from tests.conftest import KINDS_BY_NAME
from tests.properties import examples
from tests.resolvers.store.test_mapped import KINDS, MAP, foreign

SOURCES = mapping.read(
    {**MAP, "columns": {**MAP["columns"], "customer.customerId": "data.user.id"}}, KINDS
).sources
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(-1e12, 1e12) | st.just(7.0),
    st.sampled_from(["", "human", "bot", "2026-03-01T09:30:00Z", "2026-13-01T09:30:00Z"]),
    st.builds(datetime, st.integers(1990, 2030), st.just(1), st.just(1)),
    st.builds(ObjectId, st.binary(min_size=12, max_size=12)),
)
VALUES = ODD | st.lists(ODD, max_size=2) | st.dictionaries(st.sampled_from("xy"), ODD, max_size=2)
LABELS = st.lists(
    st.dictionaries(st.sampled_from(["key", "text", "more"]), ODD, max_size=3) | ODD, max_size=3
)
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "_id": VALUES,
        "start_time": VALUES,
        "end_time": VALUES,
        "mode": VALUES,
        "langs": VALUES,
        "labels": LABELS | VALUES,
        "data": VALUES | st.fixed_dictionaries({"user": st.fixed_dictionaries({"id": VALUES})}),
        "counts": st.fixed_dictionaries({"messages": VALUES}),
    },
)


@settings(max_examples=examples(200))
@given(ROWS)
def test_the_quick_function_agrees_with_the_other(given_values: Document) -> None:
    """Whatever is stored: the same session, with values of the same types."""
    row = foreign(10) | given_values
    root = tree(SOURCES)
    fitting = fitting_row(root, (STATUS, DURATION))
    found = quick_row(root, (STATUS, DURATION), fitting)(row)
    assert repr(found) == repr(fitting(row))


def test_what_fits_is_not_read_twice() -> None:
    """Sound documents never need the careful function, those without optional values included."""

    def never(_document: Document) -> Document:
        raise AssertionError

    quick = quick_row(tree(SOURCES), (STATUS, DURATION), never)
    for number in range(6):
        assert quick(foreign(number))["_id"] == f"{number:024x}"
    bare = {"_id": "a", "start_time": 1772357400, "mode": "bot"}
    assert quick(bare)["customer"] is None


def reading(table: dict[str, Any], *columns: str) -> Any:
    """How a map of the test's reads these paths."""
    given_map = {**MAP, "columns": {**MAP["columns"], **table}}
    return Mapped(mapping.read(given_map, KINDS)).reading(columns)


@pytest.mark.parametrize(
    "columns", [("startedAt",), ("startedAt", "customer"), ("startedAt", DURATION)]
)
def test_the_start_is_the_maps_whatever_else_is_read(columns: tuple[str, ...]) -> None:
    """An ordering by it has the same moments as what is shown."""
    found = reading({"startedAt": {"from": "asked", "format": "epoch-seconds"}}, *columns)
    session = found.row({**foreign(1), "asked": 1772357400 - 60})
    assert session["startedAt"] == datetime(2026, 3, 1, 9, 29)
    assert session.get(DURATION, 150.0) == 150.0


def test_a_duration_needs_the_start_and_the_end_alone() -> None:
    """Not the whole document."""
    found = reading({}, DURATION, STATUS)
    assert found.projection == {"_id": 1, "start_time": 1, "end_time": 1}
    assert (found.row(foreign(1))[DURATION], found.row(foreign(1))[STATUS]) == (90.0, "CLOSED")


def test_tags_that_no_map_names_are_empty() -> None:
    """An object that every session has is there, though the other collection has nothing for it."""
    columns = {name: one for name, one in MAP["columns"].items() if not name.startswith("tags")}
    mapped = Mapped(mapping.read({**MAP, "columns": columns}, KINDS))
    assert mapped.reading(["tags.userTags.name"]).row(foreign(0))["tags"] == {}


def test_counts_and_what_is_computed_within_lists() -> None:
    """A count follows from its list; a page's duration from the pages around it."""
    kind = KINDS_BY_NAME["co_browse"]
    table = {
        "kind": kind.enum_name,
        "collection": "shared",
        "columns": {
            "sessionToken": "token",
            "creationTime": "made",
            "deactivationTime": "gone",
            "pages": {"from": "urls", "columns": {"url": "u", "enteredTimestamp": "t"}},
        },
    }
    mapped = Mapped(mapping.read(table, KINDS))
    moments = [datetime(2026, 3, 1, 9, minute) for minute in range(4)]
    row = {
        "_id": Int64(7),
        "token": "123456789",
        "made": moments[0],
        "gone": moments[3],
        "urls": [{"u": "/a", "t": moments[1]}, {"u": "/b", "t": moments[2]}],
    }
    counted = mapped.reading(["pageCount"])
    assert counted.projection == {"_id": 1, "urls": 1}
    assert counted.row(dict(row))["pageCount"] == 2
    pages = mapped.reading(["pages.duration"]).row(dict(row))["pages"]
    assert [page["duration"] for page in pages] == [60, 60]
