"""The client's half: every request goes to the vendor, and the vendor's bytes come back.

Status, headers and body are passed on as they arrive. Only a vendor that cannot be reached has an
answer of this tool: 502. A vendor that breaks off in the middle breaks off here, too.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from functools import partial
from itertools import count
from typing import Any, Final
from urllib.parse import parse_qsl

import httpx
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from app.commands.shadow.differences import Answer
from app.commands.shadow.mirror import MOST_BYTES, Asked, Exchange, Mirror, RawHeaders, trusted
from app.commands.shadow.report import Report
from app.http.refusal import RefusedError, respond
from app.http.request_id import request_id
from app.rest.routing import FOUND, VendorRoutes
from app.rest.vendor import Endpoint, Vendor

PIECE: Final = 4096
"""Bytes that are unpacked at once, so that a small body cannot become a very large one."""
CONNECT_SECONDS: Final = 10.0
VENDOR_SECONDS: Final = 300.0
"""Between two bytes of the vendor."""
MOST_REQUEST: Final = 1_048_576
"""Bytes of a request body that is mirrored; a larger one goes to the vendor alone."""
HOP_BY_HOP: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Headers of one connection (RFC 9110, 7.6.1)."""


WRITES: Final[Mapping[str, tuple[str, ...]]] = {"knowledge": ("PUT", "POST")}
"""The methods by which a vendor's clients change sessions; a POST of the others only asks."""
RANDOM: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {("knowledge", "PUT"): ("sessionId",)}
"""Fields that each side makes up."""
DECODED: Final = frozenset({"", "identity", "gzip", "deflate", "br", "zstd"})
"""The codings of bodies that are compared; browsers and the usual clients accept no others."""


