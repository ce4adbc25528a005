"""Stored values that are not what their columns promise, made harmless for a vendor's body.

The database refuses such values, yet an import or an old record can hold them. A vendor's client
knows no way to be told: a broken value is null (in a list it is left out), and a warning in the
log names the session and the column. GraphQL reports the same value as CORRUPT_DOCUMENT.
"""

import logging
from typing import Any

from resolvers.documents import is_sound
from resolvers.kind import Column, Document, Kind

log = logging.getLogger(__name__)


def as_promised(kind: Kind, document: Document) -> Document:
    """A copy of what was read of a session, in which every value is of its column's type or None.

    Every column is there: a missing object has all its members, a missing list is empty.
    """
    broken: list[str] = []
    copy = _object(kind.columns, document, "", broken)
    if broken:
        log.warning(
            "%s session %r: stored values of the wrong type, shown as null: %s",
            kind.name,
            document.get("_id"),
            ", ".join(broken),
        )
    return copy


def _object(columns: tuple[Column, ...], source: Any, path: str, broken: list[str]) -> Document:
    values = source if isinstance(source, dict) else {}
    return {
        column.path: _value(column, values.get(column.path), f"{path}{column.name}", broken)
        for column in columns
    }


def _value(column: Column, value: Any, path: str, broken: list[str]) -> Any:
    if not column.many:
        return _one(column, value, path, broken)
    if value is not None and not isinstance(value, list):
        broken.append(path)
        return []
    items = [_one(column, item, path, broken) for item in value or () if is_sound(column, item)]
    if len(items) < len(value or ()):
        broken.append(path)
    return items


def _one(column: Column, value: Any, path: str, broken: list[str]) -> Any:
    holds = value is None or is_sound(column, value)
    if not holds:
        broken.append(path)
    if column.columns:
        return _object(column.columns, value, f"{path}.", broken)
    return value if holds else None
