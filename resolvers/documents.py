"""Reading stored values as their columns promise them, whatever is really stored."""

from typing import Any

from resolvers.errors import CorruptDocument
from resolvers.kind import Column, Document
from resolvers.lists import shown
from resolvers.value_types import ENUM, INTEGER, OBJECT


class Part(dict[str, Any]):
    """A nested object that remembers which session it belongs to, for error messages."""

    __slots__ = ("owner",)
    owner: str


def copied(value: Any) -> Any:
    """A document, or a part of one, whose objects and lists are its own."""
    if isinstance(value, dict):
        return {name: copied(item) for name, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def is_sound(column: Column, value: Any) -> bool:
    """Whether a value other than null is what its column promises."""
    return column.type.sound(value) and (not column.values or value in column.values)


def read(column: Column, source: Document) -> Any:
    """The column's value in a session or a part of one; CorruptDocument if it is not as promised.

    A missing list is an empty one, and some columns have a value where nothing is stored.
    """
    owner = source.owner if isinstance(source, Part) else str(source.get("_id"))
    value = source.get(column.path)
    value = column.absent if value is None else value
    if not column.many:
        return _one(column, value, column.nullable, owner)
    return [_element(column, item, owner) for item in _list(column, value, owner)]


def read_part(column: Column, source: Document, start: int, end: int) -> list[Any]:
    """The same for the elements between two places of a session's list."""
    owner = str(source.get("_id"))
    items = _list(column, source.get(column.path), owner)
    return [_element(column, item, owner) for item in shown(items, start, end)]


def _list(column: Column, value: Any, owner: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise corrupt(column, value, owner)
    return value


def count(column: Column, source: Document) -> int:
    """How many elements a list has that is shown in pages; CorruptDocument if nobody knows."""
    value: Any = source.get(column.count)
    if not INTEGER.sound(value):
        raise corrupt(column, source.get(column.path), str(source.get("_id")))
    return int(value)


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
