"""The formats of exported files: how a file begins, and what becomes of a session.

{"kind": "BOT", "session": {"sessionId": "a", …}, "cursor": "W10="}

sessionId,botId,tags,…,cursor,damaged
a,bot-1,"[{""name"": …}]",…,W10=,
"""

import csv
from collections.abc import Callable, Sequence
from io import StringIO
from typing import Any, Final

import orjson

from resolvers.errors import CorruptDocument
from resolvers.kind import Column, Document, Kind
from schema import json_lines

FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet runs as a formula."""


class JsonLines:
    """A line of JSON for each session: what `import` reads."""

    extension = "ndjson"
    media_type = "application/x-ndjson"

    def __init__(self, kind: Kind, columns: Sequence[Column] | None = None) -> None:
        self._kind = kind
        self._columns = columns
        self.head = b""

    def row(self, document: Document, cursor: str | None = None) -> bytes:
        """A session; CorruptDocument if it cannot be read."""
        return json_lines.line(self._kind, document, self._columns, cursor)

    def damaged(self, error: CorruptDocument, cursor: str) -> bytes:
        """What stands in the place of a session that cannot be read."""
        return json_lines.damaged_line(self._kind, error, cursor)


class Csv:
    """A row for each session, in RFC 4180; objects and lists are JSON.

    A text that a spreadsheet would run as a formula has an apostrophe before it. Two more columns
    have the cursor, and why a session cannot be read; not in a file that is `complete`.
    """

    extension = "csv"
    media_type = "text/csv; charset=utf-8; header=present"

    def __init__(
        self, kind: Kind, columns: Sequence[Column] | None = None, complete: bool = False
    ) -> None:
        self._kind = kind
        self._columns = json_lines.columns_of(kind) if columns is None else columns
        names = (column.name for column in self._columns)
        self.head = _record([*names, *([] if complete else [json_lines.CURSOR, "damaged"])])

    def row(self, document: Document, cursor: str | None = None) -> bytes:
        """A session; CorruptDocument if it cannot be read."""
        values = json_lines.encode(self._kind, document, self._columns)
        cells = (_cell(values.get(column.name)) for column in self._columns)
        return _record([*cells, *([] if cursor is None else [cursor, ""])])

    def damaged(self, error: CorruptDocument, cursor: str) -> bytes:
        """What stands in the place of a session that cannot be read."""
        return _record([*("" for _ in self._columns), cursor, error.message])


Format = JsonLines | Csv
FORMATS: Final[dict[str, Callable[[Kind, Sequence[Column] | None], Format]]] = {
    one.extension: one for one in (JsonLines, Csv)
}
"""By the end of a file's name."""


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULAS) else value
    return orjson.dumps(value).decode()


def _record(cells: Sequence[str]) -> bytes:
    written = StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue().encode()
