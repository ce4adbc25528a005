"""What a kind of session is: its columns, indexes and rules, as plain values.

The definitions stand in `schema/kinds/`; everything else (filters, orderings, inputs, database
validation, documentation) is derived from the values here.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from resolvers.value_types import Rules, ValueType

Document = dict[str, Any]
"""A stored session, or a part of one: camelCase names as in GraphQL, `_id` for the session id."""


class Speaker(StrEnum):
    """Who wrote a text."""

    CUSTOMER = "CUSTOMER"
    AGENT = "AGENT"
    BOT = "BOT"


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """That the search finds the words of a column, and what it says of them.

    `speaker` is called with the session and with the object that the column stands in.
    """

    speaker: Callable[[Document, Document], Speaker | None] = lambda _session, _around: None
    at: str = ""
    """The stored path, within that object, of the moment when it was written; empty: unknown."""
    reads: tuple[str, ...] = ()
    """Further stored paths of the session that `speaker` looks at."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column(Rules):
    """One stored field of a kind; `name` is both its stored and its GraphQL name.

    There is one object for each column, and it is equal only to itself.
    """

    name: str
    type: ValueType
    stored: str = ""
    """Where it is stored, if not under `name`."""
    nullable: bool = True
    many: bool = False
    columns: tuple["Column", ...] = ()
    """The fields of an OBJECT."""
    max_items: int = 1000
    """Longest list."""
    element: str = ""
    """Of a list that has each text once: what one of them is called where sessions are grouped by
    it."""
    count: str = ""
    """Of a list that is shown in pages: the derived column that has the number of its elements."""
    last: str = ""
    """And the one that has its last element; `resolvers.lists` computes both."""
    derived: bool = False
    """Computed by the write path, never given by a client."""
    hidden: bool = False
    """Stored for lookups only: no field of the GraphQL type."""
    create_only: bool = False
    """May be given at creation, not changed afterwards."""
    absent: Any = None
    """What a session has that lacks it; None: it has none."""
    default: Callable[[Any], Any] | None = None
    """Makes the value that creation leaves out; it is given the request's Context."""
    orderable: bool = False
    """Has an index of its own; `resolvers.paging.orderings` finds all columns that order lists."""
    filterable: bool = True
    folded: bool = False
    """A case-folded copy is stored beside it, so that `eqIgnoreCase` is served by an index."""
    personal: bool = False
    """Masked for credentials without the scope `pii:read`: see `resolvers.masks`."""
    identifier: bool = False
    """An id of a person or of a computer: masked as personal ones are if it has an e-mail
    address in it, or if the gateway masks identifiers."""
    live_scope: str = ""
    """Masked for credentials without this scope while the session is active."""
    impersonal: bool = False
    """Of a text: it never says anything about a person, so an anonymised session keeps it."""
    tidy: Callable[[Document], Document] | None = None
    """Puts an object into the form in which it is stored."""
    searched: Searched | None = None
    """Given if the search finds its words; of a text outside lists of lists."""

    path: str = field(init=False)
    """The stored name."""

    def __post_init__(self) -> None:
        """Most columns are stored under their own names."""
        object.__setattr__(self, "path", self.stored or self.name)

    @property
    def required(self) -> bool:
        """Whether creation must give it."""
        return not (self.nullable or self.default or self.derived or self.many)

    def column(self, name: str) -> "Column":
        """The nested column of that name; KeyError if there is none."""
        for nested in self.columns:
            if nested.name == name:
                return nested
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Index:
    """An index over stored paths; a leading `-` means descending."""

    keys: tuple[str, ...]

    @property
    def name(self) -> str:
        """A readable name, equal on every deployment."""
        return "_".join(key.lstrip("-").replace(".", "_") for key in self.keys)

    @property
    def spec(self) -> list[tuple[str, int]]:
        """Pairs of path and direction, as the driver takes them."""
        return [(key.lstrip("-"), -1 if key.startswith("-") else 1) for key in self.keys]


@dataclass(frozen=True, slots=True)
class SessionIds:
    """How the session ids of a kind look and are made."""

    pattern: str
    description: str
    make: Callable[[], str] | None
    """None: the next number of the kind, counted in the database."""
    any_case: bool = False
    """Whether upper and lower case mean the same id, as in UUIDs (RFC 9562, section 4)."""

    def canonical(self, session_id: str) -> str:
        """The id as it is stored and shown: a UUID in lower case; any other text as it is."""
        return session_id.lower() if self.any_case and self.fits(session_id) else session_id

    def fits(self, session_id: str) -> bool:
        """Whether ids of the kind look like that."""
        return re.fullmatch(self.pattern, session_id) is not None

    def spellings(self, session_id: str) -> tuple[str, ...]:
        """What the session may be stored under, the likeliest first.

        Version 0.1 stored UUIDs as clients gave them; `scripts/rebuild` moves those sessions.
        """
        if not self.any_case or not self.fits(session_id):
            return (session_id,)
        return tuple(dict.fromkeys((session_id, session_id.lower(), session_id.upper())))


