"""Variables and arguments of known operations, without graphql-core's walk where they are plain.

    query ($id: String!) { botSession(sessionId: $id) { botId } }   with   {"id": "a"}

gives the variables `{"id": "a"}` and the arguments `{"sessionId": "a"}`. Values that are not plain,
or not valid, are left to graphql-core's own coercion.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLSchema,
    ListValueNode,
    Node,
    ObjectFieldNode,
    OperationDefinitionNode,
    Undefined,
    VariableNode,
    VariableValues,
    Visitor,
    get_argument_values,
    get_variable_values,
    is_input_type,
    type_from_ast,
    visit,
)

from schema.execution.readers import Reader, reader_of
from schema.inputs import plain

log = logging.getLogger(__name__)


class Variables:
    """How the variables of one operation are read."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, definition: OperationDefinitionNode
    ) -> None:
        self._schema = schema
        self._definitions = definition.variable_definitions or ()
        self._readers = None if has_variable_parts(document) else self._prepare()

    def read(self, raw: dict[str, Any]) -> VariableValues | None:
        """The coerced values; None if graphql-core finds fault with them."""
        if self._readers is not None:
            try:
                return VariableValues({}, _read(self._readers, raw))
            except Exception:  # graphql-core says what is wrong, if anything is
                log.debug("variables are read by graphql-core")
        values = get_variable_values(self._schema, self._definitions, raw)
        return values if isinstance(values, VariableValues) else None

    def _prepare(self) -> dict[str, Reader] | None:
        readers = {}
        for definition in self._definitions:
            type_ = type_from_ast(self._schema, definition.type)
            if definition.default_value or not is_input_type(type_):
                return None
            readers[definition.variable.name.value] = reader_of(type_)
        return readers


def _read(readers: Mapping[str, Reader], raw: Mapping[str, Any]) -> dict[str, Any]:
    read = {}
    for name, reader in readers.items():
        if name in raw:
            read[name] = reader(raw[name])
        else:
            reader(None)  # raises for what is required
    return read


class _PartFinder(Visitor):
    """Notices variables that are a part of an argument, in a list or an object."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_list_value(self, node: ListValueNode, *_: Any) -> None:
        """Whether a list contains variables."""
        self.found |= any(isinstance(value, VariableNode) for value in node.values)

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> None:
        """An object's entry: is its value a variable?"""
        self.found |= isinstance(node.value, VariableNode)


def has_variable_parts(node: Node) -> bool:
    """Whether a variable stands in a list or an object anywhere below the node."""
    finder = _PartFinder()
    visit(node, finder)
    return finder.found


ArgumentsOf = Callable[[VariableValues], Mapping[str, Any]]


def arguments_of(field: GraphQLField, node: FieldNode, values: VariableValues) -> ArgumentsOf:
    """How to get a field's arguments, by their GraphQL names; `values` is any valid example."""
    by_variable = {
        argument.name.value: argument.value.name.value
        for argument in node.arguments or ()
        if isinstance(argument.value, VariableNode)
    }
    if has_variable_parts(node) or not all(
        field.args[name].default_value is Undefined for name in by_variable
    ):
        return lambda given: _plain(get_argument_values(field, node, given))
    example = _plain(get_argument_values(field, node, values))
    constant = {name: value for name, value in example.items() if name not in by_variable}
    if not by_variable:
        return lambda _given: constant
    return lambda given: {
        **constant,
        **{
            # Values without sources were read by our own readers, and are plain already.
            name: plain(given.coerced[variable]) if given.sources else given.coerced[variable]
            for name, variable in by_variable.items()
            if variable in given.coerced
        },
    }


def _plain(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in arguments.items()}
