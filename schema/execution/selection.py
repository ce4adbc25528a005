"""What a selection needs from the database: only that is read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLResolveInfo,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)

from resolvers.kind import Column, Kind
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
        return frozenset(_paths(info, _children(info, info.field_nodes), kind.columns, ""))

    return _remembered(info, "session", kind, make)


def of_connection(info: Info, kind: Kind) -> Wanted:
    """The same below a connection's `nodes` and `edges { node }`."""
    return _remembered(info, "connection", kind, lambda: _of_connection(info, kind))


def _of_connection(info: Info, kind: Kind) -> Wanted:
    fields = _children(info, info.field_nodes)
    edges = _children(info, _named(fields, "edges"))
    nodes = [*_named(fields, "nodes"), *_named(edges, "node")]
    places = _children(info, _named(fields, "pageInfo"))
    return Wanted(
        frozenset(_paths(info, _children(info, nodes), kind.columns, "")),
        bool(
            _named(edges, "cursor") or _named(places, "startCursor") or _named(places, "endCursor")
        ),
        bool(_named(fields, "totalCount")),
    )


def _named(fields: Sequence[FieldNode], name: str) -> list[FieldNode]:
    return [node for node in fields if node.name.value == name]


def _children(info: Info, parents: Sequence[FieldNode]) -> list[FieldNode]:
    """All fields selected below these, fragments spread out."""
    return [
        node
        for parent in parents
        if parent.selection_set
        for node in _spread(info, parent.selection_set)
    ]


def _spread(info: Info, selections: SelectionSetNode) -> Iterator[FieldNode]:
    for node in selections.selections:
        if not _included(info, node):
            continue
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _spread(info, node.selection_set)
        elif isinstance(node, FragmentSpreadNode):
            yield from _spread(info, info.fragments[node.name.value].selection_set)


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


def _paths(
    info: Info, fields: Sequence[FieldNode], columns: Sequence[Column], prefix: str
) -> Iterator[str]:
    by_name = {column.name: column for column in columns}
    for node in fields:
        column = by_name.get(node.name.value)
        if column is None:
            continue
        path = prefix + column.path
        if column.columns:
            yield from _paths(info, _children(info, [node]), column.columns, path + ".")
        else:
            yield path
