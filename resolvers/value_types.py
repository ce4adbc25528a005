"""The types that a column's values may have: all that the core knows of each, in one object.

A new type is one entry here, its GraphQL form in `schema/value_types.py`, and its tests
(docs/add-a-kind.md). A value has three forms: as the database stores it, which is also how it goes
through the core (`datetime(2026, 3, 1, 9, 30)`); as JSON in exports (`"2026-03-01T09:30:00.000Z"`);
and as part of a cursor.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from resolvers.errors import Invalid
from resolvers.moments import (
    CLOCK_TIME,
    INSTANT,
    milliseconds,
    parse_datetime,
    parse_local,
    print_datetime,
    print_local,
)
from resolvers.texts import FORMATS, check_text

INT_MIN, INT_MAX = -(2**31), 2**31 - 1
"""What an INTEGER may be, as GraphQL's Int."""
LONG_MAX = 2**63 - 1
"""The greatest whole number that MongoDB knows."""
YEARS = (1900, 9998)


class Operator(StrEnum):
    """How a column is compared; the values are the GraphQL names."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    NIN = "nin"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    STARTS_WITH = "startsWith"
    ENDS_WITH = "endsWith"
    CONTAINS = "contains"
    CONTAINS_IGNORE_CASE = "containsIgnoreCase"
    EQ_IGNORE_CASE = "eqIgnoreCase"


LONGEST_SOUGHT = 480
"""Characters of a text that is sought as a pattern: the embedded engine takes patterns of 1,000
characters, and escaping may double a text."""
EQUALITY = (Operator.EQ, Operator.NE, Operator.IN, Operator.NIN)
ORDER = (*EQUALITY, Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
LIKENESS = (
    *EQUALITY,
    Operator.STARTS_WITH,
    Operator.ENDS_WITH,
    Operator.CONTAINS,
    Operator.CONTAINS_IGNORE_CASE,
    Operator.EQ_IGNORE_CASE,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rules:
    """What a column asks of its values besides their type."""

    values: tuple[str, ...] = ()
    """The names of an ENUM; they are stored as such."""
    max_length: int | None = None
    """Longest text, in characters."""
    minimum: int | None = None
    maximum: int | None = None
    pattern: str | None = None
    """A regular expression that the whole text must match."""
    format: str | None = None
    """A key of `resolvers.texts.FORMATS`: a further check of a text."""
    description: str = ""


def as_it_is(value: Any) -> Any:
    """The value itself."""
    return value


def _allow_all(_rules: Rules, value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ValueType:
    """A type of values. There is one object for each, and it is equal only to itself."""

    name: str
    """As error messages call it: `local datetime`."""
    in_docs: str
    """As docs/data-model.md calls it: `clock time, as a date`."""
    bson: tuple[str, ...]
    """What the database accepts: aliases of `$type`."""
    sound: Callable[[Any], bool]
    """Whether a stored value other than null is of this type."""
    clean: Callable[[Rules, Any], Any] = _allow_all
    """A client's value as it is stored; Invalid if it breaks a rule of its column."""
    operators: tuple[Operator, ...] = ()
    """How filters may compare it."""
    least: Any = None
    """The smallest value: the bound, served by an index, after the nulls of an ordering."""
    expected: str = ""
    """Its JSON form in words, after "Expected"."""
    json: tuple[type, ...] = ()
    """The Python types of its JSON form."""
    json_schema: str | None = None
    """Its type in a JSON schema; None for dates, which each vendor writes in a form of its own."""
    parse: Callable[[Any], Any] = as_it_is
    """From its JSON form; Invalid for what cannot be meant."""
    print: Callable[[Any], Any] = as_it_is
    """To its JSON form."""
    from_cursor: Callable[[Any], Any] = as_it_is
    """From its form in a cursor: what orjson writes of the value, or `str` of what orjson does not
    know. TypeError, ValueError or Invalid if it was tampered with."""
    codec: Any = None
    """A `bson.codec_options.TypeCodec` for a Python class that BSON lacks."""
    examples: tuple[Any, ...] = ()
    """Some sound values: demo data and the suite take them."""
    grouped: bool = False
    """Whether statistics may be grouped by its columns."""
    measured: bool = False
    """Whether statistics add up its columns: stored values are numbers."""


def _exactly(*types: type) -> Callable[[Any], Any]:
    """Pass a cursor's value that is of one of these types, and that the database can compare."""

    def check(value: Any) -> Any:
        if type(value) not in types or (isinstance(value, int) and abs(value) > LONG_MAX):
            raise ValueError(value)
        return value

    return check


