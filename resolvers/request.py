"""What a caller asks for, as immutable values: the APIs build them, the resolvers obey them.

A filter is a tree over columns; it carries typed values and never text of the query language.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from resolvers.errors import Timeout
from resolvers.folding import FOLDED
from resolvers.kind import Column, Kind, Speaker
from resolvers.lists import Path
from resolvers.value_types import Operator as Operator  # requests are made of them, too
from resolvers.words import Term

DEFAULT_PAGE = 20
LARGEST_PAGE = 500
LARGEST_ANSWER = 33_554_432
"""Bytes, unless the settings say otherwise."""

Paths = frozenset[Path]
Columns = Paths | None
"""Stored paths to read, and parts of lists; None for whole documents."""


@dataclass(frozen=True, slots=True)
class Compare:
    """One column against one value; `path` leads from the session to the column."""

    path: tuple[Column, ...]
    operator: Operator
    value: Any


@dataclass(frozen=True, slots=True)
class Some:
    """At least one element of the list at `path` meets `condition` (paths start at the element)."""

    path: tuple[Column, ...]
    condition: "Filter"


@dataclass(frozen=True, slots=True)
class All:
    """Every part is true; none given: always true."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part is true; none given: never true."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part is not true."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class Search:
    """Every term occurs in what the search finds of a session: see `resolvers.search`."""

    terms: tuple[Term, ...]
    speakers: frozenset[Speaker] = frozenset()
    """Only in texts of these; empty: in all texts."""
    leader: str = ""
    """The key that the index is asked for: the longest one if none was chosen."""

    def __post_init__(self) -> None:
        """Choose a leader."""
        if not self.leader:
            keys = [key for term in self.terms for key in term.keys]
            whole = [key for key in keys if not key.endswith("*")]
            object.__setattr__(self, "leader", max(whole or keys, key=len))

    def proves(self, term: Term) -> bool:
        """Whether a session with the leader has that term, so that no text need be looked at."""
        return term.exact and term.keys == (self.leader,)


Filter = Compare | Some | All | Either | Not | Search

EVERYTHING = All(())
NEVER = Either(())


def both(one: Filter, other: Filter) -> Filter:
    """The sessions that meet both filters."""
    if one is EVERYTHING:
        return other
    return one if other is EVERYTHING else All((one, other))


def none(path: tuple[Column, ...], condition: Filter) -> Filter:
    """No element of the list at `path` meets `condition`; an empty or missing list has none."""
    return Not(Some(path, condition))


def every(path: tuple[Column, ...], condition: Filter) -> Filter:
    """Each element of the list at `path` meets `condition`; true of an empty or missing list."""
    if isinstance(condition, All):  # by part: the embedded engine negates single conditions only
        return All(tuple(every(path, part) for part in condition.parts))
    return none(path, Not(condition))


class Order(NamedTuple):
    """One column of an ordering. Nulls come first when ascending, last when descending."""

    column: Column
    descending: bool = False
    parents: tuple[Column, ...] = ()
    """The objects that the column is a part of."""

    @property
    def name(self) -> str:
        """As cursors and clients call it: `visitorName`, and `customerId` of a customer."""
        name, *rest = (column.name for column in (*self.parents, self.column))
        for part in rest:
            name = part if part.startswith(name) else name + part[0].upper() + part[1:]
        return name

    @property
    def path(self) -> str:
        """Where its values are stored; a case-folded copy goes before the column itself."""
        parts = [part.path for part in self.parents]
        return ".".join([*parts, *([FOLDED] if self.column.folded else ()), self.column.path])

    @property
    def nullable(self) -> bool:
        """Whether there may be no value."""
        return any(column.nullable for column in (*self.parents, self.column))


class IdBound(Enum):
    """A place before or after every session id: where one kind's rows end and another's begin."""

    LEAST = "least"
    GREATEST = "greatest"


class Place(tuple[Any, ...]):
    """A row's place in an ordering: its values of the ordering's columns, and its id or a bound."""

    __slots__ = ()


class Window(NamedTuple):
    """Which rows of the ordering: Relay's four arguments, checked; exactly one of the counts."""

    first: int | None = DEFAULT_PAGE
    after: str | Place | None = None
    """A cursor, or the place that is in one."""
    last: int | None = None
    before: str | Place | None = None


class Read(NamedTuple):
    """A page of one kind's sessions."""

    kind: Kind
    where: Filter = EVERYTHING
    order: tuple[Order, ...] = ()
    """Empty: newest first."""
    window: Window = Window()
    columns: Columns = None
    skip: int = 0
    """Rows passed over first; only for vendors whose contract pages by number."""
    count: bool = False  # type: ignore[assignment]  # hides tuple.count, which a read has no use for
    """Whether the number of all matches is wanted."""
    most_counted: int | None = None
    """How many documents may be read for an exact number; None: as many as of a page alone."""


class Estimate(int):
    """About how many sessions there are, where an engine takes too long to count them."""


class Page(NamedTuple):
    """The rows of a Read in its order, and what lies around them."""

    documents: list[dict[str, Any]]
    has_next: bool
    has_previous: bool
    total: int | Timeout | None = None
    """All matches, if asked for; the error if they could not be counted in time."""


@dataclass(frozen=True, slots=True)
class Summary:
    """How many sessions, and how long the ended ones lasted on average (None over none)."""

    count: int
    average_duration_seconds: float | None
