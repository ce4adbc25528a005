"""A selection over documents, compiled to one Python function.

Three phases, each a small function a node type:

    collect   graphql-core's own field collection gives a tree of Selections
    write     each Selection becomes the text of a Python expression (schema.execution.source)
    build     the text becomes a function, with the constants it names

The function is for sound documents only: it raises on anything else, and the executor then lets
graphql-core complete the value. So it needs no error handling, and cannot disagree about errors.
"""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, is_object_type

from resolvers.kind import Column
from schema.columns import NOTE, ColumnField
from schema.common import (
    Connection,
    DeleteSessionPayload,
    Edge,
    Node,
    PageInfo,
    Payload,
    Session,
    SessionSummary,
)
from schema.errors import UserError
from schema.execution import source
from schema.execution.tree import Field, Selection

Renderer = Callable[[Any], Any]
FieldsOf = Callable[[GraphQLObjectType, Any], Mapping[str, Any]]

MOST_FIELDS = 2000
"""Selections beyond this size are not worth a function of their own."""
DEFINITION = "strawberry-definition"

ATTRIBUTES = frozenset(
    {Connection, Edge, PageInfo, Payload, SessionSummary, DeleteSessionPayload, UserError}
)
"""Types of ours that are not documents; schema.execution.source knows their fields by name."""


class NotCompiledError(Exception):
    """The selection holds a field that only its resolver can answer."""


def compiled(
    type_: GraphQLObjectType, details: Any, schema: GraphQLSchema, fields_of: FieldsOf
) -> Renderer | None:
    """The function for what is selected below a value; None if that needs graphql-core."""
    try:
        return compile_selection(collect(type_, details, schema, fields_of))
    except NotCompiledError:
        return None


def collect(
    type_: GraphQLObjectType, details: Any, schema: GraphQLSchema, fields_of: FieldsOf
) -> Selection:
    """The tree of everything selected below a value; NotCompiledError if it cannot be compiled."""
    return _Collector(schema, fields_of).selection(type_, details)


class _Collector:
    """Walks one selection and counts its fields."""

    def __init__(self, schema: GraphQLSchema, fields_of: FieldsOf) -> None:
        self._schema = schema
        self._fields_of = fields_of
        self._count = 0

    def selection(self, type_: GraphQLObjectType, details: Any) -> Selection:
        """The fields selected on an object type."""
        fields = tuple(
            self._field(type_, response_name, field_details)
            for response_name, field_details in self._fields_of(type_, details).items()
        )
        return Selection(type_.name, _shape(type_), fields)

    def _field(self, parent: GraphQLObjectType, response_name: str, details: Any) -> Field:
        self._count += 1
        if self._count > MOST_FIELDS:
            raise NotCompiledError(response_name)
        name = details[0].node.name.value
        if name == "__typename":
            return Field(response_name, name)
        definition = parent.fields[name]
        column = _column(definition.extensions[DEFINITION], parent)
        inner = get_named_type(definition.type)
        if not is_object_type(inner):
            return Field(response_name, name, column)
        return Field(response_name, name, column, self.selection(inner, details))


def _shape(type_: GraphQLObjectType) -> type:
    definition = type_.extensions[DEFINITION]
    origin: type = (definition.concrete_of or definition).origin
    if issubclass(origin, Session):
        return Session
    if origin in ATTRIBUTES:
        return origin
    if all(isinstance(field, ColumnField) for field in definition.fields):
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


def write(selection: Selection) -> tuple[str, dict[str, Any]]:
    """The function's text, and the constants that it names."""
    writer = source.Writer()
    return writer.function(selection), writer.constants


def compile_selection(selection: Selection) -> Renderer:
    """The function that renders a value with this selection."""
    text, constants = write(selection)
    namespace = dict(constants)
    exec(compile(text, f"<{selection.type_name}>", "exec"), namespace)  # noqa: S102  # our own text
    render: Renderer = namespace["render"]
    return render
