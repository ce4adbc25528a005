"""Rows of a mapped collection as sessions: what is read for some paths of a kind, and how.

    reading(BOT, <the sources of resolvers.store.mapped>, {"userId", "status"})

reads {"_id": 1, "data.user.id": 1, "ended": 1}, and makes a session of each row by a function that
is made from the map: it is the part that costs time (resolvers.store.mapped_source). What the
gateway computes and stores in sessions of its own is computed here. What the map gives stays.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from resolvers.errors import GatewayError
from resolvers.kind import Column, Document, Kind, walk
from resolvers.lists import add_count, add_counts
from resolvers.mapping import Source
from resolvers.store.mapped_source import quick_row
from resolvers.store.mapped_values import DURATION, ID, STATUS, Row, fitting_row, tree
from resolvers.value_types import OBJECT


class Reading(NamedTuple):
    """How some paths of a kind are read."""

    projection: dict[str, Any]
    """For the database."""
    row: Row


def reading(kind: Kind, sources: Mapping[str, Source], columns: frozenset[str] | None) -> Reading:
    """How to read these stored paths of a kind; None: whole sessions."""
    known = [*_known(sources.values())]
    derives = columns is None or any(_is_computed(kind, known, path) for path in columns)
    asked = None if derives else columns
    counted = [one for one in kind.columns if _is_asked(one.count, asked)]
    wanted = _wanted(sources, asked, counted)
    objects = [one for one in kind.columns if _is_there(one) and _is_asked(one.path, asked)]
    root = tree(wanted, objects)
    computed = [name for name in _quickly(kind, sources) if _is_asked(name, asked)]
    plain = quick_row(root, computed, fitting_row(root, computed))

    def derived(document: Document) -> Document:
        return _derived(kind, sources, plain(document))

    def with_counts(document: Document) -> Document:
        session = plain(document)
        for column in counted:
            add_count(column, session)
        return session

    row = derived if derives else with_counts if counted else plain
    return Reading(_projection(wanted), row)


def _quickly(kind: Kind, sources: Mapping[str, Source]) -> Iterator[str]:
    """What follows from the start and the end alone."""
    if kind.ended and STATUS not in sources:
        yield STATUS
    if kind.spans and kind.ended and DURATION not in sources:
        yield DURATION


def _is_there(column: Column) -> bool:
    """Whether a session has it as an object in any case."""
    return column.type is OBJECT and not column.many and not column.nullable


def _is_asked(path: str, asked: frozenset[str] | None) -> bool:
    return bool(path) and (asked is None or any(_overlap(path, one) for one in asked))


def _known(sources: Iterable[Source]) -> Iterator[str]:
    """The paths that the map gives; of lists of objects, those within."""
    for source in sources:
        if source.columns:
            yield from (f"{source.native}.{one}" for one in _known(source.columns))
        else:
            yield source.native


def _is_computed(kind: Kind, known: Sequence[str], path: str) -> bool:
    """Whether a path is computed by `_derived`, or has a part that is."""
    beside = (STATUS, DURATION) if kind.spans else (STATUS,)
    quick = {*beside, *(column.count for column in kind.columns)}
    return any(
        (column.derived or column.hidden)
        and computed not in quick
        and _overlap(computed, path)
        and not any(_overlap(one, computed) and _overlap(one, path) for one in known)
        for computed, column in walk(kind.columns)
    )


def _wanted(
    sources: Mapping[str, Source], asked: frozenset[str] | None, counted: Iterable[Column]
) -> list[Source]:
    """The sources of these paths, and of the id; None: all."""
    if asked is None:
        return list(sources.values())
    ends = ("endedAt",) if STATUS in asked or DURATION in asked else ()
    starts = ("startedAt",) if DURATION in asked else ()
    paths = {ID, *asked, *ends, *starts, *(column.path for column in counted)}
    return [source for path, source in sources.items() if any(_overlap(path, one) for one in paths)]


def _overlap(path: str, other: str) -> bool:
    return path == other or path.startswith(f"{other}.") or other.startswith(f"{path}.")


def _projection(sources: Iterable[Source]) -> dict[str, Any]:
    stored = {source.stored for source in sources if source.stored}
    # MongoDB refuses a path beside its own parent.
    shown = {one for one in stored if not any(one.startswith(f"{other}.") for other in stored)}
    projection = dict.fromkeys(sorted(shown), 1)
    return projection if ID in projection else {**projection, ID: 0}


def _derived(kind: Kind, sources: Mapping[str, Source], session: Document) -> Document:
    """With what the gateway stores in sessions of its own; nothing where a session is damaged."""
    for column in kind.own_columns:
        if column.many and session.get(column.path) is None:
            session[column.path] = []
    try:
        timeline = kind.derive(session)
        add_counts(kind.columns, session)
    except (GatewayError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
        return session
    given = session.get("customer") or {}
    known = {name: value for name, value in given.items() if value is not None}
    customer = {**(timeline.customer or {}), **known}
    computed = {
        "startedAt": timeline.started_at,
        "endedAt": timeline.ended_at,
        DURATION: session.get(DURATION, timeline.duration_seconds),
        "customer": customer or None,
    }
    found = {name: value for name, value in computed.items() if name not in sources}
    return session | found
