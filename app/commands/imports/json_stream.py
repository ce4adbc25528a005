"""Reading JSON of any size piece by piece, in memory for its largest piece.

    stream = JsonStream(file)
    for answer in stream.values():              a list of answers, or one after the other
        for name in answer ...

Python's own scanner reads the pieces, each as it is in the text. (ijson and its yajl would change
them: half a surrogate pair becomes `?`, and `1e3` is no longer known from `1000`.)
"""

import json
from collections.abc import Iterator
from typing import IO, Any

from app.commands.imports.encoding import BrokenError, Decoder
from resolvers.json_text import Spelled, whole

CHUNK = 1 << 18
LARGEST = 1 << 26
"""Characters of one piece: four times what the database stores as one session."""
SPACE = " \t\r\n"
OF_NUMBERS = "0123456789.eE+-"


class NotJsonError(ValueError):
    """Something that Python's scanner reads although it should not."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotJsonError(f"One object has two members {twice!r:.100}.")
    return found


def _refuse(word: str) -> Any:
    raise NotJsonError(f"{word} is not a JSON value.")


DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=Spelled, parse_int=whole, parse_constant=_refuse
)


class JsonStream:
    """The text of a file, of which a part is in memory."""

    def __init__(self, file: IO[bytes], decoder: Decoder | None = None) -> None:
        """Without a decoder it is UTF-8, or what is read in its place."""
        self._file, self._text, self._at, self._ended = file, "", 0, False
        self._decode = (decoder or Decoder(b"")).decode
        self._before = 0
        """Characters that are no longer in memory."""

    def peek(self) -> str:
        """The next character that is not space; empty at the end."""
        while True:
            while self._at < len(self._text):
                if (character := self._text[self._at]) not in SPACE:
                    return character
                self._at += 1
            if not self._fill():
                return ""

    def take(self, expected: str) -> None:
        """Go past one character; BrokenError if it is another one."""
        found = self.peek()
        if found != expected:
            raise self._broken(f"Expected {expected}")
        self._at += 1

    def value(self) -> Any:
        """The next value as a whole; numbers know their spelling."""
        self.peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
                following = self._text[end : end + 1]
                is_whole = following and following not in OF_NUMBERS
                if is_whole or not self._fill():  # else a number may go on
                    self._at = end
                    return value
            except json.JSONDecodeError as error:
                if len(self._text) - self._at > LARGEST:
                    raise BrokenError("It is not JSON, or one value is too large.") from None
                if not self._fill():
                    self._at = error.pos
                    raise self._broken(error.msg) from None
            except RecursionError:
                raise BrokenError("A value has too many levels of lists and objects.") from None
            except NotJsonError as error:
                raise BrokenError(str(error)) from None

    def items(self) -> Iterator[None]:
        """Stand before each element of the list that comes next; the caller reads it."""
        yield from self._parts("[", "]")

    def members(self) -> Iterator[str]:
        """The names of the object that comes next; the caller reads each one's value."""
        known: set[str] = set()
        for _ in self._parts("{", "}"):
            if self.peek() != '"':
                raise self._broken("Expected a name in quotation marks")
            name = self.value()
            if name in known:
                raise BrokenError(f"One object has two members {name!r:.100}.")
            known.add(name)
            self.take(":")
            yield name

    def _parts(self, start: str, end: str) -> Iterator[None]:
        self.take(start)
        if self.peek() == end:
            return self.take(end)
        while True:
            yield
            if self.peek() == ",":
                self.take(",")
            else:
                return self.take(end)

    def _fill(self) -> bool:
        """Read more of the file: as much again as there is; False at its end."""
        if self._ended:
            return False
        size = max(CHUNK, len(self._text) - self._at)
        chunk = self._file.read(size)
        self._ended = not chunk
        try:
            text = self._decode(chunk, self._ended)
        except UnicodeDecodeError as error:
            place = self._before + len(self._text)
            raise BrokenError(f"Not UTF-16 text, near character {place}: {error.reason}.") from None
        if self._ended and not text:
            return False
        self._before += self._at
        self._text, self._at = self._text[self._at :] + text, 0
        return True

    def _broken(self, says: str) -> BrokenError:
        at_end = self._at >= len(self._text.rstrip(SPACE))
        if self._ended and (at_end or says.startswith("Unterminated string")):
            return BrokenError("It ends in the middle: it is not complete.")
        near = self._text[self._at : self._at + 30]
        return BrokenError(
            f"It is not valid JSON at character {self._before + self._at + 1}, at {near!r}: {says}."
        )
