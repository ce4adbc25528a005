"""Rows of a mapped collection as sessions: the part of `resolvers.store.mapped` that costs time."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from resolvers.errors import GatewayError
from resolvers.fitting import Format, Misfit, fitted
from resolvers.kind import Column, Document, Kind
from resolvers.lists import add_counts
from resolvers.mapping import PLACE, Source
from resolvers.store.session_ids import StoredId
from resolvers.value_types import ENUM

ID = "_id"
Fit = Callable[[Any], Any]
"""A stored value as it is shown; of what does not fit, the stored value: showing it is an error."""


class Reading(NamedTuple):
    """How some paths of a kind are read."""

    projection: dict[str, Any]
    """For the database."""
    row: Callable[[Document], Document]
    """A document of the collection as a session, or a part of one."""


class _Step(NamedTuple):
    """One column of a row."""

    native: tuple[str, ...]
    stored: tuple[str, ...]
    """Empty for a constant."""
    fit: Fit | None
    constant: Any


def reading(kind: Kind, sources: Mapping[str, Source], columns: frozenset[str] | None) -> Reading:
    """How to read these stored paths of a kind; None: whole sessions."""
    derives = columns is None or any(_is_computed(kind, sources, path) for path in columns)
    steps = [_step(source) for source in _wanted(sources, None if derives else columns)]
    lists = [column for column in kind.own_columns if column.many]
    ends = bool(kind.ended)

    def row(document: Document) -> Document:
        found: Document = {}
        for native, names, fit, constant in steps:
            if not names:
                value = constant
            elif len(names) == 1:
                value = document.get(names[0])
            else:
                value = _at(document, names)
            if value is not None:
                value = value if fit is None else fit(value)
                if len(native) == 1:
                    found[native[0]] = value
                else:
                    _put(found, native, value)
        if derives:
            _derive(kind, lists, found)
        if ends:
            found["status"] = "ACTIVE" if found.get("endedAt") is None else "CLOSED"
        return found

    return Reading(_projection(steps), row)


def _wanted(sources: Mapping[str, Source], columns: frozenset[str] | None) -> list[Source]:
    """The sources of these paths, and of the id; None: all."""
    if columns is None:
        return list(sources.values())
    paths = {ID, *columns, *(("endedAt",) if "status" in columns else ())}
    return [source for path, source in sources.items() if any(_overlap(path, one) for one in paths)]


def _projection(steps: Iterable[_Step]) -> dict[str, Any]:
    stored = {".".join(step.stored) for step in steps if step.stored}
    # MongoDB refuses a path beside its own parent.
    shown = {one for one in stored if not any(one.startswith(f"{other}.") for other in stored)}
    projection = dict.fromkeys(sorted(shown), 1)
    return projection if ID in projection else {**projection, ID: 0}


def _overlap(path: str, column: str) -> bool:
    return path == column or path.startswith(f"{column}.") or column.startswith(f"{path}.")


def _is_computed(kind: Kind, sources: Mapping[str, Source], path: str) -> bool:
    """Whether a path is computed from the others; what has a source is not."""
    if path in sources or path == "status":
        return False
    column = kind.by_name.get(path.partition(".")[0])
    known = any(_overlap(one, path) for one in sources)
    return column is None or (column.derived and not known)


def _step(source: Source) -> _Step:
    native = tuple(source.native.split("."))
    if source.stored is None:
        return _Step(native, (), None, source.constant)
    fit: Fit | None = StoredId if source.native == ID else fit_of(source)
    return _Step(native, tuple(source.stored.split(".")), fit, None)


def fit_of(source: Source) -> Fit | None:
    """How the values of a source are shown; None: as they are stored."""
    column = source.column
    if column.many:
        return _objects(source) if source.columns else _list(_one(column, None))
    if column.type is ENUM:
        values = source.values
        return None if values is None else lambda value: _named(values, value)
    if source.format is not None and source.format.name == "date":
        return None
    return _one(column, source.format)


def _named(values: Mapping[str, str], value: Any) -> Any:
    return values.get(value, value) if isinstance(value, str) else value


def _one(column: Column, format_: Format | None) -> Fit:
    def fit(value: Any) -> Any:
        found = fitted(column, value, format_)
        return value if isinstance(found, Misfit) else found

    return fit


def _list(fit: Fit) -> Fit:
    return lambda value: [fit(item) for item in value] if isinstance(value, list) else value


def _objects(source: Source) -> Fit:
    """The objects of a list, by the sources of their columns."""
    steps = [_step(one) for one in source.columns]

    def fit_one(item: Any, place: int) -> Any:
        if not isinstance(item, dict):
            return item
        found: Document = {}
        for native, names, fit, constant in steps:
            value = str(place) if names == (PLACE,) else _at(item, names) if names else constant
            if value is not None:
                _put(found, native, value if fit is None else fit(value))
        return found

    def fit_all(value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return [fit_one(item, place) for place, item in enumerate(value, 1)]

    return fit_all


def _at(document: Any, names: Iterable[str]) -> Any:
    for name in names:
        if not isinstance(document, dict):
            return None
        document = document.get(name)
    return document


def _put(document: Document, names: tuple[str, ...], value: Any) -> None:
    for name in names[:-1]:
        document = document.setdefault(name, {})
    document[names[-1]] = value


def _derive(kind: Kind, lists: Iterable[Column], session: Document) -> None:
    """Add what the gateway stores with sessions of its own; nothing where a session is damaged."""
    for column in lists:
        session.setdefault(column.path, [])
    try:
        timeline = kind.derive(session)
        add_counts(kind.columns, session)
    except (GatewayError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
        return
    customer = {**(timeline.customer or {}), **session.get("customer", {})}
    session |= {"startedAt": timeline.started_at, "endedAt": timeline.ended_at}
    session |= {"durationSeconds": timeline.duration_seconds}
    session |= {"customer": customer} if customer else {}
