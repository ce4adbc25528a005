"""Pages of the lists within a session: the rule of their windows, and what is stored beside them.

    messages = [m0, m1, m2, m3, m4]     ListWindow(first=2, after=1)

shows the elements from 2 up to 4, m2 and m3: `bounds(5) == (2, 4)`. Only they are read, as
`reach == (2, 2)` says. The numbers around them come from the count that is stored with the
session. A place is a number from 0, and stays what it is while elements are added at the end.
"""

from collections.abc import Iterable, Mapping, Sequence
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
        first, after, last, before = self
        start = after + 1 if after < count else count
        end = count if before is None or before > count else before
        if last is not None:
            start = max(start, end - last)
        elif first is not None and start + first < end:
            end = start + first
        return start, end if end > start else start

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


def settle(column: Column, window: ListWindow, rows: Iterable[Document]) -> list[Document]:
    """Cut what was read of a list to its window, in each row; the rows that need the whole list.

    Those are sessions whose stored count is missing, as that of earlier releases, or is not that of
    the list. A value of another type stays as it is: showing it is an error.
    """
    path, counted, reach = column.path, column.count, window.reach
    short = []
    for row in rows:
        count, items = row.get(counted), row.get(path)
        items = [] if items is None else items
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            short.append(row)
        elif reach is not None and isinstance(items, list):
            start, end = window.bounds(count)
            offset, length = _read(reach, count)
            if len(items) != length or (start < end and not _within(start, end, offset, length)):
                short.append(row)
            elif length != end - start:
                row[path] = items[start - offset : end - offset]
    return short


def fits(window: ListWindow | None, count: Any, items: Any, added: int) -> bool:
    """Whether these elements, read of a list of `count`, suffice to show it with `added` more."""
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        return False
    reach = window.reach if window is not None else (0, count)
    offset, length = _read(reach, count) if reach is not None else (count, 0)
    if reach is not None and not (isinstance(items, list) and len(items) == length):
        return False
    start, end = window.bounds(count + added) if window is not None else (0, count)
    end = min(end, count)
    return start >= end or _within(start, end, offset, length)


def after_adding(
    window: ListWindow | None,
    count: int,
    items: Sequence[Document],
    added: Sequence[Document],
    changes: Mapping[int, Document],
) -> list[Document]:
    """What a window shows after elements were added, of the elements that were read before.

    `changes` are those of elements that were there, by their places. No window shows all.
    """
    reach = window.reach if window is not None else (0, count)
    offset = _read(reach, count)[0] if reach is not None else count
    known = dict(enumerate(items, offset))
    known |= {place: {**known[place], **more} for place, more in changes.items() if place in known}
    known |= dict(enumerate(added, count))
    total = count + len(added)
    start, end = window.bounds(total) if window is not None else (0, total)
    return [known[place] for place in range(start, end)]


def cut(column: Column, window: ListWindow | None, row: Document) -> None:
    """Cut a whole list to its window, in place."""
    items, count = row.get(column.path), row.get(column.count)
    if window is not None and isinstance(items, list) and isinstance(count, int):
        start, end = window.bounds(count)
        row[column.path] = items[start:end]


def _read(reach: tuple[int, int] | int, count: int) -> tuple[int, int]:
    """The place of the first element read, and how many are, in a list of `count`."""
    if isinstance(reach, int):
        return (count + reach, -reach) if count > -reach else (0, count)
    place, most = reach
    return place, max(0, min(most, count - place))


def _within(start: int, end: int, offset: int, length: int) -> bool:
    return offset <= start and end <= offset + length


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
