"""Which sessions came in which row: a table on disk, so that millions of rows need no memory."""

import hashlib
import sqlite3
from contextlib import closing
from types import TracebackType
from typing import Self

Place = tuple[int, int]
"""The number of a file, and of a row in it."""


class Ledger:
    """Keys, each with the place where it came first and what came with it."""

    def __init__(self) -> None:
        """The table is SQLite's own temporary file, which nobody else sees and nothing outlives."""
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.execute("PRAGMA synchronous=OFF")
        self._rows.execute("PRAGMA journal_mode=OFF")
        self._rows.execute(
            "CREATE TABLE row (key BLOB PRIMARY KEY, digest BLOB, file INT, number INT) "
            "WITHOUT ROWID"
        )
        self.size = 0
        """How many keys there are."""

    def __enter__(self) -> Self:
        """For `with`."""
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Remove the table."""
        self._rows.close()

    def enter(self, key: str, content: str, place: Place) -> tuple[Place, bool]:
        """Where the key came first, and whether it came with the same content there."""
        digests = _digest(key), _digest(content)
        with closing(self._rows.cursor()) as cursor:
            cursor.execute("INSERT OR IGNORE INTO row VALUES (?, ?, ?, ?)", (*digests, *place))
            if cursor.rowcount:
                self.size += 1
                return place, True
            cursor.execute("SELECT digest, file, number FROM row WHERE key = ?", digests[:1])
            digest, file, number = cursor.fetchone()
            return (file, number), digest == digests[1]


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
