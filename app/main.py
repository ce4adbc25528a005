"""The application: `create_app` builds everything from the settings."""

import asyncio
import gc
import logging
import math
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app import auditing, health, rest
from app.access.authenticator import Authenticator
from app.access.one_time_codes import OneTimeCodes
from app.context import State
from app.database.connect import learned, open_store
from app.export import endpoint as export
from app.graphql.endpoint import GraphQLEndpoint, limits
from app.graphql.streams import Streams
from app.health import Readiness
from app.http.admission import Admission
from app.http.boundary import Boundary
from app.http.lingering import Lingering
from app.http.origin import Hosts, Origins
from app.http.protocol import REFUSED
from app.http.proxies import TrustedProxies
from app.http.refusal import RefusedError, respond
from app.http.request_id import request_id
from app.observing.facts import facts_of
from app.observing.observers import Observers
from app.pages import fallback, graphiql, guide, landing, security_txt, sign_in
from app.pages.reference_access import closed
from app.rest import openapi
from app.rest.routing import VendorRoutes
from app.rest.vendor import Refusal
from app.settings import Settings
from resolvers.errors import GatewayError
from resolvers.store import driver, preparation
from resolvers.store.driver import DRIVER_ERRORS
from schema.build import Schema, build
from schema.kinds import KINDS

log = logging.getLogger("gateway.process")

PAGES = (
    "/",
    "/graphiql",
    "/docs",
    "/graphql",
    *guide.addresses(),
    *export.addresses([entry.kind for entry in KINDS]),
)
"""Where a link on another site may lead."""
ALL_KINDS = frozenset(entry.kind.name for entry in KINDS)
WAITING = 3
"""How many requests may wait for each that may run, unless the settings say how many there may be.
They wait for half a second at most, and cost little."""
LEARN_SECONDS = 2.0
"""How soon a database that did not answer is asked again what it can do."""
OPERATIONS = 2
"""Connections to the database that one request may need at once: for a page and a count."""
DRAINED = 16
"""How many times the largest body is read and ignored, so that its sender sees the refusal."""


class Gateway(FastAPI):
    """A FastAPI application that hands its busiest paths straight to their endpoints.

    The router and its middleware cost more than a whole GraphQL request does above the database.
    """

    direct: dict[str, ASGIApp]
    socket: ASGIApp
    """What answers WebSockets at `/graphql`."""
    streams: Streams
    vendors: VendorRoutes
    entrance: ASGIApp
    admission: Admission
    readiness: Readiness | None = None
    """Over a connection of its own, while the application runs."""
    settings: Settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the boundary, and what stands before it, look at the request first."""
        await self.entrance(scope, receive, send)

    async def dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Dispatch by path, or leave it to FastAPI."""
        endpoint = self._endpoint(scope) if scope["type"] == "http" else None
        if scope["type"] == "websocket" and scope["path"] == "/graphql":
            endpoint = self.socket
        if endpoint is None:
            await super().__call__(scope, receive, send)
        else:
            scope["app"] = self
            await endpoint(scope, receive, send)

    def _endpoint(self, scope: Scope) -> ASGIApp | None:
        """What answers this path directly: a vendor's routes add what they found to the scope."""
        endpoint = self.direct.get(scope["path"])
        if endpoint is not None:
            return endpoint
        match, found = self.vendors.matches(scope)
        if match is Match.NONE:
            return None
        scope.update(found)
        return self.vendors.handle

    def needs_credential(self, scope: Scope) -> bool:
        """Whether this is a vendor's path that is closed to strangers: any name may lead there."""
        vendor = self.vendors.vendor(scope)
        return vendor is not None and not self.state.gateway.authenticator.is_open(vendor.name)

    def refused(self, scope: Scope, error: RefusedError) -> ASGIApp | None:
        """A refusal in the shape of the vendor whose path this is."""
        facts_of(scope).codes.append(error.extensions["code"])
        refusal = Refusal(error.status, error.extensions["code"], error.message)
        response = self.vendors.refused(scope, refusal)
        if response:
            response.headers.update({key.decode(): value.decode() for key, value in error.headers})
        return response

    async def refuse(self, scope: Scope, receive: Receive, send: Send, error: RefusedError) -> None:
        """Send a refusal in the shape of its path."""
        shaped = self.refused(scope, error)
        if shaped:
            await shaped(scope, receive, send)
        else:
            body = error.body(request_id(scope))
            await respond(send, error.status, body, headers=error.headers)

    def openapi(self) -> dict[str, Any]:
        """The document at `/openapi.json`, made when it is first asked for."""
        if self.openapi_schema is None:
            self.openapi_schema = openapi.document(self.settings, self.version)
        return self.openapi_schema


