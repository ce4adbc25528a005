"""Pages of the lists within a session: the rule of their windows, and what is stored beside them.

    messages = [m0, m1, m2, m3, m4]     ListWindow(first=2, after=1)

shows the elements from 2 up to 4, m2 and m3: `bounds(5) == (2, 4)`. Only they are read, as
`reach == (2, 2)` says. The numbers around them come from the count that is stored with the
session. A place is a number from 0, and stays what it is while elements are added at the end.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from resolvers.kind import Column, Document

KNOWN = 1000


class ListWindow(NamedTuple):
    """Which elements of a list: Relay's four arguments, as numbers; exactly one of the counts."""

    first: int | None = None
    after: int = -1
    """The place of an element; -1 for none."""
    last: int | None = None
    before: int | None = None

    def bounds(self, count: int) -> tuple[int, int]:
        """The place of the first element shown, and that behind the last, in a list of `count`."""
        start = min(self.after + 1, count)
        end = count if self.before is None else min(self.before, count)
        if self.last is None:
            end = min(end, start + (self.first or 0))
        else:
            start = max(start, end - self.last)
        return start, max(start, end)

    @property
    def reach(self) -> tuple[int, int] | int | None:
        """What to read, whatever the count is: a place and a length, or so many from the end.

        The end is negative, as in MongoDB's `$slice`; None where nothing is shown.
        """
        if self.last is not None and self.before is None:
            return -self.last or None
        start = self.after + 1
        if self.last is None:
            end = start + (self.first or 0)
            end = end if self.before is None else min(end, self.before)
        else:
            assert self.before is not None
            end, start = self.before, max(start, self.before - self.last)
        return (start, end - start) if end > start else None


NOTHING = ListWindow(first=0)
"""No element: the count alone is read."""


class ListPart(NamedTuple):
    """What is read of a list with a count: it stands among the stored paths of a read."""

    column: Column
    window: ListWindow = NOTHING


Path = str | ListPart
"""A stored path, or a part of a list."""


@lru_cache(KNOWN)
def parts(columns: frozenset[Path]) -> tuple[tuple[Column, ListWindow | None], ...]:
    """The lists in parts among these paths, each with its window; None for the whole list.

    Two windows of one list are not one window: then the whole list is read.
    """
    windows: dict[Column, set[ListWindow]] = {}
    for path in columns:
        if isinstance(path, ListPart):
            known = windows.setdefault(path.column, set())
            known |= {path.window} if path.window.reach else set()
    return tuple(
        (column, None if len(known) > 1 else next(iter(known), NOTHING))
        for column, known in windows.items()
    )


def shown(items: list[Any], start: int, end: int) -> list[Any]:
    """The elements within bounds, of the whole list or of exactly these elements."""
    return items if len(items) == end - start else items[start:end]


def settle(column: Column, window: ListWindow, row: Document) -> bool:
    """Cut what was read of a list to its window; False if the whole list must be read for that.

    That is so where the stored count is missing, as in sessions of earlier releases, or is not that
    of the list. A value of another type stays as it is: showing it is an error.
    """
    count, reach = row.get(column.count), window.reach
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        return False
    items = row.get(column.path)
    items = [] if items is None else items
    if reach is None or not isinstance(items, list):
        return True
    if isinstance(reach, int):
        offset, length = max(0, count + reach), min(-reach, count)
    else:
        offset, length = reach[0], max(0, min(reach[1], count - reach[0]))
    start, end = window.bounds(count)
    if len(items) != length or (start < end and not offset <= start <= end <= offset + length):
        return False
    row[column.path] = items[start - offset : end - offset] if start < end else []
    return True


def add_counts(columns: Sequence[Column], document: Document) -> None:
    """Store beside each list what its notes ask for: how many elements it has, and the last one."""
    for column in columns:
        if column.count:
            add_count(column, document)


def add_count(column: Column, document: Document) -> None:
    """The same for one list; a value of another type has neither."""
    items = document.get(column.path)
    items = [] if items is None else items
    known = isinstance(items, list)
    stored = {column.count: len(items) if known else None}
    if column.last:
        last = items[-1] if known and items else None
        stored[column.last] = last if column.type.sound(last) else None
    for name, value in stored.items():
        if value is None:
            document.pop(name, None)
        else:
            document[name] = value
