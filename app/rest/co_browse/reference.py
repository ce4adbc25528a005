"""The reference of the co-browse path; its prose stands in `reference.md`."""

from app.rest import docs
from app.rest.co_browse.layout import JSON, SESSION
from app.rest.samples import stored
from schema.kinds.co_browse import CO_BROWSE

UNKNOWN = "There is no co-browse history with this id."

CHAPTER = docs.Chapter(
    prose=docs.prose(CO_BROWSE),
    names={"session_history_id": f"The session's id: {CO_BROWSE.session_ids.description}"},
)

GET = docs.Operation(
    "One ended session",
    "The session.",
    docs.content(docs.schema_of(SESSION.members), JSON, sample=SESSION.row(stored(CO_BROWSE)[0])),
    cases=(
        docs.Case(
            "NOT_FOUND", UNKNOWN, "the id is unknown, malformed or expired, or its session goes on"
        ),
    ),
)
