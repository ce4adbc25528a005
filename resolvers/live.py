"""Changes of sessions as a caller may see them: followed as they happen, or read afterwards.

    async for change in follow(context, everywhere, {BOT: <botId is st-1>}, after=None):
        change.action, change.session_id, change.document

A caller gets a change if the session meets the filter as it is now, with the session; or if it met
the filter before and does not now, without it: it was deleted, or has left. Who stores what comes,
by id, has what a list with the same filter gives (docs/adr/0034-changes.md).
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import NamedTuple

from resolvers import masks, paging
from resolvers.access import Action
from resolvers.audit.showing import noted
from resolvers.context import Context
from resolvers.errors import ChangesUnsupported, HistoryLost
from resolvers.kind import Document, Kind
from resolvers.request import EVERYTHING, NEVER, Columns, Filter, both
from resolvers.store.change_stream import ChangeAction, Event, bulky, settled
from resolvers.store.matching import matcher, part_of
from resolvers.stream_places import StreamPlace

MOST_SCANNED = 10_000
"""Events that one page looks at."""
Wheres = Mapping[Kind, Filter]
"""What is asked of each kind; the others are left out."""

UNKNOWN = (
    "A session was deleted, and the database does not know whose it was: it keeps no earlier "
    "states of these sessions. Read the sessions anew, then go on without `after`."
)
MAPPED = (
    "{} sessions are served from a collection of another shape, whose changes are not reported. "
    "Read them by a list again and again."
)


class Change(NamedTuple):
    """One change, as its caller may see it."""

    kind: Kind
    action: ChangeAction
    session_id: str
    document: Document | None
    """The session as it is now; None if it is gone, or no longer meets the filter."""
    at: datetime
    place: StreamPlace

    @property
    def cursor(self) -> str:
        """The place, opaque to clients."""
        return paging.change_cursor(self.place)


class Changes(NamedTuple):
    """A page of changes."""

    changes: list[Change]
    end: StreamPlace
    """How far the page looked: the next one goes on there."""
    more: bool

    @property
    def cursor(self) -> str:
        """The end, opaque to clients."""
        return paging.change_cursor(self.end)


def served(context: Context, kinds: Sequence[Kind]) -> tuple[Kind, ...]:
    """The kinds whose changes are reported."""
    return tuple(kind for kind in kinds if kind.name not in context.store.maps)


def require_served(context: Context, kind: Kind) -> None:
    """ChangesUnsupported for a kind that is served through a map."""
    if kind.name in context.store.maps:
        raise ChangesUnsupported(MAPPED.format(kind.type_name))


async def follow(
    context: Context,
    kinds: Sequence[Kind],
    wheres: Wheres,
    after: str | None,
    columns: Mapping[str, Columns] | None = None,
) -> AsyncGenerator[Change, None]:
    """The changes after a cursor, or from now on, without end; `kinds` are all that are served.

    `columns` are the stored paths that are shown, by the kind's name; None: whole sessions.

    What cannot be followed is refused before anything is.
    """
    choose = _choosing(context, wheres)
    place = None if after is None else paging.decode_change(after, "after")
    store, feed = context.store.of_process(), context.feed
    now = await feed.start(store, kinds)
    changes = feed.follow(
        store, kinds, now if place is None else place, choose, context.most_waiting
    )
    return _shown_to(context, changes, columns or {})


async def _shown_to(
    context: Context, changes: AsyncGenerator[Change, None], columns: Mapping[str, Columns]
) -> AsyncGenerator[Change, None]:
    """The changes, each noted in the audit trail before it is shown."""
    try:
        async for change in changes:
            _note(context, change, columns)
            yield change
    finally:
        await changes.aclose()


def _note(context: Context, change: Change, columns: Mapping[str, Columns]) -> None:
    if change.document is not None:
        noted(context, change.kind, columns.get(change.kind.name), [change.document])


async def page(
    context: Context,
    kinds: Sequence[Kind],
    wheres: Wheres,
    after: str | None,
    first: int,
    columns: Mapping[str, Columns] | None = None,
) -> Changes:
    """The first changes after a cursor; without one there are none, but the end says where to go
    on from now."""
    choose = _choosing(context, wheres)
    now = await context.feed.present(context.store, kinds)
    if after is None:
        return Changes([], settled(context.store, now), False)
    found = await _page(context, kinds, choose, paging.decode_change(after, "after"), now, first)
    for change in found.changes:
        _note(context, change, columns or {})
    return found


async def _page(
    context: Context,
    kinds: Sequence[Kind],
    choose: Callable[[Event], Change | None],
    place: StreamPlace,
    now: StreamPlace,
    first: int,
) -> Changes:
    """The first changes after a place, up to the present one."""
    found: list[Change] = []
    looked = 0
    async with aclosing(context.feed.past(context.store, kinds, place, lambda: now)) as batches:
        async for batch, _ in batches:
            for event in batch:
                change = choose(event)
                if change is not None and len(found) == first:
                    return Changes(found, place, True)
                if change is not None:
                    found.append(change)
                place = event.place
            looked += len(batch)
            if looked >= MOST_SCANNED:
                return Changes(found, place, True)
    return Changes(found, max(place, settled(context.store, now)), False)


def _choosing(context: Context, wheres: Wheres) -> Callable[[Event], Change | None]:
    """What this caller gets of an event."""
    for kind, where in wheres.items():
        context.caller.require(kind, Action.READ)
        masks.require_answerable(context.caller, where)
        require_served(context, kind)
    views = {
        kind.name: _View(context, kind, where).choose
        for kind, where in wheres.items()
        if where != NEVER
    }

    def choose(event: Event) -> Change | None:
        view = views.get(event.kind.name)
        return None if view is None else view(event)

    return choose


class _View:
    """What a caller may see of one kind, and asks for."""

    def __init__(self, context: Context, kind: Kind, where: Filter) -> None:
        own = context.caller.visible(kind)
        self._context, self._kind = context, kind
        self._limited = own != EVERYTHING
        self._own = matcher(own)
        self._matches = matcher(both(own, where))
        self._before = self._own if part_of(where) & bulky(kind) else self._matches
        """Of the former state: one that cannot be known is taken to have met the filter."""
        self._expires = kind.name in context.retention

    def choose(self, event: Event) -> Change | None:
        document = event.document
        if document is not None and self._matches(document) and not self._expired(document):
            return self._change(event, self._shown(document))
        if event.action is not ChangeAction.CREATED and self._had(event):
            return self._change(event, None)
        return None

    def _had(self, event: Event) -> bool:
        """Whether the caller's list may have had the session; HistoryLost if nobody knows."""
        if event.before is not None:
            return self._before(event.before)
        if not self._limited:
            return True
        if event.action is ChangeAction.DELETED:
            raise HistoryLost(UNKNOWN)
        return event.document is not None and self._own(event.document)

    def _expired(self, document: Document) -> bool:
        if not self._expires:
            return False
        cutoff, started = self._context.cutoff(self._kind), document.get("startedAt")
        assert cutoff is not None
        return not isinstance(started, datetime) or started <= cutoff

    def _shown(self, document: Document) -> Document:
        return masks.shown(self._context.caller, self._kind.columns, document)

    def _change(self, event: Event, document: Document | None) -> Change:
        return Change(event.kind, event.action, event.session_id, document, event.at, event.place)
