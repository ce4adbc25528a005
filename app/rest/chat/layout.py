"""How a chat looks at Agendize.

`emaillAddress` is the spelling of the vendor's page, `emailAddress` that of its sample: both are
sent.
"""

from datetime import datetime

from app.rest.layout import Codec, Field, Layout, words
from resolvers.kind import Document
from resolvers.request import Summary
from schema.kinds.chat import CHAT


def _clock(local: datetime) -> str:
    """Milliseconds only where there are any."""
    return local.isoformat(timespec="milliseconds" if local.microsecond else "seconds")


CLOCK = Codec(
    _clock,
    {"type": "string"},
    note="Local clock time without an offset, such as `2025-02-11T15:04:20`.",
)
SOURCES = words({"OPERATOR": "operator", "VISITOR": "visitor"})
ZONED = (Field("dateTime", shown=CLOCK), Field("timeZone"))

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
                Field("sent", fields=ZONED),
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
