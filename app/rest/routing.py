"""The frame of the vendors' URLs: what is asked goes to an endpoint, every refusal to `refuse`.

Nobody ever receives anything but the vendor's own shape below the vendor's bases: not for a wrong
method (405 with Allow), an unknown address (404), a body that is too large (413), a `GatewayError`
(`app.errors.STATUS`) or an unforeseen failure (500, logged). HEAD is GET without the body; OPTIONS
is refused as any other method, and its Allow header says it all.

Starlette compiles the paths and matches them here as in its own `Route`. `Route` itself does not
serve: it matches the decoded path, in which an encoded slash (`%2F`, which session ids may have)
ends a segment, and it refuses a wrong method with the `Allow` of one row, where a path has several.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, compile_path
from starlette.types import Message, Receive, Scope, Send

from app.errors import STATUS
from app.http.body import read_body
from app.http.refusal import RefusedError
from app.rest.vendor import Endpoint, Refusal, Vendor
from resolvers.errors import GatewayError

log = logging.getLogger(__name__)

MAX_BODY = 1_048_576
"""Bytes of a request body, unless the settings say otherwise."""
BODY_SECONDS = 10.0
"""How long a body may take, unless the settings say otherwise."""
RETRY_SECONDS = 1
"""Retry-After of a failure that will pass, unless the error knows better."""
FOUND = "gateway.found"
NOTHING = re.compile(r"\Z\A.")


@dataclass(frozen=True, slots=True)
class _Path:
    """A vendor's path with its methods, in the order they were listed; none: an unknown address."""

    vendor: Vendor
    pattern: re.Pattern[str] = NOTHING
    endpoints: dict[str, Endpoint] = field(default_factory=dict)

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
        self, vendors: Sequence[Vendor], max_body: int = MAX_BODY, seconds: float = BODY_SECONDS
    ) -> None:
        self._max_body = max_body
        self._seconds = seconds
        self._bases: dict[str, Vendor] = {}
        paths: dict[str, _Path] = {}
        for vendor in vendors:
            for base in vendor.bases:
                if self._bases.setdefault(base, vendor) is not vendor:
                    raise ValueError(f"Two vendors have the base {base}.")
        for vendor in vendors:
            for endpoint in vendor.endpoints:
                self._add(paths, vendor, endpoint)
        self._paths: dict[int, list[_Path]] = {}
        """By the number of segments, those with earlier literal segments first."""
        for shape in sorted(paths, key=lambda shape: [part == "{}" for part in shape.split("/")]):
            self._paths.setdefault(shape.count("/"), []).append(paths[shape])

    def _add(self, paths: dict[str, _Path], vendor: Vendor, endpoint: Endpoint) -> None:
        pattern, _, _ = compile_path(endpoint.path)
        path = paths.setdefault(endpoint.shape, _Path(vendor, pattern))
        if path.vendor is not vendor or endpoint.method in path.endpoints:
            raise ValueError(f"Two rows for {endpoint.method} {endpoint.path}.")
        if self._owner(endpoint.path) is not vendor:
            raise ValueError(f"{endpoint.path} lies outside the bases of {vendor.name}.")
        path.endpoints[endpoint.method] = endpoint

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Full for everything under a vendor's base, whether it can be served or not."""
        if scope["type"] != "http":
            return Match.NONE, {}
        asked = _path(scope)
        for path in self._paths.get(asked.count("/"), ()):
            if found := path.pattern.match(asked):
                endpoint = path.endpoint(scope["method"])
                values = map(unquote, found.groups())
                parameters = dict(zip(endpoint.names, values, strict=True)) if endpoint else {}
                return Match.FULL, {"endpoint": self, "path_params": parameters, FOUND: path}
        owner = self._owner(asked)
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
        return self._owner(_path(scope)) if scope["type"] == "http" else None

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

    def _owner(self, path: str) -> Vendor | None:
        """The vendor with the longest base that the path starts with."""
        bases = (base for base in self._bases if f"{path}/".startswith(f"{base}/"))
        return self._bases.get(max(bases, key=len, default=""))


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


def _path(scope: Scope) -> str:
    """The requested path without the prefix of a proxy; of percent-encoded signs, only slashes and
    percent signs stay so.
    """
    raw: bytes | None = scope.get("raw_path")
    path = raw.decode("latin-1") if raw else quote(scope["path"])
    path = path.removeprefix(scope.get("root_path", "")).rstrip("/")
    return "/".join(quote(unquote(part), safe="") for part in path.split("/"))


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
