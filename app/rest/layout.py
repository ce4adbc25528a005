"""Layout tables: a vendor's name for each value, our column, how it is shown, and when; each once.

    SESSION = Layout(BOT, (
        Field("sessionId"),
        Field("start_time", "startTime", INSTANT),
        Field("end_time", "endTime", INSTANT, when=("endTime",)),
    ))
    SESSION.paths
    # frozenset({"_id", "startTime", "endTime"}): what a read fetches
    SESSION.row({"_id": "s1", "startTime": datetime(2026, 3, 1, 9, 30)})
    # {"sessionId": "s1", "start_time": "2026-03-01T09:30:00.000Z"}

`app.rest.docs.schema_of` makes the JSON schema of a table. Sound rows are rendered by a function
that is generated from the table, a row with a damaged value by a second one.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from resolvers import documents
from resolvers.errors import CorruptDocument, Invalid, nearest
from resolvers.kind import Column, Document, Kind
from resolvers.moments import parse_datetime
from resolvers.value_types import (
    BOOLEAN,
    DATETIME,
    INT_MAX,
    INT_MIN,
    INTEGER,
    LOCAL_DATETIME,
    OBJECT,
    TEXT,
    ValueType,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Codec:
    """How a value is shown, and how `app.rest.reading` reads it from a vendor's export."""

    show: Callable[..., Any] | Mapping[Any, str] | None = None
    """Makes JSON of a stored value that is not null, or has a word for each there is; None: a value
    is shown as it is stored."""
    schema: Mapping[str, Any] = field(default_factory=dict)
    """The JSON schema of what is shown, if it is not that of the column."""
    null: Any = None
    """What null is shown as."""
    note: str = ""
    """A sentence for the reference."""
    read: Callable[[Any], Any] | None = None
    """The inverse of `show`, in any spelling that the vendor writes; Invalid, with what would be
    right, for anything else. None: a value is stored as it is shown."""
    found: bool = True
    """Whether the column has its value from here; a codec that shows only a part of it has not."""


PLAIN = Codec()
UUID = Codec(schema={"type": "string", "format": "uuid"}, read=lambda value: text(value).lower())


def text(value: Any) -> str:
    """The value; Invalid if it is not a text."""
    if not isinstance(value, str):
        raise Invalid("a text")
    return value


def _instant(value: Any) -> datetime:
    try:
        return parse_datetime(value)
    except Invalid:
        raise Invalid(f"a date and time in UTC such as {INSTANT_EXAMPLE!r}") from None


INSTANT_EXAMPLE = "2026-03-01T09:30:00.000Z"
INSTANT = Codec(
    lambda moment: moment.isoformat("T", "milliseconds") + "Z",
    {"type": "string", "format": "date-time"},
    read=_instant,
)
"""`2026-03-01T09:30:00.000Z`."""


def words(spelled: Mapping[Any, str]) -> Codec:
    """The vendor's words for the few values that a column stores; read in any case."""
    stored = {word.lower(): value for value, word in spelled.items()}

    def read(value: Any) -> Any:
        if isinstance(value, str) and value.lower() in stored:
            return stored[value.lower()]
        if isinstance(value, bool) and value in spelled:
            return value
        raise Invalid(f"one of {', '.join(spelled.values())}")

    return Codec(spelled, {"type": "string", "enum": list(spelled.values())}, read=read)


@dataclass(frozen=True, slots=True)
class Field:
    """A row of a table: `Field("end_time", "endTime", INSTANT, when=("endTime",))`."""

    name: str
    """The vendor's."""
    column: str = ""
    """Path, if it differs. `customFields.name` is the list of the names of all custom fields."""
    shown: Codec = PLAIN
    when: tuple[str, ...] = ()
    """Columns beside it; the field is left out if one of them is null."""
    beside: str = ""
    """A column beside it, whose value the codec's `show` is given as well."""
    fields: tuple["Field", ...] = ()
    """The members of an object, or of each object in a list."""
    of_session: bool = False
    """The column is the session's, although the field stands in a part of it."""
    item: str = ""
    """What an element of the list is called in XML."""


@dataclass(frozen=True, slots=True)
class Member:
    """A Field and the columns that it names."""

    field: Field
    column: Column
    source: Column
    """The column whose values are shown: `column`, or the nested one that is picked."""
    nullable: bool
    """Whether a sound row may have no value here."""
    when: tuple[Column, ...]
    beside: Column | None
    optional: bool
    """Whether a sound row may lack the field."""
    members: tuple["Member", ...]


