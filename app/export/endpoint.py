"""`/export/<kind>.ndjson` and `.csv`: the sessions of a kind as a file, made while it is read.

    GET   the file, for a key in a header, or for a one-time link
    POST  a one-time link to the same address: `{"url": "/export/bot.csv?…&link=…", "expiresAt": …}`

Each part of the file is a read of its own: with a deadline of its own, and as the credential may
read then. So a revoked key ends an export. A response that ends early lacks the last chunk of
HTTP/1.1, by which clients see that it is not whole; the cursor of its last row leads to the rest.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from app.access import rates
from app.access.authenticator import WrongCredential
from app.context import State
from app.export.formats import FORMATS, Format
from app.export.request import LINK, Asked, understood
from app.http.leaving import leaving
from app.http.refusal import Header, RefusedError
from app.json_refusals import refusal, refused
from app.observing.facts import facts_of
from app.settings import Settings
from resolvers import export_links
from resolvers.access import Action, Caller
from resolvers.context import Context, utc_now
from resolvers.errors import (
    BadInput,
    CorruptDocument,
    GatewayError,
    Timeout,
    Unauthenticated,
    Unavailable,
)
from resolvers.export import Part
from resolvers.kind import Document, Kind
from resolvers.moments import print_datetime
from schema.build import Schema
from schema.graphql_core_internals import without_suggestions
from schema.limits import may_introspect

METHODS: Final = ("GET", "HEAD", "POST")
RETRY_SECONDS: Final = 10
NO_STORE: Final = {"cache-control": "no-store"}


def addresses(kinds: Sequence[Kind]) -> tuple[str, ...]:
    """The paths of all files."""
    return tuple(f"/export/{kind.name}.{extension}" for kind in kinds for extension in FORMATS)


def routes(settings: Settings, schema: Schema, kinds: Sequence[Kind]) -> list[BaseRoute]:
    """A route for each file."""
    running = Running(settings.max_exports, settings.export_seconds)
    return [
        *(
            Route(
                f"/export/{kind.name}.{extension}",
                Export(schema, kind, extension, running),
                methods=METHODS,
                name="export",
            )
            for kind in kinds
            for extension in FORMATS
        ),
        Route("/export/{rest:path}", partial(_unknown, addresses(kinds)), name="export"),
    ]


def _unknown(known: Sequence[str], request: Request) -> Response:
    message = f"There is no such file. There are {', '.join(known)}."
    return refused(request, RefusedError(404, "NOT_FOUND", message))


@dataclass(slots=True)
class Running:
    """The exports of this process."""

    most: int
    seconds: float
    """How long one may take."""
    number: int = 0

    def begin(self) -> None:
        """Count one more; RefusedError if there are too many."""
        if self.number >= self.most:
            raise RefusedError(
                503,
                "OVERLOADED",
                f"{self.most} exports are running already: try again later.",
                (b"retry-after", b"%d" % RETRY_SECONDS),
            )
        self.number += 1


PATIENCE_SECONDS: Final = 30.0
"""How long a file waits for a database that does not answer, once it has begun."""
FIRST_PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 4.0


class Export:
    """The ASGI application of one file."""

    def __init__(self, schema: Schema, kind: Kind, extension: str, running: Running) -> None:
        self._schema = schema
        self._kind = kind
        self._extension = extension
        self._running = running

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, one response."""
        request = Request(scope, receive)
        facts = facts_of(scope)
        facts.api, facts.operation = "export", f"{scope['method']} {scope['path']}"
        try:
            if scope["method"] == "POST":
                response = await self._linked(request)
            elif scope.get("http_version") == "1.0":
                raise RefusedError(
                    400,
                    "BAD_USER_INPUT",
                    "Ask with HTTP/1.1: in HTTP/1.0 a file that was cut off looks complete. In "
                    "nginx: proxy_http_version 1.1.",
                )
            else:
                await self._file(request, send)
                return
        except RefusedError as error:
            response = refused(request, error)
        except GatewayError as error:
            if not self._shows_names(request):
                error.message = without_suggestions(error.message)
            response = refusal(request, error)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    def _shows_names(self, request: Request) -> bool:
        """Whether the caller, if it is known, may see names of the schema in messages."""
        state: State = request.app.state.gateway
        caller: Caller | None = getattr(request.state, "caller", None)
        return caller is not None and may_introspect(caller, state.settings.introspection)

    async def _linked(self, request: Request) -> Response:
        """A one-time link; refused as the file itself would be."""
        if LINK in request.query_params:
            raise BadInput(f"{LINK}: send the address without it.", argument=LINK)
        context, limits = await self._admitted(request)
        understood(self._schema, self._kind, self._extension, request)
        context.caller.require(self._kind, Action.READ)
        address = _address(request)
        link = await export_links.issue(context, address)
        sign = "&" if "?" in address else "?"
        body = {
            "url": f"{address}{sign}{urlencode({LINK: link.code})}",
            "expiresAt": print_datetime(link.expires_at),
        }
        response = Response(orjson.dumps(body), 201, NO_STORE, "application/json")
        response.raw_headers += limits
        return response

    async def _admitted(self, request: Request) -> tuple[Context, tuple[Header, ...]]:
        """The context of the caller, whose request is counted, and what is left of its rate."""
        state: State = request.app.state.gateway
        facts = facts_of(request.scope)
        code = request.query_params.get(LINK)
        if code is None or request.method == "POST":
            caller = await state.authenticator.bearer(request)
        else:
            caller = await state.authenticator.guarded(request, _redeemed(state, request, code))
        facts.credential, request.state.caller = caller.id, caller
        windows = await state.authenticator.limit(caller)
        return state.context(caller, facts), rates.headers(windows)

    async def _file(self, request: Request, send: Send) -> None:
        context, limits = await self._admitted(request)
        asked = understood(self._schema, self._kind, self._extension, request)
        self._running.begin()
        try:
            with leaving(request.receive, context.leave):
                first = await asked.exporting.part(context)
            await send(_start(asked, limits))
            if request.method == "HEAD":
                await send({"type": "http.response.body"})
            else:
                with leaving(request.receive, lambda: True):
                    await self._send(_pieces(request, context.caller, asked, first), request, send)
        finally:
            self._running.number -= 1

    async def _send(self, pieces: AsyncIterator[bytes], request: Request, send: Send) -> None:
        """Send the file; the connection ends before its end if that cannot be read."""
        due = time.monotonic() + self._running.seconds
        try:
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                if time.monotonic() > due:
                    raise Timeout(f"An export may take {self._running.seconds:g} seconds.")
        except GatewayError as error:  # without a last message the server cuts the connection
            facts_of(request.scope).codes.append(error.code)
            return
        await send({"type": "http.response.body"})


