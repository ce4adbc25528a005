"""What a selection needs from the database: only that is read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLResolveInfo,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionSetNode,
)
from graphql.execution.values import get_directive_values

from resolvers.kind import Column, Kind


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one page's selection asks for."""

    columns: frozenset[str]
    """Stored paths of the sessions' selected columns."""
    cursors: bool
    count: bool


def of_session(info: GraphQLResolveInfo, kind: Kind) -> frozenset[str]:
    """The stored paths that a field returning a session (or a list of them) selects."""
    return frozenset(_paths(info, _children(info, info.field_nodes), kind.columns, ""))


def of_payload(info: GraphQLResolveInfo, kind: Kind) -> frozenset[str]:
    """The same below `session` of a payload."""
    sessions = [node for node in _children(info, info.field_nodes) if node.name.value == "session"]
    return frozenset(_paths(info, _children(info, sessions), kind.columns, ""))


def of_connection(info: GraphQLResolveInfo, kind: Kind) -> Wanted:
    """The same below a connection's `nodes` and `edges { node }`."""
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


def _children(info: GraphQLResolveInfo, parents: Sequence[FieldNode]) -> list[FieldNode]:
    """All fields selected below these, fragments spread out."""
    return [
        node
        for parent in parents
        if parent.selection_set
        for node in _spread(info, parent.selection_set)
    ]


def _spread(info: GraphQLResolveInfo, selections: SelectionSetNode) -> Iterator[FieldNode]:
    for node in selections.selections:
        if not _included(info, node):
            continue
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _spread(info, node.selection_set)
        elif isinstance(node, FragmentSpreadNode):
            yield from _spread(info, info.fragments[node.name.value].selection_set)


def _included(
    info: GraphQLResolveInfo, node: FieldNode | InlineFragmentNode | FragmentSpreadNode
) -> bool:
    variables = info.variable_values
    skip = get_directive_values(GraphQLSkipDirective, node, variables)
    if skip and skip["if"]:
        return False
    include = get_directive_values(GraphQLIncludeDirective, node, variables)
    return not include or bool(include["if"])


def _paths(
    info: GraphQLResolveInfo, fields: Sequence[FieldNode], columns: Sequence[Column], prefix: str
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
