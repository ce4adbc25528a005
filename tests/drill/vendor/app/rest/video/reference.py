"""The reference of the video paths; its prose stands in `reference.md`."""

from app.rest import docs
from app.rest.samples import stored
from app.rest.video.layout import SESSION, page
from app.rest.video.request import MOST
from schema.kinds.video import VIDEO

UNKNOWN = "There is no such session."

CHAPTER = docs.Chapter(prose=docs.prose(VIDEO), names={"sessionId": "The session's id."})

SHOWN = docs.schema_of(SESSION.members)

GET = docs.Operation(
    "One session",
    "The session.",
    docs.content(SHOWN, sample=SESSION.row(stored(VIDEO)[0])),
    cases=(docs.Case("NOT_FOUND", UNKNOWN, "the id is unknown"),),
)

LIST = docs.Operation(
    "The newest sessions",
    "The sessions.",
    docs.content(
        docs.members({"sessions": docs.array(SHOWN), "more": {"type": "boolean"}}),
        sample=page(stored(VIDEO), False),
    ),
    cases=(docs.Case("BAD_USER_INPUT", "count must be …", f"`count` is not 1 to {MOST}"),),
    parameters=(
        docs.parameter("query", "room", docs.text(VIDEO.by_name["room"].description)),
        docs.parameter("query", "count", docs.number("How many.", minimum=1, maximum=MOST)),
    ),
)
