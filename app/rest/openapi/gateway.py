"""The paths of the gateway itself: GraphQL and health, in short."""

from app.rest.openapi.chapter import BEARER, Json, content, named
from app.rest.openapi.columns import members

TITLE = "Gateway"
DESCRIPTION = (
    "GraphQL, which has a reference of its own at `/graphiql`, and the health of the server."
)
TEXT: Json = {"type": "string"}
OBJECT: Json = {"type": "object"}
MEDIA_TYPES = ("application/graphql-response+json", "application/json")
QUERY = '{ botSession(sessionId: "6465cf6e4769ed4e822b82a1") { botId } }'
FOUND = {"data": {"botSession": {"botId": "st-dc600cf5-b1c5-581e-a2c3-eb81fe39c927"}}}


def paths() -> Json:
    """Paths that no vendor has."""
    return {
        "/graphql": {"get": _graphql_get(), "post": _graphql_post()},
        "/healthz": {"get": _health("healthz", "Whether the process answers", {})},
        "/readyz": {"get": _health("readyz", "Whether the database answers too", _unready())},
    }


def _graphql_get() -> Json:
    parameters = [
        named("query", "query", "The operation's text; queries only.", TEXT),
        named("query", "operationName", "Which of several operations.", TEXT),
        named("query", "variables", "A JSON object.", TEXT),
        named("query", "extensions", "A JSON object, for persisted queries.", TEXT),
    ]
    return _graphql("graphqlGet", "A GraphQL query by address", parameters=parameters)


def _graphql_post() -> Json:
    fields = {"query": TEXT, "operationName": TEXT, "variables": OBJECT, "extensions": OBJECT}
    body = content("application/json", members(fields, *fields), query={"query": QUERY})
    return _graphql(
        "graphqlPost",
        "A GraphQL query or mutation",
        requestBody={"required": True, "content": body},
    )


def _graphql(name: str, summary: str, **more: object) -> Json:
    errors = {"type": "array", "items": OBJECT}
    answer = members({"data": {"type": ["object", "null"]}, "errors": errors}, "data", "errors")
    bodies: Json = {}
    for media_type in MEDIA_TYPES:
        bodies |= content(media_type, answer, found=FOUND)
    refused: Json = {"content": bodies}
    return {
        "tags": [TITLE],
        "operationId": name,
        "summary": summary,
        "description": "GraphQL over HTTP. Errors have a code in `extensions.code`.",
        "security": BEARER,
        **more,
        "responses": {
            "200": {"description": "The answer.", "content": bodies},
            "400": {"description": "The text, the variables or the request are wrong."} | refused,
            "401": {"description": "No valid credential."} | refused,
            "429": {"description": "Too many requests; see `Retry-After`."} | refused,
            "503": {"description": "The database is away; see `Retry-After`."} | refused,
        },
    }


def _health(name: str, summary: str, more: Json) -> Json:
    body = content("application/json", members({"status": TEXT}), ok={"status": "ok"})
    return {
        "tags": [TITLE],
        "operationId": name,
        "summary": summary,
        "security": [],
        "responses": {"200": {"description": "It does.", "content": body}, **more},
    }


def _unready() -> Json:
    example = {"status": "unavailable"}
    body = content("application/json", members({"status": TEXT}), unavailable=example)
    return {"503": {"description": "It does not.", "content": body}}
