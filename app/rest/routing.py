"""The frame of the vendors' URLs: what is asked goes to an endpoint, every refusal to `refuse`.

Nobody ever receives anything but the vendor's own shape below the vendor's paths: not for a wrong
method (405 with Allow), an unknown address (404), a body that is too large (413), a `GatewayError`
(`app.errors.STATUS`) or an unforeseen failure (500, logged). HEAD is GET without the body; OPTIONS
is refused as any other method, and its Allow header says it all.

Starlette's `Route` and `Mount` are not used below the bases. They match the decoded path, where an
encoded slash (`%2F`, which session ids may have) can no longer be told from a separator, and
answer a wrong method from the first row of a path, so that `Allow` lacks the others. Both needs a
table by segments, and with that table there is nothing left for a router to do.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Message, Receive, Scope, Send

from app.errors import STATUS
from app.http.body import read_body
from app.http.refusal import RefusedError
from app.rest.vendor import Endpoint, Refusal, Segments, Vendor, split
from resolvers.errors import GatewayError

log = logging.getLogger(__name__)

MAX_BODY = 1_048_576
"""Bytes of a request body, unless the settings say otherwise."""
BODY_SECONDS = 10.0
"""How long a body may take, unless the settings say otherwise."""
RETRY_SECONDS = 1
"""Retry-After of a failure that will pass, unless the error knows better."""
FOUND = "gateway.found"


@dataclass(frozen=True, slots=True)
class _Path:
    """A vendor's path with its methods, in the order they were listed."""

    vendor: Vendor
    shape: Segments = ()
    endpoints: dict[str, Endpoint] = field(default_factory=dict)

    def values(self, segments: Segments) -> list[str] | None:
        """The parameters' values if the segments fit; None if they do not."""
        values = []
        for expected, given in zip(self.shape, segments, strict=True):
            if expected == "{}" and given:
                values.append(given)
            elif expected != given:
                return None
        return values

    def endpoint(self, method: str) -> Endpoint | None:
        """What serves a method: GET serves HEAD as well."""
        return self.endpoints.get("GET" if method == "HEAD" else method)


class VendorRoutes(BaseRoute):
    """All vendor paths as one route; a body may have `max_body` bytes and take `seconds`.

    ValueError if two rows share a path and method, two vendors share a path or base, or an
    endpoint lies outside its own vendor's bases. Trailing slashes do not matter, and a literal
    segment wins over a parameter.
    """

    def __init__(
        self,
        vendors: Sequence[Vendor],
        max_body: int = MAX_BODY,
        seconds: float = BODY_SECONDS,
    ) -> None:
        self._max_body = max_body
        self._seconds = seconds
        self._bases: dict[Segments, Vendor] = {}
        for vendor in vendors:
            self._add_bases(vendor)
        paths: dict[Segments, _Path] = {}
        for vendor in vendors:
            self._add_paths(vendor, paths)
        self._paths: dict[int, list[_Path]] = {}
        """By the number of segments, those with earlier literal segments first."""
        for shape in sorted(paths, key=lambda shape: [part == "{}" for part in shape]):
            self._paths.setdefault(len(shape), []).append(paths[shape])

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Full for everything under a vendor's base, whether it can be served or not."""
        if scope["type"] != "http":
            return Match.NONE, {}
        segments = _segments(scope)
        for path in self._paths.get(len(segments), ()):
            values = path.values(segments)
            if values is not None:
                endpoint = path.endpoint(scope["method"])
                parameters = dict(zip(endpoint.names, values, strict=True)) if endpoint else {}
                return Match.FULL, {"endpoint": self, "path_params": parameters, FOUND: path}
        owner = self._owner(segments)
        return (Match.FULL, {"endpoint": self, FOUND: _Path(owner)}) if owner else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in the vendor's shape, whatever happens; a client that has gone gets nothing."""
        try:
            response = await self._respond(scope[FOUND], Request(scope, receive))
        except ClientDisconnect:
            return
        if scope["method"] == "HEAD":
            response.body = b""
        await response(scope, receive, send)

    def vendor(self, scope: Scope) -> Vendor | None:
        """Whose path is asked for."""
        return self._owner(_segments(scope)) if scope["type"] == "http" else None

    def refused(self, scope: Scope, refusal: Refusal) -> Response | None:
        """A refusal in the shape of the vendor whose path this is; None on any other path."""
        vendor = self.vendor(scope)
        return vendor.refuse(refusal, Request(scope)) if vendor else None

    async def _respond(self, path: _Path, request: Request) -> Response:
        refuse, endpoint = path.vendor.refuse, path.endpoint(request.method)
        if endpoint is None:
            return _unserved(path, request)
        try:
            return await self._served(endpoint, request)
        except RefusedError as error:  # what is left of the body has no reader
            refusal = Refusal(error.status, error.extensions["code"], error.message)
            return _with(refuse(refusal, request), "Connection", "close")
        except GatewayError as error:
            return _failed(path.vendor, error, request)
        except ClientDisconnect:
            raise
        except Exception:
            log.exception("%s: %s failed", path.vendor.name, endpoint.path)
            return refuse(Refusal(500, "INTERNAL", "The gateway failed."), request)

    async def _served(self, endpoint: Endpoint, request: Request) -> Response:
        headers = dict(request.scope["headers"])
        body = await read_body(request.receive, headers, self._max_body, self._seconds)
        return await endpoint.handle(Request(request.scope, _replay(body)))

    def _owner(self, segments: Segments) -> Vendor | None:
        """The vendor with the longest base that the segments start with."""
        starts = (segments[:length] for length in range(len(segments), 0, -1))
        return next((self._bases[start] for start in starts if start in self._bases), None)

    def _add_bases(self, vendor: Vendor) -> None:
        for base in vendor.bases:
            if split(base) in self._bases:
                raise ValueError(f"Two vendors have the base {base}.")
            self._bases[split(base)] = vendor

    def _add_paths(self, vendor: Vendor, paths: dict[Segments, _Path]) -> None:
        for one in vendor.endpoints:
            path = paths.setdefault(one.shape, _Path(vendor, one.shape))
            if path.vendor is not vendor or one.method in path.endpoints:
                raise ValueError(f"Two rows for {one.method} {one.path}.")
            if self._owner(one.shape) is not vendor:
                raise ValueError(f"{one.path} lies outside the bases of {vendor.name}.")
            path.endpoints[one.method] = one


def _unserved(path: _Path, request: Request) -> Response:
    """Nothing at this address (404), or not by this method (405, with Allow)."""
    refuse = path.vendor.refuse
    if not path.endpoints:
        return refuse(Refusal(404, "NOT_FOUND", "There is nothing at this address."), request)
    response = refuse(Refusal(405, "METHOD_NOT_ALLOWED", "Method Not Allowed"), request)
    return _with(response, "Allow", ", ".join(path.endpoints))


def _failed(vendor: Vendor, error: GatewayError, request: Request) -> Response:
    """A refusal or failure of the core; Retry-After where trying again helps."""
    status = STATUS.get(error.code, 500)
    if status not in (429, 503):
        return vendor.refuse(Refusal(status, error.code, error.message), request)
    seconds = int(error.details.get("retry_after", RETRY_SECONDS))
    response = vendor.refuse(Refusal(status, error.code, error.message, seconds), request)
    return _with(response, "Retry-After", str(seconds))


def _with(response: Response, header: str, value: str) -> Response:
    response.headers[header] = value
    return response


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
