"""Vendors' exports as files: a saved answer each, a list of answers, or one after the other."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any

from app.commands.imports import xml_stream
from app.commands.imports.encoding import (
    BrokenError,
    Decoder,
    reading,
    unpacked,
)
from app.commands.imports.json_stream import JsonStream
from app.commands.imports.ledger import Ledger, Place
from app.commands.imports.rows import Notes, Problems, Row
from app.rest.exports import Export, Options
from app.rest.reading import NOTHING, held
from resolvers.context import Context
from resolvers.errors import Invalid, UserError
from resolvers.json_text import write

LAST = 2**62
"""The place of what is said of a file as a whole: behind its rows."""
LONGEST_SHOWN = 100

Item = tuple[bool, Any]
"""Whether it is a row, and the row, or else the other members of an answer."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to read, and its name in messages."""

    path: Path
    name: str
    options: Options | None = None
    """Its own, if not those of all."""


def expand(paths: Sequence[Path]) -> list[File]:
    """The files themselves, and those in folders, in the order in which people number them.

    OSError for what cannot be read, ValueError for a folder without files.
    """
    found: list[File] = []
    for path in paths:
        if not path.is_dir():
            found.append(File(path, str(path)))
            continue
        inside = [one for one in path.rglob("*") if one.is_file() and not _hidden(path, one)]
        if not inside:
            raise ValueError(f"The folder {path} has no files.")
        found += [File(one, str(one)) for one in sorted(inside, key=_numbered)]
    return found


def _hidden(folder: Path, path: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _numbered(path: Path) -> list[tuple[int, int, str]]:
    """`page2` before `page10`."""
    parts = re.split(r"([0-9]+)", str(path))
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]


@dataclass(frozen=True, slots=True)
class Files:
    """The exports of one vendor: a source of rows."""

    context: Context
    export: Export
    files: Sequence[File]
    options: Options
    merges = True

    def rows(
        self, problems: Problems, notes: Notes | None, advance: Callable[[int], object]
    ) -> Iterator[Row]:
        """See Source."""
        with Ledger() as ledger:
            pages = _Pages(self.export, notes, ledger)
            for number, file in enumerate(self.files):
                try:
                    with file.path.open("rb") as opened, reading():
                        yield from self._rows(number, opened, pages, problems, notes, advance)
                except BrokenError as error:
                    problems.add((number, LAST), f"{file.name}: {error}")
            pages.end()

    def named(self, place: Place) -> str:
        """`row 3 of page1.json`."""
        return f"row {place[1]} of {self.files[place[0]].name}"

    def _rows(
        self,
        number: int,
        file: BufferedReader,
        pages: "_Pages",
        problems: Problems,
        notes: Notes | None,
        advance: Callable[[int], object],
    ) -> Iterator[Row]:
        """The rows of one file."""
        name, row, before, start = self.files[number].name, 0, 0, 0
        content = unpacked(file)
        decoder = Decoder(content.peek(4))
        for is_row, given in self._items(content, decoder):
            if is_row:
                row += 1
                reached, end = file.tell(), content.tell()
                found = self._row((number, row), given, end - start, problems, notes)
                advance(reached - before)
                before, start = reached, end
                if found:
                    pages.row(found)
                    yield found
            elif refusal := self.export.refused(given):
                raise BrokenError(f"It is not an export: the service refused to answer. {refusal}")
            else:
                pages.page(name, given)
        if decoder.guessed and notes:
            notes.add("Warning: bytes that are not UTF-8 were read as Windows-1252", name)
        advance(file.tell() - before)

    def _items(self, file: BufferedReader, decoder: Decoder) -> Iterator[Item]:
        if self.export.xml and _starts(file) == b"<":
            yield from self._xml(file, decoder)
            return
        stream = JsonStream(file, decoder)
        if not stream.peek():
            raise BrokenError("It is empty.")
        while character := stream.peek():
            if character == "[":
                for _ in stream.items():
                    yield from self._answer(stream)
            else:
                yield from self._answer(stream)

    def _answer(self, stream: JsonStream) -> Iterator[Item]:
        """An answer with its rows, one by one, or a row alone."""
        if stream.peek() != "{":
            yield True, stream.value()
            return
        members: dict[str, Any] = {}
        listed = False
        for name in stream.members():
            if name == self.export.rows and stream.peek() == "[":
                listed = True
                for _ in stream.items():
                    yield True, stream.value()
            else:
                members[name] = stream.value()
        if isinstance(inside := members.get(self.export.rows), dict):
            yield True, inside
        elif listed or self.export.rows in members or self.export.refused(members):
            yield False, members
        else:
            yield True, members

    def _xml(self, file: BufferedReader, decoder: Decoder) -> Iterator[Item]:
        around: dict[str, str] = {}
        lists = {
            one.field.name: one.field.item or None
            for one in self.export.layout.members
            if one.column.many
        }
        row = self.options.row or self.export.xml
        for element in xml_stream.rows(file, row, around, decoder):
            yield True, xml_stream.plain(element, lists)
        if self.export.rows not in around and not self.export.refused(around):
            raise BrokenError(f"It has no element {self.export.rows}, in which the rows are.")
        yield False, around

    def _row(
        self, place: Place, given: Any, size: int, problems: Problems, notes: Notes | None
    ) -> Row | None:
        whose = self._whose(place, given)

        def says(error: UserError) -> str:
            return _sentence(whose, given, self.export.translated(given, error))

        note = partial(_note, notes, whose) if notes else None
        options = self.files[place[0]].options or self.options
        try:
            document = self.export.document(self.context, given, options, note)
        except Invalid as error:
            problems.add(place, _sentence(whose, given, error))
            return None
        columns = self.export.own_columns
        content = repr([document.get(path) for path in columns])
        return Row(place, self.export.kind, document, says, columns, content, size)

    def _whose(self, place: Place, given: Any) -> str:
        """`page1.json, session 0a1b`; a row without an id by its number."""
        named = given.get(self.export.id) if isinstance(given, Mapping) else None
        known = isinstance(named, str | int) and not isinstance(named, bool) and named != ""
        row = f"session {str(named)[:LONGEST_SHOWN]}" if known else f"row {place[1]}"
        return f"{self.files[place[0]].name}, {row}"


