"""The reference of the remote-support paths."""

from collections.abc import Mapping

import orjson

from app.rest.openapi.chapter import Chapter, Json, Operation, Refusal, content, named
from app.rest.openapi.columns import described
from app.rest.openapi.samples import stored
from app.rest.remote_support.endpoint import FILTERS, FORM, LONGEST_VARS, VENDOR
from app.rest.remote_support.layout import JSON, PAIR, VARIABLES, XML, Variable, layout
from app.rest.vendor import Endpoint
from app.settings import Settings
from resolvers.kind import Column
from resolvers.value_types import BOOLEAN
from schema.kinds.remote_support import REMOTE_SUPPORT

LONGEST_KEY = 64
TEXT: Json = {"type": "string"}
SAMPLE_VARS = (
    "CUSTOMER_NAME CUSTOMER_NUMBER COMPUTER_NAME COMPUTER_DOMAIN PROBLEM_DESCRIPTION "
    "TECH_USERNAME DATE_START DATE_END HAS_VIDEOS COMPUTER_OS NOTES"
)
"""The vendor's third example call."""

WHOLE = "The whole value, without regard to case."
MOMENT = "`YYYY-MM-DD` or `YYYY-MM-DD HH:MM:SS`, UTC; a date alone is its midnight."
FILTER_NOTES: Mapping[str, str] = {
    "FILTER_ID": "One session by its number.",
    "FILTER_DATE_START_INI": f"Sessions that started after this moment. {MOMENT}",
    "FILTER_DATE_START_END": f"Sessions that started before this moment. {MOMENT}",
    "FILTER_START_METHOD": "How the session was started.",
    "FILTER_PROCESSED": "Whether a technician took the request.",
    "FILTER_HAS_VIDEOS": "Whether the session was recorded; empty for all.",
}
"""What filters mean that do not compare a whole text."""
FILTER_WORDS: Mapping[str, list[str]] = {
    "FILTER_START_METHOD": ["ALL", "APPLET", "AGENT"],
    "FILTER_PROCESSED": ["ALL", "ANSWERED", "NOT_ANSWERED"],
    "FILTER_HAS_VIDEOS": ["TRUE", "FALSE", ""],
}
FILTER_EXAMPLES: Mapping[str, str] = {
    "FILTER_ID": "12334",
    "FILTER_DATE_START_INI": "2011-01-01",
    "FILTER_PROCESSED": "ANSWERED",
    "FILTER_TECH_USERNAME": "mytech@techplace.com",
}
"""From the vendor's example calls."""
CUSTOM = "With the other of the pair: both of one and the same field."


def chapter(settings: Settings) -> Chapter:
    """N-able Take Control and Dameware Remote Everywhere, session history."""
    return Chapter(
        vendor=VENDOR,
        title="Remote-support history",
        description="Sessions that match the filters, newest first, with the asked VARS in the "
        "asked order, as N-able Take Control and Dameware Remote Everywhere tell them: XML, or "
        "JSON of the same tree without its root. The names of rows and of the count follow the "
        "vendor's later API, since its page shows the layout as a picture. **Ours:** the nesting "
        "of CHAT_INFO and VIDEO_LINKS, `TRUE`/`FALSE` as texts in JSON too, dates in UTC, an "
        "empty value for what is unknown; status 200 for errors that the caller can mend, in the "
        "format asked for; an empty filter filters nothing, and so does an unknown one; of a name "
        f"given twice the last counts; more than {settings.remote_support_max_rows} rows are "
        "refused, never cut.",
        operation=_operation,
        error={
            "type": "object",
            "properties": {"error_msg": {"type": "string", "description": "What is wrong."}},
            "required": ["error_msg"],
            "xml": {"name": "response"},
        },
        security=[{"KEY": []}],
        queries=(b"", b"OUTPUT_FORMAT=JSON"),
    )


def _operation(endpoint: Endpoint) -> Operation:
    posted = endpoint.method == "POST"
    return Operation(
        summary="Sessions that match" + (", asked for by a form" if posted else ""),
        description="The same by a form: each name may stand in the form or in the URL, and the "
        "form counts more. KEY may stand in the form too."
        if posted
        else "Blanks in VARS may arrive raw, as `+`, as `%20`, doubled or as line breaks.",
        answer="The sessions, or an error that the caller can mend.",
        content=_content(),
        parameters=() if posted else parameters(),
        body=_form() if posted else None,
        refusals=tuple(_refusals()),
        security=[{"KEY": []}, {}] if posted else None,
    )


def _refusals() -> list[Refusal]:
    wrong = {name: f"Invalid {name} {noun}." for name, (noun, _) in FILTERS.items()}
    wrong |= {"VARS": "Invalid VARS.", "OUTPUT_FORMAT": "Invalid OUTPUT_FORMAT setting."}
    whole = [name for name in FILTERS if name not in FILTER_NOTES]
    return [
        Refusal("BAD_USER_INPUT", message, f"{name} is wrong")
        for name, message in wrong.items()
        if name not in whole
    ]