class Layout:
    """A table bound to its kind; ValueError for a field without a column, or a date without codec.

    `strict` decides about values that are not what their columns promise: either the row is refused
    (CorruptDocument), or they are null (left out of a list) and a warning names session and column.
    `given` names columns that the sessions shown here always have, although others may lack them.
    """

    def __init__(
        self,
        kind: Kind,
        fields: Sequence[Field],
        *,
        strict: bool = False,
        given: Sequence[str] = (),
    ) -> None:
        self.kind, self._strict, self._given = kind, strict, frozenset(given)
        self.members = tuple(self._bound(one, kind.columns, False) for one in fields)
        self.paths = frozenset(_paths(self.members, of_session=True))
        """Stored paths that a row is rendered from."""
        sound, careful = _Writer(False, repaired=self.repaired), _Writer(True, read=self._read)
        self.row: Callable[[Document], Document] = sound.function(self.members)
        """Renders a stored session as the vendor shows it."""
        self._careful: Callable[[Document, list[str]], Document] = careful.function(self.members)

    def repaired(self, document: Document) -> Document:
        """What `row` makes of a session with damaged values."""
        damaged: list[str] = []
        shown = self._careful(document, damaged)
        if damaged:
            log.warning(
                "%s session %r: stored values of the wrong type, shown as null: %s",
                self.kind.name,
                document.get("_id"),
                ", ".join(dict.fromkeys(damaged)),
            )
        return shown

    def _read(self, column: Column, path: str, source: Document, damaged: list[str]) -> Any:
        """The value, null where it is damaged; CorruptDocument for it if the table is strict."""
        if self._strict:
            return documents.read(column, source)
        none: list[Any] | None = [] if column.many else None
        if source.get(column.path) is None:
            return none
        try:
            value = documents.read(column, source)
        except CorruptDocument:
            damaged.append(path)
            return none
        if not column.many:
            return value
        sound = [item for item in value if not isinstance(item, CorruptDocument)]
        damaged += [path] * (len(sound) < len(value))
        return sound

    def _bound(self, one: Field, columns: Sequence[Column], absent: bool) -> Member:
        """The field with its columns; `absent`: the object that it is in may be missing."""
        name, _, picked = (one.column or one.name).partition(".")
        column = self._column(name, self.kind.columns if one.of_session else columns)
        source = self._column(picked, column.columns) if picked else column
        if source.type in MOMENTS and not one.shown.show:
            raise ValueError(f"{one.name}: a date is shown by a codec, such as INSTANT.")
        if source.columns and not one.fields:
            raise ValueError(f"{one.name}: an object is shown by its fields.")
        nullable = not column.many and (absent or (column.nullable and name not in self._given))
        when = tuple(self._column(other, columns) for other in one.when)
        members = tuple(self._bound(inner, column.columns, nullable) for inner in one.fields)
        beside = self._column(one.beside, columns) if one.beside else None
        optional = not self._given.issuperset(one.when)
        return Member(one, column, source, nullable, when, beside, optional, members)

    def _column(self, name: str, columns: Sequence[Column]) -> Column:
        by_name = {column.name: column for column in columns}
        if name not in by_name:
            raise ValueError(
                f"{self.kind.type_name} has no column {name!r} here. {nearest(name, by_name)}"
            )
        return by_name[name]


def _paths(members: Sequence[Member], of_session: bool) -> Iterator[str]:
    """The paths of the session's own columns, wherever they are shown."""
    for one in members:
        if of_session or one.field.of_session:
            yield from (column.path for column in (one.column, *one.when, one.beside) if column)
        yield from _paths(one.members, of_session=False)


MOMENTS = (DATETIME, LOCAL_DATETIME)
SURE: Mapping[ValueType, str] = {
    TEXT: "type({v}) is str",
    BOOLEAN: "type({v}) is bool",
    INTEGER: f"type({{v}}) is int and {INT_MIN} <= {{v}} <= {INT_MAX}",
    DATETIME: "type({v}) is datetime",
    LOCAL_DATETIME: "type({v}) is datetime",
    OBJECT: "type({v}) is dict",
}
"""When a value is sound at first sight; resolvers.documents decides about all others."""
RESCUE = """    except (KeyError, TypeError, AttributeError):
        return repaired(row)
"""


