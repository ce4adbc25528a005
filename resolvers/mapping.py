"""Map files: where a collection of another shape has what a kind of session shows.

    kind = "BOT"
    collection = "conversations"

    [columns]
    userId = "data.user.id"                                       # another name
    startTime = { from = "started", format = "epoch-seconds" }    # another form of dates
    sessionType = { from = "mode", values = { human = "INTERACTIVE", robot = "NON_INTERACTIVE" } }
    botId = { constant = "shop" }                                 # the same for all
    "tags.userTags" = { from = "labels", columns = { name = "key", value = "text" } }

becomes a CollectionMap, whose sources have columns and stored paths in place of names.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resolvers.errors import BadInput, nearest
from resolvers.fitting import FORMATS, Format, Misfit, fitted
from resolvers.kind import Column, Kind
from resolvers.value_types import BOOLEAN, DATETIME, ENUM, LOCAL_DATETIME, OBJECT

PLACE = "#"
"""As `from`: an element's place in its list, from 1, as a text."""
OPTIONS = ("from", "constant", "format", "values", "columns")
MEMBERS = ("kind", "collection", "columns")
DATES = (DATETIME, LOCAL_DATETIME)
FLAGS: Mapping[str, bool] = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Source:
    """Where the values of one column come from."""

    path: tuple[Column, ...]
    """From the session, or from the element of the list around it, to the column."""
    stored: str | None
    """The dotted path in the other collection; None for a constant."""
    constant: Any = None
    """As the gateway stores it."""
    format: Format | None = None
    """Of a column of dates: how they are stored."""
    values: Mapping[Any, Any] | None = None
    """Of names (an enum) and flags: the gateway's for each stored value."""
    columns: tuple["Source", ...] = ()
    """Of a list of objects: those of its elements."""

    @property
    def column(self) -> Column:
        """The column."""
        return self.path[-1]

    @property
    def native(self) -> str:
        """The gateway's own stored path of it."""
        return ".".join(column.path for column in self.path)


@dataclass(frozen=True, slots=True)
class CollectionMap:
    """A collection as sessions of a kind."""

    kind: Kind
    collection: str
    sources: tuple[Source, ...]

    @property
    def by_path(self) -> dict[str, Source]:
        """The sources by the gateway's stored paths."""
        return {source.native: source for source in self.sources}


def read(document: Mapping[str, Any], kinds: Mapping[str, Kind]) -> CollectionMap:
    """The map that a file describes; BadInput names what is wrong and what would be right.

    `kinds` are all kinds by their names in GraphQL, such as BOT.
    """
    _known(document, MEMBERS, "")
    for name in ("kind", "collection"):
        if not isinstance(document.get(name), str) or not document[name]:
            raise BadInput(f"{name}: write a name as text.")
    if document["kind"] not in kinds:
        name = document["kind"]
        raise BadInput(f"kind: there is no {name!r}. {nearest(name, kinds)}")
    kind = kinds[document["kind"]]
    columns = document.get("columns", {})
    if not isinstance(columns, Mapping):
        raise BadInput("columns: write a table of columns.")
    sources = _sources(kind.columns, columns, "columns")
    if not columns:  # of the gateway's own shape
        return CollectionMap(kind, document["collection"], ())
    return CollectionMap(kind, document["collection"], _completed(kind, sources))


def _known(table: Mapping[str, Any], allowed: Sequence[str], where: str) -> None:
    for name in table:
        if name not in allowed:
            raise BadInput(f"{where}{name}: there is no such entry. {nearest(name, allowed)}")


def _sources(columns: Sequence[Column], table: Mapping[str, Any], at: str) -> tuple[Source, ...]:
    known = {".".join(part.name for part in path): path for path in _paths(columns)}
    found = []
    for name, given in table.items():
        if name not in known:
            raise BadInput(f"{at}.{name}: there is no such column. {nearest(name, known)}")
        found.append(_source(known[name], given, f"{at}.{name}"))
    return tuple(found)


def _paths(
    columns: Sequence[Column], above: tuple[Column, ...] = ()
) -> Iterator[tuple[Column, ...]]:
    """Every column that may have a source: those within objects, not those within lists."""
    for column in columns:
        path = (*above, column)
        if column.columns and not column.many:
            yield from _paths(column.columns, path)
        elif not column.hidden:
            yield path