def create_app(
    settings: Settings, codes: OneTimeCodes | None = None, metrics_folder: Path | None = None
) -> FastAPI:
    """The ASGI application; the database is opened when it starts up.

    `codes` are the one-time codes in the addresses that this start prints. `metrics_folder` is
    where one of several workers writes what it measured.
    """
    observers = Observers(settings, metrics_folder)
    app = Gateway(
        title="Session Gateway",
        version=version("session-gateway"),
        lifespan=_lifespan(settings, observers),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.settings = settings
    schema = build(
        limits=limits(settings),
        introspection=settings.introspection,
        cached=settings.cache_bytes * 7 // 8,
    )
    endpoint = GraphQLEndpoint(schema, settings)
    app.direct = {"/graphql": endpoint}
    app.socket, app.streams = endpoint.websocket, endpoint.streams
    observers.streams(endpoint.streams)
    observers.cache("persisted", endpoint.documents)
    observers.cache("operations", schema.operations)
    app.vendors = rest.routes(settings)
    app.entrance = _entrance(app, settings, observers)
    app.router.routes += [
        Route("/healthz", health.healthz),
        Route("/readyz", health.readyz),
        *export.routes(settings, schema, [entry.kind for entry in KINDS]),
        *_pages(settings, schema, codes),
    ]
    fallback.install(app)
    return app


def _lifespan(
    settings: Settings, observers: Observers
) -> Callable[[Gateway], AbstractAsyncContextManager[Mapping[str, Any]]]:
    """What is open while the application runs."""

    @asynccontextmanager
    async def lifespan(app: Gateway) -> AsyncIterator[Mapping[str, Any]]:
        seconds = settings.deadline_seconds
        async with (
            open_store(settings, seconds, listeners=observers.listeners) as opened,
            open_store(settings, seconds, health.CONNECTIONS) as asked,
        ):
            app.readiness = Readiness(asked)
            app.admission.allow(*_admitted(settings, driver.pool_size(opened.database.client)))
            store = replace(opened, unruled=ALL_KINDS)
            async with (
                auditing.opened(settings, store, "gateway", observers.audit) as trail,
                auditing.pruning(settings, store, trail),
            ):
                state = State(store, settings, Authenticator(store, settings), trail=trail)
                app.state.gateway = state
                observers.trail(trail)
                observers.cache("credentials", state.authenticator.credentials)
                async with (
                    _knowing_database(app, state),
                    state.authenticator.running(),
                    observers.running(),
                ):
                    known = {"pid": os.getpid(), "version": app.version}
                    log.info("serving", extra=known)
                    try:
                        with settled_heap():
                            yield {REFUSED: observers.refused}
                    finally:
                        log.info("ending", extra=known)
                        await state.feed.close()

    return lifespan


def _admitted(settings: Settings, pool: int) -> tuple[int, int]:
    """How many requests may run, and how many wait, with so many connections to the database."""
    if settings.max_in_flight:
        return settings.max_in_flight, 0
    running = max(1, pool // OPERATIONS)
    return running, WAITING * running


@asynccontextmanager
async def _knowing_database(app: FastAPI, state: State) -> AsyncIterator[None]:
    """Learn what the database can do, and which collections are under the gateway's rules.

    Until it answers, no collection counts as under them.
    """
    known = await _learned(app, state)

    async def learn() -> None:
        nonlocal known
        while not known:
            await asyncio.sleep(LEARN_SECONDS)
            known = await _learned(app, state)

    learning = asyncio.create_task(learn())
    try:
        yield
    finally:
        learning.cancel()
        await asyncio.wait({learning})  # its connection goes back before the client closes


async def _learned(app: FastAPI, state: State) -> bool:
    """Whether the database answered; requests from now on know."""
    try:
        store = await learned(state.store, state.settings)
        unruled = await preparation.unruled(store, [entry.kind for entry in KINDS])
    except (GatewayError, *DRIVER_ERRORS):
        return False
    app.state.gateway = replace(state, store=replace(store, unruled=unruled))
    return True


def _entrance(app: Gateway, settings: Settings, observers: Observers) -> ASGIApp:
    """What every request meets first; what the settings leave out costs nothing."""
    app.admission = Admission(
        app.dispatch,
        health.PATHS,
        app.refuse,
        _admitted(settings, driver.POOL)[0],  # until the database is open
        math.inf if settings.max_in_flight else settings.deadline_seconds / 2,
    )
    entrance: ASGIApp = Boundary(
        app.admission,
        Hosts(settings.host, settings.allowed_hosts),
        Origins(settings.origins),
        PAGES,
        app.needs_credential,
        app.refused,
        settings.hsts_seconds,
    )
    entrance = Lingering(entrance, DRAINED * settings.max_body_bytes, settings.body_seconds)
    observed = observers.around(entrance)
    app.streams.ended = observed.operation
    entrance = observed
    if settings.trusted_proxies:
        entrance = TrustedProxies(entrance, settings.trusted_proxies)
    return entrance


def _pages(settings: Settings, schema: Schema, codes: OneTimeCodes | None) -> list[BaseRoute]:
    """What is there for people."""
    return [
        *landing.routes(settings, schema),
        *graphiql.routes(settings, graphiql.load_examples()),
        *guide.routes(),
        *sign_in.routes(settings, codes),
        *security_txt.routes(settings),
        Route("/openapi.json", closed(settings, openapi_json), name="openapi"),
    ]


@contextmanager
def settled_heap() -> Iterator[None]:
    """Keep the garbage collector away from what lives as long as the process.

    The schema is a large heap that never becomes garbage: looking through it again and again costs
    more than it finds. A page of 100 rows makes some 700 containers, as many as set the collector
    off by default, and reference counts alone clear nearly all of them away.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.enable()  # app.cli begins without
    gc.set_threshold(20_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def openapi_json(request: Request) -> Response:
    """The vendors' paths for machines."""
    return JSONResponse(request.app.openapi())
