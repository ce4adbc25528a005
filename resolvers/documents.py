"""Reading stored values as their columns promise them, whatever is really stored."""

from typing import Any

from resolvers.errors import CorruptDocument
from resolvers.kind import Column, Document
from resolvers.value_types import ENUM, OBJECT


class Part(dict[str, Any]):
    """A nested object that remembers which session it belongs to, for error messages."""

    __slots__ = ("owner",)
    owner: str


def is_sound(column: Column, value: Any) -> bool:
    """Whether a value other than null is what its column promises."""
    return column.type.sound(value) and (not column.values or value in column.values)


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
    if column.type is ENUM and isinstance(value, str):
        found = "none of its known values"
    return CorruptDocument(
        f"Session {owner!r}: {column.name} is {found}, not a valid {column.type.name}.",
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
    if not is_sound(column, value):
        raise corrupt(column, value, owner)
    if column.type is OBJECT:
        part = Part(value)
        part.owner = owner
        return part
    return value
