"""The reference of the knowledge paths."""

from app.rest.knowledge.endpoint import (
    FROM_BODY,
    FROM_HEADERS,
    NOT_FOUND,
    OTHER_CUSTOMER,
    VENDOR,
    session_info,
)
from app.rest.openapi.chapter import BEARER, Chapter, Json, Operation, Refusal, content, named
from app.rest.openapi.columns import members, nullable, shown
from app.rest.openapi.samples import stored
from app.rest.vendor import Endpoint
from app.settings import Settings
from schema.kinds.knowledge import KNOWLEDGE

WRONG_BODY = Refusal(
    "BAD_USER_INPUT",
    "The body must be a JSON object.",
    "the body is no JSON object, a field has the wrong type, or a value is too long",
)
OTHER = Refusal("CONFLICT", OTHER_CUSTOMER, "another customer is tied to the session")
UNKNOWN = Refusal(
    "NOT_FOUND",
    NOT_FOUND,
    "the session is unknown and may not be made (`GATEWAY_KNOWLEDGE_AUTO_CREATE=false`, or a "
    "credential that may only read)",
)


def chapter(_settings: Settings) -> Chapter:
    """Genesys Knowledge Center 8.5, sessions."""
    return Chapter(
        vendor=VENDOR,
        title="Knowledge sessions",
        description="Sessions as Genesys Knowledge Center Server 8.5 makes, shows and ties them, "
        "under the bare paths of its page and under `/gks-server/v1`, where its clients ask. A "
        "request needs neither a body nor a Content-Type. **Ours:** a key is needed (the vendor "
        "has none; `GATEWAY_OPEN_PATHS` can open the paths); every field of the answer but "
        "`sessionId`; the body of errors; 405 for other methods; an empty value says as little "
        "as a missing one.",
        operation=_operation,
        error=members(
            {
                "statusCode": {"type": "integer", "description": "The HTTP status."},
                "errorMessage": {"type": "string", "description": "What is wrong."},
            }
        ),
        security=BEARER,
        path_parameters={
            "sessionId": {
                "schema": {"type": "string"},
                "description": "The session's id: " + KNOWLEDGE.session_ids.description + " "
                "**Ours:** anything else leads to a new session under a fresh UUID.",
            }
        },
    )


def _operation(endpoint: Endpoint) -> Operation:
    make = {"PUT": _create, "GET": _show, "POST": _link}[endpoint.method]
    sample = [session_info(document) for document in stored(KNOWLEDGE)[:1]]
    return make(content("application/json", info(), sample=sample[0] if sample else None))


def _create(answer: Json) -> Operation:
    return Operation(
        summary="Make a session",
        description="Anonymous if nothing identifies it.",
        answer="The new session.",
        content=answer,
        parameters=headers(),
        body=body(),
        refusals=(WRONG_BODY,),
    )


def _show(answer: Json) -> Operation:
    return Operation(
        summary="Show a session, or make it",
        description="An unknown session is made under the given id, with what the headers say; "
        "one that is known stays as it is.",
        answer="The session.",
        content=answer,
        parameters=headers(),
        refusals=(UNKNOWN,),
    )


def _link(answer: Json) -> Operation:
    return Operation(
        summary="Tie an agent, a customer and visits to a session",
        description="What is not sent stays as it was; an unknown session is made and tied.",
        answer="The session as it is now.",
        content=answer,
        parameters=headers(),
        body=body(),
        refusals=(WRONG_BODY, OTHER),
    )


def headers() -> tuple[Json, ...]:
    """Who is concerned."""
    columns = ((header, KNOWLEDGE.by_name[name]) for header, name in FROM_HEADERS.items())
    return tuple(
        named(
            "header", header, column.description, {"type": "string", "maxLength": column.max_length}
        )
        for header, column in columns
    )


def body() -> Json:
    """Which visits are concerned."""
    fields = {name: nullable(shown(KNOWLEDGE.by_name[name], {})) for name in FROM_BODY}
    schema = members(fields, *fields)
    return {
        "description": "Optional, as is its Content-Type. Unknown members are ignored.",
        "content": content("application/json", schema),
    }


def info() -> Json:
    """SessionInfo."""
    names = (*FROM_HEADERS.values(), *FROM_BODY)
    fields = {name: nullable(shown(KNOWLEDGE.by_name[name], {})) for name in names}
    session_id = shown(KNOWLEDGE.by_name["sessionId"], {}, format="uuid")
    return members({"sessionId": session_id, **fields})
