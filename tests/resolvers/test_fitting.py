"""Values that others stored become a column's own, or are misfits; nothing is guessed."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import Binary, Decimal128, Int64, ObjectId
from hypothesis import given
from hypothesis import strategies as st

from resolvers.fitting import FORMATS, Misfit, fitted
from resolvers.kind import Column
from resolvers.value_types import (
    BOOLEAN,
    DATETIME,
    ENUM,
    FLOAT,
    INTEGER,
    LOCAL_DATETIME,
    TEXT,
    VALUE_TYPES,
)

MOMENT = datetime(2026, 3, 1, 9, 30)
ALL_FORMATS = [*FORMATS.values()]
NAMES = ("SELF_SERVICE", "DROP_OFF")


def column(type_: Any) -> Column:
    """A column of a type."""
    return Column(name="c", type=type_, values=NAMES if type_ is ENUM else ())


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        (DATETIME, MOMENT, MOMENT),
        (DATETIME, MOMENT.replace(microsecond=1999), MOMENT.replace(microsecond=1000)),
        (DATETIME, "2026-03-01T10:30:00+01:00", MOMENT),
        (DATETIME, "2026-03-01T09:30:00.000Z", MOMENT),
        (DATETIME, "2026-03-01", datetime(2026, 3, 1)),
        (DATETIME, 1772357400, MOMENT),
        (DATETIME, 1772357400.5, MOMENT + timedelta(milliseconds=500)),
        (DATETIME, 1772357400000, MOMENT),
        (LOCAL_DATETIME, "2026-03-01T09:30:00", MOMENT),
        (LOCAL_DATETIME, "2026-03-01T09:30:00Z", MOMENT),
        (LOCAL_DATETIME, "2026-03-01", datetime(2026, 3, 1)),
        (INTEGER, 7.0, 7),
        (INTEGER, -0.0, 0),
        (FLOAT, 7, 7),
        (ENUM, "self_service", "SELF_SERVICE"),
        (ENUM, "selfService", "SELF_SERVICE"),
        (ENUM, "Drop-Off", "DROP_OFF"),
        (TEXT, ObjectId("64" * 12), "64" * 12),
        (TEXT, uuid.UUID(int=7), str(uuid.UUID(int=7))),
        (TEXT, Binary.from_uuid(uuid.UUID(int=7)), str(uuid.UUID(int=7))),
        (TEXT, 7, "7"),
        (TEXT, Int64(2**40), str(2**40)),
        (TEXT, 7.0, "7"),
        (TEXT, "x", "x"),
        (BOOLEAN, True, True),
    ],
)
def test_fits(type_: Any, value: Any, expected: Any) -> None:
    """The value in the column's own type."""
    found = fitted(column(type_), value)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (DATETIME, "yesterday"),
        (DATETIME, "2026-03-01T09:30:00"),
        (DATETIME, True),
        (DATETIME, float("nan")),
        (DATETIME, float("inf")),
        (DATETIME, 10**30),
        (DATETIME, Decimal128("1772357400")),
        (DATETIME, {"$date": 1}),
        (LOCAL_DATETIME, "noon"),
        (INTEGER, 7.5),
        (INTEGER, float("nan")),
        (INTEGER, 2**31),
        (INTEGER, "7"),
        (INTEGER, True),
        (FLOAT, float("inf")),
        (FLOAT, "1.5"),
        (ENUM, "resolved"),
        (ENUM, 1),
        (TEXT, 7.5),
        (TEXT, True),
        (TEXT, float("inf")),
        (TEXT, ["x"]),
        (BOOLEAN, 1),
        (BOOLEAN, "true"),
    ],
)
def test_misfits(type_: Any, value: Any) -> None:
    """What could mean several things, or nothing, is not taken."""
    assert isinstance(fitted(column(type_), value), Misfit)


ANY = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(),
    st.datetimes(), st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)  # fmt: skip


@given(ANY, st.sampled_from(VALUE_TYPES), st.sampled_from([None, *FORMATS.values()]))
def test_anything(value: Any, type_: Any, format_: Any) -> None:
    """Every value is one of the column's, or a misfit: no error; what fits fits again."""
    one = column(type_)
    found = fitted(one, value, format_)
    if not isinstance(found, Misfit) and found is not None:
        assert type_.sound(found)
        assert fitted(one, found, format_) == found


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)), st.sampled_from([*FORMATS.values()])
)
def test_formats_there_and_back(moment: datetime, format_: Any) -> None:
    """A moment as it is stored in a format is read as that moment, as exactly as it is stored."""
    coarse = format_.name in ("iso-seconds", "sql-seconds")
    moment = moment.replace(microsecond=0 if coarse else moment.microsecond // 1000 * 1000)
    assert abs(format_.parse(format_.store(moment)) - moment) <= timedelta(milliseconds=1)


@given(st.lists(st.datetimes(datetime(1000, 1, 1), datetime(9998, 1, 1)), min_size=2, max_size=2),
       st.sampled_from(ALL_FORMATS))  # fmt: skip
def test_formats_keep_the_order(moments: list[datetime], format_: Any) -> None:
    """What is stored is ordered as the moments are."""
    one, other = (moment.replace(microsecond=0) for moment in moments)
    assert (one < other) == (format_.store(one) < format_.store(other))


def test_zones() -> None:
    """A date of the driver with an offset is taken without it: it is UTC by then."""
    assert fitted(column(DATETIME), MOMENT.replace(tzinfo=UTC)) == MOMENT