async def _redeemed(state: State, request: Request, code: str) -> Caller:
    """Who asked for a link, as it may ask now; a wrong link is a guess."""
    try:
        caller = await export_links.redeem(state.store, code, _address(request), utc_now())
    except Unauthenticated as error:
        raise WrongCredential(error.message) from None
    return await state.authenticator.current(caller)


async def _pieces(
    request: Request, caller: Caller, asked: Asked, part: Part | None
) -> AsyncIterator[bytes]:
    """The file, from its first part on; each further part is read as the caller may read then."""
    if asked.format.head:
        yield asked.format.head
    while part is not None:
        rows = zip(part.documents, part.cursors, strict=True)
        piece = b"".join([_row(asked.format, document, cursor) for document, cursor in rows])
        asked.exporting.wrote(len(piece))
        yield piece
        await asyncio.sleep(0)  # others have their turn
        caller, part = await _next(request, caller, asked)


async def _next(request: Request, caller: Caller, asked: Asked) -> tuple[Caller, Part | None]:
    """The next part; a database that is away or too busy for a while costs time alone."""
    state: State = request.app.state.gateway
    until, pause = time.monotonic() + PATIENCE_SECONDS, FIRST_PAUSE
    while True:
        try:
            caller = await state.authenticator.current(caller)
            context = state.context(caller, facts_of(request.scope))
            return caller, await asked.exporting.part(context)
        except (Timeout, Unavailable):
            if time.monotonic() + pause > until:
                raise
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _row(form: Format, document: Document, cursor: str) -> bytes:
    try:
        return form.row(document, cursor)
    except CorruptDocument as error:
        return form.damaged(error, cursor)


def _start(asked: Asked, limits: tuple[Header, ...]) -> dict[str, object]:
    headers = [
        (b"content-type", asked.format.media_type.encode()),
        (b"content-disposition", f'attachment; filename="{asked.file_name}"'.encode()),
        (b"cache-control", b"no-store"),
        *limits,
    ]
    return {"type": "http.response.start", "status": 200, "headers": headers}


def _address(request: Request) -> str:
    """The path and what is asked, in one spelling, without a link."""
    query = request.scope["query_string"].decode("latin-1")
    pairs = [pair for pair in parse_qsl(query, True) if pair[0] != LINK]
    return request.url.path + (f"?{urlencode(pairs)}" if pairs else "")
