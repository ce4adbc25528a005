"""The one walk over selections: fragments spread out, type conditions and switches applied.

    { ...Two  c @skip(if: $s) }   fragment Two on Query { a b }      s = true  gives  a, b

`Selections` with variables walks what is answered, on object types: projection, compiler and
programs use it. Without variables it walks everything that could be, whatever types and switches
say: the cost. Documents are valid here, and their size is bounded (schema.execution.measure).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    BooleanValueNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    NamedTypeNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
)

Fragments = Mapping[str, FragmentDefinitionNode]
Parent = FieldNode | OperationDefinitionNode
ByVariables = Callable[[Mapping[str, Any]], Any]
"""What is worked out from an operation, but for the values of its variables."""


def fragments_of(document: DocumentNode) -> Fragments:
    """The fragments of a document, by name."""
    return {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }


@dataclass(frozen=True, slots=True)
class Selections:
    """The selections of one document under one setting of its variables."""

    schema: GraphQLSchema
    fragments: Fragments
    variables: Mapping[str, Any] | None = None
    """None: no field is left out."""

    def walk(
        self, selections: SelectionSetNode, on: GraphQLNamedType
    ) -> Iterator[tuple[FieldNode, GraphQLNamedType]]:
        """The fields selected on a type, each with the type it is selected on."""
        for node in selections.selections:
            if not self._includes(node):
                continue
            if isinstance(node, FieldNode):
                yield node, on
                continue
            fragment: Any = (
                self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            )
            inner = self._narrowed(fragment.type_condition, on)
            if inner is not None:
                yield from self.walk(fragment.selection_set, inner)

    def below(self, parents: Iterable[Parent], on: GraphQLNamedType) -> list[FieldNode]:
        """The fields selected below these, all of which are of one type."""
        return [
            node
            for parent in parents
            if parent.selection_set
            for node, _ in self.walk(parent.selection_set, on)
        ]

    def grouped(
        self, parents: Iterable[Parent], on: GraphQLNamedType
    ) -> dict[str, list[FieldNode]]:
        """The same by response name, in the order of the response."""
        groups: dict[str, list[FieldNode]] = {}
        for node in self.below(parents, on):
            groups.setdefault((node.alias or node.name).value, []).append(node)
        return groups

    def _narrowed(
        self, condition: NamedTypeNode | None, on: GraphQLNamedType
    ) -> GraphQLNamedType | None:
        """The type that a fragment's fields are selected on; None if it does not apply."""
        if condition is None:
            return on
        type_ = self.schema.get_type(condition.name.value)
        if self.variables is None or type_ is on:
            return type_
        applies = is_abstract_type(type_) and self.schema.is_sub_type(type_, on)
        return on if applies else None

    def _includes(self, node: SelectionNode) -> bool:
        """What @skip and @include say; validation has seen to their arguments."""
        if self.variables is None:
            return True
        for directive in node.directives or ():
            name = directive.name.value
            if name in ("skip", "include") and directive.arguments:
                given = directive.arguments[0].value
                if isinstance(given, VariableNode):
                    switch = self.variables.get(given.name.value)
                else:
                    switch = isinstance(given, BooleanValueNode) and given.value
                if bool(switch) is (name == "skip"):
                    return False
        return True


@dataclass(frozen=True, slots=True)
class Selected:
    """What is selected below some fields of one type: a root field, given more than once."""

    selections: Selections
    nodes: tuple[FieldNode, ...]
    type: GraphQLNamedType
    alone: bool = False
    """Whether it is the only root field of its operation."""

    def fields(self) -> list[FieldNode]:
        """The fields below."""
        return self.selections.below(self.nodes, self.type)

    def groups(self) -> Iterator["Selected"]:
        """The fields below, each by itself: those of one response name are one field."""
        for nodes in self.selections.grouped(self.nodes, self.type).values():
            if not nodes[0].name.value.startswith("__"):
                yield Selected(
                    self.selections, tuple(nodes), inner_type(self.type, nodes[0].name.value)
                )

    def named(self, *names: str) -> "Selected":
        """What is selected below the fields with this name, and so on with further names."""
        found = self
        for name in names:
            nodes = tuple(node for node in found.fields() if node.name.value == name)
            found = Selected(self.selections, nodes, inner_type(found.type, name))
        return found

    def on(self, type_name: str) -> "Selected":
        """The same, as it applies to one type of those that an interface stands for."""
        type_ = self.selections.schema.type_map[type_name]
        return Selected(self.selections, self.nodes, type_, self.alone)


def inner_type(type_: GraphQLNamedType, name: str) -> GraphQLNamedType:
    """The type of a field's values, without list and non-null around it."""
    assert isinstance(type_, GraphQLObjectType)
    inner: GraphQLNamedType = get_named_type(type_.fields[name].type)
    return inner


def is_alone(definition: OperationDefinitionNode) -> bool:
    """Whether it is a query that plainly has one root field: a payload's `query` may have more."""
    roots = definition.selection_set.selections
    query = definition.operation is OperationType.QUERY
    return query and len(roots) == 1 and isinstance(roots[0], FieldNode)
