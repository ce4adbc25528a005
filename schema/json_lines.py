"""A session as one JSON object: what exports write and imports read.

Names and formats are those of GraphQL's create inputs, with `sessionId` first and `status`,
`createdAt` and `updatedAt` last; what is derived from the others is left out, and so is null.
Imports take stored names too, which were those of older exports: a message's `id`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import orjson

from resolvers import documents
from resolvers.bulk import Draft
from resolvers.errors import BadInput, CorruptDocument, Invalid, UserError, nearest
from resolvers.kind import Column, Document, Kind
from resolvers.value_types import OBJECT

CURSOR = "cursor"
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


def encode(
    kind: Kind, document: Document, columns: Sequence[Column] | None = None
) -> dict[str, Any]:
    """The JSON object of a stored session; CorruptDocument if a value is not as promised.

    It has these columns, or all that a line has.
    """
    return _printed(columns_of(kind) if columns is None else columns, document)


def line(
    kind: Kind,
    document: Document,
    columns: Sequence[Column] | None = None,
    cursor: str | None = None,
) -> bytes:
    """A stored session as a line; CorruptDocument if it cannot be read.

    With a cursor, an export can go on after it; an import takes no notice of it.
    """
    found = {"kind": kind.enum_name, "session": encode(kind, document, columns)}
    return orjson.dumps(found if cursor is None else {**found, CURSOR: cursor}) + b"\n"


def damaged_line(kind: Kind, error: CorruptDocument, cursor: str | None = None) -> bytes:
    """What stands in the place of a session that cannot be read."""
    found = {"kind": kind.enum_name, "damaged": error.message}
    return orjson.dumps(found if cursor is None else {**found, CURSOR: cursor}) + b"\n"


def exported_columns(kind: Kind, names: Sequence[str]) -> tuple[Column, ...]:
    """The columns of these names; BadInput for none, and for one that cannot be exported."""
    known = {one.name: one for one in kind.columns if not one.hidden} | {
        one.name: one for one in columns_of(kind)
    }
    for name in names:
        if name not in known:
            raise BadInput(
                f"columns: there is no {name!r:.100}. {nearest(name, known)}", argument="columns"
            )
    if not names:
        raise BadInput("columns: name at least one, such as sessionId.", argument="columns")
    return tuple(dict.fromkeys(known[name] for name in names))


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
    if column.type is OBJECT:
        return _printed(_given(column), value)
    return column.type.print(value)


def _given(column: Column) -> tuple[Column, ...]:
    """What clients give of a nested object."""
    return tuple(nested for nested in column.columns if not nested.derived)


def _object(columns: Sequence[Column], given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise _mismatch("an object", given)
    by_name = {column.name: column for column in columns}
    known = {column.path: column for column in columns} | by_name
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            raise Invalid(f"There is no such field. {nearest(name, by_name)}", (name,))
        column = known[name]
        if column.name in values:
            raise Invalid(f"This is given twice, as {column.name} and as {column.path}.", (name,))
        values[column.name] = _at(name, _value, column, value)
    return values


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
    if column.type is OBJECT:
        return _object(_given(column), value)
    if type(value) not in column.type.json:
        raise _mismatch(column.type.expected, value)
    if column.values and value not in column.values:
        raise Invalid(f"{value!r} is none of its values. {nearest(value, column.values)}")
    return column.type.parse(value)


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
