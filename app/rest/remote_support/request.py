"""What a remote-support client asks for: parameters of the URL or of a form.

    KEY=…&VARS=ID+NOTES&FILTER_PROCESSED=ANSWERED&OUTPUT_FORMAT=JSON

Here: a name given twice counts as given last, and one of the form counts more than one of the URL;
an empty filter is ignored; words and settings are read without regard to case; of two
OUTPUT_FORMATs the parameter of that name wins over the word in VARS.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.http.negotiation import parsed
from app.http.text import as_windows, pairs
from app.rest.docs import TEXT, Json
from app.rest.layout import Layout
from app.rest.remote_support.layout import WORDS, layout
from resolvers.errors import BadInput
from resolvers.request import EVERYTHING, All, Compare, Filter, Operator, Some
from schema.kinds.remote_support import CUSTOM_FIELD_KEYS, REMOTE_SUPPORT, custom_field_key

LONGEST_VARS = 512
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
MOST_FIELDS = 100
WHOLE = "The whole value, without regard to case."
FORMAT_AMONG_WORDS = re.compile(r"(?<!\S)OUTPUT_FORMAT(?:[=:](\S*)| (XML|JSON))?(?!\S)")

Parameters = Mapping[str, str]
Decode = Callable[[str], Filter]


@dataclass(frozen=True, slots=True)
class Query:
    """What a client asks for."""

    table: Layout
    as_json: bool
    where: Filter


async def parameters(request: Request) -> Parameters:
    """The parameters of the URL and of a form, the last of each name."""
    given = in_url(request)
    kind, details = parsed(request.headers.get("content-type", FORM))
    if request.method == "POST" and kind == FORM:
        given |= pairs(await request.body(), details.get("charset", ""))
    elif request.method == "POST" and kind == MULTIPART:
        given |= await _multipart(request)
    return given


def in_url(request: Request) -> dict[str, str]:
    """The parameters of the URL alone."""
    return dict(pairs(request.scope["query_string"]))


async def _multipart(request: Request) -> Parameters:
    """The texts of a form as PHP's curl sends an array; none if it is not such a form."""
    try:
        async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
            # What is not UTF-8 was read as Latin-1.
            texts = ((name, text) for name, text in form.multi_items() if isinstance(text, str))
            return {as_windows(name): as_windows(text) for name, text in texts}
    except HTTPException:
        return {}


def decode(given: Parameters) -> Query:
    """What is asked; BadInput `Invalid NAME setting.` or `… value.` for the first wrong one."""
    asked = output_format(given)
    if asked not in ("XML", "JSON"):
        raise BadInput("Invalid OUTPUT_FORMAT setting.")
    words, _ = _words(given.get("VARS", ""))
    if not words or len(given["VARS"]) > LONGEST_VARS or not WORDS.keys() >= set(words):
        raise BadInput("Invalid VARS.")
    parts = [_filter(name, given[name]) for name in FILTERS if given.get(name, "").strip()]
    custom = (given.get(f"FILTER_CUSTOM_FIELD_{part}", "").strip() for part in ("NAME", "VALUE"))
    return Query(layout(words), asked == "JSON", All((*parts, _custom_field(*custom))))


def output_format(given: Parameters) -> str:
    """The format that is asked for, which need not exist; XML if none is."""
    asked = given.get("OUTPUT_FORMAT", "").strip().upper()
    return asked or _words(given.get("VARS", ""))[1] or "XML"


def _words(text: str) -> tuple[tuple[str, ...], str]:
    """The words of VARS in capitals, each once, and the output format that may stand among them."""
    words = " ".join(text.upper().split())
    found = FORMAT_AMONG_WORDS.search(words)
    asked = dict.fromkeys(FORMAT_AMONG_WORDS.sub("", words).split())
    return tuple(asked), (found[1] or found[2] or "") if found else ""


def _filter(name: str, value: str) -> Filter:
    try:
        return FILTERS[name].decode(value.strip())
    except (KeyError, ValueError):
        raise BadInput(FILTERS[name].refusal(name)) from None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A filter of the vendor's: what a right value means, and what the reference says of it."""

    decode: Decode
    """KeyError or ValueError for a wrong value."""
    note: str
    schema: Json
    noun: str = "value"
    """What the vendor calls a wrong one."""

    def refusal(self, name: str) -> str:
        """The vendor's message."""
        return f"Invalid {name} {self.noun}."


