"""The text of a rendering function: statements that check, and expressions that render.

    { channel }   of a document   becomes

    v_1 = value['channel']
    if type(v_1) is not str: unsound()
    return {'channel': v_1}

Every stored value is put into a local variable, checked, and named in the display of the response
object that it belongs to. Names of clients appear in the text only as `repr` of GraphQL names,
which are letters, digits and underscores.
"""

from binascii import b2a_base64
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from resolvers.kind import Column
from resolvers.lists import shown
from resolvers.paging import place_cursor
from resolvers.value_types import INTEGER, TEXT
from schema import value_types
from schema.common import (
    KIND_BY_TYPE,
    DeleteSessionPayload,
    Payload,
    Session,
    SessionConnection,
    SessionSummary,
)
from schema.execution.room import SHORT, size_of
from schema.execution.tree import Field, Selection
from schema.execution.windows import WindowOf
from schema.statistics_types import FIGURES
from schema.value_types import FORMS, integer, number, unsound

URL_SAFE = bytes.maketrans(b"+/", b"-_")


def listed(value: Any) -> list[Any]:
    """A value that is not a list: a missing one is empty."""
    return [] if value is None else unsound()


def all_of(type_: type, values: list[Any]) -> None:
    """Pass only where all values are of one type."""
    if {*map(type, values)} != {type_}:
        unsound()


def identifier(prefix: bytes, session_id: str) -> str:
    """A global id: see schema.common.global_id."""
    encoded = b2a_base64(prefix + session_id.encode(), newline=False)
    return encoded.translate(URL_SAFE).decode()


HELPERS: Mapping[str, Any] = value_types.HELPERS | {
    helper.__name__: helper
    for helper in (
        unsound,
        listed,
        all_of,
        integer,
        number,
        identifier,
        shown,
        size_of,
        place_cursor,
    )
}
"""What the statements may name."""

PAGE_INFO: Mapping[str, str] = {
    "hasNextPage": "page.has_next",
    "hasPreviousPage": "page.has_previous",
    "startCursor": "start_cursor",
    "endCursor": "end_cursor",
}
"""The attributes of schema.connection.ConnectionSource behind PageInfo's fields."""


TOTAL: Mapping[str, str] = {
    "totalCount": "integer({rows}.total_count)",
    "totalCountIsEstimate": "{rows}.total_count_is_estimate",
}


SUMMARY: Mapping[str, str] = {
    "count": "integer({source}.count)",
    "averageDurationSeconds": "None if {source}.average_duration_seconds is None "
    "else number({source}.average_duration_seconds)",
}
"""The fields of SessionSummary: stored durations may be anything, and so may their mean."""


COUNT = Column(name="count", type=INTEGER)
"""How the number of a list's elements is checked."""


