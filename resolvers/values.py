"""Values from clients, checked against their columns: a refusal names the field and the limit."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from resolvers.context import Context
from resolvers.errors import Invalid
from resolvers.folding import FOLDED, fold
from resolvers.kind import INT_MAX, INT_MIN, Column, Document, Kind, ValueType, walk

YEARS = (1900, 9998)
PAGE_SCHEMES = frozenset({"http", "https", "file", "ftp"})


def clean(context: Context, columns: Sequence[Column], values: Mapping[str, Any]) -> Document:
    """The given values as they are stored; Invalid with the field's path if one breaks a rule.

    A null takes a nullable column away, and is refused for the others.
    """
    by_name = _by_name(tuple(columns))
    cleaned: Document = {}
    for name, value in values.items():
        column = by_name[name]
        try:
            cleaned[column.path] = _clean(context, column, value)
        except Invalid as error:
            raise error.under(name) from None
    return cleaned


@lru_cache(1000)
def _by_name(columns: tuple[Column, ...]) -> Mapping[str, Column]:
    return {column.name: column for column in columns}


def complete(context: Context, columns: Sequence[Column], document: Document) -> None:
    """Give a new document the defaults of what it lacks; Invalid for a missing required value."""
    for column in columns:
        if column.derived or document.get(column.path) is not None:
            continue
        if column.default:
            document[column.path] = column.default(context)
        elif column.many:
            document[column.path] = []
        elif not column.nullable:
            raise Invalid("A value is required.", (column.name,))


def fill_lists(columns: Sequence[Column], document: Document) -> None:
    """Give a stored document an empty list where it has none: that is how it is read, too."""
    for column in columns:
        if column.many and document.get(column.path) is None:
            document[column.path] = []


def check_lengths(columns: Sequence[Column], before: Document, after: Document) -> None:
    """Invalid for a list that a change made too long, in nested objects too."""
    for column in columns:
        old, new = before.get(column.path), after.get(column.path)
        if old == new:
            continue
        if isinstance(new, list):
            _at((column.name,), _check_length, column, new)
        elif isinstance(new, dict):
            known = old if isinstance(old, dict) else {}
            _at((column.name,), check_lengths, column.columns, known, new)


def _check_length(column: Column, values: Sequence[Any]) -> None:
    if len(values) > column.max_items:
        raise Invalid(f"A list of {len(values)} is too long: at most {column.max_items}.")


def add_folded(columns: tuple[Column, ...], document: Document) -> None:
    """Keep the case-folded copies beside the columns that ask for them, in nested objects too."""
    folded = {
        column.path: fold(document[column.path])
        for column in columns
        if column.folded and isinstance(document.get(column.path), str)
    }
    if folded:
        document[FOLDED] = folded
    else:
        document.pop(FOLDED, None)
    for column in _with_folded_parts(columns):
        for nested in _objects(document.get(column.path)):
            add_folded(column.columns, nested)


@lru_cache(1000)
def _with_folded_parts(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns that hold objects with case-folded copies, at any depth."""
    return tuple(
        column for column in columns if any(nested.folded for _, nested in walk(column.columns))
    )


def _objects(value: Any) -> list[Document]:
    values = value if isinstance(value, list) else [value]
    return [nested for nested in values if isinstance(nested, dict)]


def check_session_id(kind: Kind, session_id: str) -> str:
    """The id as given; Invalid if ids of this kind do not look like that."""
    _at(("sessionId",), check_text, session_id)
    if not re.fullmatch(kind.session_ids.pattern, session_id):
        raise Invalid(
            f"{session_id[:100]!r} is no session id of a {kind.type_name}: "
            f"{kind.session_ids.description}",
            ("sessionId",),
        )
    return session_id


def _at(where: tuple[str, ...], check: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return check(*arguments)
    except Invalid as error:
        raise error.under(*where) from None


def _clean(context: Context, column: Column, value: Any) -> Any:
    if value is None:
        if column.nullable:
            return None
        raise Invalid("This cannot be null: a value is required.")
    if not column.many:
        return _one(context, column, value)
    _check_length(column, value)
    cleaned = []
    for place, item in enumerate(value):
        try:
            cleaned.append(_one(context, column, item))
        except Invalid as error:
            raise error.under(str(place)) from None
    return cleaned


def _one(context: Context, column: Column, value: Any) -> Any:
    if column.type is ValueType.OBJECT:
        return _object(context, column, value)
    return _CHECKS[column.type](column, value)


def _object(context: Context, column: Column, value: Mapping[str, Any]) -> Document:
    document = clean(context, column.columns, value)
    complete(context, column.columns, document)
    return {name: item for name, item in document.items() if item is not None}


def _text(column: Column, value: str) -> str:
    if column.max_length is not None and len(value) > column.max_length:
        raise Invalid(
            f"A text of {len(value)} characters is too long: at most {column.max_length}."
        )
    check_text(value)
    if column.pattern and not re.fullmatch(column.pattern, value):
        raise Invalid(f"This does not look as it should: {column.description}")
    if column.format:
        _FORMATS[column.format](value)
    return value


def check_text(value: str) -> None:
    """Refuse what a database or a client cannot carry: NUL and lone surrogates."""
    if "\0" in value:
        raise Invalid("A text cannot contain the NUL character (U+0000).")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Invalid("A text cannot contain half of a surrogate pair.") from None


def _integer(column: Column, value: int) -> int:
    low = INT_MIN if column.minimum is None else column.minimum
    high = INT_MAX if column.maximum is None else column.maximum
    if not low <= value <= high:
        raise Invalid(f"{value} is out of range: from {low} to {high}.")
    return value


def _float(_column: Column, value: float) -> float:
    if not math.isfinite(value):
        raise Invalid("A finite number is required.")
    return float(value)


def _as_is(_column: Column, value: Any) -> Any:
    return value


def _datetime(_column: Column, value: datetime) -> datetime:
    if not YEARS[0] <= value.year <= YEARS[1]:
        raise Invalid(f"A date between the years {YEARS[0]} and {YEARS[1]} is required.")
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def check_uri(value: str) -> None:
    """Refuse what is no absolute address of a page."""
    try:
        parts = urlsplit(value)
        place = parts.path if parts.scheme == "file" else parts.hostname
        valid = parts.scheme in PAGE_SCHEMES and place
        _ = parts.port
    except ValueError:
        valid = False
    if not valid or re.search(r"[\s\x00-\x1f]", value):
        raise Invalid(
            "This is no address of a page: write an absolute one such as https://example.com/help."
        )


def check_timezone(value: str) -> None:
    """Refuse a time zone that the IANA database does not know."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise Invalid(
            f"{value!r} is no IANA time zone: write one such as Europe/Paris or UTC."
        ) from None


_FORMATS: Mapping[str, Callable[[str], None]] = {"uri": check_uri, "timezone": check_timezone}

_CHECKS: Mapping[ValueType, Callable[[Column, Any], Any]] = {
    ValueType.TEXT: _text,
    ValueType.INTEGER: _integer,
    ValueType.FLOAT: _float,
    ValueType.BOOLEAN: _as_is,
    ValueType.DATETIME: _datetime,
    ValueType.LOCAL_DATETIME: _datetime,
    ValueType.ENUM: _as_is,
}
