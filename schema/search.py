"""`searchSessions`: sessions of all kinds in whose texts words occur, and where they occur."""

import asyncio
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Annotated, Any, cast

import strawberry

from resolvers import highlights, sessions
from resolvers.errors import BadInput
from resolvers.kind import Document, Kind
from resolvers.kind import Speaker as CoreSpeaker
from resolvers.request import DEFAULT_PAGE, LARGEST_PAGE, NEVER, All, Filter, Search, both
from resolvers.search import Text, columns, texts
from resolvers.words import terms
from schema.all_kinds import KINDS_ARGUMENT, all_kinds
from schema.common import PageInfo, Session
from schema.connection import ConnectionSource
from schema.execution.projection import PageRead
from schema.execution.run import Run
from schema.execution.selections import ByVariables, Selected
from schema.fields import PAGE, KindType, filter_argument
from schema.filters import SEARCH_SYNTAX, check_value
from schema.root_field import Argument, Arguments, RootField

MOST_MATCHES = 20
SEARCH_TEXT = (
    "Sessions of all kinds in whose texts words occur, newest first, and where they occur. "
    f"Page with `first` and `after`: {DEFAULT_PAGE} sessions a page by default, at most "
    f"{LARGEST_PAGE}. Needs the scope `pii:read`. Null, with an error, if it is refused."
)


@strawberry.enum(description="Who wrote a text.")
class Speaker(enum.Enum):
    """As the core has them."""

    CUSTOMER = strawberry.enum_value("CUSTOMER", description="The person who was helped.")
    AGENT = strawberry.enum_value("AGENT", description="A person who helped.")
    BOT = strawberry.enum_value("BOT", description="A bot.")


@strawberry.type(description="A piece of a text in which words were found.")
class SearchPart:
    """The pieces of a match, joined, are its text."""

    text: str = strawberry.field(description="The piece, as it was written.")
    is_hit: bool = strawberry.field(description="Whether it is what was searched for.")


@strawberry.type(description="A text of a session in which words were found.")
class SearchMatch:
    """One message, one note."""

    field: str = strawberry.field(
        description="Where the text stands in the session, such as `messages.message` or `note`."
    )
    speaker: Speaker | None = strawberry.field(description="Who wrote it, if that is known.")
    at: datetime | None = strawberry.field(description="When it was written, if that is known.")
    parts: list[SearchPart] = strawberry.field(
        description="The whole text in pieces, in order: highlight those that are hits."
    )


@dataclass(frozen=True, slots=True)
class Sought:
    """A session that was found, and what was searched for."""

    kind: Kind
    session: Document
    """With the columns that the search finds."""
    search: Search

    def matches(self, first: int) -> list[SearchMatch]:
        """The first texts with a hit."""
        found = (match for text in texts(self.kind, self.session) if (match := self._match(text)))
        return list(islice(found, first))

    def _match(self, text: Text) -> SearchMatch | None:
        if self.search.speakers and text.speaker not in self.search.speakers:
            return None
        pieces = highlights.parts(text.text, self.search.terms)
        if not any(piece.is_hit for piece in pieces):
            return None
        return SearchMatch(
            field=text.field,
            speaker=Speaker(text.speaker.value) if text.speaker else None,
            at=text.at,
            parts=[SearchPart(text=piece.text, is_hit=piece.is_hit) for piece in pieces],
        )


MOST_WITH_MATCHES = 100
"""Sessions of a page whose texts are read."""

FirstMatches = Annotated[
    int | None,
    strawberry.argument(description=f"How many, from the session's first: 0 to {MOST_MATCHES}."),
]


@strawberry.type(description="A session that was found, and its place in the list.")
class SessionSearchEdge:
    """One row."""

    cursor: str = strawberry.field(description="Opaque; valid with every search.")
    node: Session | None = strawberry.field(
        description="The session; null, with an error, only if its stored record is damaged."
    )
    sought: strawberry.Private[Sought | None] = None

    @strawberry.field(  # type: ignore[untyped-decorator]  # the class is one of Strawberry's
        description="Texts of the session in which words were found, in the order of the session; "
        "none if they were changed meanwhile."
    )
    async def matches(self, first: FirstMatches = 3) -> list[SearchMatch]:
        """Worked out from the texts as they were written, row by row: other requests go on."""
        await asyncio.sleep(0)
        count = 3 if first is None else first
        if not 0 <= count <= MOST_MATCHES:
            raise BadInput(
                f"first: {count} is out of range: from 0 to {MOST_MATCHES}.", argument="first"
            )
        return self.sought.matches(count) if self.sought else []