class Writer:
    """Writes the statements of one function, and collects the constants they name."""

    def __init__(self) -> None:
        self.constants: dict[str, Any] = dict(HELPERS)
        self.windows: list[WindowOf] = []
        """Those of lists that depend on variables: what the function gets as `windows`."""
        self._functions: list[str] = []
        self._lines: list[str] = []
        self._depth = 1
        self._names = 0
        self._lists = 0
        """How many lists of a session are around what is written now."""

    def functions(self, selection: Selection) -> str:
        """The function `render`, after those that it calls."""
        last = self._function(selection, "render")
        return "\n".join([*self._functions, last])

    def _function(self, selection: Selection, name: str) -> str:
        """A whole function, from its arguments `value`, `windows` and `room`."""
        shapes: Mapping[type, Callable[[Selection, str], str]] = {
            Session: self._session_or_none,
            SessionConnection: self._connection,
            Payload: self._payload,
            SessionSummary: self._summary,
            DeleteSessionPayload: self._payload,
        }
        shown = shapes.get(selection.shape, self._document)(selection, "value")
        self._check_room()
        self._write(f"return {shown}")
        return f"def {name}(value, windows, room):\n" + "".join(self._lines)

    def _further(self, stem: str, selection: Selection) -> str:
        """The name of a function that is written before this one."""
        name = self._name(stem)
        outer, self._lines, depth, self._depth = self._lines, [], self._depth, 1
        self._functions.append(self._function(selection, name))
        self._lines, self._depth = outer, depth
        return name

    def _write(self, line: str) -> None:
        self._lines.append("    " * self._depth + line + "\n")

    def _name(self, stem: str) -> str:
        self._names += 1
        return f"{stem}_{self._names}"

    def _constant(self, stem: str, value: Any) -> str:
        name = self._name(stem)
        self.constants[name] = value
        return name

    def _object(self, selection: Selection, show: Callable[[Field], str]) -> str:
        """The display of a response object; `show` writes what a field needs and names it."""
        shown = [
            f"{field.response_name!r}: "
            + (repr(selection.type_name) if field.name == "__typename" else show(field))
            for field in selection.fields
        ]
        return f"{{{', '.join(shown)}}}"

    def _session_or_none(self, selection: Selection, document: str) -> str:
        self._write(f"if {document} is None: return None")
        return self._document(selection, document)

    def _summary(self, selection: Selection, source: str) -> str:
        return self._object(selection, lambda field: SUMMARY[field.name].format(source=source))

    def _payload(self, selection: Selection, payload: str) -> str:
        """A payload without errors; graphql-core completes one with errors."""
        self._write(f"if {payload}.errors: unsound()")

        def show(field: Field) -> str:
            if field.name == "session" and field.selection:
                self._write(f"session = {payload}.session")
                return self._document(field.selection, "session")
            return "[]" if field.name == "errors" else f"{payload}.deleted_id"

        return self._object(selection, show)

    def _connection(self, selection: Selection, rows: str) -> str:
        def show(field: Field) -> str:
            inner = field.selection
            if field.name == "edges" and inner:
                pairs = f"zip({rows}.documents, {rows}.cursors)"
                return self._loop("row, cursor", pairs, lambda: self._edge(inner))
            if field.name == "nodes":
                return self._loop("row", f"{rows}.documents", lambda: self._node(field))
            if field.name == "pageInfo" and inner:
                return self._object(inner, lambda part: f"{rows}.{PAGE_INFO[part.name]}")
            return TOTAL[field.name].format(rows=rows)

        return self._object(selection, show)

    def _edge(self, selection: Selection) -> str:
        def show(field: Field) -> str:
            return self._node(field) if field.name == "node" else "cursor"

        return self._object(selection, show)

    def _node(self, field: Field) -> str:
        """A session of a page; of several kinds, each has a function of its own."""
        if field.selection:
            return self._document(field.selection, "row")
        names = {
            kind: self._further(f"render_{kind}", selection)
            for kind, selection in (field.choices or {}).items()
        }
        functions = ", ".join(f"{kind!r}: {name}" for kind, name in names.items())
        chosen = self._name("renders")
        self._functions.append(f"{chosen} = {{{functions}}}\n")
        return f"{chosen}[row.kind.name](row, windows, room)"

    def _loop(self, names: str, values: str, show: Callable[[], str]) -> str:
        """A list, made element by element."""
        made = self._name("list")
        self._write(f"{made} = []")
        self._write(f"for {names} in {values}:")
        self._depth += 1
        shown = show()
        self._write(f"{made}.append({shown})")
        self._check_room()
        self._depth -= 1
        return made

    def _items(
        self, v: str, inner: Selection, show: Callable[[], str], names: str, values: str = ""
    ) -> str:
        """The elements of a session's list `v`; the names of the fields of each are counted."""
        size = sum(len(field.response_name) + len('"":,') for field in inner.fields)
        self._write(f"room.left -= len({v}) * {size}")
        self._check_room()
        self._lists += 1
        made = self._loop(names, values or v, show)
        self._lists -= 1
        return made

    def _document(self, selection: Selection, document: str) -> str:
        def show(field: Field) -> str:
            if field.p is not None:
                return f"{document}[{FIGURES!r}].percentile({field.p!r})"
            if field.column is None:
                return self._of_session(selection.type_name, field.name, document)
            if field.window and field.selection:
                return self._page(field.selection, field.column, field.window, document)
            if field.column.many:
                return self._list(field, field.column, document)
            return self._single(field, field.column, document)

        return self._object(selection, show)

    def _of_session(self, type_name: str, name: str, document: str) -> str:
        if name == "kind":
            return repr(KIND_BY_TYPE[type_name].name)
        prefix = self._constant("prefix", f"{type_name}:".encode())
        return f"identifier({prefix}, {document}['_id'])"

    def _single(self, field: Field, column: Column, document: str) -> str:
        v = self._name("v")
        if column.absent is not None:
            self._write(f"{v} = {document}.get({column.path!r}, {column.absent!r})")
        elif column.nullable:
            self._write(f"{v} = {document}.get({column.path!r})")
        else:
            self._write(f"{v} = {document}[{column.path!r}]")
        if field.selection:
            return self._part(field.selection, v, column.nullable)
        return self._checked(column, v, column.nullable)

    def _checked(self, column: Column, v: str, nullable: bool) -> str:
        """Write the check of a value, and say how it is shown."""
        values = self._constant("values", frozenset(column.values)) if column.values else ""
        form = FORMS[column.type]
        doubt = form.doubt.format(v=v, values=values)
        given = f"{v} is not None and ({doubt})" if nullable else doubt
        self._write(f"if {given}: {form.remedy.format(v=v)}")
        if column.type is TEXT and (self._lists or (column.max_length or SHORT + 1) > SHORT):
            self._count_text(v)
        shown = form.shown.format(v=v)
        return f"None if {v} is None else {shown}" if nullable and shown != v else shown

    def _count_text(self, v: str) -> None:
        """Write the count of a text in place: half as dear as a call."""
        self._write(f"if {v}: room.left -= len({v}) if {v}.isascii() else size_of({v})")

    def _check_room(self) -> None:
        self._write("if room.left < 0: room.check()")

    def _part(self, selection: Selection, v: str, nullable: bool) -> str:
        """A nested object; a missing one is null where it may be."""
        if not nullable:
            self._write(f"if type({v}) is not dict: unsound()")
            return self._document(selection, v)
        made = self._name("part")
        self._write(f"if {v} is None: {made} = None")
        self._write(f"elif type({v}) is not dict: unsound()")
        self._write("else:")
        self._depth += 1
        shown = self._document(selection, v)
        self._write(f"{made} = {shown}")
        self._depth -= 1
        return made

    def _page(self, selection: Selection, column: Column, window: WindowOf, document: str) -> str:
        """A page of a list: see schema.list_pages.ListPage."""
        v, count, start, end = (self._name(stem) for stem in ("v", "count", "start", "end"))
        tag, item = self._constant("tag", window.tag), self._name("item")
        self._write(f"{count} = {document}[{column.count!r}]")
        self._checked(COUNT, count, False)
        self._write(f"{start}, {end} = {self._window(window)}.bounds({count})")
        self._write(f"{v} = {document}.get({column.path!r})")
        self._write(f"if type({v}) is not list: {v} = listed({v})")
        self._write(f"{v} = shown({v}, {start}, {end})")
        around = {
            "hasNextPage": f"{end} < {count}",
            "hasPreviousPage": f"{start} > 0",
            "startCursor": f"place_cursor({tag}, {start}) if {end} > {start} else None",
            "endCursor": f"place_cursor({tag}, {end} - 1) if {end} > {start} else None",
        }

        def edge(part: Field) -> str:
            if part.selection:
                return self._part(part.selection, item, False)
            return f"place_cursor({tag}, place)"

        def show(field: Field) -> str:
            inner = field.selection
            if field.name == "edges" and inner:
                pairs = f"enumerate({v}, {start})"
                show_edge = partial(self._object, inner, edge)
                return self._items(v, inner, show_edge, f"place, {item}", pairs)
            if field.name == "nodes" and inner:
                return self._items(v, inner, partial(self._part, inner, item, False), item)
            if field.name == "pageInfo" and inner:
                return self._object(inner, lambda part: around[part.name])
            return count

        return self._object(selection, show)

    def _window(self, window: WindowOf) -> str:
        """The name of a ListWindow: a constant, or one of those that follow from variables."""
        if not window.varies:
            return self._constant("window", window({}))
        self.windows.append(window)
        return f"windows[{len(self.windows) - 1}]"

    def _list(self, field: Field, column: Column, document: str) -> str:
        v, item = self._name("v"), self._name("item")
        self._write(f"{v} = {document}.get({column.path!r})")
        self._write(f"if type({v}) is not list: {v} = listed({v})")
        if field.selection:
            return self._items(
                v, field.selection, partial(self._part, field.selection, item, False), item
            )
        if untouched := FORMS[column.type].untouched:
            type_ = untouched.__name__
            self._write(f"if {v} and (len({v}) > 1 or type({v}[0]) is not {type_}):")
            self._write(f"    all_of({type_}, {v})")
            if untouched is str:
                self._write(f"for {item} in {v}:")
                self._depth += 1
                self._count_text(item)
                self._depth -= 1
            return v
        return self._loop(item, v, lambda: self._checked(column, item, False))
