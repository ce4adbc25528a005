"""Reading a vendor's row through its layout table: the inverse of what `Layout.row` shows.

    read(SESSION, {"sessionId": "s1", "start_time": "2026-03-01T09:30:00.000Z"}, ExportRules())
    # {"sessionId": "s1", "startTime": datetime(2026, 3, 1, 9, 30)}

The result has GraphQL's names, as a creation takes them. Invalid has the path in the vendor's
names, and as its message what would be right. What the gateway computes is not read, but compared
afterwards: `differences` says what will not come back as it came.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import orjson

from app.rest.layout import Layout, Member
from resolvers.errors import Invalid, nearest
from resolvers.kind import Column
from resolvers.value_types import ENUM, TEXT

Given = Mapping[str, Any]
"""A vendor's row, or a part of one."""
Path = tuple[str, ...]
NOTHING = object()


@dataclass(frozen=True, slots=True)
class ExportRules:
    """What a vendor's export asks of its rows besides the table."""

    required: frozenset[str] = frozenset()
    """Paths such as `messages.sent`, without the numbers of elements."""
    ignored: frozenset[str] = frozenset()
    """Paths that the table need not know."""
    unshown: Mapping[str, Column] = field(default_factory=dict)
    """Members of rows that the table does not show."""


def read(layout: Layout, given: Any, rules: ExportRules) -> dict[str, Any]:
    """The values of a row; Invalid, with the vendor's path, for anything else."""
    reader = _Reader(layout, given, rules)
    values = reader.object(layout.members, given, ())
    for name, column in rules.unshown.items():
        if given.get(name) is not None:
            values[column.name] = reader.typed(column, given[name], (name,))
    return values


class _Reader:
    """Reads one row."""

    def __init__(self, layout: Layout, row: Any, rules: ExportRules) -> None:
        self._layout, self._row, self._rules = layout, row, rules

    def object(self, members: Sequence[Member], given: Any, path: Path) -> dict[str, Any]:
        if not isinstance(given, dict):
            raise Invalid("Expected an object.", path)
        self._refuse_unknown(members, given, path)
        values: dict[str, Any] = {}
        for one in members:
            if one.field.name in given:
                self._add(values, one, given, path)
        for one in members:
            if values.get(one.column.name) is None:
                here = (*path, one.field.name)
                if _plain(here) in self._rules.required:
                    raise Invalid("A value is required.", here)
        return values

    def _refuse_unknown(self, members: Sequence[Member], given: Given, path: Path) -> None:
        known = {one.field.name for one in members} | (
            {*self._rules.unshown} if not path else set()
        )
        for name in given:
            if name not in known and _plain((*path, name)) not in self._rules.ignored:
                raise Invalid(
                    f"There is no such field. {nearest(name, known)} To leave it out, say "
                    f"--ignore {_plain((*path, name))}.",
                    (*path, name),
                )

    def _add(self, values: dict[str, Any], one: Member, given: Given, path: Path) -> None:
        """Add what a field says to the values of its object."""
        name, here = one.field.name, (*path, one.field.name)
        if one.field.of_session:
            self._require_session(one, given[name], here)
        elif _computed(one):
            return
        elif one.column.many and one.source is not one.column:
            parts = [{one.source.name: item} for item in _list(given[name], here)]
            earlier = values.get(one.column.name, [])
            pairs = zip_longest(earlier, parts, fillvalue={})  # type: ignore[var-annotated]  # of {}
            values[one.column.name] = [{**left, **right} for left, right in pairs]
        else:
            value = self._value(one, given[name], here)
            if value is None and (one.column.many or one.column.default):
                return
            earlier = values.get(one.column.name)
            if earlier is not None and value is not None and earlier != value:
                raise Invalid("Its two spellings have different values.", here)
            if value is not None or one.column.name not in values:
                values[one.column.name] = value
            if one.beside and value is not None:
                values[one.column.name], values[one.beside.name] = value

    def _require_session(self, one: Member, value: Any, path: Path) -> None:
        """Invalid if a part of a row says that it belongs to another one."""
        own = next(m.field.name for m in self._layout.members if m.column is one.column)
        if value not in (None, self._row.get(own)):
            raise Invalid(f"Expected the row's own {own}.", path)

    def _value(self, one: Member, value: Any, path: Path) -> Any:
        if value is None or (one.field.shown.null is not None and value == one.field.shown.null):
            return None
        if value == "" and (one.column.many or one.column.type is not TEXT):
            return None
        if not one.column.many:
            return self._one(one, value, path)
        items = enumerate(_list(value, path))
        return [self._one(one, item, (*path, str(place))) for place, item in items]

    def _one(self, one: Member, value: Any, path: Path) -> Any:
        if one.members:
            return self.object(one.members, value, path)
        if one.field.shown.read is None:
            return self.typed(one.column, value, path)
        try:
            return one.field.shown.read(value)
        except Invalid as error:
            raise Invalid(f"Expected {error.message}.", path) from None

    def typed(self, column: Column, value: Any, path: Path) -> Any:
        """The value; Invalid if it is not of the column's type."""
        if type(value) not in column.type.json or column.type is ENUM:
            raise Invalid(f"Expected {column.type.expected}.", path)
        return value


