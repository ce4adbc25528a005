"""The reference of the remote-support paths; its prose stands in `reference.md`."""

import orjson

from app.rest import docs
from app.rest.remote_support import layout
from app.rest.remote_support.layout import JSON, SESSION, XML
from app.rest.remote_support.request import FILTERS, FORM, LONGEST_VARS, WHOLE
from app.rest.samples import stored
from schema.kinds.remote_support import REMOTE_SUPPORT

LONGEST_KEY = 64
SAMPLE_VARS = (
    "CUSTOMER_NAME CUSTOMER_NUMBER COMPUTER_NAME COMPUTER_DOMAIN PROBLEM_DESCRIPTION "
    "TECH_USERNAME DATE_START DATE_END HAS_VIDEOS COMPUTER_OS NOTES"
)
"""The vendor's third example call."""

CHAPTER = docs.Chapter(
    prose=docs.prose(REMOTE_SUPPORT),
    security=[{"KEY": []}],
    queries=(b"", b"OUTPUT_FORMAT=JSON"),
)


def _word(word: str) -> str:
    """A word of VARS with the longest value there is."""
    (member,) = layout.layout((word,)).members
    picked = member.source is not member.column
    limit = member.source.max_length if picked or not member.column.many else None
    return f"`{word}` ({limit})" if limit else f"`{word}`"


PARAMETERS: docs.Json = {
    "VARS": docs.text(
        "What to show of each session: words separated by spaces, with their longest values in "
        f"brackets: {', '.join(map(_word, layout.WORDS))}. **Ours:** OUTPUT_FORMAT may stand among "
        "them.",
        maxLength=LONGEST_VARS,
        examples=[SAMPLE_VARS],
    ),
    "OUTPUT_FORMAT": docs.text("The form of the answer.", enum=["XML", "JSON"], default="XML"),
    **{name: {**one.schema, "description": one.note} for name, one in FILTERS.items()},
    **{
        f"FILTER_CUSTOM_FIELD_{column.name.upper()}": docs.text(
            f"{column.description} {WHOLE} With the other of the pair: both of one and the same "
            "field.",
            maxLength=column.max_length,
        )
        for column in REMOTE_SUPPORT.by_name["customFields"].columns
    },
}
ROW = docs.schema_of(SESSION.members)
ANSWER = docs.members(
    {
        "nrequests": docs.number("How many rows there are."),
        "requests": docs.array(
            {"type": "object", "properties": ROW["properties"], "xml": {"name": "request"}},
            xml={"wrapped": True},
        ),
    },
    xml={"name": "response"},
)
"""The tree: in XML below `response`, in JSON as it stands; a row has what VARS asks for."""


def _sample(as_json: bool) -> bytes:
    table = layout.layout(tuple(SAMPLE_VARS.split()))
    return layout.body([layout.row(table, stored(REMOTE_SUPPORT)[0], as_json)], as_json)


CONTENT = {
    **docs.content(ANSWER, XML, sample=_sample(as_json=False).decode()),
    **docs.content(ANSWER, JSON, sample=orjson.loads(_sample(as_json=True))),
}
MEANING = "The sessions, or an error that the caller can correct."
WRONG = {
    **{name: one.refusal(name) for name, one in FILTERS.items() if one.note != WHOLE},
    "VARS": "Invalid VARS.",
    "OUTPUT_FORMAT": "Invalid OUTPUT_FORMAT setting.",
}
CASES = tuple(
    docs.Case("BAD_USER_INPUT", message, f"{name} is wrong") for name, message in WRONG.items()
)
FIELDS = {"KEY": docs.text("The credential's key.", maxLength=LONGEST_KEY), **PARAMETERS}
OPTIONAL = PARAMETERS.keys() - {"VARS"}
REQUIRED = {"required": True, "example": SAMPLE_VARS}

GET = docs.Operation(
    "Sessions that match",
    MEANING,
    CONTENT,
    CASES,
    tuple(
        docs.parameter("query", name, schema, **({} if name in OPTIONAL else REQUIRED))
        for name, schema in PARAMETERS.items()
    ),
)
POST = docs.Operation(
    "Sessions that match, asked for by a form",
    MEANING,
    CONTENT,
    CASES,
    body={"content": docs.content(docs.members(FIELDS, "KEY", *OPTIONAL), FORM)},
    security=[{"KEY": []}, {}],
)

DIFFERENCES = (
    docs.Difference(
        "remote_support.too_many_rows",
        "All sessions that match are in one answer.",
        "More than `GATEWAY_REMOTE_SUPPORT_MAX_ROWS` are refused; none is cut off.",
        "One request must not take all memory, and a list that is cut off looks complete.",
    ),
    docs.Difference(
        "remote_support.format_among_words",
        "`OUTPUT_FORMAT` stands among the words of `VARS`.",
        "It may stand there, or be a parameter of its own, which wins.",
        "Real calls have the parameter.",
    ),
    docs.Difference(
        "remote_support.element_names",
        "The layout is a picture.",
        "`nrequests`, `requests` and `request`, as the vendor's later API names them; the "
        "elements of chats and videos are the gateway's.",
        "A picture names no elements.",
    ),
    docs.Difference(
        "remote_support.no_forbidden_characters",
        "Nothing about characters that XML 1.0 forbids.",
        "They are removed.",
        "No parser would read the answer.",
    ),
    docs.Difference(
        "remote_support.flags_as_texts",
        "JSON is named, not shown.",
        "`has_videos` is the text `TRUE` or `FALSE` in JSON too, and an unknown value is an "
        "empty text.",
        "JSON is the same tree as the XML.",
    ),
)