@strawberry.type(
    description="A page of sessions that were found. New sessions are neither skipped nor repeated "
    "between pages."
)
class SessionSearchConnection:
    """As the Relay specification has it, with `nodes` as a shortcut."""

    edges: list[SessionSearchEdge] = strawberry.field(
        description="The page's sessions with their cursors and matches."
    )
    nodes: list[Session | None] = strawberry.field(
        description="The page's sessions without cursors."
    )
    page_info: PageInfo = strawberry.field(
        description="Whether there are more pages, and their cursors."
    )
    total_count: int | None = strawberry.field(
        description="How many sessions were found on all pages together; counted only when "
        "selected. Null, with an error, if counting takes too long."
    )
    total_count_is_estimate: bool = strawberry.field(
        description="Whether `totalCount` is an estimate, from samples."
    )


class Found:
    """The source value of the connection."""

    def __init__(
        self, page: ConnectionSource, search: Search, texts: Mapping[tuple[str, str], Document]
    ) -> None:
        """`texts` has what the search finds of each session, by its kind's name and its id."""
        self.nodes = page.nodes
        self.page_info = page.page_info
        self.total_count = page.total_count
        self.total_count_is_estimate = page.total_count_is_estimate
        self._page, self._search, self._texts = page, search, texts

    @property
    def edges(self) -> list[SessionSearchEdge]:
        """The rows, with what matches are made of."""
        rows = zip(self._page.cursors, self._page.documents, strict=True)
        return [
            SessionSearchEdge(cursor=place, node=cast(Any, row), sought=self._sought(row))
            for place, row in rows
        ]

    def _sought(self, row: Any) -> Sought | None:
        session = self._texts.get((row.kind.name, row["_id"]))
        return None if session is None else Sought(row.kind, session, self._search)


@dataclass(frozen=True, slots=True)
class SearchRead:
    """What is read for a page of a search."""

    pages: Mapping[str, PageRead]
    matches: bool


def search_fields(entries: Sequence[KindType]) -> tuple[RootField, ...]:
    """`searchSessions`."""
    over = all_kinds(tuple(entry.kind for entry in entries))

    def wanted(selected: Selected) -> ByVariables:
        pages, matches = over.wanted(selected), bool(selected.named("edges", "matches").nodes)
        return lambda variables: SearchRead(pages(variables), matches)

    async def search_sessions(run: Run, wanted: SearchRead, arguments: Arguments) -> Found:
        check_value(arguments["text"], "text")
        search = Search(terms(arguments["text"], "text"), _speakers(arguments))
        where = both(_asked(arguments, search), over.where(arguments))
        if wanted.matches:
            _check_first(arguments.get("first"))
        page = await over.page(run, wanted.pages, arguments, where)
        found = await _texts(run, page.documents) if wanted.matches else {}
        return Found(page, search, found)

    arguments = (
        Argument("text", str, f"What to search for. {SEARCH_SYNTAX}"),
        Argument(
            "speakers",
            list[Speaker] | None,
            "Only in what one of these wrote; in all texts if left out, notes and the customer's "
            "name included. An empty list finds nothing.",
        ),
        KINDS_ARGUMENT,
        filter_argument(over.filter_type),
        *PAGE[:2],
    )
    field = RootField(
        "searchSessions",
        SessionSearchConnection | None,
        arguments,
        SEARCH_TEXT,
        search_sessions,
        wanted,
    )
    return (field,)


def _check_first(first: int | None) -> None:
    if first is not None and first > MOST_WITH_MATCHES:
        raise BadInput(
            f"first: {first} is out of range where `matches` is selected: from 0 to "
            f"{MOST_WITH_MATCHES}.",
            argument="first",
        )


def _speakers(arguments: Arguments) -> frozenset[CoreSpeaker]:
    return frozenset(map(CoreSpeaker, arguments.get("speakers") or ()))


def _asked(arguments: Arguments, search: Search) -> Filter:
    return All((search, NEVER)) if arguments.get("speakers") == [] else search


async def _texts(run: Run, rows: Sequence[Any]) -> dict[tuple[str, str], Document]:
    """What the search finds of each session of a page."""
    found: dict[tuple[str, str], Document] = {}
    for kind in dict.fromkeys(row.kind for row in rows):
        ids = [row["_id"] for row in rows if row.kind is kind]
        read = await sessions.get_many(run.context, kind, ids, columns(kind))
        found |= {(kind.name, session_id): session for session_id, session in read.items()}
    return found
