"""How a co-browse session looks at Genesys."""

from datetime import datetime, timedelta

from app.rest.layout import UUID, Codec, Field, Layout
from schema.kinds.co_browse import CO_BROWSE

JSON = "application/json; charset=UTF-8"
EPOCH = datetime(1970, 1, 1)

UNIX = Codec(
    lambda moment: (moment - EPOCH) // timedelta(milliseconds=1),
    {"type": "integer", "format": "int64"},
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
