"""What an operation costs: each selected field, times the rows it is asked for.

    field                1, and what is selected below it
    connection           its edges and nodes times `first` or `last`, else the default page
    nodes(ids)           times the number of ids
    any other list       times LIST_SIZE
    a list within one    counts once for each entry of the outer list
    introspection        1: it reads nothing

Worked out once for an operation, but for the arguments given by variables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    value_from_ast_untyped,
)

from resolvers.request import DEFAULT_PAGE, LARGEST_PAGE

LIST_SIZE: Final = 10
"""Entries that a stored list, such as a chat's messages, is taken to have, all lists within them
together: one document holds both, so nesting does not multiply what is read."""

Variables = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """How many rows a field is asked for: a number, or what a variable says."""

    default: int
    variable: str | None = None

    def count(self, variables: Variables) -> int:
        """The number, whatever a client put into the variable: it is checked elsewhere."""
        given = variables.get(self.variable) if self.variable else None
        return self.default if given is None else _size(given, self.default)


@dataclass(frozen=True, slots=True)
class Cost:
    """A number, and parts that are multiplied by variables."""

    own: int
    parts: tuple[tuple[Rows, "Cost"], ...] = ()

    def total(self, variables: Variables) -> int:
        """The cost with these variables."""
        total = self.own
        for rows, part in self.parts:
            total += rows.count(variables) * part.total(variables)
        return total

    def plus(self, other: "Cost") -> "Cost":
        """Both."""
        return Cost(self.own + other.own, self.parts + other.parts)

    def times(self, rows: Rows) -> "Cost":
        """This for each row."""
        if rows.variable is None and not self.parts:
            return Cost(self.own * rows.default)
        return Cost(0, ((rows, self),))


ONE: Final = Rows(1)
LIST: Final = Rows(LIST_SIZE)


def cost(document: DocumentNode, name: str | None, schema: GraphQLSchema) -> Cost:
    """What the operation of this name, or the only one, costs; the document must be valid."""
    operation = next(
        node
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
        and (name is None or (node.name and node.name.value == name))
    )
    root = schema.get_root_type(operation.operation)
    walk = _Walk(document, operation, schema)
    return walk.selections(operation.selection_set, root, LIST)


class _Walk:
    """Adds up one valid operation, whose size is known to be bounded."""

    def __init__(
        self, document: DocumentNode, operation: OperationDefinitionNode, schema: GraphQLSchema
    ) -> None:
        self._schema = schema
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self._defaults = {
            node.variable.name.value: value_from_ast_untyped(node.default_value)
            for node in operation.variable_definitions or ()
            if node.default_value
        }

    def selections(
        self, selections: SelectionSetNode, type_: GraphQLNamedType | None, lists: Rows
    ) -> Cost:
        """What is selected on a type, whose lists have that many entries."""
        total = Cost(0)
        for node in selections.selections:
            if isinstance(node, FieldNode):
                total = total.plus(self._field(node, type_, lists))
            elif isinstance(node, InlineFragmentNode):
                inner = node.type_condition
                on = self._schema.get_type(inner.name.value) if inner else type_
                total = total.plus(self.selections(node.selection_set, on, lists))
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                on = self._schema.get_type(fragment.type_condition.name.value)
                total = total.plus(self.selections(fragment.selection_set, on, lists))
        return total

    def _field(self, node: FieldNode, type_: GraphQLNamedType | None, lists: Rows) -> Cost:
        definition = _definition(node, type_)
        if definition is None or node.selection_set is None:
            return Cost(1)
        inner = get_named_type(definition.type)
        rows, below = ONE, ONE if lists is ONE else LIST
        if "first" in definition.args and "last" in definition.args:
            below = self._page(node)
        elif is_list_type(get_nullable_type(definition.type)):
            rows = lists
            if "ids" in definition.args:
                rows = self._rows(_argument(node, "ids"), lists)
            elif lists is LIST:
                below = ONE
        return Cost(1).plus(self.selections(node.selection_set, inner, below)).times(rows)

    def _page(self, node: FieldNode) -> Rows:
        """`first`, `last` or the default page; of both, the larger default, as one is refused."""
        given = _argument(node, "first") or _argument(node, "last")
        return self._rows(given, Rows(DEFAULT_PAGE))

    def _rows(self, value: ValueNode | None, default: Rows) -> Rows:
        if isinstance(value, VariableNode):
            name = value.name.value
            return Rows(_size(self._defaults.get(name), default.default), name)
        if isinstance(value, IntValueNode):
            return Rows(_size(int(value.value), default.default))
        if isinstance(value, ListValueNode):
            return Rows(len(value.values))
        return default


def _definition(node: FieldNode, type_: GraphQLNamedType | None) -> GraphQLField | None:
    """None for what is no field of the type itself: `__typename`, introspection."""
    if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        return None
    field: GraphQLField | None = type_.fields.get(node.name.value)
    return field


def _argument(node: FieldNode, name: str) -> ValueNode | None:
    return next(
        (argument.value for argument in node.arguments or () if argument.name.value == name), None
    )


def _size(given: Any, default: int) -> int:
    if isinstance(given, list):
        return len(given)
    if isinstance(given, bool) or not isinstance(given, int | float):
        return default
    return int(min(max(given, 0), LARGEST_PAGE))
