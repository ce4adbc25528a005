"""How remote-support sessions look on the wire: every name and nesting stands here, once.

The vendor's page shows its layout as a picture. Row and count names follow its successor's API;
ours are: `chat_info` holds `message` elements of `date`, `author` and `text`, `video_links` holds
`video_link` elements, custom fields repeat their pair (one empty pair if there are none), what is
unknown is empty. In JSON the elements of a list lose their names, `id` and `nrequests` are numbers,
and `custom_field_name` and `custom_field_value` are two lists of equal length.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

import orjson

from resolvers import documents
from resolvers.errors import CorruptDocument
from resolvers.kind import Column, Document
from schema.kinds.remote_support import REMOTE_SUPPORT

XML = "text/xml; charset=UTF-8"
JSON = "application/json; charset=UTF-8"

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry, not even escaped."""
PAIR = ("CUSTOM_FIELD_NAME", "CUSTOM_FIELD_VALUE")

Read = Callable[[Document], Any]
Fragment = Callable[[Document], str]


@dataclass(frozen=True, slots=True)
class Variable:
    """A word of VARS: the column it shows, and how."""

    column: str
    read: Read
    item: str = ""
    """XML name of a list's elements."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How rows of some VARS are rendered in one format."""

    columns: frozenset[str]
    """Stored paths that a row is rendered from."""
    row: Callable[[Document], bytes]
    """One session; CorruptDocument if it is stored with wrongly typed values."""
    body: Callable[[Sequence[bytes]], bytes]
    """The answer made of all rows."""
    media_type: str


def text(value: Any) -> Any:
    """A stored value as the vendor prints it: dates to the second, booleans in capitals."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    return value


def _plain(name: str) -> Variable:
    column = REMOTE_SUPPORT.by_name[name]
    return Variable(name, lambda document: text(documents.read(column, document)))


def _number(document: Document) -> int | str:
    given: str = documents.read(REMOTE_SUPPORT.by_name["sessionId"], document)
    return int(given) if given.isdecimal() else given


def _list(name: str, item: str, fields: Mapping[str, str]) -> Variable:
    """A list of texts, or of objects whose columns `fields` are shown under its keys."""
    column = REMOTE_SUPPORT.by_name[name]

    def read(document: Document) -> list[Any]:
        return [_element(column, fields, part) for part in documents.read(column, document)]

    return Variable(name, read, item)


def _element(column: Column, fields: Mapping[str, str], part: Any) -> Any:
    if isinstance(part, CorruptDocument):
        raise part
    if not fields:
        return text(part)
    return {key: text(documents.read(column.column(name), part)) for key, name in fields.items()}


def _custom(nested: str) -> Variable:
    name_or_value = _list("customFields", "", {"it": nested})
    return Variable(
        "customFields", lambda document: [part["it"] for part in name_or_value.read(document)]
    )


VARIABLES: Mapping[str, Variable] = {
    "ID": Variable("sessionId", _number),
    "COMPUTER_NAME": _plain("computerName"),
    "COMPUTER_DOMAIN": _plain("computerDomain"),
    "COMPUTER_OS": _plain("computerOs"),
    "TECH_USERNAME": _plain("techUsername"),
    "TECH_NAME": _plain("techName"),
    "CUSTOMER_NAME": _plain("customerName"),
    "CUSTOMER_EMAIL": _plain("customerEmail"),
    "CUSTOMER_NUMBER": _plain("customerNumber"),
    "PROBLEM_DESCRIPTION": _plain("problemDescription"),
    "NOTES": _plain("notes"),
    "HAS_VIDEOS": _plain("hasVideos"),
    "DATE_START": _plain("dateStart"),
    "DATE_END": _plain("dateEnd"),
    "CHAT_INFO": _list("chat", "message", {"date": "at", "author": "author", "text": "text"}),
    "VIDEO_LINKS": _list("videoLinks", "video_link", {}),
    "CUSTOM_FIELD_NAME": _custom("name"),
    "CUSTOM_FIELD_VALUE": _custom("value"),
}
"""The words of VARS on the vendor's page, and ID, which its examples use."""


@lru_cache(maxsize=512)
def layout(words: tuple[str, ...], as_json: bool) -> Layout:
    """How rows with these VARS, each given once, are rendered."""
    columns = frozenset(REMOTE_SUPPORT.by_name[VARIABLES[word].column].path for word in words)
    if as_json:
        return Layout(columns, _json_row(words), _json_body, JSON)
    return Layout(columns, _xml_row(words), _xml_body, XML)


def refusal(message: str, as_json: bool) -> tuple[bytes, str]:
    """Body and media type of an error."""
    if as_json:
        return orjson.dumps({"error_msg": message}), JSON
    return f"<response>{_xml('error_msg', message)}</response>".encode(), XML


def _json_row(words: Sequence[str]) -> Callable[[Document], bytes]:
    reads = [(word.lower(), VARIABLES[word].read) for word in words]
    return lambda document: orjson.dumps({name: read(document) for name, read in reads})


def _json_body(rows: Sequence[bytes]) -> bytes:
    return b'{"nrequests":%d,"requests":[%b]}' % (len(rows), b",".join(rows))


def _xml_row(words: Sequence[str]) -> Callable[[Document], bytes]:
    custom = [word for word in words if word in PAIR]
    fragments = [
        _repeated(custom) if word in PAIR else _single(word)
        for word in words
        if word not in custom[1:]
    ]
    return lambda document: (
        f"<request>{''.join(fragment(document) for fragment in fragments)}</request>".encode()
    )


def _xml_body(rows: Sequence[bytes]) -> bytes:
    count, requests = len(rows), b"".join(rows)
    return b"<response><nrequests>%d</nrequests><requests>%b</requests></response>" % (
        count,
        requests,
    )


def _single(word: str) -> Fragment:
    name, variable = word.lower(), VARIABLES[word]
    return lambda document: _xml(name, variable.read(document), variable.item)


def _repeated(words: Sequence[str]) -> Fragment:
    """The custom fields, one after another, each with the asked ones of its name and value."""
    variables = [(word.lower(), VARIABLES[word].read) for word in words]

    def fragment(document: Document) -> str:
        columns = [[(name, value) for value in read(document) or [""]] for name, read in variables]
        pairs: Iterable[tuple[tuple[str, Any], ...]] = zip(*columns, strict=True)
        return "".join(_xml(name, value) for pair in pairs for name, value in pair)

    return fragment


def _xml(name: str, value: Any, item: str = "") -> str:
    if isinstance(value, list):
        inside = "".join(_xml(item, part) for part in value)
    elif isinstance(value, dict):
        inside = "".join(_xml(key, part) for key, part in value.items())
    else:
        inside = escape(FORBIDDEN.sub("", str(value)), {"\r": "&#13;"})
    return f"<{name}>{inside}</{name}>"
