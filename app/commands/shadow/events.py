"""A body as a list of events, each with the path of its field and its place in the bytes.

    {"total": 1, "sessions": [{"tags": []}]}

    ()                      object
    total                   number   1
    sessions                array
    sessions[0]             object
    sessions[0].tags        array
    …                       end, of each that was opened

Two bodies with equal events say the same in the same order.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple
from xml.parsers import expat

import orjson

Path = tuple[str | int, ...]

END: Final = "end"
_TOKEN: Final = re.compile(rb'[\[\]{},:]|"(?:[^"\\]|\\.)*"|[^\s\[\]{},:"]+')
_KINDS: Final = {b"t": "boolean", b"f": "boolean", b"n": "null", b'"': "string"}


class Event(NamedTuple):
    """One value or element that starts, or END."""

    path: Path
    kind: str
    text: bytes
    """Of a scalar in JSON as it is written; of an element in XML its text."""
    offset: int
    """In bytes."""


def events(body: bytes, media_type: str) -> list[Event] | None:
    """The events of JSON or XML; None for another media type, or malformed ones."""
    try:
        if "json" in media_type:
            orjson.loads(body)
            return list(_json(body))
        if "xml" in media_type:
            return _Xml().events(body)
    except (ValueError, expat.ExpatError):
        pass
    return None


def value(event: Event) -> object:
    """What a scalar of JSON means: 1.0 and 1, and two spellings of one text, are equal."""
    return orjson.loads(event.text) if event.kind in ("string", "number") else event.text


def _json(body: bytes) -> Iterator[Event]:
    """Of valid JSON. The last part of `path` is None where a name follows."""
    path: list[str | int | None] = []
    for token in _TOKEN.finditer(body):
        text, offset = token[0], token.start()
        if text in b"}]":
            path.pop()
            yield Event(_fixed(path), END, b"", offset)
        elif text == b",":
            last = path[-1]
            path[-1] = last + 1 if isinstance(last, int) else None
        elif text == b":":
            continue
        elif path and path[-1] is None:
            path[-1] = orjson.loads(text)
        elif text in b"{[":
            yield Event(_fixed(path), "object" if text == b"{" else "array", b"", offset)
            path.append(None if text == b"{" else 0)
        else:
            yield Event(_fixed(path), _KINDS.get(text[:1], "number"), text, offset)


def _fixed(path: list[str | int | None]) -> Path:
    return tuple(part for part in path if part is not None)


class _Xml:
    """Elements and the texts of those without children; a DTD is refused."""

    def __init__(self) -> None:
        self._found: list[Event] = []
        self._path: list[str | int] = []
        self._open: list[tuple[int, Counter[str]]] = [(0, Counter())]
        """Of each open element: the length of the path before it, and its children by name."""
        self._text: list[str] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text.append
        self._parser.StartDoctypeDeclHandler = self._refuse

    def events(self, body: bytes) -> list[Event]:
        self._parser.Parse(body, True)
        return self._found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        siblings = self._open[-1][1]
        self._open.append((len(self._path), Counter()))
        self._path.append(name)
        if siblings[name]:
            self._path.append(siblings[name])
        siblings[name] += 1
        self._text.clear()
        shown = " ".join(f"{name}={value!r}" for name, value in attributes.items()).encode()
        self._add("element", shown)

    def _end(self, _name: str) -> None:
        before, children = self._open.pop()
        if not children:
            self._add("text", "".join(self._text).encode())
        self._add(END, b"")
        self._text.clear()
        del self._path[before:]

    def _add(self, kind: str, text: bytes) -> None:
        self._found.append(Event(tuple(self._path), kind, text, self._parser.CurrentByteIndex))

    def _refuse(self, *_declared: object) -> None:
        raise ValueError("a DTD")
