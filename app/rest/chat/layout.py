"""How a chat looks at Agendize.

`emaillAddress` and `sent.dateTime` are the spelling of the vendor's page, `emailAddress` and
`sent.datetime` that of its sample: both are sent.
"""

from datetime import datetime
from typing import Any

from app.rest.layout import Codec, Field, Layout, words
from resolvers.errors import Invalid
from resolvers.kind import Document
from resolvers.moments import CLOCK_TIME, parse_local
from resolvers.request import Summary
from schema.kinds.chat import CHAT


def _clock(local: datetime) -> str:
    """Milliseconds only where there are any."""
    return local.isoformat(timespec="milliseconds" if local.microsecond else "seconds")


def _read_clock(value: Any) -> datetime:
    try:
        return parse_local(value)
    except Invalid:
        raise Invalid(f"clock time without an offset such as {CLOCK_TIME!r}") from None


CLOCK = Codec(
    _clock,
    {"type": "string"},
    read=_read_clock,
    note="Local clock time without an offset, such as `2025-02-11T15:04:20`.",
)
SOURCES = words({"OPERATOR": "operator", "VISITOR": "visitor"})
ZONED = (Field("dateTime", shown=CLOCK), Field("timeZone"))
SENT = (Field("dateTime", shown=CLOCK), Field("datetime", "dateTime", CLOCK), Field("timeZone"))

SESSION = Layout(
    CHAT,
    (
        Field("id", "sessionId"),
        Field("button", fields=(Field("id", "buttonId"), Field("name"))),
        Field(
            "visitor",
            fields=(
                Field("name"),
                Field("emaillAddress", "emailAddress"),
                Field("emailAddress"),
                Field("networkAddress"),
                Field("startPage"),
                Field("country"),
                Field("city"),
                Field("operatingSystem"),
                Field("browser"),
                Field("userAgent"),
            ),
        ),
        Field("start", fields=ZONED),
        Field(
            "messages",
            fields=(
                Field("id", "messageId"),
                Field("sessionId", of_session=True),
                Field("message"),
                Field("source", shown=SOURCES),
                Field("sent", fields=SENT),
            ),
        ),
    ),
)


def summary(found: Summary) -> Document:
    """`averageChatSessionDuration` in seconds (0.0 over none) and `chatSessions`."""
    return {
        "summary": {
            "averageChatSessionDuration": found.average_duration_seconds or 0.0,
            "chatSessions": found.count,
        }
    }
