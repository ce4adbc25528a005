"""A small schema and server for the pages' tests: three bot sessions, one of them writable."""

import json
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import strawberry
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.asgi import GraphQL

from app.access.one_time_codes import OneTimeCodes
from app.pages import graphiql, sign_in
from app.settings import Settings

EXAMPLES = (
    graphiql.Example(
        "list",
        "Start",
        "All sessions",
        "# All sessions\nquery BotSessions {\n  botSessions {\n    sessionId\n  }\n}\n",
    ),
    graphiql.Example(
        "detail",
        "Start",
        "One session",
        "query BotSession($sessionId: String!) {\n"
        "  botSession(sessionId: $sessionId) {\n    sessionId\n    channel\n  }\n}\n",
        variables='{"sessionId": "bot-2"}',
    ),
    graphiql.Example("error", "Errors", "A refusal", "query Refused {\n  refused\n}\n"),
    graphiql.Example(
        "other",
        "Lists",
        "Another session",
        "query Other($id: String!) {\n  botSession(sessionId: $id) {\n    channel\n  }\n}\n",
        variables='{"id": "bot-3"}',
    ),
)
OPENAPI = {
    "openapi": "3.1.0",
    "info": {"title": "Stub", "version": "1"},
    "paths": {
        "/sessions/{sessionId}": {
            "get": {
                "summary": "One session",
                "parameters": [
                    {
                        "name": "sessionId",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string"},
                        "example": "bot-2",
                    }
                ],
                "responses": {"200": {"description": "The session"}},
            }
        }
    },
}


@strawberry.type
class BotSession:
    """A stand-in for a session."""

    session_id: str = strawberry.field(description="The vendor's own id.")
    channel: str


SESSIONS = [BotSession(session_id=f"bot-{n}", channel="web") for n in (1, 2, 3)]


@strawberry.type
class Viewer:
    """A stand-in for the caller."""

    name: str = "Stub"
    scopes: list[str] = strawberry.field(default_factory=lambda: ["bot:read"])
    is_everybody: bool = False


@strawberry.type
class Query:
    @strawberry.field
    def viewer(self) -> Viewer:
        return Viewer()

    @strawberry.field
    def bot_sessions(self) -> list[BotSession]:
        return SESSIONS

    @strawberry.field
    def bot_session(self, session_id: str) -> BotSession | None:
        return next((one for one in SESSIONS if one.session_id == session_id), None)

    @strawberry.field
    def refused(self) -> str | None:
        raise ValueError("refused by the stub")


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int = 3) -> AsyncGenerator[int, None]:
        for number in range(1, to + 1):
            yield number


class Quiet(strawberry.Schema):
    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        """The stub's refusals are meant; they need no log."""


SCHEMA = Quiet(Query, subscription=Subscription)


class Keyed:
    """Lets a request through that carries the key; any other is answered 401."""

    def __init__(self, inner: ASGIApp, key: str) -> None:
        self.inner = inner
        self.expected = f"Bearer {key}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = dict(scope["headers"]).get(b"authorization")
        if scope["type"] != "http" or given == self.expected:
            await self.inner(scope, receive, send)
            return
        refusal = {"message": "No valid key.", "extensions": {"code": "UNAUTHENTICATED"}}
        await JSONResponse({"errors": [refusal]}, 401)(scope, receive, send)


def application(
    *,
    key: str | None = None,
    codes: OneTimeCodes | None = None,
    examples: Sequence[graphiql.Example] = EXAMPLES,
    packages: Path | None = None,
) -> Starlette:
    """The pages over the stub; `key` asks for one, `packages` is another `node_modules`.

    `codes` are exchanged for the key.
    """

    def openapi(request: Request) -> JSONResponse:
        return JSONResponse(OPENAPI)

    def session(request: Request) -> JSONResponse:
        return JSONResponse({"sessionId": request.path_params["session_id"]})

    places = {} if packages is None else {"packages": packages}
    graphql: ASGIApp = GraphQL(SCHEMA, graphql_ide=None)
    settings = Settings(demo_key=SecretStr(key) if key else None)
    pages = [*graphiql.routes(settings, examples, **places), *sign_in.routes(settings, codes)]
    own = [
        Route("/openapi.json", openapi),
        Route("/sessions/{session_id}", session),
        Route("/graphql", Keyed(graphql, key) if key else graphql),
        WebSocketRoute("/graphql", graphql),
    ]
    return Starlette(routes=[*pages, *own])


def as_json(text: str) -> Any:
    """Parse what an editor holds; an empty editor is nothing."""
    return json.loads(text) if text.strip() else None
