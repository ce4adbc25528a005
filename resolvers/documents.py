"""Reading stored values as their columns promise them, whatever is really stored."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from resolvers.errors import CorruptDocument
from resolvers.kind import INT_MAX, INT_MIN, Column, Document, ValueType


class Part(dict[str, Any]):
    """A nested object that remembers which session it belongs to, for error messages."""

    __slots__ = ("owner",)
    owner: str


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and INT_MIN <= value <= INT_MAX


def _is_number(value: Any) -> bool:
    # Infinity and NaN have no form in JSON.
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and float("-inf") < value < float("inf")
    )


HOLDS: Mapping[ValueType, Callable[[Any], bool]] = {
    ValueType.TEXT: lambda value: isinstance(value, str),
    ValueType.ENUM: lambda value: isinstance(value, str),
    ValueType.INTEGER: _is_integer,
    ValueType.FLOAT: _is_number,
    ValueType.BOOLEAN: lambda value: isinstance(value, bool),
    ValueType.DATETIME: lambda value: isinstance(value, datetime),
    ValueType.LOCAL_DATETIME: lambda value: isinstance(value, datetime),
    ValueType.OBJECT: lambda value: isinstance(value, dict),
}
"""Whether a stored value is what its column promises."""


def read(column: Column, source: Document) -> Any:
    """The column's value in a session or a part of one; CorruptDocument if it is not as promised.

    A missing list is an empty one.
    """
    owner = source.owner if isinstance(source, Part) else str(source.get("_id"))
    value = source.get(column.path)
    if not column.many:
        return _one(column, value, column.nullable, owner)
    if value is None:
        return []
    if not isinstance(value, list):
        raise corrupt(column, value, owner)
    return [_element(column, item, owner) for item in value]


def corrupt(column: Column, value: Any, owner: str) -> CorruptDocument:
    """The error for a value that is not what its column promises."""
    found = "missing" if value is None else f"stored as {type(value).__name__}"
    if column.type is ValueType.ENUM and isinstance(value, str):
        found = "none of its known values"
    return CorruptDocument(
        f"Session {owner!r}: {column.name} is {found}, not a valid {column.type.value}.",
        sessionId=owner,
        field=column.name,
    )


def _element(column: Column, value: Any, owner: str) -> Any:
    """A list's element; a broken one is an error in its own place."""
    try:
        return _one(column, value, False, owner)
    except CorruptDocument as error:
        return error


def _one(column: Column, value: Any, nullable: bool, owner: str) -> Any:
    if value is None and nullable:
        return None
    if not HOLDS[column.type](value) or (column.values and value not in column.values):
        raise corrupt(column, value, owner)
    if column.type is ValueType.OBJECT:
        part = Part(value)
        part.owner = owner
        return part
    return value