class Relay:
    """The ASGI application in front of the vendor at `upstream`."""

    def __init__(
        self,
        vendor: Vendor,
        upstream: str,
        mirror: Mirror,
        report: Report,
        writes: bool = False,
        ignored: Iterable[str] = (),
    ) -> None:
        self._vendor = vendor
        self._routes = VendorRoutes([vendor])
        self._upstream = httpx.URL(upstream)
        self._mirror = mirror
        self._report = report
        self._writes = writes
        self._ignored = tuple(ignored)
        self._numbers = count(1)
        timeout = httpx.Timeout(VENDOR_SECONDS, connect=CONNECT_SECONDS)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        self.client = httpx.AsyncClient(verify=trusted(), timeout=timeout, limits=limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a client with what the vendor answers."""
        if scope["type"] != "http":
            return
        call = _Call(receive, send, partial(self._asked, next(self._numbers), scope))
        try:
            await self._relay(scope, call)
        except ClientDisconnect:
            return
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if not call.answering:
                await self._refuse(scope, send, type(error).__name__)
            # Else the server ends the connection, as the vendor did.
        finally:
            call.end(None)

    async def _relay(self, scope: Scope, call: "_Call") -> None:
        headers = _end_to_end(scope["headers"], b"host", b"expect")
        request = httpx.Request(
            scope["method"],
            self._upstream,
            headers=headers,
            content=call.body() if _has_body(scope["headers"]) else None,
            extensions={"target": self._upstream.raw_path.rstrip(b"/") + _target(scope)},
        )
        if not _has_body(scope["headers"]):
            call.mirror(b"")
        response = await self.client.send(request, stream=True, follow_redirects=False)
        try:
            await call.answer(response)
        finally:
            await response.aclose()

    def _asked(self, number: int, scope: Scope, body: bytes | None) -> Exchange | None:
        """Ask the gateway the same, if this is the vendor's and changes nothing unasked."""
        match, found = self._routes.matches(scope)
        method = scope["method"]
        is_write = method in WRITES.get(self._vendor.name, ())
        if match is Match.NONE or body is None or (is_write and not self._writes):
            self._report.count("not_mirrored")
            return None
        random = RANDOM.get((self._vendor.name, method), ())
        asked = Asked(
            method,
            _target(scope),
            _end_to_end(scope["headers"], b"host", b"expect", b"content-length"),
            body,
            _shown(self._vendor, scope, found[FOUND][1]),
            frozenset({*self._ignored, *random}),
        )
        exchange = Exchange(number, asked, asyncio.get_running_loop().create_future())
        self._mirror.add(exchange)
        return exchange

    async def _refuse(self, scope: Scope, send: Send, reason: str) -> None:
        message = (
            f"The vendor at {self._upstream.host} does not answer ({reason}). This is "
            "scripts/shadow of Session Gateway, which passes requests on to it."
        )
        await respond(send, 502, RefusedError(502, "UNAVAILABLE", message).body(request_id(scope)))


class _Call:
    """One request of a client: the body that it sends, and the answer that it gets."""

    def __init__(
        self, receive: Receive, send: Send, asked: Callable[[bytes | None], Exchange | None]
    ) -> None:
        self._receive, self._send, self._asked = receive, send, asked
        self._exchange: Exchange | None = None
        self.answering = False

    async def body(self) -> AsyncIterator[bytes]:
        """What the client sends; once all of it is there, the gateway is asked, too."""
        parts: list[bytes] = []
        size, more = 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            part, more = message.get("body", b""), message.get("more_body", False)
            size += len(part)
            if size <= MOST_REQUEST:
                parts.append(part)
            if not more:
                self.mirror(b"".join(parts) if size <= MOST_REQUEST else None)
            yield part

    def mirror(self, body: bytes | None) -> None:
        """Ask the gateway; None for a body that is too large."""
        self._exchange = self._asked(body)

    async def answer(self, response: httpx.Response) -> None:
        """Pass the answer on, part by part."""
        drop = (b"content-length",) if response.status_code == 304 else ()
        headers = _end_to_end(response.headers.raw, *drop)
        self.answering = True
        start = {"type": "http.response.start", "status": response.status_code}
        await self._send({**start, "headers": headers})
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_raw():
            await self._send({"type": "http.response.body", "body": part, "more_body": True})
            size += len(part)
            if size <= MOST_BYTES:
                parts.append(part)
        await self._send({"type": "http.response.body", "body": b""})
        self.end(_decoded(response, b"".join(parts)) if size <= MOST_BYTES else None)

    def end(self, answer: Answer | None) -> None:
        """Let the comparison begin, or end without one."""
        if self._exchange and not self._exchange.vendor.done():
            self._exchange.vendor.set_result(answer)


def _decoded(response: httpx.Response, raw: bytes) -> Answer | None:
    """The answer with its body unpacked; None if this tool cannot, or the body is too large."""
    codings = response.headers.get("content-encoding", "").lower().split(",")
    if not DECODED.issuperset(coding.strip() for coding in codings):
        return None
    headers = {"content-encoding": ",".join(codings)}
    pieces = (raw[start : start + PIECE] for start in range(0, len(raw), PIECE))
    body = bytearray()
    try:
        for part in httpx.Response(200, headers=headers, content=pieces).iter_bytes():
            body += part
            if len(body) > MOST_BYTES:
                return None
    except httpx.DecodingError:
        return None
    return Answer(response.status_code, response.headers.get("content-type", ""), bytes(body))


def _shown(vendor: Vendor, scope: Scope, endpoints: Mapping[str, Endpoint]) -> dict[str, Any]:
    """What the report says of a request: no part of its address that a client chose."""
    method = scope["method"]
    endpoint = endpoints.get("GET" if method == "HEAD" else method)
    known: set[str] = set()
    path = "another address"
    if endpoints:
        path = (endpoint or next(iter(endpoints.values()))).path
    if endpoint:
        known = {one["name"] for one in endpoint.operation.parameters}
    given = {name for name, _ in parse_qsl(scope["query_string"].decode("latin-1"), True)}
    shown = {"vendor": vendor.name, "method": method, "path": path}
    return {**shown, "parameters": sorted(given & known), "others": len(given - known)}


def _target(scope: Scope) -> bytes:
    query: bytes = scope["query_string"]
    return bytes(scope["raw_path"]) + (b"?" + query if query else b"")


def _has_body(headers: RawHeaders) -> bool:
    given = dict(headers)
    return b"transfer-encoding" in given or given.get(b"content-length", b"0") != b"0"


def _end_to_end(headers: Iterable[tuple[bytes, bytes]], *dropped: bytes) -> RawHeaders:
    """All headers but those of one connection, the ones that it names among them."""
    given = list(headers)
    named = b",".join(value for name, value in given if name.lower() == b"connection")
    out = {*HOP_BY_HOP, *dropped, *(name.strip().lower() for name in named.split(b","))}
    return [pair for pair in given if pair[0].lower() not in out]
