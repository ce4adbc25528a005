"""The reference of the knowledge paths; its prose stands in `reference.md`."""

from app.rest import docs
from app.rest.knowledge.layout import SESSION
from app.rest.knowledge.request import FROM_BODY, FROM_HEADERS
from app.rest.samples import stored
from schema.kinds.knowledge import KNOWLEDGE

NOT_FOUND = "Session not found"
OTHER_CUSTOMER = "The session is tied to another customer."

CHAPTER = docs.Chapter(
    prose=docs.prose(KNOWLEDGE),
    names={
        "sessionId": f"The session's id: {KNOWLEDGE.session_ids.description} **Ours:** anything "
        "else leads to a new session under a fresh UUID."
    },
)

INFO = docs.schema_of(SESSION.members)
ANSWER = docs.content(INFO, sample=SESSION.row(stored(KNOWLEDGE)[0]))
HEADERS = tuple(
    docs.parameter("header", header, {**INFO["properties"][name], "type": "string"})
    for header, name in FROM_HEADERS.items()
)
BODY = {
    "description": "Optional, as is its Content-Type. Unknown members are ignored.",
    "content": docs.content(
        docs.members({name: INFO["properties"][name] for name in FROM_BODY}, *FROM_BODY)
    ),
}
WRONG_BODY = docs.Case(
    "BAD_USER_INPUT",
    "The body must be a JSON object.",
    "the body is not a JSON object, a field has the wrong type, or a value is too long",
)
UNKNOWN = docs.Case(
    "NOT_FOUND",
    NOT_FOUND,
    "the session is unknown and may not be made (`GATEWAY_KNOWLEDGE_AUTO_CREATE=false`, or a "
    "credential that may only read or is limited to several tenants)",
)
LINKED_TO_ANOTHER = docs.Case("CONFLICT", OTHER_CUSTOMER, "another customer is tied to the session")

CREATE = docs.Operation("Make a session", "The new session.", ANSWER, (WRONG_BODY,), HEADERS, BODY)
GET = docs.Operation(
    "Show a session, or make it", "The session.", ANSWER, (UNKNOWN,), HEADERS, tagged=True
)
LINK = docs.Operation(
    "Tie an agent, a customer and visits to a session",
    "The session as it is now.",
    ANSWER,
    (WRONG_BODY, LINKED_TO_ANOTHER),
    HEADERS,
    BODY,
)

DIFFERENCES = (
    docs.Difference(
        "knowledge.key",
        "No authentication.",
        "A key is needed, unless `GATEWAY_OPEN_PATHS` names `knowledge`.",
        "As for co-browse.",
    ),
    docs.Difference(
        "knowledge.fields",
        "Clients read `sessionId` alone.",
        "The answer has all five fields, null where nothing is linked.",
        "A client sees what it has linked.",
    ),
    docs.Difference(
        "knowledge.fresh_id",
        "GET of an unknown id makes that session.",
        "An id that is not a UUID gets a session under a new UUID, which the answer has.",
        "The vendor's ids are UUIDs; others could not be linked later.",
    ),
    docs.Difference(
        "knowledge.one_case",
        "Nothing about upper and lower case in ids.",
        "Capitals are the same session; answers have lower case.",
        "RFC 9562, section 4. Two sessions of one id could have two customers.",
    ),
    docs.Difference(
        "knowledge.other_customer",
        "400 is described, not its cases.",
        "400 for another customer than the linked one.",
        "A session belongs to one customer.",
    ),
    docs.Difference(
        "knowledge.envelope",
        "Release 8.5.3 puts the session into `response`.",
        "The fields are top-level, as in 8.5.1.",
        "Public clients read the top-level `sessionId`.",
    ),
)
