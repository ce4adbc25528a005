"""Reading the rows of an XML file one by one; no document type, so no entities of its own.

    <requests><request><id>1</id><chat_info><message>…</message></chat_info></request>…</requests>

Each `request` is given as an element of xml.etree.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import (
    Element,
    ParseError,
    TreeBuilder,
    XMLParser,
)

from app.commands.imports.encoding import MARKS, BrokenError, Decoder

CHUNK = 1 << 16
DEEPEST = 50
LARGEST = 1 << 26
"""Characters of text in one row."""


class _Rows:
    """What the parser calls: it keeps the rows that are complete, and texts outside of rows."""

    def __init__(self, row: str) -> None:
        self._row, self._builder = row, TreeBuilder()
        self._open: list[str] = []
        self._within = 0
        self._size = 0
        self.rows: list[Element] = []
        self.around: dict[str, str] = {}
        """The other elements, such as `nrequests`, with their texts."""

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        raise BrokenError("A document type (<!DOCTYPE …>) is not read. Remove it.")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._open.append(tag)
        if not self._within and len(self.around) < DEEPEST:
            self.around.setdefault(tag.lower(), "")
        if len(self._open) > DEEPEST:
            raise BrokenError("It has too many levels of elements.")
        if self._within or tag.lower() == self._row.lower():
            self._within += 1
            self._builder.start(tag, attributes)

    def data(self, text: str) -> None:
        self._size += len(text)
        if self._size > LARGEST:
            raise BrokenError("One row is too large.")
        if self._within:
            self._builder.data(text)
        elif self._open and len(self.around) < DEEPEST:
            name = self._open[-1].lower()
            self.around[name] = (self.around.get(name, "") + text)[:1000]

    def end(self, tag: str) -> None:
        self._open.pop()
        if not self._within:
            return
        self._builder.end(tag)
        self._within -= 1
        if not self._within:
            self.rows.append(self._builder.close())
            self._builder, self._size = TreeBuilder(), 0

    def close(self) -> None:
        """All is read."""


def rows(file: BinaryIO, row: str, around: dict[str, str], decoder: Decoder) -> Iterator[Element]:
    """The elements of that name; `around` gets the other elements with their texts.

    BrokenError if it is not XML that can be read.
    """
    target = _Rows(row)
    parser = XMLParser(target=target)  # noqa: S314  no document type, no entities
    try:
        for piece in _pieces(file, decoder):
            parser.feed(piece)
            yield from target.rows
            target.rows.clear()
        parser.close()
    except ParseError as error:
        raise BrokenError(f"It is not valid XML: {error}.") from None
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        raise BrokenError(f"It cannot be read as XML: {error}.") from None
    yield from target.rows
    around.update(target.around)


def _pieces(file: BinaryIO, decoder: Decoder) -> Iterator[bytes | str]:
    """The file without space at its start: bytes if it names its encoding itself, else text."""
    first = file.read(CHUNK).lstrip()
    named = re.match(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*encoding\s*=\s*[\"']([\w.-]+)", first)
    itself = named and named[1].lower() not in (b"utf-8", b"utf8")
    if itself or any(first.startswith(mark) for mark, _ in MARKS):
        yield first
        yield from iter(lambda: file.read(CHUNK), b"")
        return
    yield decoder.decode(first, False)
    yield from (decoder.decode(piece, False) for piece in iter(lambda: file.read(CHUNK), b""))
    yield decoder.decode(b"", True)


def plain(element: Element, lists: dict[str, str | None]) -> dict[str, Any]:
    """An element's parts as JSON would have them.

    `lists` names the parts that are lists, with the name of their elements; None for those that
    repeat their own name. BrokenError for what has no place.
    """
    found: dict[str, Any] = {}
    for part in element:
        name = part.tag.lower()
        if name in lists and lists[name] is None:
            found.setdefault(name, []).append(_leaf(part))
        elif name in found:
            raise BrokenError(f"It has two elements {name}.")
        elif name in lists:
            found[name] = [_item(item, str(lists[name]), name) for item in part]
            if (part.text or "").strip():
                raise BrokenError(f"{name}: expected elements {lists[name]}, found text.")
        else:
            found[name] = _leaf(part)
    repeated = [name for name, item in lists.items() if item is None and name in found]
    if all(found[name] == [""] for name in repeated):  # how an empty list looks
        found |= {name: [] for name in repeated}
    return found


def _item(element: Element, expected: str, name: str) -> Any:
    if element.tag.lower() != expected:
        raise BrokenError(f"{name}: expected elements {expected}, found {element.tag}.")
    return plain(element, {}) if len(element) else _leaf(element)


def _leaf(element: Element) -> str:
    if len(element):
        raise BrokenError(f"{element.tag}: expected a text, found an element {element[0].tag}.")
    return element.text or ""
