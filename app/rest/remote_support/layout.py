"""How remote-support sessions look at N-able: the words of VARS, each with its column.

    <response><nrequests>1</nrequests><requests><request><id>7</id>…</request></requests></response>
    {"nrequests":1,"requests":[{"id":7,…}]}

The vendor's page shows its layout as a picture. Row and count names follow its successor's API;
new are the names of lists' elements, and that what is unknown is empty. In JSON the elements of a
list lose their names. In XML a list whose elements have no name repeats its own element, and the
two of custom fields alternate: one empty pair if there are none.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

import orjson

from app.rest.layout import Codec, Field, Layout, words
from resolvers.errors import Invalid
from resolvers.kind import Document
from schema.kinds.remote_support import REMOTE_SUPPORT

XML = "text/xml; charset=UTF-8"
JSON = "application/json; charset=UTF-8"

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry, not even escaped."""


def _clock(moment: datetime) -> str:
    return moment.isoformat(" ", "seconds")


def _number(session_id: str) -> int | str:
    return int(session_id) if session_id.isdecimal() else session_id


def _read_clock(value: Any) -> datetime:
    try:
        return datetime.strptime(value, "%Y-%m-%d %H:%M:%S")
    except (TypeError, ValueError):
        raise Invalid("a time in UTC such as '2024-02-03 10:20:30'") from None


def _read_number(value: Any) -> str:
    if type(value) is int or (isinstance(value, str) and value.isascii() and value.isdecimal()):
        return str(int(value))
    raise Invalid("a number such as 12334")


TEXT = Codec(null="")
NUMBER = Codec(_number, {"type": "integer"}, read=_read_number)
CLOCK = Codec(_clock, {"type": "string"}, null="", read=_read_clock)
"""UTC, to the second."""
FLAG = words({True: "TRUE", False: "FALSE"})

MESSAGE = (Field("date", "at", CLOCK), Field("author"), Field("text"))

FIELDS = (
    Field("id", "sessionId", NUMBER),
    Field("computer_name", "computerName", TEXT),
    Field("computer_domain", "computerDomain", TEXT),
    Field("computer_os", "computerOs", TEXT),
    Field("tech_username", "techUsername", TEXT),
    Field("tech_name", "techName", TEXT),
    Field("customer_name", "customerName", TEXT),
    Field("customer_email", "customerEmail", TEXT),
    Field("customer_number", "customerNumber", TEXT),
    Field("problem_description", "problemDescription", TEXT),
    Field("notes", "notes", TEXT),
    Field("has_videos", "hasVideos", FLAG),
    Field("date_start", "dateStart", CLOCK),
    Field("date_end", "dateEnd", CLOCK),
    Field("chat_info", "chat", fields=MESSAGE, item="message"),
    Field("video_links", "videoLinks", item="video_link"),
    Field("custom_field_name", "customFields.name"),
    Field("custom_field_value", "customFields.value"),
)
WORDS = {field.name.upper(): field for field in FIELDS}
"""The words of VARS on the vendor's page, and ID, which its examples use."""

SESSION = Layout(REMOTE_SUPPORT, FIELDS, strict=True)


@lru_cache(maxsize=512)
def layout(asked: tuple[str, ...]) -> Layout:
    """The table of rows with these VARS, each given once."""
    return Layout(REMOTE_SUPPORT, [WORDS[word] for word in asked], strict=True)


def media_type(as_json: bool) -> str:
    """The Content-Type of an answer."""
    return JSON if as_json else XML


def row(table: Layout, document: Document, as_json: bool) -> bytes:
    """One session; CorruptDocument if it is stored with wrongly typed values."""
    shown = table.row(document)
    if as_json:
        return orjson.dumps(shown)
    return f"<request>{''.join(_elements(table, shown))}</request>".encode()


def body(rows: Sequence[bytes], as_json: bool) -> bytes:
    """The answer made of all rows."""
    if as_json:
        return b'{"nrequests":%d,"requests":[%b]}' % (len(rows), b",".join(rows))
    counted = b"<nrequests>%d</nrequests>" % len(rows)
    return b"<response>%b<requests>%b</requests></response>" % (counted, b"".join(rows))


def error(message: str, as_json: bool) -> bytes:
    """The body of an error."""
    if as_json:
        return orjson.dumps({"error_msg": message})
    return f"<response>{_xml('error_msg', message)}</response>".encode()


def _elements(table: Layout, shown: Document) -> Iterator[str]:
    repeated = [one.field.name for one in table.members if one.column.many and not one.field.item]
    for field in (one.field for one in table.members):
        if field.name not in repeated:
            yield _xml(field.name, shown[field.name], field.item)
        elif field.name == repeated[0]:
            for values in zip(*(shown[name] or [""] for name in repeated), strict=True):
                yield from map(_xml, repeated, values)


def _xml(name: str, value: Any, item: str = "") -> str:
    if isinstance(value, list):
        inside = "".join(_xml(item, part) for part in value)
    elif isinstance(value, dict):
        inside = "".join(_xml(key, part) for key, part in value.items())
    else:
        inside = escape(FORBIDDEN.sub("", str(value)), {"\r": "&#13;"})
    return f"<{name}>{inside}</{name}>"
