"""Python expressions that render parts of a document; one method a node type, one row a type.

Names of clients appear in the text only as `repr` of GraphQL names, which are letters, digits and
underscores.
"""

from binascii import b2a_base64
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from strawberry.utils.str_converters import to_snake_case

from resolvers.documents import INT_MAX, INT_MIN
from resolvers.kind import Column, ValueType
from schema.common import (
    KIND_BY_TYPE,
    Connection,
    DeleteSessionPayload,
    Payload,
    Session,
    SessionSummary,
)
from schema.scalars import print_local

if TYPE_CHECKING:
    from schema.execution.compiler import Field, Selection

URL_SAFE = bytes.maketrans(b"+/", b"-_")


class UnsoundError(Exception):
    """A stored value that needs the careful way."""


def unsound() -> Any:
    """In an expression's else branch: raise."""
    raise UnsoundError


def empty(value: Any) -> list[Any]:
    """What an empty or missing list is shown as."""
    return [] if value is None or value == [] else unsound()


def all_of(type_: type, value: Any) -> Any:
    """A stored list of plain values, all of one type: itself."""
    if type(value) is not list:
        return empty(value)
    if not value or (
        type(value[0]) is type_ and (len(value) == 1 or {*map(type, value)} == {type_})
    ):
        return value
    return unsound()


def counted(total: Any) -> Any:
    """A total, unless counting failed."""
    return unsound() if isinstance(total, Exception) else total


def integer(value: Any) -> Any:
    """Any whole number that fits GraphQL's Int; BSON's 64-bit ones are a class of their own."""
    if isinstance(value, int) and type(value) is not bool and INT_MIN <= value <= INT_MAX:
        return int(value)
    return unsound()


def number(value: Any) -> Any:
    """Any finite number as a float."""
    if isinstance(value, (int, float)) and type(value) is not bool and value - value == 0:
        return float(value)
    return unsound()


def identifier(prefix: bytes, session_id: str) -> str:
    """A global id: see schema.common.global_id."""
    encoded = b2a_base64(prefix + session_id.encode(), newline=False)
    return encoded.translate(URL_SAFE).decode()


HELPERS: Mapping[str, Any] = {
    function.__name__: function
    for function in (unsound, empty, all_of, counted, integer, number, identifier, print_local)
} | {"datetime": datetime, "INT_MIN": INT_MIN, "INT_MAX": INT_MAX}

SOUND: Mapping[ValueType, str] = {
    ValueType.TEXT: "(v if type(v := {value}) is str else {otherwise})",
    ValueType.ENUM: "(v if (v := {value}) in {values} else {otherwise})",
    ValueType.BOOLEAN: "(v if (v := {value}) is True or v is False else {otherwise})",
    ValueType.INTEGER: "(v if type(v := {value}) is int and INT_MIN <= v <= INT_MAX"
    " else {otherwise})",
    ValueType.FLOAT: "(v if type(v := {value}) is float and v - v == 0 else {otherwise})",
    ValueType.DATETIME: "(v.isoformat('T', 'milliseconds') + 'Z'"
    " if type(v := {value}) is datetime else {otherwise})",
    ValueType.LOCAL_DATETIME: "(print_local(v) if type(v := {value}) is datetime else {otherwise})",
}
"""A stored value as its column promises it, in one expression."""

OTHERWISE: Mapping[ValueType, str] = {ValueType.INTEGER: "integer(v)", ValueType.FLOAT: "number(v)"}
"""What else may be sound; anything else is not."""

PLAIN_LISTS: Mapping[ValueType, type] = {ValueType.TEXT: str, ValueType.BOOLEAN: bool}
"""Types whose lists pass through untouched."""


