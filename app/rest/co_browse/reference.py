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
    tagged=True,
)

DIFFERENCES = (
    docs.Difference(
        "co_browse.key",
        "No authentication: the server stands in a network of its own.",
        "A key is needed, unless `GATEWAY_OPEN_PATHS` names `co_browse`.",
        "The gateway is reached by more than the agents' desktops, and addresses of pages are"
        " personal.",
    ),
    docs.Difference(
        "co_browse.activation",
        "Every sample has `activationTime`.",
        "The field is missing if no agent joined.",
        "Any number would be untrue.",
    ),
    docs.Difference(
        "co_browse.active",
        "Nothing about sessions that go on.",
        "They are 404 until they end.",
        "The page describes the history of ended sessions. GraphQL shows active ones.",
    ),
    docs.Difference(
        "co_browse.retention",
        "Histories are removed after 14 days.",
        "They stay, unless `GATEWAY_RETENTION_CO_BROWSE_SECONDS` is set.",
        "Nothing vanishes unasked.",
    ),
)