def _whole(column: str, **more: Any) -> Parameter:
    """The whole text, without regard to case."""
    path = (REMOTE_SUPPORT.by_name[column],)
    return Parameter(
        lambda value: Compare(path, Operator.EQ_IGNORE_CASE, value),
        WHOLE,
        {**TEXT, "maxLength": path[0].max_length, **more},
    )


def _session_id(value: str) -> Filter:
    if not re.fullmatch(r"-?[0-9]{1,18}", value):
        raise ValueError(value)
    return Compare((REMOTE_SUPPORT.by_name["sessionId"],), Operator.EQ, str(int(value)))


def _started(operator: Operator, word: str, **more: Any) -> Parameter:
    """Strictly before or after a moment in UTC; a date alone is its midnight."""

    def read(value: str) -> Filter:
        found = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?: +([0-9:]{8}))?", value)
        if found is None:
            raise ValueError(value)
        moment = datetime.strptime(f"{found[1]} {found[2] or '00:00:00'}", "%Y-%m-%d %H:%M:%S")
        return Compare((REMOTE_SUPPORT.by_name["startedAt"],), operator, moment)

    return Parameter(
        read,
        f"Sessions that started {word} this moment. `YYYY-MM-DD` or `YYYY-MM-DD HH:MM:SS`, UTC; "
        "a date alone is its midnight.",
        {**TEXT, **more},
    )


def _choice(column: str, note: str, values: Mapping[str, Any], **more: Any) -> Parameter:
    """One of `values` by its word; a word that stands for None does not filter."""
    path = (REMOTE_SUPPORT.by_name[column],)
    filters: dict[str, Filter] = {
        word: EVERYTHING if value is None else Compare(path, Operator.EQ, value)
        for word, value in values.items()
    }
    words = [*values] if None in values.values() else [*values, ""]
    schema = {**TEXT, "enum": words, **more}
    return Parameter(lambda word: filters[word.upper()], note, schema, "setting")


def _custom_field(name: str, value: str) -> Filter:
    """Name and value of one and the same field, or the one of both that is given."""
    if name and value:
        return Compare((CUSTOM_FIELD_KEYS,), Operator.EQ, custom_field_key(name, value))
    fields = REMOTE_SUPPORT.by_name["customFields"]
    parts = [
        Compare((fields.column(column),), Operator.EQ_IGNORE_CASE, given)
        for column, given in (("name", name), ("value", value))
        if given
    ]
    return Some((fields,), parts[0]) if parts else EVERYTHING


FILTERS: Mapping[str, Parameter] = {
    "FILTER_ID": Parameter(
        _session_id, "One session by its number.", {"type": "integer", "examples": [12334]}
    ),
    "FILTER_DATE_START_INI": _started(Operator.GT, "after", examples=["2011-01-01"]),
    "FILTER_DATE_START_END": _started(Operator.LT, "before"),
    "FILTER_CUSTOMER_NAME": _whole("customerName"),
    "FILTER_CUSTOMER_EMAIL": _whole("customerEmail"),
    "FILTER_CUSTOMER_NUMBER": _whole("customerNumber"),
    "FILTER_COMPUTER_NAME": _whole("computerName"),
    "FILTER_COMPUTER_DOMAIN": _whole("computerDomain"),
    "FILTER_TECH_USERNAME": _whole("techUsername", examples=["mytech@techplace.com"]),
    "FILTER_START_METHOD": _choice(
        "startMethod",
        "How the session was started.",
        {"ALL": None, "APPLET": "APPLET", "AGENT": "AGENT"},
    ),
    "FILTER_PROCESSED": _choice(
        "answered",
        "Whether a technician took the request.",
        {"ALL": None, "ANSWERED": True, "NOT_ANSWERED": False},
        examples=["ANSWERED"],
    ),
    "FILTER_HAS_VIDEOS": _choice(
        "hasVideos",
        "Whether the session was recorded; empty for all.",
        {"TRUE": True, "FALSE": False},
    ),
}
"""The vendor's filters but for those of custom fields, which are read together."""
