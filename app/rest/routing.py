"""The frame of the vendors' URLs: what is asked goes to an endpoint, every refusal to `refuse`.

A vendor's file describes it as a `Vendor`; `routes` serves them all and sees to it that nobody
ever receives anything but the vendor's own shape below the vendor's paths: not for a wrong method
(405 with Allow), an unknown address (404), a body that is too large (413), a `GatewayError`
(`app.errors.STATUS`) or an unforeseen failure (500, logged).

Addresses are compared segment by segment after percent-decoding, so an encoded slash belongs to
its segment; trailing slashes do not matter, and a literal segment wins over a parameter. HEAD is
GET without the body; OPTIONS is refused as any other method, and its Allow header says it all.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Message, Receive, Scope, Send

from app.http.body import read_body
from app.http.refusal import RefusedError
from app.rest.refusals import refused, unread, unserved
from app.rest.vendor import Endpoint, Segments, Vendor, split
from resolvers.errors import GatewayError

log = logging.getLogger(__name__)


MAX_BODY = 1_048_576
"""Bytes of a request body, unless the settings say otherwise."""
BODY_SECONDS = 10.0
"""How long a body may take, unless the settings say otherwise."""
FOUND = "gateway.found"


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
            return unserved(found.vendor, found.status, found.allow, request)
        headers = dict(request.scope["headers"])
        try:
            body = await read_body(request.receive, headers, self._max_body, self._seconds)
        except RefusedError as error:
            return unread(vendor, error, request)
        try:
            return await found.endpoint.handle(Request(request.scope, _replay(body)))
        except GatewayError as error:
            return refused(vendor, error, request)
        except ClientDisconnect:
            raise
        except Exception:
            log.exception("%s: %s failed", vendor.name, found.endpoint.path)
            return vendor.refuse(500, "INTERNAL", "The gateway failed.", request, None)


def _bases(vendors: tuple[Vendor, ...]) -> dict[Segments, Vendor]:
    bases: dict[Segments, Vendor] = {}
    for vendor in vendors:
        for base in vendor.bases:
            if split(base) in bases:
                raise ValueError(f"Two vendors have the base {base}.")
            bases[split(base)] = vendor
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


def _segments(scope: Scope) -> Segments:
    """The requested path, decoded after it was split; without the prefix of a proxy."""
    raw: bytes | None = scope.get("raw_path")
    path = raw.decode("latin-1") if raw else quote(scope["path"])
    path = path.removeprefix(scope.get("root_path", ""))
    return tuple(unquote(segment) for segment in path.rstrip("/").split("/")[1:])


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
