"""Sessions as lines of JSON or as CSV, for `export`.

A line of JSON is `{"kind": "BOT", "session": {…}}`, as in schema.json_lines: what was imported from
such an export is exported again as the very same bytes. CSV has the columns of one kind, and cannot
be imported.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from app.commands.common import UsageError
from app.commands.progress import Advance, unseen
from app.export.formats import Csv, JsonLines
from app.export.request import parsed_columns, parsed_filter
from resolvers import bulk
from resolvers.context import Context
from resolvers.errors import CorruptDocument, GatewayError, Invalid, UserError, nearest
from resolvers.export import Exporting
from resolvers.kind import Column, Document, Kind
from resolvers.request import EVERYTHING, Filter
from schema.build import build
from schema.json_lines import CURSOR, decode

Kinds = Mapping[str, Kind]
"""By their SessionKind: `BOT`."""


class FormatName(StrEnum):
    """The formats of an exported file."""

    NDJSON = "ndjson"
    CSV = "csv"


class Chosen(NamedTuple):
    """What is to be exported, and how."""

    kind: Kind
    where: Filter = EVERYTHING
    columns: tuple[Column, ...] | None = None
    format: FormatName = FormatName.NDJSON


def options(kind: Kind, where: str | None, columns: str | None, form: FormatName) -> Chosen:
    """What the options of the command say; UsageError for what they cannot mean."""
    try:
        filtered = parsed_filter(build(), kind, where) if where else EVERYTHING
        named = parsed_columns(kind, columns) if columns is not None else None
    except GatewayError as error:
        raise UsageError(f"--{error.message}") from None
    return Chosen(kind, filtered, named, form)


async def export(
    context: Context,
    asked: Chosen,
    write: Callable[[bytes], object],
    damaged: Callable[[str], object],
    advance: Advance = unseen,
) -> int:
    """Write the sessions of a kind, oldest first; how many were written.

    `damaged` is called for each stored session that cannot be read and is left out.
    """
    kind, where, columns, name = asked
    exporting = Exporting(kind, where, columns)
    form = Csv(kind, columns, complete=True) if name is FormatName.CSV else JsonLines(kind, columns)
    written = 0
    if form.head:
        write(form.head)
    while part := await exporting.part(context):
        size = 0
        for document in part.documents:
            try:
                row = form.row(document)
            except CorruptDocument as error:
                damaged(error.message)
                continue
            write(row)
            written, size = written + 1, size + len(row)
        exporting.wrote(size)
        advance(len(part.documents))
    return written


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
        if name not in ("kind", "session", CURSOR):
            raise Invalid(f"There is no such field. {nearest(name, ('kind', 'session'))}", (name,))
    for name in ("kind", "session"):
        if name not in given:
            raise Invalid("A value is required.", (name,))
    return _kind(kinds, given["kind"]), given["session"]


def _kind(kinds: Kinds, name: Any) -> Kind:
    if isinstance(name, str) and name in kinds:
        return kinds[name]
    raise Invalid(f"There is no kind {name!r:.100}. {nearest(str(name), kinds)}", ("kind",))