def _moment_from_cursor(value: Any) -> datetime:
    return datetime.fromisoformat(value).replace(tzinfo=None)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and INT_MIN <= value <= INT_MAX


def _is_number(value: Any) -> bool:
    # Infinity and NaN have no form in JSON.
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and float("-inf") < value < float("inf")
    )


def _is_moment(value: Any) -> bool:
    return isinstance(value, datetime)


def _text(rules: Rules, value: str) -> str:
    if rules.max_length is not None and len(value) > rules.max_length:
        raise Invalid(f"A text of {len(value)} characters is too long: at most {rules.max_length}.")
    check_text(value)
    if rules.pattern and not re.fullmatch(rules.pattern, value):
        raise Invalid(f"This must match {rules.pattern} as a whole: {rules.description}")
    if rules.format:
        FORMATS[rules.format].check(value)
    return value


def _integer(rules: Rules, value: int) -> int:
    low = INT_MIN if rules.minimum is None else rules.minimum
    high = INT_MAX if rules.maximum is None else rules.maximum
    if not low <= value <= high:
        raise Invalid(f"{value} is out of range: from {low} to {high}.")
    return value


def _float(_rules: Rules, value: float) -> float:
    if not math.isfinite(value):
        raise Invalid("A finite number is required.")
    return float(value)


def _moment(_rules: Rules, value: datetime) -> datetime:
    if not YEARS[0] <= value.year <= YEARS[1]:
        raise Invalid(f"A date between the years {YEARS[0]} and {YEARS[1]} is required.")
    return milliseconds(value)


TEXT = ValueType(
    name="text",
    in_docs="text",
    bson=("string",),
    sound=_is_text,
    clean=_text,
    operators=LIKENESS,
    least="",
    expected="a text",
    json=(str,),
    json_schema="string",
    from_cursor=_exactly(str),
    examples=("", "text", "ü ✓ \u2028", 'quoted "\\\n'),
    grouped=True,
)
INTEGER = ValueType(
    name="integer",
    in_docs="whole number",
    bson=("int", "long"),
    sound=_is_integer,
    clean=_integer,
    operators=ORDER,
    least=float("-inf"),
    expected=f"a whole number from {INT_MIN} to {INT_MAX}",
    json=(int,),
    json_schema="integer",
    from_cursor=_exactly(int),
    examples=(0, 7, INT_MIN, INT_MAX),
    measured=True,
)
FLOAT = ValueType(
    name="float",
    in_docs="number",
    bson=("double", "int", "long"),
    sound=_is_number,
    clean=_float,
    operators=ORDER,
    least=float("-inf"),
    expected="a number",
    json=(int, float),
    json_schema="number",
    from_cursor=_exactly(int, float),
    examples=(0.0, -0.0, 1.25, 3, 1e300, 0.1 + 0.2),
    measured=True,
)
BOOLEAN = ValueType(
    name="boolean",
    in_docs="true or false",
    bson=("bool",),
    sound=lambda value: isinstance(value, bool),
    operators=EQUALITY,
    least=False,
    expected="true or false",
    json=(bool,),
    json_schema="boolean",
    from_cursor=_exactly(bool),
    examples=(True, False),
    grouped=True,
)
DATETIME = ValueType(
    name="datetime",
    in_docs="date",
    bson=("date",),
    sound=_is_moment,
    clean=_moment,
    operators=ORDER,
    least=datetime.min,
    expected=f"a date and time such as {INSTANT!r}",
    json=(str,),
    parse=parse_datetime,
    print=print_datetime,
    from_cursor=_moment_from_cursor,
    examples=(datetime(2026, 3, 1), datetime(2026, 3, 1, 9, 30, 0, 5000)),
)
LOCAL_DATETIME = replace(
    DATETIME,
    name="local datetime",
    in_docs="clock time, as a date",
    expected=f"a clock time such as {CLOCK_TIME!r}",
    parse=parse_local,
    print=print_local,
)
"""Clock time somewhere, without an offset; stored as a date all the same."""
ENUM = ValueType(
    name="enum",
    in_docs="one of its values",
    bson=("string",),
    sound=_is_text,
    operators=EQUALITY,
    least="",
    expected="a text",
    json=(str,),
    json_schema="string",
    from_cursor=_exactly(str),
    grouped=True,
)
"""Its values, and so its examples, are those of its column."""
OBJECT = ValueType(
    name="object",
    in_docs="object",
    bson=("object",),
    sound=lambda value: isinstance(value, dict),
)
"""The columns within it say all the rest."""

VALUE_TYPES = (TEXT, INTEGER, FLOAT, BOOLEAN, DATETIME, LOCAL_DATETIME, ENUM, OBJECT)
"""Every type. The order is that of pages and tests."""
