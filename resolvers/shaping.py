"""What a document that others stored is as a session of a kind, and where it does not fit.

    {"_id": ObjectId("64…"), "botId": "shop", …, "startTime": 1772357400, "noOfTasksExecuted": 2.0}

is shaped, for bot sessions and without a map, into

    {…, "startTime": datetime(2026, 3, 1, 9, 30), "noOfTasksExecuted": 2, "startedAt": …, …}

with two conversions. A map says where the values of another shape are (`resolvers.mapping`): they
are added under the gateway's names, and every other field stays. Nothing is guessed: a session that
lacks what it must have is a misfit. A field that sessions cannot have becomes null, never removed:
so the order of a document's fields never changes.
"""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from resolvers.changes import derived
from resolvers.errors import CorruptDocument, GatewayError, Invalid, UserError
from resolvers.findings import MISSING, Finding, described, right_for, type_of
from resolvers.fitting import Format, Misfit, fitted
from resolvers.folding import FOLDED
from resolvers.kind import Column, Document, Kind, stored_value
from resolvers.mapping import PLACE, Source
from resolvers.steps import APPLIED
from resolvers.value_types import ENUM, OBJECT

CLASH = (
    "; the map says nothing of this column: give it a source, or a path that no document has: then "
    "adopted documents have null there"
)
REQUIRED = "every session has one: a map can give its source or a constant"
DERIVED_ERRORS = (GatewayError, ArithmeticError, OSError)
"""What computing raises for values that are sound one by one."""


@dataclass(slots=True)
class Shaped:
    """A document as a session."""

    session: Document
    """Its columns and what is computed from them; not to be used if there are misfits."""
    misfits: list[Finding] = field(default_factory=list)
    conversions: list[Finding] = field(default_factory=list)


