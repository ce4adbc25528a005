"""How bot sessions look at Kore.ai: a page of rows.

An active session has neither `end_time` nor `containmentType`, a closed one without containment
type has no such member. A tag's value stands before its name, as in the vendor's samples.
"""

from collections.abc import Iterable, Sequence

from app.rest.layout import INSTANT, Codec, Field, Layout, words
from resolvers.kind import Document
from schema.kinds.bot import BOT

SESSION_TYPES = {"INTERACTIVE": "interactive", "NON_INTERACTIVE": "non-interactive"}
CONTAINMENT_TYPES = {"DROP_OFF": "dropOff", "SELF_SERVICE": "selfService", "AGENT": "agent"}
"""Stored names and the vendor's words for them."""

STATUS = Codec(
    lambda _ended: "closed",
    {"type": "string", "enum": ["active", "closed"]},
    null="active",
    note="Here only whether it did. **Ours** in list answers.",
)
TAG = (Field("value"), Field("name"))

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
        Field("isDeveloper"),
        Field("sessionStatus", "endTime", STATUS),
        Field("tags", fields=(Field("userTags", fields=TAG), Field("sessionTags", fields=TAG))),
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
