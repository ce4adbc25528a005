"""The checks before every path: hosts, origins, security headers, request ids, compression."""

from collections.abc import Callable, Collection, Iterable
from typing import Final

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.negotiation import accepts_gzip
from app.http.origin import Headers, Hosts, Origins, is_loopback_name
from app.http.refusal import Header, RefusedError, respond
from app.http.request_id import NAME, request_id

HEADERS: Final = "gateway.headers"
"""Where the scope keeps what `headers_of` made."""

COMPRESSED_FROM: Final = 1024
"""Bytes of an answer that is compressed for who understands it."""
SECURITY: Final[tuple[Header, ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""Of every response, where it has no other value."""


class Boundary:
    """ASGI middleware around the whole application.

    `pages` are the paths that a link on another site may lead to. `any_name` says which requests
    may have any host name: those to paths that ask for a credential of their own, which a
    page of another site does not have. `shaped` renders a refusal on a path that has its own shape.
    `hsts` is how many seconds a browser asks by https alone, once it did; 0 does not say.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Hosts,
        origins: Origins,
        pages: Collection[str] = (),
        any_name: Callable[[Scope], bool] = lambda _scope: False,
        shaped: Callable[[Scope, RefusedError], ASGIApp | None] = lambda _scope, _error: None,
        hsts: int = 0,
    ) -> None:
        self._hsts = (b"strict-transport-security", b"max-age=%d" % hsts) if hsts else None
        self._any_name = any_name
        self._shaped = shaped
        self._app = app
        # JSON shrinks to about a tenth at once: higher levels cost several times the time.
        self._compressing = GZipMiddleware(app, minimum_size=COMPRESSED_FROM, compresslevel=1)
        self._hosts = hosts
        self._origins = origins
        self._pages = frozenset(pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it with 403."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = headers_of(scope)
        secured = self._secured(scope, headers)
        try:
            self._require_host(scope, headers)
            cors = self._origins.require(headers, self._is_page(scope))
        except RefusedError as error:
            shaped = self._shaped(scope, error)
            if shaped:
                await shaped(scope, receive, _adding(send, scope, secured))
            else:
                await _refuse(scope, _adding(send, scope, secured), error)
            return
        if scope["type"] == "http":
            await self._http(scope, receive, _adding(send, scope, secured + cors), cors)
        else:
            await self._app(scope, receive, send)

    def _secured(self, scope: Scope, headers: Headers) -> tuple[Header, ...]:
        """Asks for https from now on, where it was used; not for this machine's own names, which
        other servers have, too.
        """
        if self._hsts is None or scope.get("scheme") != "https":
            return ()
        return () if is_loopback_name(headers.get(b"host")) else (self._hsts,)

    def _require_host(self, scope: Scope, headers: Headers) -> None:
        try:
            self._hosts.require(headers.get(b"host"))
        except RefusedError:
            if not self._any_name(scope):
                raise

    async def _http(
        self, scope: Scope, receive: Receive, send: Send, cors: tuple[Header, ...]
    ) -> None:
        headers = headers_of(scope)
        if scope["method"] == "OPTIONS" and (answer := self._origins.preflight(headers, cors)):
            await respond(send, 204, b"", headers=answer[len(cors) :])
            return
        accepted = accepts_gzip(headers.get(b"accept-encoding"))
        await (self._compressing if accepted else self._app)(scope, receive, send)

    def _is_page(self, scope: Scope) -> bool:
        """GraphQL's own path is one only as long as it asks nothing: it leads to GraphiQL."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return False
        return scope["path"] in self._pages and not (
            scope["path"] == "/graphql" and scope["query_string"]
        )


def _adding(send: Send, scope: Scope, headers: Iterable[Header] = ()) -> Send:
    """A `send` that adds these headers, the request's id and the headers of security.

    Those that are there already stay as they are.
    """
    added = (*headers, (NAME, request_id(scope).encode()), *SECURITY)

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = message["headers"] = list(message.get("headers", ()))
            names = {name for name, _ in given}
            given += [pair for pair in added if pair[0] == b"vary" or pair[0] not in names]
        await send(message)

    return send_with_headers


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """The request's headers as a dictionary, made once a request: of equal names, the last."""
    headers: dict[bytes, bytes] | None = scope.get(HEADERS)
    if headers is None:
        headers = scope[HEADERS] = dict(scope["headers"])
    return headers


async def _refuse(scope: Scope, send: Send, error: RefusedError) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": error.message[:120]})
        return
    body = error.body(request_id(scope))
    await respond(send, error.status, body, headers=error.headers)