def same(one: Any, other: Any) -> bool:
    """Whether two stored values are the same, their types included: 7 is not 7.0, NaN is NaN."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    alike = type(one) is type(other)
    return alike and bool(one == other or (one != one and other != other))  # NaN


def differing(session: Document, stored: Document) -> list[str]:
    """The fields of a session that are not stored like that; null and missing are the same."""
    return [name for name, value in session.items() if not same(value, stored.get(name))]


def fields_of(kind: Kind, sources: Sequence[Source] = ()) -> frozenset[str]:
    """The outermost stored fields that a session is made of, and those that it is made from."""
    own = {column.path for column in kind.columns} - {"_id"}
    given = {source.stored.partition(".")[0] for source in sources if source.stored}
    return frozenset({*own, *given, FOLDED, "revision", APPLIED} - {"_id"})


def computed_fields(kind: Kind) -> frozenset[str]:
    """The outermost stored fields that nobody gives: each write computes them anew."""
    return frozenset({*(column.path for column in kind.columns if column.derived), FOLDED})


def shape(
    kind: Kind,
    stored: Document,
    sources: Sequence[Source] = (),
    own: frozenset[str] = frozenset(),
    strict: bool = False,
) -> Shaped:
    """The session that a document is; `own` are fields that are the gateway's in spite of a map.

    `strict`: as a collection is served in place. Fields that the map does not name do not count,
    and dates have the map's form alone.
    """
    by_path = {
        source.native: source
        for source in sources
        if source.native != "_id" and source.path[0].path not in own
    }
    building = _Building(stored, Shaped({}), hint=CLASH if by_path else "", strict=strict)
    beside = {} if strict else _unused(kind, stored, by_path)
    session = building.columns(kind.own_columns, beside, "", by_path)
    for name in ("createdAt", "updatedAt"):
        session[name] = building.computed(kind.by_name[name], by_path)
    if session["createdAt"] is None:
        session["createdAt"] = building.computed(kind.by_name["startedAt"], by_path)
    status = _status(kind, building, by_path, mapped=bool(sources))
    shaped = building.shaped
    if not shaped.misfits:
        _complete(kind, stored, session, status, shaped)
        given = {path: source.stored for path, source in by_path.items() if source.stored}
        shaped.misfits[:] = [
            one._replace(path=given.get(one.path, one.path)) for one in shaped.misfits
        ]
    return shaped


def _unused(kind: Kind, stored: Document, sources: Mapping[str, Source]) -> Document:
    """The document without fields that have a column's name by chance.

    That is so if a map takes them for another column, and their values do not fit that of the name.
    """
    taken = {one.stored.partition(".")[0] for one in sources.values() if one.stored}
    given = {name.partition(".")[0] for name in sources}
    chance = set()
    for column in kind.own_columns:
        if column.path in taken - given and column.path in stored:
            trying = _Building({}, Shaped({}))
            trying.columns([column], {column.path: stored[column.path]}, "", {})
            chance |= {column.path} if trying.shaped.misfits else set()
    return {name: value for name, value in stored.items() if name not in chance}


def _status(
    kind: Kind, building: "_Building", sources: Mapping[str, Source], mapped: bool
) -> str | None:
    """What a document says of its status; a map without it says that the end decides."""
    if not kind.ended or (mapped and "status" not in sources):
        return None
    found: str | None = building.computed(kind.by_name["status"], sources)
    return found


def _complete(
    kind: Kind, stored: Document, session: Document, status: str | None, shaped: Shaped
) -> None:
    """Compute what is stored with a session; a misfit where that cannot be."""
    complete = copy.deepcopy({name: value for name, value in session.items() if value is not None})
    lists = [column.path for column in kind.own_columns if column.many]
    absent = [name for name in lists if name not in complete]
    complete |= {name: [] for name in absent}
    if status:
        complete["status"] = status
    try:
        complete = derived(kind, {"_id": stored.get("_id"), **complete})
    except DERIVED_ERRORS as error:
        shaped.misfits += _reasons(kind, complete, error)
        return
    if status and complete["status"] != status:
        right = f"what its {kind.ended} says, {complete['status']}: a map can give {kind.ended}"
        shaped.misfits.append(Finding("status", status, right))
        return
    complete.setdefault("createdAt", complete["startedAt"])
    complete.setdefault("updatedAt", complete["createdAt"])
    for name in absent:
        if not complete[name]:
            del complete[name]
    del complete["_id"]
    gone = dict.fromkeys(name for name in fields_of(kind) if name in stored and name != "revision")
    shaped.session = {**gone, **complete}


def _reasons(kind: Kind, session: Document, error: Exception) -> list[Finding]:
    """Why nothing can be computed: the values that break a rule, or what was raised."""
    if isinstance(error, UserError):
        path = ".".join(part for part in error.field if not part.isdigit())
        return [Finding(path, "contradiction", re.sub(r"'[^']*'", "…", error.message))]
    found = list(_broken(kind.own_columns, session, ""))
    if not found and kind.own_columns and session.get("createdAt") is None:
        found = [Finding("createdAt", MISSING, REQUIRED)]
    message = error.message if isinstance(error, CorruptDocument) else str(error)
    return found or [Finding("", "contradiction", re.sub(r"'[^']*'", "…", message))]


def _broken(columns: Sequence[Column], values: Document, above: str) -> Iterator[Finding]:
    """The values that a client could not give."""
    for column in columns:
        value, path = values.get(column.path), above + column.path
        for one in value if isinstance(value, list) else () if value is None else (value,):
            if column.type is OBJECT:
                yield from _broken(column.columns, one, f"{path}.")
                continue
            try:
                column.type.clean(column, one)
            except Invalid as error:
                yield Finding(path, type_of(one), re.sub(r"'[^']*'", "…", error.message))


@dataclass(slots=True)
class _Building:
    """One document that becomes a session."""

    document: Document
    """Where the sources lead from: the document, or the element of a list."""
    shaped: Shaped
    at: str = ""
    """The stored path of the element, with a dot at its end."""
    place: int = 0
    """Of the element in its list, from 1."""
    hint: str = ""
    """What else to say of a value under the gateway's own name that does not fit."""
    strict: bool = False

    def columns(
        self,
        columns: Sequence[Column],
        stored: Document,
        above: str,
        sources: Mapping[str, Source],
        native: str = "",
    ) -> Document:
        """The values of some columns; those without a source from `stored`, as far as it has any.

        `above` leads to them among the sources, `native` to `stored` in messages.
        """
        found: Document = {}
        for column in columns:
            path, value = above + column.path, stored.get(column.path)
            if column.derived and value is None:
                continue
            inner = any(source.startswith(f"{path}.") for source in sources)
            if path in sources:
                found[column.path] = self._mapped(sources[path], value)
            elif inner and column.type is OBJECT and not column.many:
                found[column.path] = self._parts(column, value, path, sources)
            else:
                found[column.path] = self._own(column, value, f"{native or self.at}{column.path}")
        return found

    def computed(self, column: Column, sources: Mapping[str, Source]) -> Any:
        """The value of a column that is computed in the end, as far as the document has one."""
        if column.path in sources:
            source = sources[column.path]
            value = source.constant if source.stored is None else self._value(source)
            if value is None:
                return None
            return self._fit(column, value, source.stored or "", source)
        value = self.document.get(column.path)
        return None if value is None else self._fit(column, value, column.path)

    def _value(self, source: Source) -> Any:
        if source.stored == PLACE:
            return str(self.place)
        return stored_value(self.document, (source.stored or "").split("."))

    def _mapped(self, source: Source, beside: Any) -> Any:
        column, stored = source.column, source.stored
        if stored is None:
            return source.constant
        value, path = self._value(source), self.at + stored
        if value is None:
            return self._nothing(column, path, REQUIRED)
        if not column.many:
            return self._fit(column, value, path, source)
        if not isinstance(value, list):
            return self._misfit(path, type_of(value), "an array")
        if not source.columns:
            return [self._fit(column, item, path, source) for item in value]
        inner = {one.native: one for one in source.columns}
        in_place = value is beside  # then elements keep what else they have
        return [
            self._element(column, item, f"{path}.", place, inner, in_place)
            for place, item in enumerate(value, 1)
        ]

    def _element(
        self,
        column: Column,
        item: Any,
        at: str,
        place: int,
        sources: Mapping[str, Source],
        in_place: bool,
    ) -> Any:
        if not isinstance(item, dict):
            return self._misfit(at.rstrip("."), f"array of {type_of(item)}", "an array of objects")
        inner = _Building(item, self.shaped, at, place, strict=self.strict)
        beside = item if in_place else {}
        found = inner.columns(column.columns, beside, "", sources)
        return {**beside, **{name: value for name, value in found.items() if value is not None}}

    def _parts(
        self, column: Column, value: Any, path: str, sources: Mapping[str, Source]
    ) -> Document | None:
        """An object whose parts have sources; none of them has a value: no object."""
        within = [source for name, source in sources.items() if name.startswith(f"{path}.")]
        empty = all(self._value(one) is None if one.stored else False for one in within)
        beside = value if isinstance(value, dict) else {}
        if column.nullable and empty and not beside:
            return None
        found = self.columns(column.columns, beside, f"{path}.", sources, f"{self.at}{path}.")
        return {**beside, **{name: part for name, part in found.items() if part is not None}}

    def _own(self, column: Column, value: Any, path: str) -> Any:
        """A value under the gateway's own name."""
        if value is None:
            if column.type is OBJECT and not (column.nullable or column.many):
                return self._own(column, {}, path)
            return self._nothing(column, path, REQUIRED)
        if not column.many:
            return self._own_one(column, value, path)
        if not isinstance(value, list):
            return self._misfit(path, type_of(value), f"an array{self.hint}")
        return [self._own_one(column, item, path) for item in value]

    def _own_one(self, column: Column, value: Any, path: str) -> Any:
        if column.type is not OBJECT:
            return self._fit(column, value, path)
        if not isinstance(value, dict):
            return self._misfit(path, type_of(value), f"an object{self.hint}")
        found = self.columns(column.columns, value, "", {}, f"{path}.")
        known = {name: part for name, part in found.items() if part is not None or name in value}
        return {**value, **known}

    def _fit(self, column: Column, value: Any, path: str, source: Source | None = None) -> Any:
        format_ = source.format if source else None
        names = source.values if source else None
        named = names.get(value, value) if names and isinstance(value, str | int | float) else value
        found = fitted(column, named, format_)
        if not self.strict:
            found = _leniently(column, named, format_, found)
        if isinstance(found, Misfit) or found is None:
            right = right_for(column, source) if source else f"{right_for(column, None)}{self.hint}"
            return self._misfit(path, described(column, value), right)
        if not same(found, value):
            to = f"{column.type.name} {found}" if column.type is ENUM else column.type.name
            self.shaped.conversions.append(Finding(path, described(column, value), to))
        return found

    def _nothing(self, column: Column, path: str, right: str) -> None:
        if not (column.nullable or column.many or column.derived):
            self._misfit(path, MISSING, right)

    def _misfit(self, path: str, found: str, right: str) -> None:
        self.shaped.misfits.append(Finding(path, found, right))


def _leniently(column: Column, value: Any, format_: Format | None, found: Any) -> Any:
    """What was fitted; where the form of a date is clear in itself, it need not be the map's."""
    if not isinstance(found, Misfit) or format_ is None:
        return found
    clear = format_.name == "date" or isinstance(value, str)
    return fitted(column, value) if clear else found
