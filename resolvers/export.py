"""All sessions of a kind that meet a filter, as they were created: a part at a time.

    exporting = Exporting(kind, where, after="…")
    while part := await exporting.part(context):
        exporting.wrote(len(written))

A part has as many sessions as keep it small, whatever their size is. Each has a cursor, from which
another export goes on.
"""

from typing import NamedTuple

from resolvers import sessions
from resolvers.context import Context
from resolvers.errors import LimitExceeded
from resolvers.kind import Column, Document, Kind
from resolvers.paging import cursors, with_places
from resolvers.request import EVERYTHING, LARGEST_PAGE, Columns, Filter, Order, Read, Window
from resolvers.store.cursors import READ_BYTES

SMALL = 500_000
"""Bytes of a part as it is written; the next one is larger."""
LARGE = 2_000_000
"""The next one is smaller."""


class Part(NamedTuple):
    """Some sessions as the caller may see them, and the cursor of each."""

    documents: list[Document]
    cursors: list[str]


class Exporting:
    """One export; `columns` are those that it needs, all if not given."""

    def __init__(
        self,
        kind: Kind,
        where: Filter = EVERYTHING,
        columns: tuple[Column, ...] | None = None,
        after: str | None = None,
    ) -> None:
        self._kind = kind
        self._where = where
        self._order = (Order(kind.by_name["createdAt"]),)
        self._columns: Columns = None
        if columns is not None:
            paths = frozenset(column.path for column in columns)
            self._columns = with_places(paths, self._order)
        self._after = after
        self._first = LARGEST_PAGE // 10
        self._ended = False

    async def part(self, context: Context) -> Part | None:
        """The next sessions; None after the last.

        Forbidden without the scopes that the sessions and the filter need, BadInput for a cursor
        of another export.
        """
        if self._ended:
            return None
        while True:
            window = Window(first=self._first, after=self._after)
            read = Read(self._kind, self._where, self._order, window, self._columns)
            try:
                page = await sessions.list_(context, read)
                break
            except LimitExceeded as error:
                if error.details.get("limit") != READ_BYTES or self._first == 1:
                    raise
                self._first = max(1, self._first // 4)
        self._ended = not page.has_next
        found = cursors(read, page.documents)
        if not found:
            return None
        self._after = found[-1]
        return Part(page.documents, found)

    def wrote(self, size: int) -> None:
        """Note how many bytes the last part has become."""
        if size > LARGE:
            self._first = max(1, self._first // 2)
        elif size < SMALL:
            self._first = min(LARGEST_PAGE, self._first * 2)
