"""The text of the function that makes sessions of a mapped collection's documents.

The map of `resolvers.store.mapped`, with what follows from it, becomes

    def row(d):
        try:
            v0 = d.get('_id')
            v1 = d.get('started')
            shown2 = None if v1 is None else parse3(v1)
            v4 = d.get('data')
            v5 = v4.get('user') if type(v4) is dict else None
            v6 = v5.get('id') if type(v5) is dict else None
            return {'_id': v0 if type(v0) is str else fit7(v0), 'startTime': shown2,
                    'userId': v6 if type(v6) is str or v6 is None else fit8(v6)}
        except UNSOUND:
            return fitting(d)

It trusts dates, names and lists. A document in which one of them is not as the map says is read
again by `fitting`, the function of `resolvers.store.mapped_values`, which gives the same session of
any other.
"""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from resolvers.fitting import UNFIT
from resolvers.mapping import PLACE, Source
from resolvers.store.mapped_values import DURATION, ID, STATUS, Branch, Fit, Row, fit_of, tree
from resolvers.value_types import BOOLEAN, FLOAT, INTEGER, TEXT, ValueType

SOUND: Mapping[ValueType, type] = {TEXT: str, INTEGER: int, FLOAT: float, BOOLEAN: bool}
"""Values of exactly this type are shown as they are stored."""
UNSOUND = (*UNFIT, AttributeError)
"""What the function raises where it trusted too much."""
INDENT = "    "


def quick_row(root: Branch, computed: Iterable[str], fitting: Row) -> Row:
    """The function that shows a document by this tree, with those of STATUS and DURATION."""
    writer = Writer()
    shown = writer.session(root, computed)
    lines = [*writer.lines, f"return {shown}"]
    body = "\n".join(f"{INDENT * 2}{line}" for line in lines)
    text = f"def row(d):\n    try:\n{body}\n    except UNSOUND:\n        return fitting(d)"
    namespace = {**writer.constants, "UNSOUND": UNSOUND, "fitting": fitting}
    exec(text, namespace)  # noqa: S102  every text of others in it is quoted by repr
    row: Row = namespace["row"]
    return row


class Writer:
    """Writes the statements of one function, and collects the constants that they name."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.constants: dict[str, Any] = {}
        self._depth = 0
        self._numbers = count()
        self._read: dict[tuple[str, ...], str] = {}
        """Variables, by the document that they are read from and the path in it."""
        self._dates: dict[tuple[str, str], str] = {}
        """Variables of dates, by that of the stored value and the format."""

    def session(self, root: Branch, computed: Iterable[str]) -> str:
        """A session, with what is computed from its own start and end."""
        parts = self._parts(root, "d")
        started, ended = parts.get("startedAt", "None"), parts.get("endedAt", "None")
        values = {
            STATUS: f"'ACTIVE' if {ended} is None else 'CLOSED'",
            DURATION: f"({ended} - {started}).total_seconds() "
            f"if {ended} is not None and {started} is not None else None",
        }
        return _display(parts | {name: values[name] for name in computed})

    def _parts(self, branch: Branch, document: str, place: str = "") -> dict[str, str]:
        return {name: self._part(part, document, place) for name, part in branch.parts.items()}

    def _part(self, part: Branch | Source, document: str, place: str) -> str:
        if isinstance(part, Source):
            return self._value(part, document, place)
        shown = _display(self._parts(part, document, place))
        if not part.nullable:
            return shown
        return f"{self._named('object', shown)} if {self._any(part, document)} else None"

    def _any(self, branch: Branch, document: str) -> str:
        """Whether an object has any value: a condition."""
        stored = [
            self._any(part, document)
            if isinstance(part, Branch)
            else "True"
            if part.stored in (None, PLACE)
            else f"{self._stored(document, part.stored)} is not None"
            for part in branch.parts.values()
        ]
        return f"({' or '.join(stored) or 'False'})"

    def _value(self, source: Source, document: str, place: str) -> str:
        """An expression for what is shown of a source."""
        if source.stored is None:
            return self._constant("constant", source.constant)
        if source.stored == PLACE:
            return f"str({place})"
        v = self._stored(document, source.stored)
        if source.column.many:
            return self._objects(source, v) if source.columns else self._list(source, v)
        if source.format is not None:
            return self._date(source, v)
        fit, sound = fit_of(source), SOUND.get(source.column.type)
        if fit is None:
            return v
        if source.values is not None:
            return f"{self._constant('names', source.values)}.get({v}, {v})"
        if source.native == ID:
            return f"{v} if type({v}) is str else {self._constant('fit', fit)}({v})"
        doubt = f"type({v}) is {sound.__name__} or {v} is None" if sound else f"{v} is None"
        return f"{v} if {doubt} else {self._constant('fit', fit)}({v})"

    def _date(self, source: Source, v: str) -> str:
        """Two columns may have one source, such as the start: it is parsed once."""
        assert source.format is not None
        if source.format.name == "date":
            return v
        key = (v, source.format.name)
        if key not in self._dates:
            parse = self._constant("parse", source.format.parse)
            self._dates[key] = self._named("shown", f"None if {v} is None else {parse}({v})")
        return self._dates[key]

    def _list(self, source: Source, v: str) -> str:
        """A list of values that are all sound."""
        sound = SOUND.get(source.column.type)
        if sound is None:
            fit: Fit | None = fit_of(source)
            return f"None if {v} is None else {self._constant('fit', fit)}({v})"
        item = self._name("item")
        self._write(f"for {item} in {v} or ():")
        self._write(f"{INDENT}if type({item}) is not {sound.__name__}: raise TypeError")
        return v

    def _objects(self, source: Source, v: str) -> str:
        """A list of objects, one by one."""
        made, item, place = (self._name(stem) for stem in ("list", "item", "place"))
        elements = tree(source.columns)
        numbered = any(one.stored == PLACE for one in source.columns)
        self._write(f"if type({v}) is not list and {v} is not None: raise TypeError")
        self._write(f"{made} = []")
        if numbered:
            self._write(f"for {place}, {item} in enumerate({v} or (), 1):")
        else:
            self._write(f"for {item} in {v} or ():")
        self._depth += 1
        shown = _display(self._parts(elements, item, place))
        self._write(f"{made}.append({shown})")
        self._depth -= 1
        return made

    def _stored(self, document: str, path: str) -> str:
        """The variable that has the value at a path of a document."""
        above, _, name = path.rpartition(".")
        key = (document, path)
        if key not in self._read:
            around = self._stored(document, above) if above else document
            known = f" if type({around}) is dict else None" if above else ""
            self._read[key] = self._named("v", f"{around}.get({name!r}){known}")
        return self._read[key]

    def _write(self, line: str) -> None:
        self.lines.append(INDENT * self._depth + line)

    def _name(self, stem: str) -> str:
        return f"{stem}{next(self._numbers)}"

    def _named(self, stem: str, shown: str) -> str:
        """A new variable with this value."""
        name = self._name(stem)
        self._write(f"{name} = {shown}")
        return name

    def _constant(self, stem: str, value: Any) -> str:
        name = self._name(stem)
        self.constants[name] = value
        return name


def _display(parts: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name!r}: {shown}" for name, shown in parts.items()) + "}"