def _source(path: tuple[Column, ...], given: Any, at: str) -> Source:
    column = path[-1]
    if isinstance(given, str):
        given = {"from": given}
    if not isinstance(given, Mapping):
        raise BadInput(f'{at}: write a path such as "user.id", or a table with from or constant.')
    _known(given, OPTIONS, f"{at}.")
    if ("from" in given) == ("constant" in given):
        raise BadInput(f"{at}: give either from or constant.")
    if "constant" in given:
        return Source(path, None, _constant(column, given, at))
    stored = given["from"]
    if not isinstance(stored, str) or not stored or "$" in stored or "" in stored.split("."):
        raise BadInput(f'{at}.from: write a path such as "user.id", without empty parts and $.')
    return Source(
        path,
        stored,
        format=_format(column, given, at),
        values=_values(column, given, at),
        columns=_elements(column, given, at),
    )


def _constant(column: Column, given: Mapping[str, Any], at: str) -> Any:
    if len(given) > 1:
        raise BadInput(f"{at}: a constant stands alone.")
    value = fitted(column, given["constant"], FORMATS["iso-milliseconds"])
    if isinstance(value, Misfit) or column.many:
        raise BadInput(f"{at}.constant: {given['constant']!r} is not a valid {column.type.name}.")
    return value


def _format(column: Column, given: Mapping[str, Any], at: str) -> Format | None:
    if column.type not in DATES:
        if "format" in given:
            raise BadInput(f"{at}.format: only dates have one, and this is a {column.type.name}.")
        return None
    name = given.get("format", "date")
    if name not in FORMATS:
        raise BadInput(f"{at}.format: there is no {name!r}. {nearest(str(name), FORMATS)}")
    return FORMATS[name]


def _values(column: Column, given: Mapping[str, Any], at: str) -> Mapping[Any, Any] | None:
    values = given.get("values")
    if values is None:
        return None
    allowed = column.values or (True, False)
    if column.type not in (ENUM, BOOLEAN) or not isinstance(values, Mapping):
        raise BadInput(f"{at}.values: only names and flags have such a table.")
    for name in values.values():
        if column.type is BOOLEAN and type(name) is not bool:
            raise BadInput(f"{at}.values: write true or false for {name!r}.")
        if name not in allowed:
            raise BadInput(
                f"{at}.values: there is no {name!r}. {nearest(str(name), column.values)}"
            )
    return {one: name for stored, name in values.items() for one in _spellings(stored)}


def _spellings(stored: str) -> Iterator[Any]:
    """What may be stored for a name of a table: the text, or the number or flag that it spells."""
    yield stored
    if re.fullmatch("-?[0-9]{1,9}", stored):
        yield int(stored)
    if stored in FLAGS:
        yield FLAGS[stored]


def _elements(column: Column, given: Mapping[str, Any], at: str) -> tuple[Source, ...]:
    columns = given.get("columns")
    is_list = column.type is OBJECT and column.many
    if (columns is not None) != is_list or not isinstance(columns or {}, Mapping):
        raise BadInput(f"{at}.columns: exactly lists of objects have a table of columns.")
    if not is_list:
        return ()
    assert columns is not None
    sources = _sources(column.columns, columns, f"{at}.columns")
    _require(column.columns, sources, f"{at}.columns")
    return sources


def _completed(kind: Kind, sources: tuple[Source, ...]) -> tuple[Source, ...]:
    """With the sources that follow from others; BadInput if a column without one must have one."""
    by_path = {source.native: source for source in sources}
    if "_id" not in by_path:
        by_path["_id"] = Source((kind.by_name["sessionId"],), "_id")
    _require(kind.own_columns, sources, "columns")
    for name, fallback in (("endedAt", kind.ended), ("startedAt", _first_date(by_path.values()))):
        if name not in by_path and fallback in by_path:
            by_path[name] = _as_column(by_path[fallback], kind.by_name[name])
    if "startedAt" not in by_path:
        raise BadInput("columns.startedAt: give the source of the moment when sessions start.")
    for name in ("createdAt", "updatedAt"):
        by_path.setdefault(name, _as_column(by_path["startedAt"], kind.by_name[name]))
    return tuple(by_path.values())


def _first_date(sources: Iterator[Source] | Any) -> str | None:
    """The first column of dates that every session has: it sets the start."""
    found = (
        source.native
        for source in sources
        if source.column.type in DATES and source.stored and not source.column.nullable
    )
    return next(found, None)


def _as_column(source: Source, column: Column) -> Source:
    return Source((column,), source.stored, source.constant, source.format)


def _require(columns: Sequence[Column], sources: Sequence[Source], at: str) -> None:
    given = {source.native for source in sources}
    for path in _paths(columns):
        optional = any(part.nullable or part.derived for part in path) or path[-1].many
        if not optional and ".".join(part.path for part in path) not in given:
            name = ".".join(part.name for part in path)
            raise BadInput(f"{at}.{name}: every session has one: give its source or a constant.")
