"""Values of a mapped collection, as their columns show them: whatever is stored.

    fit_of(<startTime, in epoch-seconds>)(1772357400)    datetime(2026, 3, 1, 9, 30)
    fit_of(<startTime, in epoch-seconds>)("soon")        "soon": showing it is an error

`fitting_row` makes sessions of such values one by one; `resolvers.store.mapped_source` writes a
function that does the same for documents without surprises.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, Union

from resolvers.fitting import UNFIT, Format, Misfit, fitted
from resolvers.kind import Column, Document, stored_value
from resolvers.mapping import PLACE, Source
from resolvers.store.session_ids import StoredId
from resolvers.value_types import ENUM

ID = "_id"
STATUS = "status"
DURATION = "durationSeconds"
Fit = Callable[[Any], Any]
"""A stored value as it is shown; of what does not fit, the stored value: showing it is an error."""
Row = Callable[[Document], Document]
"""A document of the collection as a session, or a part of one."""


class Branch(NamedTuple):
    """An object within a session."""

    nullable: bool
    """Whether it is null where all in it are."""
    parts: dict[str, Union["Branch", Source]]


def tree(sources: Iterable[Source], objects: Iterable[Column] = ()) -> Branch:
    """Sources as the objects in which they stand; `objects` are there in any case."""
    root = Branch(False, {column.path: Branch(False, {}) for column in objects})
    for source in sources:
        branch = root
        for column in source.path[:-1]:
            found = branch.parts.setdefault(column.path, Branch(column.nullable, {}))
            assert isinstance(found, Branch)
            branch = found
        branch.parts[source.column.path] = source
    return root


def fitting_row(root: Branch, computed: Iterable[str]) -> Row:
    """The function that shows a document by this tree, with those of STATUS and DURATION."""
    show = _fitting(root)

    def row(document: Document) -> Document:
        found: Document = show(document, 0)
        ended = found.get("endedAt")
        values = {STATUS: status(ended), DURATION: seconds(found.get("startedAt"), ended)}
        return found | {name: values[name] for name in computed}

    return row


def _fitting(branch: Branch) -> Callable[[Document, int], Any]:
    parts = {
        name: _fitting(part) if isinstance(part, Branch) else _valued(part)
        for name, part in branch.parts.items()
    }

    def show(document: Document, place: int) -> Any:
        found = {name: part(document, place) for name, part in parts.items()}
        empty = branch.nullable and all(value is None for value in found.values())
        return None if empty else found

    return show


def _valued(source: Source) -> Callable[[Document, int], Any]:
    if source.stored is None:
        return lambda _document, _place: source.constant
    if source.stored == PLACE:
        return lambda _document, place: str(place)
    names, fit = source.stored.split("."), fit_of(source)

    def show(document: Document, _place: int) -> Any:
        value = stored_value(document, names)
        if value is None and source.native != ID:
            return [] if source.columns else None
        return value if fit is None else fit(value)

    return show


def status(ended: Any) -> str:
    """The status that follows from the end."""
    return "ACTIVE" if ended is None else "CLOSED"


def seconds(started: Any, ended: Any) -> float | None:
    """From the start to the end; None where one of them is not a date."""
    known = isinstance(started, datetime) and isinstance(ended, datetime)
    return (ended - started).total_seconds() if known else None


def fit_of(source: Source) -> Fit | None:
    """How the values of a source are shown; None: as they are stored."""
    column = source.column
    if source.native == ID:
        return lambda value: value if type(value) is str else StoredId(value)
    if column.many:
        return _objects(source) if source.columns else _list(_one(column, None))
    if (values := source.values) is not None:
        return lambda value: _named(values, value)
    if column.type is ENUM:
        return None
    if source.format is not None and source.format.name == "date":
        return None
    return _one(column, source.format)


def _named(values: Mapping[Any, Any], value: Any) -> Any:
    return values.get(value, value) if isinstance(value, str | int | float) else value


def _one(column: Column, format_: Format | None) -> Fit:
    if format_ is not None:
        return _date(format_.parse)

    def fit(value: Any) -> Any:
        found = fitted(column, value, format_)
        return value if isinstance(found, Misfit) else found

    return fit


def _date(parse: Fit) -> Fit:
    def fit(value: Any) -> Any:
        try:
            return parse(value)
        except UNFIT:
            return value

    return fit


def _list(fit: Fit) -> Fit:
    return lambda value: [fit(item) for item in value] if isinstance(value, list) else value


def _objects(source: Source) -> Fit:
    """The objects of a list, by the sources of their columns."""
    show = _fitting(tree(source.columns))

    def fit(value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return [
            show(item, place) if isinstance(item, dict) else item
            for place, item in enumerate(value, 1)
        ]

    return fit
