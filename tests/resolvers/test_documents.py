"""Stored values are read as promised, or are an error in their own place."""

from datetime import datetime
from typing import Any

import pytest
from bson import Decimal128, Int64, ObjectId
from bson.datetime_ms import DatetimeMS

from resolvers.documents import read
from resolvers.errors import CorruptDocument
from resolvers.kind import Column
from resolvers.value_types import (
    BOOLEAN,
    DATETIME,
    ENUM,
    FLOAT,
    INTEGER,
    LOCAL_DATETIME,
    OBJECT,
    TEXT,
    VALUE_TYPES,
    ValueType,
)


def column(type_: ValueType, **more: Any) -> Column:
    return Column(name="it", stored="at", type=type_, **{"nullable": False, **more})


GOOD = [
    (TEXT, ""),
    (INTEGER, Int64(2**31 - 1)),
    (FLOAT, 3),
    (FLOAT, 0.5),
    (BOOLEAN, False),
    (DATETIME, datetime(2026, 3, 1)),
    (LOCAL_DATETIME, datetime(2026, 3, 1)),
]
BAD = [
    (TEXT, 7),
    (TEXT, ObjectId()),
    (TEXT, {"$gt": ""}),
    (INTEGER, True),
    (INTEGER, 1.0),
    (INTEGER, 2**31),
    (FLOAT, float("nan")),
    (FLOAT, float("inf")),
    (FLOAT, Decimal128("1")),
    (BOOLEAN, 1),
    (DATETIME, "2026-03-01T09:30:00Z"),
    (DATETIME, DatetimeMS(2**50)),
    (OBJECT, []),
]


@pytest.mark.parametrize(("type_", "value"), GOOD)
def test_value_as_promised(type_: ValueType, value: Any) -> None:
    """It is returned as it is."""
    assert read(column(type_), {"_id": "s", "at": value}) == value


@pytest.mark.parametrize(("type_", "value"), [*BAD, *((type_, None) for type_ in VALUE_TYPES)])
def test_value_that_is_not_as_promised(type_: ValueType, value: Any) -> None:
    """The error says which session and which field, and shows no value."""
    with pytest.raises(CorruptDocument) as failure:
        read(column(type_), {"_id": "s", "at": value})
    assert failure.value.details == {"sessionId": "s", "field": "it"}


def test_missing_value() -> None:
    """Null where that is allowed; an empty list for a list."""
    assert read(column(TEXT, nullable=True), {"_id": "s"}) is None
    assert read(column(TEXT, many=True), {"_id": "s"}) == []


def test_unknown_value_of_an_enum() -> None:
    """A value of a later release is an error too."""
    with pytest.raises(CorruptDocument, match="none of its known values"):
        read(column(ENUM, values=("A",)), {"_id": "s", "at": "B"})


def test_broken_element_of_a_list() -> None:
    """It is an error in its own place; its neighbours are read."""
    first, second, third = read(column(TEXT, many=True), {"_id": "s", "at": ["a", None, "c"]})
    assert (first, third) == ("a", "c")
    assert isinstance(second, CorruptDocument)


def test_nested_object_knows_its_session() -> None:
    """An error deep inside still says which session it is about."""
    inner = column(TEXT)
    part = read(column(OBJECT, columns=(inner,)), {"_id": "s", "at": {"at": 7}})
    with pytest.raises(CorruptDocument) as failure:
        read(inner, part)
    assert failure.value.details["sessionId"] == "s"
