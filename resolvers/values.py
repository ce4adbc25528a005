"""Values from clients, checked against their columns: a refusal names the field and the limit."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from resolvers.context import Context
from resolvers.errors import Invalid
from resolvers.folding import FOLDED, fold
from resolvers.kind import Column, Document, Kind, walk
from resolvers.masks import require_no_mask
from resolvers.texts import check_text
from resolvers.value_types import OBJECT


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


def merge(
    context: Context, columns: Sequence[Column], document: Document, values: Mapping[str, Any]
) -> None:
    """Change a document by the given values, checked as in `clean`; lists are replaced.

    An object changes by its given members. Its derived parts are taken out: they followed from the
    old ones.
    """
    by_name = _by_name(tuple(columns))
    for name, value in values.items():
        column, stored = by_name[name], document.get(by_name[name].path)
        if isinstance(value, Mapping) and isinstance(stored, dict):
            value = _at((name,), _merged, context, column, stored, value)
        else:
            value = _at((name,), _clean, context, column, value)
        if value is None:
            document.pop(column.path, None)
        else:
            document[column.path] = value


def _merged(
    context: Context, column: Column, stored: Document, value: Mapping[str, Any]
) -> Document:
    derived = {nested.path for nested in column.columns if nested.derived}
    merged = {name: item for name, item in stored.items() if name not in derived}
    merge(context, column.columns, merged, value)
    complete(context, column.columns, merged)
    return merged


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
            require_length(column, len(new))
        elif isinstance(new, dict):
            known = old if isinstance(old, dict) else {}
            _at((column.name,), check_lengths, column.columns, known, new)


def require_length(column: Column, length: int) -> None:
    """Invalid, with the column's name, for a list that is longer than it may be."""
    _at((column.name,), _check_length, column, length)


def _check_length(column: Column, length: int) -> None:
    if length > column.max_items:
        raise Invalid(f"A list of {length} is too long: at most {column.max_items}.")


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
    """The columns of objects with case-folded copies, at any depth."""
    return tuple(
        column for column in columns if any(nested.folded for _, nested in walk(column.columns))
    )


def _objects(value: Any) -> list[Document]:
    values = value if isinstance(value, list) else [value]
    return [nested for nested in values if isinstance(nested, dict)]


def check_session_id(kind: Kind, session_id: str) -> str:
    """The id as it is stored; Invalid if ids of this kind do not look like that."""
    _at(("sessionId",), check_text, session_id)
    if not kind.session_ids.fits(session_id):
        raise Invalid(
            f"{session_id[:100]!r} is not a session id of a {kind.type_name}: "
            f"{kind.session_ids.description}",
            ("sessionId",),
        )
    return kind.session_ids.canonical(session_id)


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
    _check_length(column, len(value))
    cleaned = []
    for place, item in enumerate(value):
        try:
            cleaned.append(_one(context, column, item))
        except Invalid as error:
            raise error.under(str(place)) from None
    return cleaned


def _one(context: Context, column: Column, value: Any) -> Any:
    if column.type is OBJECT:
        return _object(context, column, value)
    require_no_mask(context.caller, column, value)
    return column.type.clean(column, value)


def _object(context: Context, column: Column, value: Mapping[str, Any]) -> Document:
    document = clean(context, column.columns, value)
    complete(context, column.columns, document)
    return {name: item for name, item in document.items() if item is not None}
