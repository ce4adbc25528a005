"""What a selection needs from the database: only that is read.

    { botSessions { nodes { channel tags { userTags { name } } } pageInfo { endCursor } } }

becomes `PageRead({"channel", "tags.userTags.name"}, cursors=True, count=False)`. A list that is
shown in pages becomes a ListPart: its window may depend on variables, so what is read is a function
of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from resolvers.errors import BadInput
from resolvers.kind import Column, Kind
from resolvers.lists import ListPart
from resolvers.request import Paths
from schema.execution.selections import ByVariables, Selected
from schema.execution.windows import Variables, WindowOf


@dataclass(frozen=True, slots=True)
class PageRead:
    """What is read for a page."""

    columns: Paths
    """Stored paths of the sessions' selected columns, and parts of lists."""
    cursors: bool
    count: bool


@dataclass(frozen=True, slots=True)
class SessionRead:
    """What is read of one session."""

    columns: Paths
    """The same."""
    alone: bool
    """Whether it is the operation's only root field: then there is nothing to share."""


@dataclass(frozen=True, slots=True)
class ColumnsOf:
    """What is read of sessions, for each setting of an operation's variables."""

    fixed: Paths
    lists: tuple[tuple[Column, WindowOf], ...] = ()
    """Those whose windows depend on variables."""

    def __call__(self, variables: Variables) -> Paths:
        """The stored paths; of a list whose window its field refuses, the count alone."""
        if not self.lists:
            return self.fixed
        return self.fixed.union(_part(column, of, variables) for column, of in self.lists)

    def __or__(self, other: "ColumnsOf") -> "ColumnsOf":
        return ColumnsOf(self.fixed | other.fixed, self.lists + other.lists)


def columns_of(selected: Selected, kind: Kind) -> ColumnsOf:
    """The stored paths that a field returning a session (or a list of them) selects."""
    selected = selected.on(kind.type_name)
    lists = [*_lists(selected, kind)]
    fixed = [_part(column, of, {}) for column, of in lists if not of or not of.varies]
    return ColumnsOf(
        frozenset((*_paths(selected, kind.columns, ""), *fixed)),
        tuple((column, of) for column, of in lists if of and of.varies),
    )


def of_session(selected: Selected, kind: Kind) -> ByVariables:
    """What a field returning one session reads."""
    columns, alone = columns_of(selected, kind), selected.alone
    if not columns.lists:
        read = SessionRead(columns.fixed, alone)
        return lambda _variables: read
    return lambda variables: SessionRead(columns(variables), alone)


def of_page(selected: Selected, kind: Kind) -> ByVariables:
    """What a field returning a connection reads, for its `nodes` and `edges { node }`."""
    nodes = columns_of(selected.named("nodes"), kind)
    columns = nodes | columns_of(selected.named("edges", "node"), kind)
    cursors = any(
        selected.named(*path).nodes
        for path in (("edges", "cursor"), ("pageInfo", "startCursor"), ("pageInfo", "endCursor"))
    )
    count = any(selected.named(name).nodes for name in ("totalCount", "totalCountIsEstimate"))
    read = PageRead(columns.fixed, cursors, count)
    if not columns.lists:
        return lambda _variables: read
    return lambda variables: replace(read, columns=columns(variables))


def _lists(selected: Selected, kind: Kind) -> Iterator[tuple[Column, WindowOf | None]]:
    """The lists in pages that a selection needs, each with its window; None for its count."""
    for field in selected.groups() if kind.beside else ():
        name = field.nodes[0].name.value
        column = kind.by_name.get(name)
        if column is None or not (column.count or name in kind.beside):
            continue
        if column.count and (field.named("nodes").nodes or field.named("edges").nodes):
            yield column, WindowOf(field.nodes[0], kind.type_name)
        else:
            yield kind.beside.get(name, column), None


def _part(column: Column, of: WindowOf | None, variables: Variables) -> ListPart:
    try:
        return ListPart(column, of(variables)) if of else ListPart(column)
    except BadInput:
        return ListPart(column)


def _paths(selected: Selected, columns: Sequence[Column], prefix: str) -> Iterator[str]:
    by_name = {column.name: column for column in columns}
    names = {node.name.value for node in selected.fields()}
    for name in names & by_name.keys():
        column = by_name[name]
        if column.count:  # in parts
            continue
        path = prefix + column.path
        if column.columns:
            yield from _inside(selected.named(name), column, path)
        else:
            yield path


def _inside(selected: Selected, column: Column, path: str) -> Iterable[str]:
    """The paths of an object's parts; a joined field (`session`) needs all of them."""
    known = {"__typename", *(part.name for part in column.columns)}
    if any(node.name.value not in known for node in selected.fields()):
        return [path]
    return [*_paths(selected, column.columns, f"{path}.")] or [_presence(column, path)]


def _presence(column: Column, path: str) -> str:
    """One path below an object of which no column is selected, to learn that it is there."""
    first = next((part for part in column.columns if not part.columns), column.columns[0])
    inner = f"{path}.{first.path}"
    return _presence(first, inner) if first.columns else inner