class _Writer:
    """Writes a function that renders the rows of one table. For that above, nearly:

        def render(row):
            try:
                v1 = row["_id"]
                if not (type(v1) is str or sound1(v1)): raise TypeError
                …
                shown = {"sessionId": v1, …, "end_time": None if v3 is None else show3(v3)}
                if v3 is None: del shown["end_time"]
                return shown
            except (KeyError, TypeError, AttributeError):
                return repaired(row)

    The careful one has `v1 = read(column1, 'sessionId', row, damaged)`, and checks nothing.
    """

    def __init__(self, careful: bool, **names: Any) -> None:
        self._careful = careful
        self._names = {"CorruptDocument": CorruptDocument, "datetime": datetime, **names}
        self._values: dict[tuple[str, Column], str] = {}
        self._text = "def render(row, damaged):\n" if careful else "def render(row):\n    try:\n"
        self._depth = self._top = 1 if careful else 2

    def function(self, members: Sequence[Member]) -> Any:
        """The function; names of vendors and paths stand in its text as `repr` alone."""
        self._write(f"return {self._object(members, 'row', '')}")
        self._text += "" if self._careful else RESCUE
        exec(compile(self._text, "<layout>", "exec"), self._names)  # noqa: S102  written here
        return self._names["render"]

    def _write(self, line: str) -> None:
        self._text += f"{'    ' * self._depth}{line}\n"

    def _name(self, stem: str, value: Any = None) -> str:
        """A name that nothing else has."""
        name = f"{stem}{len(self._names)}"
        self._names[name] = value
        return name

    def _object(self, members: Sequence[Member], source: str, path: str) -> str:
        shown = [f"{one.field.name!r}: {self._member(one, source, path)}" for one in members]
        made = self._name("shown")
        self._write(f"{made} = {{{', '.join(shown)}}}")
        for one in (one for one in members if one.when):
            values = [self._value(column, source, path, True) for column in one.when]
            absent = " or ".join(f"{v} is None" for v in values)
            self._write(f"if {absent}: del {made}[{one.field.name!r}]")
        return made

    def _member(self, one: Member, source: str, path: str) -> str:
        """Write what reads and checks a member, and say how it is shown."""
        source, path = ("row", "") if one.field.of_session else (source, path)
        v, inside = self._value(one.column, source, path, one.nullable), f"{path}{one.column.name}."
        if one.beside:
            v = f"{v}, {self._value(one.beside, source, path, True)}"
            return f"{self._name('show', one.field.shown.show)}({v})"
        if not one.column.many:
            return self._shown(one, v, inside, one.nullable or self._careful)
        made, item = self._name("list"), self._name("item")
        self._write(f"{made} = []")
        self._write(f"for {item} in {v} or ():")
        self._depth += 1
        if self._careful:
            self._write(f"if isinstance({item}, CorruptDocument): raise {item}")
        self._check(one.column, item, False)
        if one.source is not one.column:
            item = self._value(one.source, item, inside, False)
        self._write(f"{made}.append({self._shown(one, item, inside, self._careful)})")
        self._depth -= 1
        return made

    def _shown(self, one: Member, v: str, inside: str, nullable: bool) -> str:
        if one.members:
            if nullable:
                self._write(f"if {v} is None: {v} = {{}}")
            return self._object(one.members, v, inside)
        codec = one.field.shown
        shown = v
        if codec.show:
            call = f"[{v}]" if isinstance(codec.show, Mapping) else f"({v})"
            shown = self._name("show", codec.show) + call
        if not nullable or (shown == v and codec.null is None):
            return shown
        return f"{codec.null!r} if {v} is None else {shown}"

    def _value(self, column: Column, source: str, path: str, nullable: bool) -> str:
        """The variable that has a value; it is read and checked once."""
        if (source, column) in self._values:
            return self._values[source, column]
        v = self._name("v")
        if source != "row" or self._depth == self._top:  # else it has its value in a loop alone
            self._values[source, column] = v
        found = f".get({column.path!r})" if nullable or column.many else f"[{column.path!r}]"
        if self._careful:
            named = f"{self._name('column', column)}, {path + column.name!r}"
            self._write(f"{v} = read({named}, {source}, damaged)")
            return v
        self._write(f"{v} = {source}{found}")
        if column.many:
            self._write(f"if type({v}) is not list and {v} is not None: raise TypeError")
        else:
            self._check(column, v, nullable)
        return v

    def _check(self, column: Column, v: str, nullable: bool) -> None:
        if self._careful:
            return
        sound = f"{self._name('sound', column.type.sound)}({v})"
        if column.values:
            sound = f"{v} in {self._name('values', frozenset(column.values))}"
        elif column.type in SURE:
            sound = f"{SURE[column.type].format(v=v)} or {sound}"
        self._write(f"if not ({f'{v} is None or ' if nullable else ''}{sound}): raise TypeError")