def parameters() -> tuple[Json, ...]:
    """VARS, OUTPUT_FORMAT and the filters."""
    return tuple(
        named("query", name, *_note_and_schema(name, schema), **_required(name))
        for name, schema in _schemas().items()
    )


def _note_and_schema(name: str, schema: Json) -> tuple[str, Json]:
    rest = dict(schema)
    return rest.pop("description"), rest


def _required(name: str) -> Json:
    return {"required": True, "example": SAMPLE_VARS} if name == "VARS" else {}


def _form() -> Json:
    key = {"type": "string", "maxLength": LONGEST_KEY, "description": "The credential's key."}
    schema = {"type": "object", "properties": {"KEY": key, **_schemas()}, "required": ["VARS"]}
    return {"content": content(FORM, schema)}


def _schemas() -> dict[str, Json]:
    words = ", ".join(f"`{word}`{_longest(word)}" for word in VARIABLES)
    found: dict[str, Json] = {
        "VARS": {
            "type": "string",
            "maxLength": LONGEST_VARS,
            "description": "What to tell of each session: words separated by blanks, with their "
            f"longest values in brackets: {words}. **Ours:** OUTPUT_FORMAT may stand among them.",
            "examples": [SAMPLE_VARS],
        },
        "OUTPUT_FORMAT": {
            "type": "string",
            "enum": ["XML", "JSON"],
            "default": "XML",
            "description": "The form of the answer.",
        },
    }
    found |= {name: _filter(name) for name in FILTERS}
    fields = REMOTE_SUPPORT.by_name["customFields"]
    for word in PAIR:
        column = fields.column(word.rpartition("_")[2].lower())
        note = f"{column.description} {WHOLE} {CUSTOM}"
        found[f"FILTER_{word}"] = {**TEXT, "maxLength": column.max_length, "description": note}
    return found


def _filter(name: str) -> Json:
    schema: Json = {**TEXT, "description": FILTER_NOTES.get(name, WHOLE)}
    word = name.removeprefix("FILTER_")
    if name == "FILTER_ID":
        schema["type"] = "integer"
    elif name in FILTER_WORDS:
        schema["enum"] = FILTER_WORDS[name]
    elif name not in FILTER_NOTES and word in VARIABLES:
        schema["maxLength"] = _column(VARIABLES[word]).max_length
    if name in FILTER_EXAMPLES:
        example = FILTER_EXAMPLES[name]
        schema["examples"] = [int(example) if name == "FILTER_ID" else example]
    return schema


def _longest(word: str) -> str:
    column = _column(VARIABLES[word])
    if word in PAIR:
        column = column.column(word.rpartition("_")[2].lower())
    return f" ({column.max_length})" if column.max_length and not column.many else ""


def _column(variable: Variable) -> Column:
    return REMOTE_SUPPORT.by_name[variable.column]


def _content() -> Json:
    rows = stored(REMOTE_SUPPORT)[:1]
    words = tuple(SAMPLE_VARS.split())
    xml, json = layout(words, False), layout(words, True)
    as_xml = xml.body([xml.row(row) for row in rows]).decode() if rows else None
    as_json = orjson.loads(json.body([json.row(row) for row in rows])) if rows else None
    return content(XML, answer(), sample=as_xml) | content(JSON, answer(), sample=as_json)


def answer() -> Json:
    """The tree: in XML below `response`, in JSON as it stands."""
    fields = {word.lower(): _field(word) for word in VARIABLES}
    row: Json = {"type": "object", "properties": fields, "xml": {"name": "request"}}
    return {
        "type": "object",
        "xml": {"name": "response"},
        "properties": {
            "nrequests": {"type": "integer", "description": "How many rows there are."},
            "requests": {"type": "array", "items": row, "xml": {"wrapped": True}},
        },
        "required": ["nrequests", "requests"],
    }


def _field(word: str) -> Json:
    column = _column(VARIABLES[word])
    note = described(column)
    if word == "ID":
        return {"type": "integer", "description": note}
    if word in PAIR:
        nested = column.column(word.rpartition("_")[2].lower())
        return {"type": "array", "items": TEXT, "description": described(nested)}
    if column.many:
        item = {**TEXT, "xml": {"name": VARIABLES[word].item}}
        if column.columns:
            names = ("date", "author", "text")
            item |= {"type": "object", "properties": dict.fromkeys(names, TEXT)}
        return {"type": "array", "items": item, "description": note, "xml": {"wrapped": True}}
    if column.type is BOOLEAN:
        return {**TEXT, "enum": ["TRUE", "FALSE"], "description": note}
    limit = {"maxLength": column.max_length} if column.max_length else {}
    return {**TEXT, **limit, "description": note}