UUID_PATTERN = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
ANY_IDS = SessionIds(UUID_PATTERN, "", None, any_case=True)
"""Of a kind that is not known: what could be a UUID is sought as one."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """A value that only one live session of a tenant may have, stored in a small collection."""

    column: str
    value: str
    tenant: str | None = None

    @property
    def key(self) -> str:
        """Its name within the kind: `sessionToken:519333887`, `sessionToken@acme:519333887`."""
        place = f"{self.column}@{self.tenant}" if self.tenant else self.column
        return f"{place}:{self.value}"

    @classmethod
    def of_key(cls, key: str) -> "Reservation":
        """What a key names."""
        place, _, value = key.partition(":")
        column, _, tenant = place.partition("@")
        return cls(column, value, tenant or None)


@dataclass(frozen=True, slots=True)
class RowTimes:
    """What a document says of its start and end; `closed` decides the status."""

    started_at: datetime
    ended_at: datetime | None
    closed: bool
    duration_seconds: float | None
    customer: Document | None


def all_of(_stored: Sequence[Document], added: list[Document]) -> list[Document]:
    """Most lists may have equal entries."""
    return added


@dataclass(frozen=True, slots=True)
class Growth:
    """What follows from entries that are added at the end of a list, without the whole list."""

    grow: Callable[[Document, list[Document]], Mapping[int, Document] | None]
    """Brings what `derive` computes up to date, in the session without the list and in the entries.

    It returns what changes in entries that are stored, by their places: `{7: {"duration": 12}}`.
    None if that needs the whole list.
    """
    same: tuple[str, ...] = ()
    """The stored paths in which two entries must not agree; none: they may agree in all."""
    distinct: Callable[[Sequence[Document], list[Document]], list[Document]] = all_of
    """Those of the added entries that the stored ones do not have; or it refuses them."""


@dataclass(frozen=True, slots=True)
class AtVendor:
    """How it is on the vendor's own server."""

    retention: str = ""
    """How long sessions stay, where that is known; for the documentation."""
    keyless: tuple[str, ...] = ()
    """What clients do without a credential: `read`, `write`."""


NOTHING_KNOWN = AtVendor()


def no_reservation(_document: Document) -> Reservation | None:
    """Most kinds have nothing that is unique besides the session id."""
    return None


@dataclass(frozen=True, kw_only=True, eq=False)
class Kind:
    """A kind of support session."""

    name: str
    """As in scopes and settings: `co_browse`."""
    type_name: str
    """The GraphQL type: `CoBrowseSession`."""
    collection: str
    description: str
    columns: tuple[Column, ...]
    session_ids: SessionIds
    derive: Callable[[Document], RowTimes]
    """Completes the document in place and says when it started and ended."""
    ended: str | None = None
    """The column that sets the end; None for a kind without an end, whose status is null."""
    only_ended: tuple[str, ...] = ()
    """The columns that an active session does not have: reopening takes them away."""
    indexes: tuple[Index, ...] = ()
    spans: bool = True
    """Whether a session lasts from its start to its end; False where other moments count."""
    reservation: Callable[[Document], Reservation | None] = no_reservation
    growths: Mapping[str, Growth] = field(default_factory=dict)
    """Of the lists to whose end entries are added, by the columns' names."""
    at_vendor: AtVendor = NOTHING_KNOWN
    by_name: Mapping[str, Column] = field(init=False)

    def __post_init__(self) -> None:
        """Index the columns by their GraphQL names."""
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})

    @property
    def enum_name(self) -> str:
        """The value of SessionKind: `CO_BROWSE`."""
        return self.name.upper()

    @property
    def label(self) -> str:
        """As texts call its sessions: `co-browse`."""
        return self.name.replace("_", "-")

    @cached_property
    def own_columns(self) -> tuple[Column, ...]:
        """The columns a client may write."""
        return tuple(column for column in self.columns if not column.derived)

    @cached_property
    def beside(self) -> Mapping[str, Column]:
        """The lists that are shown in pages, by the columns that have their count or last entry."""
        return {
            name: column
            for column in self.columns
            if column.count
            for name in (column.count, column.last)
            if name
        }


def walk(columns: Sequence[Column], prefix: str = "") -> Iterator[tuple[str, Column]]:
    """Every column with its stored path, nested ones after their parent."""
    for column in columns:
        path = prefix + column.path
        yield path, column
        yield from walk(column.columns, path + ".")


def stored_value(document: Any, names: Iterable[str]) -> Any:
    """The value at a stored path, given as its parts, through objects; None if there is none."""
    for name in names:
        document = document.get(name) if isinstance(document, dict) else None
    return document