class _Pages:
    """Whether pages that belong together are complete.

    A page after which more follow and the next one belong together. Pages overlap when sessions
    arrive while somebody pages, so each session counts once.
    """

    def __init__(self, export: Export, notes: Notes | None, ledger: Ledger) -> None:
        self._counted = export.counted if notes else None
        self._notes, self._ledger = notes or Notes(), ledger
        self._run = self._rows = 0
        self._open = ""
        """The name of the last file, if it says that more follow."""

    def row(self, row: Row) -> None:
        """A row of the page that is read."""
        if self._counted:
            key = f"{self._run} {row.document.get('_id')}"
            first, _ = self._ledger.enter(key, "", row.place)
            self._rows += first == row.place

    def page(self, name: str, answer: Mapping[str, Any]) -> None:
        """The end of a page."""
        if not self._counted:
            return
        total, more = (answer.get(member) for member in self._counted)
        if more is True:
            self._open = name
            return
        if str(total).isdecimal() and self._rows < int(str(total)):  # a text in XML
            self._notes.add(
                f"Warning: it says that there are {int(str(total)):,} sessions, and "
                f"{self._rows:,} are here: some are missing",
                name,
            )
        self._run, self._rows, self._open = self._run + 1, 0, ""

    def end(self) -> None:
        """No page follows."""
        if self._open:
            self._notes.add(
                "Warning: the last page says that more sessions follow: some are missing",
                self._open,
            )


def _note(notes: Notes, whose: str, sentence: str, here: str) -> None:
    notes.add(sentence, f"{here} in {whose}" if here else whose)


def _starts(file: BufferedReader) -> bytes:
    """The first character behind a byte-order mark and space."""
    start = file.peek(512).lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")
    return start[:1]


def _sentence(whose: str, given: Any, error: UserError) -> str:
    """`page1.json, session 0a1b, isDeveloper has "maybe": Expected true or false.`"""
    if not error.field:
        return f"{whose}: {error.message}"
    value = held(given, error.field)
    if value is NOTHING:
        has = "is missing"
    else:
        try:
            text = write(value)
        except Invalid:
            text = "…"
        has = f"has {text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + '…'}"
    return f"{whose}, {'.'.join(error.field)} {has}: {error.message}"


def size(files: Sequence[File]) -> int:
    """Bytes of all files."""
    return sum(file.path.stat().st_size for file in files)