class Writer:
    """Writes expressions, and collects the constants they name."""

    def __init__(self) -> None:
        self.constants: dict[str, Any] = dict(HELPERS)
        self.loops: list[str] = []

    def value(self, selection: "Selection") -> str:
        """The whole function's expression, over its argument `value`."""
        shapes: Mapping[type, Callable[[Selection, str], str]] = {
            Session: self._session_or_none,
            Connection: self._connection,
            Payload: self._payload,
            SessionSummary: self._attributes,
            DeleteSessionPayload: self._payload,
        }
        return shapes.get(selection.shape, self._document)(selection, "value")

    def _session_or_none(self, selection: "Selection", document: str) -> str:
        return f"(None if {document} is None else {self._document(selection, document)})"

    def _attributes(self, selection: "Selection", source: str) -> str:
        return self._object(selection, lambda field: f"{source}.{to_snake_case(field.name)}")

    def _payload(self, selection: "Selection", payload: str) -> str:
        """A payload without errors; one with errors goes the careful way."""

        def write(field: "Field") -> str:
            if field.name == "errors":
                return f"({payload}.errors and unsound())"
            if field.name == "session" and field.selection:
                rendered = self._document(field.selection, "session")
                return f"(None if (session := {payload}.session) is None else {rendered})"
            return f"({payload}.deleted_id or unsound())"

        return self._object(selection, write)

    def _constant(self, name: str, value: Any) -> str:
        """A name for a constant, the same for equal ones."""
        for known, held in self.constants.items():
            if known.startswith(f"{name}_") and held == value:
                return known
        fresh = f"{name}_{len(self.constants)}"
        self.constants[fresh] = value
        return fresh

    def _object(self, selection: "Selection", write: Callable[["Field"], str]) -> str:
        entries = ", ".join(
            f"{field.response_name!r}: "
            + (repr(selection.type_name) if field.name == "__typename" else write(field))
            for field in selection.fields
        )
        return f"{{{entries}}}"

    def _connection(self, selection: "Selection", rows: str) -> str:
        return self._object(selection, lambda field: self._of_connection(field, rows))

    def _of_connection(self, field: "Field", rows: str) -> str:
        inner = field.selection
        if field.name == "edges" and inner:
            pairs = f"zip({rows}.documents, {rows}.cursors)"
            return self._loop("row, cursor", pairs, self._edge(inner))
        if field.name == "nodes" and inner:
            return self._loop("row", f"{rows}.documents", self._document(inner, "row"))
        if field.name == "pageInfo" and inner:
            return self._object(inner, lambda part: f"{rows}.{PAGE_INFO[part.name]}")
        return f"counted({rows}.page.total)"

    def _edge(self, selection: "Selection") -> str:
        def write(field: "Field") -> str:
            if field.selection is None:
                return "cursor"
            return self._document(field.selection, "row")

        return self._object(selection, write)

    def _loop(self, names: str, values: str, item: str) -> str:
        """A list made by a loop ahead of the expression: its variables are plain locals."""
        made = f"list_{len(self.loops)}"
        self.loops.append(
            f"    {made} = []\n    for {names} in {values}:\n        {made}.append({item})\n"
        )
        return made

    def _document(self, selection: "Selection", document: str) -> str:
        return self._object(selection, lambda field: self._of_document(selection, field, document))

    def _of_document(self, selection: "Selection", field: "Field", document: str) -> str:
        if field.column is None:
            return self._of_session(selection.type_name, field.name, document)
        if field.column.many:
            return self._list(field, field.column, document)
        if field.selection:
            return self._nested(field.selection, field.column, document)
        return self._scalar(field.column, _stored(field.column, document))

    def _of_session(self, type_name: str, name: str, document: str) -> str:
        if name == "kind":
            return repr(KIND_BY_TYPE[type_name].name)
        prefix = self._constant("prefix", f"{type_name}:".encode())
        return f"identifier({prefix}, {document}['_id'])"

    def _scalar(self, column: Column, value: str) -> str:
        values = self._constant("values", frozenset(column.values)) if column.values else ""
        otherwise = OTHERWISE.get(column.type, "unsound()")
        if column.nullable and not column.many:
            otherwise = f"None if v is None else {otherwise}"
        return SOUND[column.type].format(value=value, values=values, otherwise=otherwise)

    def _nested(self, selection: "Selection", column: Column, document: str) -> str:
        part = _name_below(document)
        missing = "None" if column.nullable else "unsound()"
        rendered = self._part(selection, part)
        return f"({missing} if ({part} := {_stored(column, document)}) is None else {rendered})"

    def _list(self, field: "Field", column: Column, document: str) -> str:
        stored = f"{document}.get({column.path!r})"
        if column.type in PLAIN_LISTS:
            return f"all_of({PLAIN_LISTS[column.type].__name__}, {stored})"
        item = _name_below(document)
        held = f"list_{item}"
        if field.selection:
            rendered = self._part(field.selection, item)
        else:
            rendered = self._scalar(column, item)
        made = f"[{rendered} for {item} in {held}]"
        return f"({made} if ({held} := {stored}) and type({held}) is list else empty({held}))"

    def _part(self, selection: "Selection", part: str) -> str:
        """A nested object; reading a field of anything but an object raises by itself."""
        rendered = self._document(selection, part)
        if any(field.column for field in selection.fields):
            return rendered
        return f"({rendered} if type({part}) is dict else unsound())"


def _name_below(document: str) -> str:
    """A name for a part of a document; the document may be an attribute, a name may not."""
    return f"{document.replace('.', '_')}_{len(document)}"


def _stored(column: Column, document: str) -> str:
    if column.nullable:
        return f"{document}.get({column.path!r})"
    return f"{document}[{column.path!r}]"


PAGE_INFO: Mapping[str, str] = {
    "hasNextPage": "page.has_next",
    "hasPreviousPage": "page.has_previous",
    "startCursor": "start_cursor",
    "endCursor": "end_cursor",
}
"""The attributes of schema.connection.Rows behind PageInfo's fields."""
