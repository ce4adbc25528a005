"""Entries added at the end of a session's list, at a cost that does not grow with the list.

    await quickly(context, CHAT, ("c",), Addition("messages", entries), columns)

reads the chat without its messages and without what the search has of it, and works out what
follows from the new messages alone (Growth in resolvers/kind.py). The write is guarded by the
revision that was read, by the stored count of the list, and by what no two entries may share.

Where the guard fails, a second look finds out why: it reads the search keys as well, and the stored
entries that are the same as new ones. What needs the whole session is left to
`resolvers.sessions.append`. Both leave the same document.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from resolvers.changes import require_whole, revision, stamp, tidied
from resolvers.common_columns import SEARCH_KEYS, SEARCH_ROOM, SEARCH_TEXTS
from resolvers.context import Context
from resolvers.errors import UserError
from resolvers.folding import FOLDED
from resolvers.kind import Document, Kind
from resolvers.lists import NOTHING, add_count, after_adding, fits, parts
from resolvers.request import Columns
from resolvers.search import index_added
from resolvers.steps import APPLIED, Step
from resolvers.store import appends
from resolvers.values import add_folded, fill_lists, require_length

ATTEMPTS = 100
"""How often it starts again because another process changed the session meanwhile."""
DAMAGED = (KeyError, TypeError, AttributeError, ValueError)
"""What a stored value raises that is not what the rules of its kind count on."""


class Addition(NamedTuple):
    """What is added to which list."""

    name: str
    """The list's column, one of the kind's `growths`."""
    entries: Callable[[Document], list[Document]]
    """What is added to a session, which may lack the list; UserError if that is not allowed."""
    distinct: bool = True
    """Whether entries that the list has already are refused, or left out."""

    def change(self, kind: Kind, document: Document) -> None:
        """Add them to a whole session, in place."""
        added, path = self.entries(document), kind.by_name[self.name].path
        if self.distinct:
            added = kind.growths[self.name].distinct(document[path], added)
        document[path] = [*document[path], *added]


async def quickly(
    context: Context,
    kind: Kind,
    ids: Sequence[str],
    addition: Addition,
    columns: Columns,
    if_revision: int | None,
    mark: Step | None,
) -> Document | None:
    """The session as it is afterwards, of its list what `columns` show; a UserError if refused.

    None, with nothing written, where that needs the whole session, or there is none.
    """
    appending = _Appending(context, kind, addition, columns, mark)
    failed: Any = None
    for attempt in range(ATTEMPTS):
        careful = attempt > 0
        head = await appending.read(ids, careful)
        if head is None or SEARCH_ROOM.path not in head or head.get("revision") == failed:
            return None
        if if_revision not in (None, revision(head)) or (mark and mark.made(head)):
            return None
        try:
            step = await appending.step(head, careful)
        except UserError:
            if careful:
                raise
            continue
        except DAMAGED:
            return None
        if step is None or await step.written(context, kind):
            return step and appending.shown(head, step)
        failed = head.get("revision") if careful else None
    return None


class _Step(NamedTuple):
    """What is to be written."""

    after: Document
    """The session afterwards, without the list."""
    append: appends.Append | None
    """None where nothing is added."""

    async def written(self, context: Context, kind: Kind) -> bool:
        """Write it; False if the session is another one by now."""
        return self.append is None or await appends.append(context.store, kind, self.append)


class _Appending:
    """One addition to one session."""

    def __init__(
        self,
        context: Context,
        kind: Kind,
        addition: Addition,
        columns: Columns,
        mark: Step | None,
    ) -> None:
        self._mark = mark
        self._context = context
        self._kind = kind
        self._addition = addition
        self._growth = kind.growths[addition.name]
        self._column = column = kind.by_name[addition.name]
        self._window = None if columns is None else dict(parts(columns)).get(column, NOTHING)
        """What is shown of the list; None for all of it."""
        large = (column, SEARCH_KEYS, SEARCH_TEXTS)
        self._small = tuple(one for one in kind.columns if one not in large)
        self._apart = frozenset(one.path for one in large)

    async def read(self, ids: Sequence[str], keys: bool) -> Document | None:
        """The session but for its large parts; of the list what is shown, the search keys if asked.

        A session whose id is stored as another type than text is not found.
        """
        paths = ["revision", FOLDED, *(column.path for column in self._small)]
        paths += [APPLIED] if self._mark else []
        wanted: dict[str, Any] = dict.fromkeys([*paths, *([SEARCH_KEYS.path] if keys else ())], 1)
        if self._window is None:
            wanted[self._column.path] = 1
        elif (reach := self._window.reach) is not None:
            wanted[self._column.path] = {"$slice": [*reach] if isinstance(reach, tuple) else reach}
        visible = self._context.visible(self._kind)
        return await appends.head(self._context.store, self._kind, ids, visible, wanted)

    async def step(self, head: Document, careful: bool) -> _Step | None:
        """What to write; None where that needs the whole session."""
        added, distinct = self._addition.entries(head), self._addition.distinct
        if distinct:
            stored = await self._same(head, added) if careful else ()
            added = self._growth.distinct(stored, added)
        before = {name: head[name] for name in head if name not in self._apart}
        after = dict(before)
        fill_lists(self._small, after)
        require_whole(self._kind, after)
        count = before[self._column.count]
        if not fits(self._window, count, head.get(self._column.path), len(added)):
            return None
        if not added:
            return _Step(after, None)
        changes = self._growth.grow(after, added)
        require_length(self._column, count + len(added))
        entries = self._beside(after, count, added)
        found = index_added(self._kind, self._column, {**head, **after, self._column.path: entries})
        if changes is None or found is None:
            return None
        after[SEARCH_ROOM.path] = found.room
        stamp(self._context, before, after)
        if self._mark:
            after[APPLIED] = await self._mark.marks(before)
        same = self._growth.same if distinct else ()
        grown = appends.Grown(self._column.path, count, entries, changes, same)
        return _Step(after, appends.Append(before, after, grown, found, SEARCH_KEYS.path in head))

    async def _same(self, head: Document, added: list[Document]) -> Sequence[Document]:
        """The stored entries that are the same as one of these."""
        paths, where = self._growth.same, self._column.path
        if not (paths and added):
            return ()
        return await appends.same(self._context.store, self._kind, head, where, paths, added)

    def _beside(self, after: Document, count: int, added: list[Document]) -> list[Document]:
        """The entries as they are stored; what is stored beside the list is brought up to date."""
        column = self._column
        part = {column.path: tidied(column, added)}
        add_folded((column,), part)
        add_count(column, part)
        after.pop(column.last, None)
        entries = part.pop(column.path)
        after.update(part)
        after[column.count] = count + len(entries)
        return entries

    def shown(self, head: Document, step: _Step) -> Document:
        """The session with what is shown of its list."""
        path, count = self._column.path, head[self._column.count]
        stored, grown = head.get(path) or [], step.append.grown if step.append else None
        entries, changes = (grown.entries, grown.changes) if grown else ([], {})
        return {
            **step.after,
            path: after_adding(self._window, count, stored, entries, changes),
        }
