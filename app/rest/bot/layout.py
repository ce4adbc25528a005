"""How bot sessions look at Kore.ai: a page of rows.

An active session has neither `end_time` nor `containmentType`, a closed one without containment
type has no such member. A tag's value stands before its name, as in the vendor's samples; in
`altText` it stands behind, as in live answers.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from app.rest.layout import INSTANT, Codec, Field, Layout, words
from resolvers.errors import Invalid
from resolvers.json_text import type_name, type_of, write
from resolvers.kind import Document
from schema.kinds.bot import BOT

SESSION_TYPES = {"INTERACTIVE": "interactive", "NON_INTERACTIVE": "non-interactive"}
CONTAINMENT_TYPES = {"DROP_OFF": "dropOff", "SELF_SERVICE": "selfService", "AGENT": "agent"}
"""Stored names and the vendor's words for them."""

STATUS = Codec(
    lambda _ended: "closed",
    {"type": "string", "enum": ["active", "closed"]},
    null="active",
    found=False,
    note="Here only whether it did. **Ours** in list answers.",
)


def _tag_value(value: str | None, type_: str | None) -> Any:
    """A text as it is, anything else as the JSON that it came as."""
    if type_ is None or type_name(value) != type_:
        return value
    assert value is not None
    return orjson.Fragment(value)


def _read_tag_value(value: Any) -> tuple[str, str | None]:
    """What is stored of it: the text, or its JSON and what that is."""
    type_ = type_of(value)
    return (value if type_ is None else write(value)), type_


def _read_flag(value: Any) -> bool:
    if value in (True, False) and not isinstance(value, float):
        return bool(value)
    raise Invalid("true or false")


FLAG = Codec(read=_read_flag)
"""Answers have 1 and 0, too."""
VALUE = Field(
    "value",
    shown=Codec(
        _tag_value, note="A text, or any other JSON value that the bot gave.", read=_read_tag_value
    ),
    beside="valueType",
)
TAG = (VALUE, Field("name"))
ALT_TEXT = (Field("name"), VALUE)

SESSION = Layout(
    BOT,
    (
        Field("sessionId"),
        Field("botId"),
        Field("channel"),
        Field("userId"),
        Field("start_time", "startTime", INSTANT),
        Field("end_time", "endTime", INSTANT, when=("endTime",)),
        Field("session_lang", "sessionLang"),
        Field("sessionType", shown=words(SESSION_TYPES)),
        Field(
            "containmentType",
            shown=words(CONTAINMENT_TYPES),
            when=("endTime", "containmentType"),
        ),
        Field("isDeveloper", shown=FLAG),
        Field("sessionStatus", "endTime", STATUS),
        Field(
            "tags",
            fields=(
                Field("userTags", fields=TAG),
                Field("sessionTags", fields=TAG),
                Field("altText", fields=ALT_TEXT),
            ),
        ),
        Field("noOfMessagesExchanged"),
        Field("noOfTasksExecuted"),
    ),
)


def page(
    rows: Iterable[Document], total: int, more: bool, invalid: Sequence[str] | None = None
) -> Document:
    """The vendor's body over stored sessions; `invalid` are the asked ids without a session."""
    shown = [SESSION.row(row) for row in rows]
    body = {"total": total, "moreAvailable": more, "sessions": shown}
    return body if invalid is None else {**body, "invalidSessions": invalid}
