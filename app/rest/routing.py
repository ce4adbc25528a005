"""The frame of the vendors' URLs: what is asked goes to an endpoint, every refusal to `refuse`.

A vendor's file describes it as a `Vendor`; `routes` serves them all and sees to it that nobody
ever receives anything but the vendor's own shape below the vendor's paths: not for a wrong method
(405 with Allow), an unknown address (404), a body that is too large (413), a `GatewayError`
(`app.errors.STATUS`) or an unforeseen failure (500, logged).

Addresses are compared segment by segment after percent-decoding, so an encoded slash belongs to
its segment; trailing slashes do not matter, and a literal segment wins over a parameter. HEAD is
GET without the body; OPTIONS is refused as any other method, and its Allow header says it all.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Message, Receive, Scope, Send

from app.context import State
from app.errors import STATUS
from resolvers.access import Caller
from resolvers.context import Context
from resolvers.errors import GatewayError
from resolvers.kind import Kind

log = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Response]]
Segments = tuple[str, ...]

MAX_BODY = 1_048_576
"""Bytes of a request body, unless the settings say otherwise."""
BODY_SECONDS = 10.0
"""How long a body may take, unless the settings say otherwise."""
RETRY_SECONDS = 1
"""Retry-After of a failure that will pass, unless the error knows better."""
FOUND = "gateway.found"


Refuse = Callable[[int, str, str, Request, int | None], Response]
"""Renders a refusal in the vendor's own error shape, from its HTTP status, its code (one of
`resolvers.errors` or METHOD_NOT_ALLOWED), a sentence for the client, the request, and the seconds
after which to try again. It must not raise. Retry-After and Allow are added by the frame."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path; `{name}` stands for a segment, found in `request.path_params`.

    The request's body has been read: `await request.body()` cannot fail.
    """

    method: str
    path: str
    handle: Handler

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names."""
        return tuple(part[1:-1] for part in _split(self.path) if _is_parameter(part))

    @property
    def shape(self) -> Segments:
        """The segments of the path, all parameters alike."""
        return tuple("{}" if _is_parameter(part) else part for part in _split(self.path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A vendor's URLs and its way of refusing."""

    name: str
    """As in GATEWAY_OPEN_PATHS and the logs: `co_browse`."""
    kind: Kind
    bases: tuple[str, ...]
    """Everything under these is the vendor's: an unknown address there is refused in its shape."""
    endpoints: tuple[Endpoint, ...]
    refuse: Refuse


@dataclass(frozen=True, slots=True)
class _Path:
    """A vendor's path with its methods, in the order they were listed."""

    vendor: Vendor
    shape: Segments
    endpoints: dict[str, Endpoint] = field(default_factory=dict)

    def values(self, segments: Segments) -> Segments | None:
        """The parameters' values if the segments fit; None if they do not."""
        values = []
        for expected, given in zip(self.shape, segments, strict=True):
            if expected == "{}" and given:
                values.append(given)
            elif expected != given:
                return None
        return tuple(values)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a request leads to: an endpoint, or a refusal of `status`."""

    vendor: Vendor
    status: int = 200
    endpoint: Endpoint | None = None
    values: Segments = ()
    allow: str = ""


def routes(
    vendors: Iterable[Vendor], max_body: int = MAX_BODY, seconds: float = BODY_SECONDS
) -> "VendorRoutes":
    """The routes of all vendors; a body may have `max_body` bytes and take `seconds`.

    ValueError if two rows share a path and method, two vendors share a path or base, or an
    endpoint lies outside its own vendor's bases.
    """
    return VendorRoutes(tuple(vendors), max_body, seconds)


class VendorRoutes(BaseRoute):
    """All vendor paths as one route, looked up by their segments."""

    def __init__(self, vendors: tuple[Vendor, ...], max_body: int, seconds: float) -> None:
        self._max_body = max_body
        self._seconds = seconds
        self._bases = _bases(vendors)
        self._paths = _paths(vendors, self._bases)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Full for everything under a vendor's base, whether it can be served or not."""
        found = self._find(_segments(scope), scope["method"]) if scope["type"] == "http" else None
        if found is None:
            return Match.NONE, {}
        names = found.endpoint.names if found.endpoint else ()
        parameters = dict(zip(names, found.values, strict=True))
        return Match.FULL, {"endpoint": self, "path_params": parameters, FOUND: found}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in the vendor's way, whatever happens; a client that has gone gets nothing."""
        try:
            response = await self._respond(scope[FOUND], Request(scope, receive))
        except ClientDisconnect:
            return
        if scope["method"] == "HEAD":
            response.body = b""
        await response(scope, receive, send)

    def vendor(self, scope: Scope) -> Vendor | None:
        """Whose path is asked for."""
        return _owner(_segments(scope), self._bases) if scope["type"] == "http" else None

    def refused(self, scope: Scope, status: int, code: str, message: str) -> Response | None:
        """A refusal in the shape of the vendor whose path this is; None on any other path."""
        vendor = self.vendor(scope)
        return vendor.refuse(status, code, message, Request(scope), None) if vendor else None

    def _find(self, segments: Segments, method: str) -> _Found | None:
        for path in self._paths.get(len(segments), ()):
            values = path.values(segments)
            if values is not None:
                endpoint = path.endpoints.get("GET" if method == "HEAD" else method)
                if endpoint:
                    return _Found(path.vendor, 200, endpoint, values)
                return _Found(path.vendor, 405, allow=", ".join(path.endpoints))
        vendor = _owner(segments, self._bases)
        return _Found(vendor, 404) if vendor else None

    async def _respond(self, found: _Found, request: Request) -> Response:
        vendor = found.vendor
        if found.endpoint is None:
            return _unserved(found, request)
        try:
            async with asyncio.timeout(self._seconds):
                body = await _body(request, self._max_body)
        except TimeoutError:
            return _too_slow(vendor, request, self._seconds)
        if body is None:
            return _too_large(vendor, request, self._max_body)
        try:
            return await found.endpoint.handle(Request(request.scope, _replay(body)))
        except GatewayError as error:
            return _refused(vendor, error, request)
        except ClientDisconnect:
            raise
        except Exception:
            log.exception("%s: %s failed", vendor.name, found.endpoint.path)
            return vendor.refuse(500, "INTERNAL", "The gateway failed.", request, None)


def _bases(vendors: tuple[Vendor, ...]) -> dict[Segments, Vendor]:
    bases: dict[Segments, Vendor] = {}
    for vendor in vendors:
        for base in vendor.bases:
            if _split(base) in bases:
                raise ValueError(f"Two vendors have the base {base}.")
            bases[_split(base)] = vendor
    return bases


def _paths(
    vendors: tuple[Vendor, ...], bases: Mapping[Segments, Vendor]
) -> Mapping[int, list[_Path]]:
    """The paths by their number of segments, those with earlier literal segments first."""
    paths: dict[Segments, _Path] = {}
    for vendor in vendors:
        for endpoint in vendor.endpoints:
            path = paths.setdefault(endpoint.shape, _Path(vendor, endpoint.shape))
            if path.vendor is not vendor or endpoint.method in path.endpoints:
                raise ValueError(f"Two rows for {endpoint.method} {endpoint.path}.")
            if _owner(endpoint.shape, bases) is not vendor:
                raise ValueError(f"{endpoint.path} lies outside the bases of {vendor.name}.")
            path.endpoints[endpoint.method] = endpoint
    by_length: dict[int, list[_Path]] = {}
    for shape in sorted(paths, key=lambda shape: [part == "{}" for part in shape]):
        by_length.setdefault(len(shape), []).append(paths[shape])
    return by_length


def _owner(segments: Segments, bases: Mapping[Segments, Vendor]) -> Vendor | None:
    """The vendor with the longest base that the segments start with."""
    for length in range(len(segments), 0, -1):
        if segments[:length] in bases:
            return bases[segments[:length]]
    return None


def _split(path: str) -> Segments:
    return tuple(path.strip("/").split("/"))


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{")


def _segments(scope: Scope) -> Segments:
    """The requested path, decoded after it was split; without the prefix of a proxy."""
    raw: bytes | None = scope.get("raw_path")
    path = raw.decode("latin-1") if raw else quote(scope["path"])
    path = path.removeprefix(scope.get("root_path", ""))
    return tuple(unquote(segment) for segment in path.rstrip("/").split("/")[1:])


async def _body(request: Request, limit: int) -> bytes | None:
    """The whole body; None if it is longer than `limit` bytes."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _unserved(found: _Found, request: Request) -> Response:
    refuse = found.vendor.refuse
    if found.status == 404:
        return refuse(404, "NOT_FOUND", "There is nothing at this address.", request, None)
    response = refuse(405, "METHOD_NOT_ALLOWED", "Method Not Allowed", request, None)
    response.headers["Allow"] = found.allow
    return response


def _too_large(vendor: Vendor, request: Request, limit: int) -> Response:
    message = f"The body is larger than {limit} bytes."
    response = vendor.refuse(413, "LIMIT_EXCEEDED", message, request, None)
    response.headers["Connection"] = "close"
    return response


def _too_slow(vendor: Vendor, request: Request, seconds: float) -> Response:
    message = f"The body did not arrive within {seconds:g} s."
    response = vendor.refuse(408, "TIMEOUT", message, request, None)
    response.headers["Connection"] = "close"
    return response


def _refused(vendor: Vendor, error: GatewayError, request: Request) -> Response:
    status = STATUS.get(error.code, 500)
    retry_after = None
    if status in (429, 503):
        retry_after = int(error.details.get("retry_after", RETRY_SECONDS))
    response = vendor.refuse(status, error.code, error.message, request, retry_after)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


async def bearer(request: Request, vendor_name: str) -> Context:
    """The context of a vendor without a scheme of its own: Bearer or X-API-Key, unless it is open.

    Unauthenticated or RateLimited if the key is missing, wrong or used too often.
    """
    authenticator = state_of(request).authenticator
    caller = await authenticator.caller(vendor_name, request)
    if not authenticator.is_open(vendor_name):
        await authenticator.limit(caller)
    return context(request, caller)


def context(request: Request, caller: Caller) -> Context:
    """The resolvers' surroundings of a request made by `caller`."""
    return state_of(request).context(caller)


def state_of(request: Request) -> State:
    """What lives as long as the process."""
    state: State = request.app.state.gateway
    return state
