"""Sessions as lines of JSON: `{"kind": "BOT", "session": {…}}`, as in schema.json_lines.

What was imported from an export is exported again as the very same bytes.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any

import orjson

from app.commands.demo.load import Advance, unseen
from resolvers import bulk, sessions
from resolvers.context import Context
from resolvers.errors import CorruptDocument, Invalid, UserError, nearest
from resolvers.kind import Document, Kind
from resolvers.paging import cursors
from resolvers.request import LARGEST_PAGE, Order, Read, Window
from schema.json_lines import decode, line

Kinds = Mapping[str, Kind]
"""By their SessionKind: `BOT`."""


async def export(
    context: Context,
    kinds: Iterable[Kind],
    write: Callable[[bytes], object],
    damaged: Callable[[str], object],
    advance: Advance = unseen,
) -> int:
    """Write every session, by kind and then oldest first; how many were written.

    `damaged` is called for each stored session that cannot be read and is left out.
    """
    written = 0
    for kind in kinds:
        async for page in _pages(context, kind):
            for document in page:
                try:
                    write(line(kind, document))
                    written += 1
                except CorruptDocument as error:
                    damaged(error.message)
            advance(len(page))
    return written


async def _pages(context: Context, kind: Kind) -> AsyncIterator[list[Document]]:
    """All sessions of a kind as they were created: each page starts where the last one ended."""
    order = (Order(kind.by_name["createdAt"]),)
    after: str | None = None
    while True:
        read = Read(kind, order=order, window=Window(first=LARGEST_PAGE, after=after))
        page = await sessions.list_(context, read)
        yield page.documents
        if not page.has_next:
            return
        (after,) = cursors(read, page.documents[-1:])


def parse(context: Context, kinds: Kinds, text: bytes) -> tuple[Kind, Document]:
    """The session of a line, checked as creation checks it; UserError with the path in the line."""
    kind, session = _parts(kinds, text)
    try:
        return kind, bulk.prepare(context, decode(kind, session))
    except UserError as error:
        raise error.under("session") from None


def _parts(kinds: Kinds, text: bytes) -> tuple[Kind, Any]:
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"This is not valid JSON: {error}.") from None
    if not isinstance(given, dict):
        raise Invalid('Expected an object such as {"kind": "BOT", "session": {…}}.')
    for name in given:
        if name not in ("kind", "session"):
            raise Invalid(f"There is no such field. {nearest(name, ('kind', 'session'))}", (name,))
    for name in ("kind", "session"):
        if name not in given:
            raise Invalid("A value is required.", (name,))
    return _kind(kinds, given["kind"]), given["session"]


def _kind(kinds: Kinds, name: Any) -> Kind:
    if isinstance(name, str) and name in kinds:
        return kinds[name]
    raise Invalid(f"There is no kind {name!r:.100}. {nearest(str(name), kinds)}", ("kind",))
