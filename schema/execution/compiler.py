"""A selection over documents, compiled to one Python function.

    collect   the walk over selections gives a tree of Selections (schema.execution.tree)
    write     each Selection becomes the text of a Python expression (schema.execution.source)
    build     the text becomes a function, with the constants it names

    botId tags { userTags { name } }   of a BotSession   becomes

    Selection("BotSession", Session, (Field("botId", …), Field("tags", …, Selection(…))))

and the function whose text `schema/execution/__init__.py` shows. The function is for sound
documents only: it raises on anything else, and the executor then lets graphql-core complete the
value. So it needs no error handling, and cannot disagree about errors.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FloatValueNode,
    GraphQLAbstractType,
    GraphQLObjectType,
    IntValueNode,
    is_abstract_type,
    is_object_type,
)

from resolvers.errors import BadInput
from resolvers.kind import Column
from schema.columns import NOTE, ColumnField
from schema.common import (
    KIND_BY_TYPE,
    Connection,
    DeleteSessionPayload,
    Edge,
    Node,
    PageInfo,
    Payload,
    Session,
    SessionConnection,
    SessionSummary,
)
from schema.errors import UserError
from schema.execution import source
from schema.execution.operation import Operation
from schema.execution.room import Room
from schema.execution.selections import Parent, Selections, inner_type
from schema.execution.tree import Field, Selection
from schema.execution.windows import WindowOf
from schema.statistics_types import PercentileField
from schema.strawberry_internals import definition_of

log = logging.getLogger(__name__)

Renderer = Callable[[Any, Mapping[str, Any], Room], Any]
"""The response object of a value, under these variables, in what is left of the answer's room."""

MOST_FIELDS = 2000
"""Selections beyond this size are not worth a function of their own."""

ATTRIBUTES = frozenset(
    {
        Connection,
        SessionConnection,
        Edge,
        PageInfo,
        Payload,
        SessionSummary,
        DeleteSessionPayload,
        UserError,
    }
)
"""Types that are not documents; schema.execution.source knows their fields by name."""


class NotCompiledError(Exception):
    """The selection has a field that only its resolver can answer."""


def renderer(
    operation: Operation, selections: Selections, type_: GraphQLObjectType, nodes: list[FieldNode]
) -> Renderer | None:
    """The function for what is selected below some fields; None if that needs graphql-core."""
    key = (type_.name, operation.place(nodes, selections.variables or {}))
    return operation.prepared(key, lambda: _compiled(operation, selections, type_, nodes))


def _compiled(
    operation: Operation, selections: Selections, type_: GraphQLObjectType, nodes: list[FieldNode]
) -> Renderer | None:
    try:
        return compile_selection(collect(selections, type_, nodes))
    except (NotCompiledError, BadInput):  # a window that its field refuses
        return None
    except Exception:
        operation.prepares = False
        log.exception("an operation could not be compiled and runs field by field")
        return None


def collect(selections: Selections, type_: GraphQLObjectType, nodes: Iterable[Parent]) -> Selection:
    """Everything selected below fields of one type; NotCompiledError if that needs graphql-core."""
    return _Collector(selections).selection(type_, nodes)


class _Collector:
    """Builds one tree and counts its fields."""

    def __init__(self, selections: Selections) -> None:
        self._selections = selections
        self._count = 0

    def selection(self, type_: GraphQLObjectType, nodes: Iterable[Parent]) -> Selection:
        """The fields selected on an object type."""
        fields = tuple(
            self._field(type_, response_name, group)
            for response_name, group in self._selections.grouped(nodes, type_).items()
        )
        return Selection(type_.name, _shape(type_), fields)

    def _field(
        self, parent: GraphQLObjectType, response_name: str, nodes: list[FieldNode]
    ) -> Field:
        self._count += 1
        if self._count > MOST_FIELDS:
            raise NotCompiledError(response_name)
        name = nodes[0].name.value
        if name == "__typename":
            return Field(response_name, name)
        definition = definition_of(parent.fields[name])
        if isinstance(definition, PercentileField):
            return Field(response_name, name, p=_share(nodes[0]))
        column = _column(definition, parent)
        inner = inner_type(parent, name)
        if is_abstract_type(inner):
            return Field(response_name, name, column, choices=self._choices(parent, inner, nodes))
        if not is_object_type(inner):
            return Field(response_name, name, column)
        window = WindowOf(nodes[0], parent.name) if column and column.count else None
        return Field(response_name, name, column, self.selection(inner, nodes), window)

    def _choices(
        self, parent: GraphQLObjectType, inner: GraphQLAbstractType, nodes: list[FieldNode]
    ) -> dict[str, Selection]:
        """What is selected on each kind of session, where a connection has all of them."""
        if _shape(parent) not in (SessionConnection, Edge):
            raise NotCompiledError(inner.name)
        types = self._selections.schema.get_possible_types(inner)
        kinds = {type_: KIND_BY_TYPE[type_.name].name.lower() for type_ in types}
        return {kind: self.selection(type_, nodes) for type_, kind in kinds.items()}


def _shape(type_: GraphQLObjectType) -> type:
    definition = definition_of(type_)
    origin: type = (definition.concrete_of or definition).origin
    if issubclass(origin, Session):
        return Session
    if origin in ATTRIBUTES:
        return origin
    if any(isinstance(field, ColumnField | PercentileField) for field in definition.fields):
        return dict
    raise NotCompiledError(type_.name)


def _column(field: Any, parent: GraphQLObjectType) -> Column | None:
    """The column behind a field; None for those that every shape knows by name."""
    if isinstance(field, ColumnField):
        column: Column = field.metadata[NOTE]
        return column
    if field.origin in (Node, Session) or _shape(parent) in ATTRIBUTES:
        return None
    raise NotCompiledError(field.name)


def _share(node: FieldNode) -> float:
    """The `p` of a percentile, if it stands in the text: functions know no variables."""
    for argument in node.arguments or ():
        if isinstance(argument.value, FloatValueNode | IntValueNode):
            return float(argument.value.value)
    raise NotCompiledError(node.name.value)


def write(selection: Selection) -> tuple[str, source.Writer]:
    """The function's text, with those that it calls, and its writer, who has what they name."""
    writer = source.Writer()
    return writer.functions(selection), writer


def compile_selection(selection: Selection) -> Renderer:
    """The function that renders a value with this selection."""
    text, writer = write(selection)
    log.debug("%s:\n%s", selection.type_name, text)
    namespace = dict(writer.constants)
    exec(compile(text, f"<{selection.type_name}>", "exec"), namespace)  # noqa: S102  # our own text
    render: Any = namespace["render"]
    if not (windows := writer.windows):
        return render  # type: ignore[no-any-return]  # and the windows are of no matter
    return lambda value, variables, room: render(
        value, [window(variables) for window in windows], room
    )
