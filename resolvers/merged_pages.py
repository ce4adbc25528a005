"""A page over several kinds, merged from a page of each.

Rows are ordered by the ordering's columns, then by the kind's name, then by the session id; a
cursor has all three (docs/adr/0011-merged-pages.md).

    Across(COMMON, (BOT, CHAT), window=Window(first=20, after=<startedAt t, chat, id x>))

reads of the bots what was started before t, newest first, and of the chats what was started before
t, or at t with an id less than x. The twenty that come first make the page.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple, cast

from resolvers import masks
from resolvers.across import OfKind, for_kind, needed, of_kind
from resolvers.audit.showing import noted
from resolvers.context import Context
from resolvers.errors import Timeout
from resolvers.kind import Document, Kind, stored_value
from resolvers.paging import (
    PlaceColumn,
    cursor_tag,
    decode_cursor,
    default_order,
    encode_places,
    order_places,
    place,
)
from resolvers.request import (
    EVERYTHING,
    NEVER,
    Estimate,
    Filter,
    IdBound,
    Order,
    Page,
    Paths,
    Place,
    Read,
    Window,
    both,
)
from resolvers.store import read as reads
from resolvers.store.bson_order import sort_key
from resolvers.value_types import TEXT

PlaceOfKind = tuple[Place, str]
"""A place among all sessions: among those of one kind, and the kind's name."""


class Across(NamedTuple):
    """A page of the sessions of several kinds."""

    kind: Kind
    """What they have in common."""
    kinds: tuple[Kind, ...]
    """Those that the caller may read: see `readable`."""
    where: Filter = EVERYTHING
    within: Filter = EVERYTHING
    """A further condition, which the gateway sets: the caller chooses none of its columns."""
    order: tuple[Order, ...] = ()
    """Empty: newest first."""
    window: Window = Window()
    columns: Mapping[str, Paths] = {}
    """Stored paths to read, by the kind's name; whole documents of the kinds that have none."""
    count: bool = False  # type: ignore[assignment]  # hides tuple.count, as Read does


async def list_(context: Context, read: Across) -> Page:
    """One page; the rows know their kinds.

    A kind that cannot be read costs the whole page: without its rows, nobody could go on from it.
    """
    masks.require_answerable(context.caller, read.where, read.order)
    order = _order(read)
    window = read.window
    after = _decoded(read, window.after, "after")
    before = _decoded(read, window.before, "before")
    parts = [
        _part(context, read, kind, where, after, before)
        for kind in read.kinds
        if (where := for_kind(read.where, kind)) != NEVER
    ]
    if read.count and len(parts) > 1:
        parts = await reads.bounded_together(context.store, parts)
    pages = await asyncio.gather(*(_page(context, part, read.kinds) for part in parts))
    rows = merged(_keys(order), [row for page in pages for row in page.documents])
    size = window.first if window.last is None else window.last
    assert size is not None
    total = _total([page.total for page in pages]) if read.count else None
    if window.last is None:
        more = len(rows) > size or any(page.has_next for page in pages)
        return _noted(context, parts, Page(rows[:size], more, window.after is not None, total))
    more = len(rows) > size or any(page.has_previous for page in pages)
    rows = rows[max(0, len(rows) - size) :]
    return _noted(context, parts, Page(rows, window.before is not None, more, total))


def _noted(context: Context, parts: Iterable[Read], page: Page) -> Page:
    """The page, of which each kind's rows are noted as shown; those it leaves out are not."""
    for part in parts if context.store.witness else ():
        rows = [row for row in page.documents if cast(OfKind, row).kind is part.kind]
        noted(context, part.kind, part.columns, rows)
    return page


def _part(
    context: Context,
    read: Across,
    kind: Kind,
    where: Filter,
    after: PlaceOfKind | None,
    before: PlaceOfKind | None,
) -> Read:
    """The page of one kind."""
    window = read.window._replace(
        after=after and _as_seen_from(kind, after), before=before and _as_seen_from(kind, before)
    )
    return Read(
        kind,
        both(both(where, read.within), context.visible(kind)),
        _order(read),
        window,
        masks.needed(context.caller, kind, read.columns.get(kind.name)),
        count=read.count,
    )


def _as_seen_from(kind: Kind, place: PlaceOfKind) -> Place:
    """A place among all sessions as one among those of a kind.

    Of rows that tie in the ordering's columns, all of a kind stand before those of the next one.
    """
    values, name = place
    if kind.name == name:
        return values
    bound = IdBound.LEAST if kind.name > name else IdBound.GREATEST
    return Place((*values[:-1], bound))


async def _page(context: Context, read: Read, kinds: Sequence[Kind]) -> Page:
    reading = reads.shared(context.store, read, masks.view(context.caller, read.kind))
    whole = "a page over several kinds is whole or not at all"
    page = await (needed(read.kind, reading, whole) if len(kinds) > 1 else reading)
    rows: list[Document] = [of_kind(read.kind, row) for row in page.documents]
    masks.mask(context.caller, read.kind.columns, rows)
    return page._replace(documents=rows)


def _total(totals: Iterable[int | Timeout | None]) -> int | Timeout:
    """The sum, or why there is none."""
    total, add = 0, int
    for one in totals:
        if isinstance(one, Timeout):
            return one
        add = Estimate if isinstance(one, Estimate) else add
        total += one or 0
    return add(total)


class Key(NamedTuple):
    """One step of the comparison between rows."""

    names: tuple[str, ...]
    """The stored path, split; empty for the kind's name."""
    descending: bool


@lru_cache(1000)
def _keys(order: tuple[Order, ...]) -> tuple[Key, ...]:
    """The ordering with its tie-breaks; after the session id, only the kind is left to decide."""
    names = [*(part.name for part in order), "sessionId"]
    order = order[: names.index("sessionId") + 1]
    columns = [Key(tuple(part.path.split(".")), part.descending) for part in order]
    last = columns[-1].descending
    return (*columns, Key((), last), Key(("_id",), last))


def _order(read: Across) -> tuple[Order, ...]:
    return read.order or default_order(read.kind)


def merged(keys: Sequence[Key], rows: list[Any]) -> list[Document]:
    """The rows in the ordering; those of one kind may be in it already, which makes it quick."""
    runs = [(falls, list(run)) for falls, run in groupby(keys, lambda key: key.descending)]
    for falls, run in reversed(runs):  # sorting is stable: the least important keys come first
        rows.sort(key=lambda row: [_compared(key, row) for key in run], reverse=falls)
    return rows


def _compared(key: Key, row: OfKind) -> Any:
    return sort_key(stored_value(row, key.names)) if key.names else row.kind.name


def cursors(read: Across, rows: Iterable[Any]) -> list[str]:
    """The places of rows that `list_` gave; they must have the ordering's columns."""
    order = _order(read)
    return encode_places(cursor_tag(read.kind, order), _places(order_places(order), rows))


def _places(columns: Sequence[PlaceColumn], rows: Iterable[OfKind]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield (*place(row, columns), row.kind.name, row["_id"])


def _decoded(read: Across, cursor: str | Place | None, argument: str) -> PlaceOfKind | None:
    """The place in a cursor; BadInput if it does not fit."""
    if not isinstance(cursor, str):
        return None
    found = decode_cursor(cursor, read.kind, _order(read), argument, (TEXT, TEXT))
    *values, name, session_id = found
    return Place((*values, session_id)), name
