"""What a selection needs from the database: only that is read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLResolveInfo,
    InlineFragmentNode,
    NamedTypeNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)

from resolvers.kind import Column, Kind
from schema.common import KIND_BY_TYPE
from schema.execution.operations import Operation

Info = GraphQLResolveInfo[Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one page's selection asks for."""

    columns: frozenset[str]
    """Stored paths of the sessions' selected columns."""
    cursors: bool
    count: bool


@dataclass(frozen=True, slots=True)
class Lookup:
    """What is asked of a session by its id."""

    columns: frozenset[str]
    """Stored paths."""
    alone: bool
    """Whether it is the operation's only root field: then there is nothing to share."""


def _remembered(info: Info, what: str, kind: Kind, make: Callable[[], T]) -> T:
    """What `make` returns; worked out once for an operation and its switches."""
    operation: Operation | None = info.context.cache.get(Operation)
    if operation is None:
        return make()
    nodes = tuple(map(id, info.field_nodes))
    return operation.derive((what, kind.name, nodes, operation.switches(variables(info))), make)


def of_session(info: Info, kind: Kind) -> frozenset[str]:
    """The stored paths that a field returning a session (or a list of them) selects."""

    def make() -> frozenset[str]:
        walk = _Walk(info, kind)
        return walk.columns(walk.below(info.field_nodes))

    return _remembered(info, "session", kind, make)


def of_lookup(info: Info, kind: Kind) -> Lookup:
    """The same, and whether others may ask for sessions at the same time."""
    roots = info.operation.selection_set.selections
    alone = len(roots) == 1 and isinstance(roots[0], FieldNode)
    return Lookup(of_session(info, kind), alone)


def of_connection(info: Info, kind: Kind) -> Wanted:
    """The same below a connection's `nodes` and `edges { node }`."""
    return _remembered(info, "connection", kind, lambda: _of_connection(info, kind))


def _of_connection(info: Info, kind: Kind) -> Wanted:
    walk = _Walk(info, kind)
    fields = walk.below(info.field_nodes)
    edges = walk.below(_named(fields, "edges"))
    places = walk.below(_named(fields, "pageInfo"))
    return Wanted(
        walk.columns(walk.below([*_named(fields, "nodes"), *_named(edges, "node")])),
        bool(
            _named(edges, "cursor") or _named(places, "startCursor") or _named(places, "endCursor")
        ),
        bool(_named(fields, "totalCount")),
    )


def _named(fields: Sequence[FieldNode], name: str) -> list[FieldNode]:
    return [node for node in fields if node.name.value == name]


@dataclass(frozen=True, slots=True)
class _Walk:
    """Through one selection, as it applies to one kind."""

    info: Info
    kind: Kind

    def columns(self, fields: Sequence[FieldNode]) -> frozenset[str]:
        """The stored paths behind fields of a session."""
        return frozenset(self._paths(fields, self.kind.columns, ""))

    def below(self, parents: Sequence[FieldNode]) -> list[FieldNode]:
        """All fields selected below these, fragments spread out."""
        return [
            node
            for parent in parents
            if parent.selection_set
            for node in self._spread(parent.selection_set)
        ]

    def _spread(self, selections: SelectionSetNode) -> Iterator[FieldNode]:
        for node in selections.selections:
            if not _included(self.info, node):
                continue
            if isinstance(node, FieldNode):
                yield node
                continue
            fragment = (
                self.info.fragments[node.name.value]
                if isinstance(node, FragmentSpreadNode)
                else node
            )
            if isinstance(fragment, InlineFragmentNode | FragmentDefinitionNode) and self._applies(
                fragment.type_condition
            ):
                yield from self._spread(fragment.selection_set)

    def _applies(self, condition: NamedTypeNode | None) -> bool:
        """Whether a fragment is not one for sessions of another kind."""
        name = condition.name.value if condition else self.kind.type_name
        return name == self.kind.type_name or name not in KIND_BY_TYPE

    def _paths(
        self, fields: Sequence[FieldNode], columns: Sequence[Column], prefix: str
    ) -> Iterator[str]:
        by_name = {column.name: column for column in columns}
        for node in fields:
            column = by_name.get(node.name.value)
            if column is None:
                continue
            path = prefix + column.path
            if column.columns:
                inner = [*self._paths(self.below([node]), column.columns, f"{path}.")]
                yield from inner or [_presence(column, path)]
            else:
                yield path


def _presence(column: Column, path: str) -> str:
    """One path below an object of which no column is selected, to learn that it is there."""
    first = next((part for part in column.columns if not part.columns), column.columns[0])
    inner = f"{path}.{first.path}"
    return _presence(first, inner) if first.columns else inner


def _included(info: Info, node: SelectionNode) -> bool:
    """What @skip and @include say; validation has seen to their arguments."""
    for directive in node.directives or ():
        name = directive.name.value
        if name in ("skip", "include") and directive.arguments:
            given = directive.arguments[0].value
            if isinstance(given, VariableNode):
                switch = variables(info).get(given.name.value)
            else:
                switch = isinstance(given, BooleanValueNode) and given.value
            if bool(switch) is (name == "skip"):
                return False
    return True


def variables(info: Info) -> Mapping[str, Any]:
    """The operation's variables: Strawberry puts the plain values where graphql-core has more."""
    return cast(Mapping[str, Any], info.variable_values)