def _computed(one: Member) -> bool:
    """Whether the gateway computes the value; an id is given."""
    return not one.field.shown.found or (one.column.derived and one.column.path != "_id")


def _list(value: Any, path: Path) -> list[Any]:
    if not isinstance(value, list):
        raise Invalid("Expected a list.", path)
    return value


def _plain(path: Path) -> str:
    """The path without the numbers of elements."""
    return ".".join(part for part in path if not part.isdecimal())


def vendors_path(members: Sequence[Member], given: Any, path: Path) -> Path:
    """A path in GraphQL's names in the vendor's; of two spellings the one that the row has."""
    if not path:
        return ()
    found = [one for one in members if path[0] in (one.column.name, one.column.path)]
    within = isinstance(given, dict)
    one = next(
        (one for one in found if within and one.field.name in given), next(iter(found), None)
    )
    if one is None:
        return path
    if one.source is not one.column:  # `customFields.0.name` is `custom_field_name.0`
        picked = [m for m in found if len(path) > 2 and m.source.name == path[2]]
        return ((picked or found)[0].field.name, *path[1:2])
    rest, inner = path[1:], held(given, (one.field.name,))
    if one.column.many and rest:
        inner = held(inner, rest[:1])
        return one.field.name, rest[0], *vendors_path(one.members, inner, rest[1:])
    return one.field.name, *vendors_path(one.members, inner, rest)


def held(given: Any, path: Path) -> Any:
    """What stands at a path; NOTHING if there is no such place."""
    for part in path:
        if isinstance(given, dict) and part in given:
            given = given[part]
        elif isinstance(given, list) and part.isdecimal() and int(part) < len(given):
            given = given[int(part)]
        else:
            return NOTHING
    return given


def differences(given: Any, shown: Any, path: Path = ()) -> Iterator[tuple[str, Any, Any]]:
    """Where a row will not come back as it came: path, what was given, what is shown.

    What is shown beyond what was given does not count.
    """
    if isinstance(given, dict) and isinstance(shown, dict):
        for name, value in given.items():
            if name in shown:
                other = shown[name]
                if type(value) is not str or value != other:
                    yield from differences(value, other, (*path, name))
            elif value is not None:
                yield _plain((*path, name)), value, None
    elif isinstance(given, list) and isinstance(shown, list) and len(given) == len(shown):
        for one, other in zip(given, shown, strict=True):
            yield from differences(one, other, path)
    elif given is not None and not _same(given, shown):
        yield _plain(path), given, shown


def _same(given: Any, shown: Any) -> bool:
    """Whether two values are one: `true` is not 1. Fragments are what was read; in XML all are
    texts, and an empty list is one empty element."""
    if isinstance(shown, orjson.Fragment) or (given == [""] and shown == []):
        return True
    if isinstance(given, str) and type(shown) is int:
        return given == str(shown)
    return bool(given == shown) and type(given) is type(shown)
