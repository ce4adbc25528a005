"""GraphQL over HTTP: bytes in, bytes out.

Follows the GraphQL-over-HTTP specification (graphql.github.io/graphql-over-http): JSON requests by
POST, queries by GET, `application/graphql-response+json` where the client accepts it.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.types.graphql import OperationType

from app.context import State
from resolvers.errors import BadInput, GatewayError
from schema.build import Schema
from schema.errors import formatted

QUERIES_ONLY = {OperationType.QUERY}
ANY = {OperationType.QUERY, OperationType.MUTATION}


class GraphQLEndpoint:
    """Answers GraphQL requests from one schema."""

    def __init__(self, schema: Schema, max_body: int) -> None:
        self._schema = schema
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        """One request, one response; every failure is a GraphQL error in JSON."""
        if request.method not in ("GET", "POST"):
            return _refusal(405, "Use POST, or GET for queries.", {"Allow": "GET, POST"})
        try:
            parameters = await self._parameters(request)
        except GatewayError as error:
            return _refusal(400, error.message)
        state: State = request.app.state.gateway
        return await self._execute(parameters, request.method, state)

    async def _parameters(self, request: Request) -> Mapping[str, Any]:
        if request.method == "GET":
            return _from_query(request)
        body = await _body(request, self._max_body)
        try:
            parameters = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise BadInput("The body is no valid JSON in UTF-8.") from None
        if not isinstance(parameters, dict):
            raise BadInput("The body must be a JSON object with the key `query`.")
        return parameters

    async def _execute(self, parameters: Mapping[str, Any], method: str, state: State) -> Response:
        result = await self._schema.execute(
            parameters.get("query"),
            variable_values=parameters.get("variables"),
            operation_name=parameters.get("operationName"),
            context_value=state.context(),
            allowed_operation_types=QUERIES_ONLY if method == "GET" else ANY,
        )
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            body["errors"] = [formatted(error) for error in result.errors]
        return _json(200, body)


async def _body(request: Request, limit: int) -> bytes:
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > limit:
            raise BadInput(f"The body is larger than {limit} bytes.")
    return bytes(chunks)


def _from_query(request: Request) -> Mapping[str, Any]:
    parameters: dict[str, Any] = dict(request.query_params)
    if "variables" in parameters:
        try:
            parameters["variables"] = orjson.loads(parameters["variables"])
        except orjson.JSONDecodeError:
            raise BadInput("variables: this is no valid JSON.") from None
    return parameters


def _json(
    status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Response:
    return Response(orjson.dumps(body), status, headers, "application/json; charset=utf-8")


def _refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    error = GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})
    return _json(status, {"errors": [error.formatted]}, headers)
