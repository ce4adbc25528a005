"""A page of documents as GraphQL's connection type sees it."""

from collections.abc import Callable

from resolvers.errors import Timeout
from resolvers.kind import Document
from resolvers.request import Estimate, Page
from schema.common import Edge, PageInfo


class ConnectionSource:
    """The source value of a connection: its attributes are made when they are asked for."""

    def __init__(self, page: Page, cursors: Callable[[list[Document]], list[str]]) -> None:
        """`cursors` gives the places of the page's rows."""
        self.page = page
        self.documents = page.documents
        self._encode = cursors
        self._cursors: list[str] | None = None

    @property
    def cursors(self) -> list[str]:
        """The rows' places in this ordering."""
        if self._cursors is None:
            self._cursors = self._encode(self.documents)
        return self._cursors

    @property
    def start_cursor(self) -> str | None:
        """The first row's cursor; None on an empty page."""
        return self._cursor(self.documents[:1])

    @property
    def end_cursor(self) -> str | None:
        """The last row's cursor; None on an empty page."""
        return self._cursor(self.documents[-1:])

    @property
    def edges(self) -> list[Edge[Document]]:
        """The rows with their cursors."""
        return [
            Edge(cursor=place, node=row)
            for place, row in zip(self.cursors, self.documents, strict=True)
        ]

    @property
    def nodes(self) -> list[Document]:
        """The rows alone."""
        return self.documents

    @property
    def page_info(self) -> PageInfo:
        """What lies around the page."""
        return PageInfo(
            has_next_page=self.page.has_next,
            has_previous_page=self.page.has_previous,
            start_cursor=self.start_cursor,
            end_cursor=self.end_cursor,
        )

    def _cursor(self, row: list[Document]) -> str | None:
        """The cursor of a row, given as a list of one; None of none."""
        return self._encode(row)[0] if row else None

    @property
    def total_count(self) -> int | Timeout | None:
        """All matches, if they were counted; an error is reported in the count's own place."""
        return self.page.total

    @property
    def total_count_is_estimate(self) -> bool:
        """Whether the engine would have taken too long to count them all."""
        return isinstance(self.page.total, Estimate)
