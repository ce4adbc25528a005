"""Bytes of files as people have them: packed or not, in UTF-8 or in what Windows wrote.

unpacked(file)             the file itself, or what a gzip file unpacks to
Decoder(start).decode      UTF-8 or UTF-16; single bytes that are not UTF-8 as Windows-1252
"""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader

from app.http.text import decoded

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
MARKS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
FALLBACK = "session-gateway-windows-1252"


class BrokenError(Exception):
    """The text ends early, or is not what it should be; what follows cannot be read."""


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    """The bytes that are not UTF-8; all others stay what they are."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return decoded(error.object[error.start : error.end], "windows-1252"), error.end


@contextmanager
def reading() -> Iterator[None]:
    """BrokenError where packed data are damaged."""
    try:
        yield
    except EOFError:
        raise BrokenError("Its gzip data end in the middle: it is not complete.") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise BrokenError(f"Its gzip data are damaged: {error}.") from None


def unpacked(file: BufferedReader) -> BufferedReader:
    """The file, or what it unpacks to; BrokenError for a zip archive."""
    start = file.peek(4)
    if start.startswith(ZIP):
        raise BrokenError("It is a zip archive. Unpack it into a folder, and name the folder.")
    return BufferedReader(gzip.GzipFile(fileobj=file)) if start.startswith(GZIP) else file


class Decoder:
    """Makes text of the pieces of a file."""

    def __init__(self, start: bytes) -> None:
        """`start` has a byte-order mark if the file has one; without one it is UTF-8."""
        self._encoding = next((name for mark, name in MARKS if start.startswith(mark)), "utf-8-sig")
        self._decoder = codecs.getincrementaldecoder(self._encoding)()
        self.guessed = False
        """Whether bytes were read as Windows-1252."""

    def decode(self, piece: bytes, last: bool) -> str:
        """The text of the next piece; UnicodeDecodeError if it is not UTF-16."""
        try:
            return self._decoder.decode(piece, last)
        except UnicodeDecodeError as error:
            if self._encoding == "utf-16":
                raise
            self.guessed = True
            codecs.register_error(FALLBACK, _as_windows_1252)
            self._decoder = codecs.getincrementaldecoder("utf-8")(FALLBACK)
            return self._decoder.decode(error.object, last)
