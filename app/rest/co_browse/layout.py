"""How a co-browse session looks at Genesys."""

from datetime import datetime, timedelta
from typing import Any

from app.rest.layout import UUID, Codec, Field, Layout
from resolvers.errors import Invalid
from schema.kinds.co_browse import CO_BROWSE

JSON = "application/json; charset=UTF-8"
EPOCH = datetime(1970, 1, 1)


def _read_unix(value: Any) -> datetime:
    try:
        if type(value) is int:
            return EPOCH + timedelta(milliseconds=value)
    except OverflowError:
        pass
    raise Invalid("Unix time in milliseconds such as 1369939707527")


UNIX = Codec(
    lambda moment: (moment - EPOCH) // timedelta(milliseconds=1),
    {"type": "integer", "format": "int64"},
    read=_read_unix,
    note="Unix time in milliseconds.",
)

SESSION = Layout(
    CO_BROWSE,
    (
        Field("id", "sessionId", UUID),
        Field("sessionToken"),
        Field("creationTime", shown=UNIX),
        Field("activationTime", shown=UNIX, when=("activationTime",)),
        Field("deactivationTime", shown=UNIX, when=("deactivationTime",)),
        Field(
            "pages",
            fields=(Field("url"), Field("enteredTimestamp", shown=UNIX), Field("duration")),
        ),
    ),
    strict=True,
    given=("deactivationTime", "duration"),  # only ended sessions are shown
)
