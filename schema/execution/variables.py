"""Variables and arguments of known operations, without graphql-core's walk where they are plain.

Whatever is not plain, or not as it should be, is left to graphql-core's own coercion.
"""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLSchema,
    ListValueNode,
    NamedTypeNode,
    Node,
    NonNullTypeNode,
    ObjectFieldNode,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values

from resolvers.documents import INT_MAX, INT_MIN
from schema.inputs import plain

Raw = Mapping[str, Any]
PLAIN_TYPES: Mapping[str, type] = {"Int": int, "String": str, "ID": str, "Boolean": bool}
Plan = tuple[tuple[str, type, bool], ...]
"""Of each variable its name, its Python type, and whether it is required."""


class Variables:
    """How the variables of one operation are read."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, definition: OperationDefinitionNode
    ) -> None:
        self._schema = schema
        self._definitions = definition.variable_definitions or ()
        self._plan = None if has_variable_parts(document) else _plan(self._definitions)

    def read(self, raw: dict[str, Any]) -> VariableValues | None:
        """The coerced values; None if graphql-core finds fault with them."""
        if self._plan is not None:
            coerced = _read(self._plan, raw)
            if coerced is not None:
                return VariableValues({}, coerced)
        values = get_variable_values(self._schema, self._definitions, raw)
        return values if isinstance(values, VariableValues) else None


def _read(plan: Plan, raw: Raw) -> dict[str, Any] | None:
    """The values as they are; None if one of them needs a closer look."""
    coerced: dict[str, Any] = {}
    for name, type_, required in plan:
        value: Any = raw.get(name, Undefined)
        if value is None or value is Undefined:
            if required:
                return None
            if value is None:
                coerced[name] = None
        elif type(value) is type_ and (type(value) is not int or INT_MIN <= value <= INT_MAX):
            coerced[name] = value
        else:
            return None
    return coerced


def _plan(definitions: tuple[VariableDefinitionNode, ...]) -> Plan | None:
    plan = []
    for definition in definitions:
        named = definition.type
        required = isinstance(named, NonNullTypeNode)
        if isinstance(named, NonNullTypeNode):
            named = named.type
        if definition.default_value or not isinstance(named, NamedTypeNode):
            return None
        type_ = PLAIN_TYPES.get(named.name.value)
        if type_ is None:
            return None
        plan.append((definition.variable.name.value, type_, required))
    return tuple(plan)


class _PartFinder(Visitor):
    """Notices variables that are a part of an argument, in a list or an object."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_list_value(self, node: ListValueNode, *_: Any) -> None:
        """A list: does it hold variables itself?"""
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
            name: plain(given.coerced[variable])
            for name, variable in by_variable.items()
            if variable in given.coerced
        },
    }


def _plain(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in arguments.items()}
