"""Rows of a mapped collection as sessions: the part of `resolvers.store.mapped` that costs time.

So it is one function, made from the map. That of the module above, for three columns, is

    def row(d):
        f = {}
        v1 = d.get('_id')
        if v1 is not None: f['_id'] = v1 if type(v1) is str else fit1(v1)
        v2 = d.get('started')
        if v2 is not None: f['startTime'] = fit2(v2)
        v3 = d.get('data')
        v4 = v3.get('user') if type(v3) is dict else None
        v5 = v4.get('id') if type(v4) is dict else None
        if v5 is not None: f['userId'] = v5 if type(v5) is str else fit3(v5)
        return f
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from resolvers.errors import GatewayError
from resolvers.fitting import UNFIT, Format, Misfit, fitted
from resolvers.kind import Column, Document, Kind, stored_value
from resolvers.lists import add_counts
from resolvers.mapping import PLACE, Source
from resolvers.store.session_ids import StoredId
from resolvers.value_types import BOOLEAN, ENUM, FLOAT, INTEGER, TEXT, ValueType

ID = "_id"
Fit = Callable[[Any], Any]
"""A stored value as it is shown; of what does not fit, the stored value: showing it is an error."""


Row = Callable[[Document], Document]
"""A document of the collection as a session, or a part of one."""
SOUND: Mapping[ValueType, type] = {TEXT: str, INTEGER: int, FLOAT: float, BOOLEAN: bool}


class Reading(NamedTuple):
    """How some paths of a kind are read."""

    projection: dict[str, Any]
    """For the database."""
    row: Row


class _Step(NamedTuple):
    """One column of a row."""

    native: tuple[str, ...]
    stored: tuple[str, ...]
    """Empty for a constant."""
    fit: Fit | None
    sound: type | None = None
    """Values of exactly this type are shown as they are stored."""
    constant: Any = None
    format: Format | None = None


def reading(kind: Kind, sources: Mapping[str, Source], columns: frozenset[str] | None) -> Reading:
    """How to read these stored paths of a kind; None: whole sessions."""
    derives = columns is None or any(_is_computed(kind, sources, path) for path in columns)
    steps = [_step(source) for source in _wanted(sources, None if derives else columns)]
    plain = _quick(steps)
    asks_status = bool(kind.ended) and (columns is None or "status" in columns)
    if not derives and not asks_status:
        return Reading(_projection(steps), plain)
    lists = [column for column in kind.own_columns if column.many]

    def row(document: Document) -> Document:
        found = plain(document)
        if derives:
            _derive(kind, lists, found)
        if kind.ended:
            found["status"] = "ACTIVE" if found.get("endedAt") is None else "CLOSED"
        return found

    return Reading(_projection(steps), row)


def _quick(steps: Sequence[_Step]) -> Row:
    """The function that trusts dates, and the careful one for documents where it may not."""
    careful = _Writer().function(steps)
    trusting = [step._replace(fit=_trusted(step)) for step in steps]
    quick = _Writer().function(trusting)

    def row(document: Document) -> Document:
        try:
            return quick(document)
        except UNFIT:
            return careful(document)

    return row


def _trusted(step: _Step) -> Fit | None:
    return step.format.parse if step.fit and step.format else step.fit


class _Writer:
    """Writes a row's function."""

    def __init__(self) -> None:
        self._lines = ["def row(d):", " f = {}"]
        self._names: dict[str, Any] = {}
        self._read: dict[tuple[str, ...], str] = {(): "d"}
        self._moments: dict[tuple[tuple[str, ...], str], str] = {}

    def function(self, steps: Iterable[_Step]) -> Row:
        """The function for these columns."""
        for step in steps:
            self._write(step)
        source = "\n".join((*self._lines, " return f"))
        exec(source, self._names)  # noqa: S102  every text in it is quoted by repr
        row: Row = self._names["row"]
        return row

    def _write(self, step: _Step) -> None:
        *above, name = step.native
        place = "f" + "".join(f".setdefault({part!r}, {{}})" for part in above) + f"[{name!r}]"
        if not step.stored:
            self._lines.append(f" {place} = {self._constant('constant', step.constant)}")
            return
        value = shown = self._value(step.stored)
        if step.fit is not None:
            shown = f"{self._constant('fit', step.fit)}({value})"
        if step.sound is not None:
            shown = f"{value} if type({value}) is {step.sound.__name__} else {shown}"
        if step.format is not None:  # two columns may have one source, such as the start
            known = self._moments.setdefault((step.stored, step.format.name), place)
            shown = shown if known == place else known
        self._lines.append(f" if {value} is not None: {place} = {shown}")

    def _constant(self, stem: str, value: Any) -> str:
        name = f"{stem}{len(self._names)}"
        self._names[name] = value
        return name

    def _value(self, stored: tuple[str, ...]) -> str:
        """The variable that has the value at a stored path."""
        if stored not in self._read:
            above = self._value(stored[:-1])
            get = f"{above}.get({stored[-1]!r})"
            known = "" if above == "d" else f" if type({above}) is dict else None"
            self._read[stored] = name = f"v{len(self._read)}"
            self._lines.append(f" {name} = {get}{known}")
        return self._read[stored]


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
        return _Step(native, (), None, constant=source.constant)
    fit: Fit | None = StoredId if source.native == ID else fit_of(source)
    sound = None if source.column.many or fit is None else SOUND.get(source.column.type)
    return _Step(native, tuple(source.stored.split(".")), fit, sound, format=source.format)


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
    steps = [_step(one) for one in source.columns]

    def fit_one(item: Any, place: int) -> Any:
        if not isinstance(item, dict):
            return item
        found: Document = {}
        for native, names, fit, _, constant, _format in steps:
            value = (
                str(place)
                if names == (PLACE,)
                else stored_value(item, names)
                if names
                else constant
            )
            if value is not None:
                _put(found, native, value if fit is None else fit(value))
        return found

    def fit_all(value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return [fit_one(item, place) for place, item in enumerate(value, 1)]

    return fit_all


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
