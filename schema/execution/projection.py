"""What a selection needs from the database: only that is read.

    { botSessions { nodes { channel tags { userTags { name } } } pageInfo { endCursor } } }

becomes `PageRead({"channel", "tags.userTags.name"}, cursors=True, count=False)`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from resolvers.kind import Column, Kind
from schema.execution.selections import Selected


@dataclass(frozen=True, slots=True)
class PageRead:
    """What is read for a page."""

    columns: frozenset[str]
    """Stored paths of the sessions' selected columns."""
    cursors: bool
    count: bool


@dataclass(frozen=True, slots=True)
class SessionRead:
    """What is read of one session."""

    columns: frozenset[str]
    """Stored paths."""
    alone: bool
    """Whether it is the operation's only root field: then there is nothing to share."""


def columns_of(selected: Selected, kind: Kind) -> frozenset[str]:
    """The stored paths that a field returning a session (or a list of them) selects."""
    return frozenset(_paths(selected.on(kind.type_name), kind.columns, ""))


def of_session(selected: Selected, kind: Kind) -> SessionRead:
    """What a field returning one session reads."""
    return SessionRead(columns_of(selected, kind), selected.alone)


def of_page(selected: Selected, kind: Kind) -> PageRead:
    """What a field returning a connection reads, for its `nodes` and `edges { node }`."""
    nodes = columns_of(selected.named("nodes"), kind)
    return PageRead(
        nodes | columns_of(selected.named("edges", "node"), kind),
        cursors=any(
            selected.named(*path).nodes
            for path in (
                ("edges", "cursor"),
                ("pageInfo", "startCursor"),
                ("pageInfo", "endCursor"),
            )
        ),
        count=bool(selected.named("totalCount").nodes),
    )


def _paths(selected: Selected, columns: Sequence[Column], prefix: str) -> Iterator[str]:
    by_name = {column.name: column for column in columns}
    names = {node.name.value for node in selected.fields()}
    for name in names & by_name.keys():
        column = by_name[name]
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
