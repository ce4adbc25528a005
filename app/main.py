"""The application: `create_app` builds everything from the settings, `serve` runs it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.auth import Authenticator
from app.context import State
from app.graphql import GraphQLEndpoint, limits
from app.http.boundary import Boundary
from app.http.origin import Hosts, Origins
from app.settings import Settings
from resolvers.errors import GatewayError
from resolvers.store import driver, indexes
from resolvers.store.store import Store
from schema.build import build
from schema.kinds import KINDS

log = logging.getLogger(__name__)

PAGES = ("/", "/graphiql", "/docs", "/graphql")
"""Where a link on another site may lead."""


class Gateway(FastAPI):
    """A FastAPI application that hands its busiest paths straight to their endpoints.

    The router and its middleware cost more than a whole GraphQL request does above the database.
    """

    direct: dict[str, ASGIApp]
    boundary: Boundary

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the boundary look at the request first."""
        await self.boundary(scope, receive, send)

    async def dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Dispatch by path, or leave it to FastAPI."""
        endpoint = self.direct.get(scope["path"]) if scope["type"] == "http" else None
        if endpoint is None:
            await super().__call__(scope, receive, send)
        else:
            scope["app"] = self
            await endpoint(scope, receive, send)


def create_app(settings: Settings) -> FastAPI:
    """The ASGI application; the database is opened when it starts up."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        client = driver.connect(
            settings.mongodb_uri or "mongodb://127.0.0.1:27017",
            settings.mongodb_driver,
            settings.deadline_seconds,
            asyncio.get_running_loop(),
        )
        database = driver.database(client, settings.mongodb_database, settings.deadline_seconds)
        store = Store(database, settings.deadline_seconds)
        authenticator = Authenticator(store, settings)
        app.state.gateway = State(store, settings, authenticator)
        try:
            async with authenticator.running():
                yield
        finally:
            await driver.close(client)

    app = Gateway(
        title="Session Gateway", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    schema = build(limits=limits(settings), introspection=settings.introspection)
    app.direct = {"/graphql": GraphQLEndpoint(schema, settings)}
    app.boundary = Boundary(
        app.dispatch,
        Hosts(settings.host, settings.allowed_hosts),
        Origins(settings.cors_origins),
        PAGES,
    )
    app.router.routes += [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
    ]
    return app


async def healthz(_request: Request) -> Response:
    """Whether the process answers."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Whether the database answers too."""
    store: Store = request.app.state.gateway.store
    try:
        await store.run(store.ping())
    except GatewayError:
        return JSONResponse({"status": "unavailable"}, 503, {"Retry-After": "1"})
    return JSONResponse({"status": "ok"})


async def prepare(settings: Settings, uri: str) -> None:
    """Create collections, indexes and validation before the first request."""
    deadline = 60.0
    client = driver.connect(uri, settings.mongodb_driver, deadline, asyncio.get_running_loop())
    try:
        database = driver.database(client, settings.mongodb_database, deadline)
        kinds = [entry.kind for entry in KINDS]
        await indexes.prepare(Store(database, deadline), kinds, settings.retention)
    finally:
        await driver.close(client)


def serve(settings: Settings, demo: bool = True) -> None:
    """Prepare the database and answer requests until stopped."""
    assert settings.mongodb_uri is not None
    asyncio.run(prepare(settings, settings.mongodb_uri))
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
