"""A session as one JSON object: what exports write and imports read.

Names and formats are those of GraphQL's create inputs, with `sessionId` first and `status`,
`createdAt` and `updatedAt` last; what is derived from the others is left out, and so is null.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from graphql import GraphQLError

from resolvers import documents
from resolvers.bulk import Draft
from resolvers.errors import CorruptDocument, Invalid, UserError, nearest
from resolvers.kind import INT_MAX, INT_MIN, Column, Document, Kind, ValueType
from schema.scalars import parse_datetime, parse_local, print_datetime, print_local

KNOWN = ("status", "createdAt", "updatedAt")
"""What imports may say although creation derives it."""


@cache
def columns_of(kind: Kind) -> tuple[Column, ...]:
    """The columns of a line, in its order."""
    return (
        kind.by_name["sessionId"],
        *kind.own_columns,
        *(kind.by_name[name] for name in KNOWN),
    )


def decode(kind: Kind, given: Any) -> Draft:
    """The session that a JSON object describes; Invalid with the path of what is wrong."""
    values = _object(columns_of(kind), given)
    known = {name: values.pop(name, None) for name in KNOWN}
    return Draft(kind, values, {name: value for name, value in known.items() if value is not None})


def encode(kind: Kind, document: Document) -> dict[str, Any]:
    """The JSON object of a stored session; CorruptDocument if a value is not as promised."""
    return _printed(columns_of(kind), document)


def _printed(columns: Sequence[Column], source: Document) -> dict[str, Any]:
    found = {}
    for column in columns:
        if (value := documents.read(column, source)) is not None:
            items = value if column.many else (value,)
            printed = [_print(column, item) for item in items]
            found[column.name] = printed if column.many else printed[0]
    return found


def _print(column: Column, value: Any) -> Any:
    if isinstance(value, CorruptDocument):  # an element of a list
        raise value
    if column.type is ValueType.OBJECT:
        return _printed(_given(column), value)
    if column.type is ValueType.DATETIME:
        return print_datetime(value)
    return print_local(value) if column.type is ValueType.LOCAL_DATETIME else value


def _given(column: Column) -> tuple[Column, ...]:
    """What clients give of a nested object."""
    return tuple(nested for nested in column.columns if not nested.derived)


def _object(columns: Sequence[Column], given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise _mismatch("an object", given)
    by_name = {column.name: column for column in columns}
    for name in given:
        if name not in by_name:
            raise Invalid(f"There is no such field. {nearest(name, by_name)}", (name,))
    return {name: _at(name, _value, by_name[name], value) for name, value in given.items()}


def _at(place: str, parse: Callable[[Column, Any], Any], column: Column, value: Any) -> Any:
    try:
        return parse(column, value)
    except UserError as error:
        raise error.under(place) from None


def _value(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if not column.many:
        return _one(column, value)
    if not isinstance(value, list):
        raise _mismatch("a list", value)
    return [_at(str(place), _one, column, item) for place, item in enumerate(value)]


def _one(column: Column, value: Any) -> Any:
    if column.type is ValueType.OBJECT:
        return _object(_given(column), value)
    name, check = EXPECTED[column.type]
    if not check(value):
        raise _mismatch(name, value)
    if column.values and value not in column.values:
        raise Invalid(f"{value!r} is none of its values. {nearest(value, column.values)}")
    return _moment(column.type, value) if column.type in PARSERS else value


def _moment(type_: ValueType, value: str) -> datetime:
    try:
        return PARSERS[type_](value)
    except GraphQLError as error:
        raise Invalid(error.message) from None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_integer(value: Any) -> bool:
    return type(value) is int and INT_MIN <= value <= INT_MAX


EXPECTED: Mapping[ValueType, tuple[str, Callable[[Any], bool]]] = {
    ValueType.TEXT: ("a text", _is_text),
    ValueType.ENUM: ("a text", _is_text),
    ValueType.DATETIME: ("a date and time such as '2026-03-01T09:30:00Z'", _is_text),
    ValueType.LOCAL_DATETIME: ("a clock time such as '2026-03-01T09:30:00'", _is_text),
    ValueType.BOOLEAN: ("true or false", lambda value: isinstance(value, bool)),
    ValueType.INTEGER: (f"a whole number from {INT_MIN} to {INT_MAX}", _is_integer),
    ValueType.FLOAT: ("a number", lambda value: type(value) in (int, float)),
}
"""What JSON must hold for a column, in words and as a check."""

PARSERS: Mapping[ValueType, Callable[[Any], datetime]] = {
    ValueType.DATETIME: parse_datetime,
    ValueType.LOCAL_DATETIME: parse_local,
}


def _mismatch(expected: str, value: Any) -> Invalid:
    found = "null" if value is None else JSON_NAMES.get(type(value), "something else")
    return Invalid(f"Expected {expected}, found {found}.")


JSON_NAMES: Mapping[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
}
