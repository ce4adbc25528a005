"""Values that others stored, as a column's own: dates in other forms, whole doubles, any case.

fitted(<a column of dates>, "2026-03-01T09:30:00+01:00")    datetime(2026, 3, 1, 8, 30)
fitted(<a whole number>, 7.0)                               7
fitted(<one of ACTIVE, CLOSED>, "closed")                   "CLOSED"
fitted(<a text>, ObjectId("64…"))                           "64…"
fitted(<a text>, 7)                                         "7"
fitted(<a text>, [7])                                       Misfit
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from resolvers.errors import Invalid
from resolvers.kind import Column
from resolvers.moments import milliseconds, parse_datetime, parse_local
from resolvers.value_types import DATETIME, ENUM, INTEGER, LOCAL_DATETIME, TEXT

EPOCH = datetime(1970, 1, 1)
UUID_SUBTYPE = 4
"""Of BSON's binary values."""
SECONDS_UNTIL = 10**11
"""Greater numbers are milliseconds: so many seconds are the year 5138."""
OFFSET = r"([Zz]|[+-]\d\d:?\d\d)$|^\d{4}-\d\d-\d\d$"
"""At the end of a text that says more than a clock; a day alone is read as one in UTC."""


UNFIT = (ValueError, TypeError, OverflowError, Invalid)
"""What `Format.parse` raises for other forms."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value that a column cannot have."""

    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class Format:
    """A form in which dates are stored, so that they are ordered as the moments are."""

    name: str
    parse: Callable[[Any], datetime]
    """UNFIT for other forms."""
    store: Callable[[datetime], Any]
    """The stored form of a moment, to compare with."""
    computed: Callable[[Any], Any]
    """The moment, as an expression of MongoDB over the expression of the stored form."""
    step: timedelta = timedelta(milliseconds=1)
    """The least difference that it can show."""

    def at_most(self, moment: datetime) -> datetime:
        """The last moment that it can show, up to this one."""
        return moment - (moment - EPOCH) % self.step

    def at_least(self, moment: datetime) -> datetime:
        """The first one from this one on."""
        last = self.at_most(moment)
        return last if last == moment else last + self.step


def _only(*types: type) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, types):
            raise TypeError(value)
        return value

    return check


_number, _text = _only(int, float), _only(str)


def _like(example: str) -> Callable[[Any], datetime]:
    """Texts of exactly the form of the example, which ends in Z or not."""
    length, end, between = len(example), len(example.rstrip("Z")), example[10]
    last, point = example[-1:].strip("0"), example[19:20]

    def parse(value: Any) -> datetime:
        text = value
        if (
            type(text) is str
            and len(text) == length
            and text[4] == text[7] == "-"
            and text[10] == between
            and text[19:20] == point
            and text.endswith(last)
        ):
            return datetime.fromisoformat(text[:end])
        raise ValueError(text)

    return parse


def _is_whole(value: Any) -> bool:
    """An int, also one of 64 bits: BSON has a class of its own for those."""
    return isinstance(value, int) and value is not True and value is not False


def _seconds(value: Any) -> datetime:
    if _is_whole(value):
        return EPOCH + timedelta(0, value)
    return milliseconds(EPOCH + timedelta(0, _number(value)))


def _milliseconds(value: Any) -> datetime:
    if _is_whole(value):
        return EPOCH + timedelta(0, 0, 0, value)
    return milliseconds(EPOCH + timedelta(0, 0, 0, _number(value)))


def _date(value: Any) -> datetime:
    return milliseconds(_only(datetime)(value))


def _iso_milliseconds(moment: datetime) -> str:
    return f"{moment.isoformat(timespec='milliseconds')}Z"


FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        Format("date", _date, lambda moment: moment, lambda stored: stored),
        Format(
            "epoch-seconds",
            _seconds,
            lambda moment: (moment - EPOCH).total_seconds(),
            lambda stored: {"$add": [EPOCH, {"$multiply": [stored, 1000]}]},
        ),
        Format(
            "epoch-milliseconds",
            _milliseconds,
            lambda moment: (moment - EPOCH) // timedelta(milliseconds=1),
            lambda stored: {"$add": [EPOCH, stored]},
        ),
        Format(
            "iso-milliseconds",
            _like("2026-03-01T09:30:00.000Z"),
            _iso_milliseconds,
            lambda stored: {"$toDate": stored},
        ),
        Format(
            "iso-seconds",
            _like("2026-03-01T09:30:00Z"),
            lambda moment: f"{moment.isoformat(timespec='seconds')}Z",
            lambda stored: {"$toDate": stored},
            timedelta(seconds=1),
        ),
        Format(
            "sql-seconds",
            _like("2026-03-01 09:30:00"),
            lambda moment: moment.isoformat(" ", timespec="seconds"),
            lambda stored: {"$toDate": stored},
            timedelta(seconds=1),
        ),
    )
}
"""Each has one spelling: texts are compared as texts."""


def fitted(column: Column, value: Any, format_: Format | None = None) -> Any:
    """The value as the column's own; Misfit if it cannot be. Of a list: of one element."""
    if value is None:
        return None
    try:
        found = FITS.get(column.type.name, _as_it_is)(column, value, format_)
    except UNFIT:
        return Misfit(value)
    sound = column.type.sound(found) and (not column.values or found in column.values)
    return found if sound else Misfit(value)


def _any_date(_column: Column, value: Any, format_: Format | None) -> Any:
    if format_ is not None and not isinstance(value, datetime):
        return format_.parse(value)
    if isinstance(value, datetime):
        return milliseconds(value.replace(tzinfo=None))
    if isinstance(value, str):
        return parse_datetime(re.sub(r"^(\d{4}-\d\d-\d\d)$", r"\1T00:00:00Z", value.strip()))
    seconds = abs(_number(value)) < SECONDS_UNTIL
    return FORMATS["epoch-seconds" if seconds else "epoch-milliseconds"].parse(value)


def _clock_time(column: Column, value: Any, format_: Format | None) -> Any:
    if format_ is None and isinstance(value, str) and not re.search(OFFSET, value.strip()):
        return parse_local(value.strip())
    return _any_date(column, value, format_)


def _name(column: Column, value: Any, _format: Format | None) -> Any:
    by_plain = {name.replace("_", "").lower(): name for name in column.values}
    return by_plain.get(re.sub(r"[\s_-]", "", _text(value)).lower(), value)


def _whole(_column: Column, value: Any, _format: Format | None) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _as_text(_column: Column, value: Any, _format: Format | None) -> Any:
    """Ids and numbers of customers and agents are often stored in types of their own."""
    if type(value).__name__ in ("ObjectId", "UUID"):
        return str(value)
    if type(value).__name__ == "Binary" and value.subtype == UUID_SUBTYPE:
        return str(value.as_uuid())
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return str(int(value)) if whole and not isinstance(value, bool) else value


def _as_it_is(_column: Column, value: Any, _format: Format | None) -> Any:
    return value


FITS: Mapping[str, Callable[[Column, Any, Format | None], Any]] = {
    DATETIME.name: _any_date,
    LOCAL_DATETIME.name: _clock_time,
    ENUM.name: _name,
    INTEGER.name: _whole,
    TEXT.name: _as_text,
}
"""By the type's name; values of other types are taken as they are."""
