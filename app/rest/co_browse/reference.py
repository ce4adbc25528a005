"""The reference of the co-browse path."""

import orjson

from app.rest.co_browse.endpoint import JSON, SESSION, VENDOR, encode
from app.rest.openapi.chapter import BEARER, Chapter, Json, Operation, Refusal, content
from app.rest.openapi.columns import members, shown
from app.rest.openapi.samples import stored
from app.rest.vendor import Endpoint
from app.settings import Settings
from resolvers.kind import Column
from schema.kinds.co_browse import CO_BROWSE

MILLISECONDS: Json = {"type": "integer", "format": "int64"}
UNIX = "Unix time in milliseconds"


def chapter(settings: Settings) -> Chapter:
    """Genesys Co-browse 8.1, history."""
    kept = settings.retention.get(CO_BROWSE.name)
    span = f"{kept} seconds after they began" if kept else "never, unless the operator says so"
    return Chapter(
        vendor=VENDOR,
        title="Co-browse history",
        description="One ended co-browse session with its pages, as Genesys Co-browse 8.1 tells "
        "it. There is no list and no search. **Ours:** a key is needed (the vendor relies on its "
        "network; `GATEWAY_OPEN_PATHS` can open the path); a session that goes on is unknown "
        "here, as is an expired one; the body of errors; 405 for other methods. Histories "
        f"expire: {span} (the vendor: after 14 days).",
        operation=_operation,
        error=members({"error": {"type": "string", "description": "What is wrong."}}),
        security=BEARER,
        path_parameters={
            "session_history_id": {
                "schema": {"type": "string"},
                "description": "The session's id: " + CO_BROWSE.session_ids.description,
            }
        },
    )


def _operation(_endpoint: Endpoint) -> Operation:
    sample = [orjson.loads(encode(document)) for document in stored(CO_BROWSE)[:1]]
    return Operation(
        summary="One ended session",
        description="Times are Unix milliseconds, durations whole seconds. **Ours:** "
        "`activationTime` is missing where no agent joined.",
        answer="The session.",
        content=content(JSON, session(), sample=sample[0] if sample else None),
        refusals=(
            Refusal(
                "NOT_FOUND",
                "There is no co-browse history with this id.",
                "the id is unknown, malformed or expired, or its session goes on",
            ),
        ),
    )


def session() -> Json:
    """The vendor's fields, in its order."""
    fields = {name: _field(CO_BROWSE.by_name[column]) for name, column in SESSION.items()}
    return members(fields, "activationTime")


def _field(column: Column) -> Json:
    if column.columns:
        page = members({nested.name: _plain(nested) for nested in column.columns})
        return {"type": "array", "items": page, "description": column.description}
    return _plain(column)


def _plain(column: Column) -> Json:
    schema = shown(column, MILLISECONDS)
    if "format" in schema:
        schema["description"] += f" {UNIX}."
    if column.name == "sessionId":
        schema["format"] = "uuid"
    return schema
