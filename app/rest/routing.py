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
from urllib.parse import quote, unquote_to_bytes

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, compile_path
from starlette.types import Message, Receive, Scope, Send

from app.access import rates
from app.errors import STATUS
from app.http.body import read_body
from app.http.boundary import headers_of
from app.http.leaving import leaving
from app.http.refusal import RefusedError
from app.http.text import decoded
from app.observing.facts import facts_of
from app.rest import repeating
from app.rest.vendor import Endpoint, Refusal, Vendor, leave
from resolvers.errors import GatewayError, LimitExceeded
from resolvers.request import LARGEST_ANSWER

log = logging.getLogger(__name__)

MAX_BODY = 1_048_576
"""Bytes of a request body, unless the settings say otherwise."""
BODY_SECONDS = 10.0
"""How long a body may take, unless the settings say otherwise."""
RETRY_SECONDS = 1
"""Retry-After of a failure that will pass, unless the error knows better."""
FOUND = "gateway.found"
ADDRESS = Refusal(404, "NOT_FOUND", "There is nothing at this address.")
METHOD = Refusal(405, "METHOD_NOT_ALLOWED", "Method Not Allowed")
FAILURE = Refusal(500, "INTERNAL", "The gateway failed.")
UNREAD = {415: "UNSUPPORTED_MEDIA_TYPE"}
"""Codes of what no vendor has an answer of its own for, by the status."""
NO_STORE = {"Cache-Control": "no-store"}
"""Sessions are personal, and change: nothing between the gateway and a client may keep them."""

Endpoints = dict[str, Endpoint]
"""Of one path, by their methods, in the order they were listed; none: an unknown address."""


@dataclass(frozen=True, slots=True)
class _Path:
    vendor: Vendor
    pattern: re.Pattern[str]
    endpoints: Endpoints = field(default_factory=dict)


class VendorRoutes(BaseRoute):
    """All vendor paths as one route; a body may have `max_body` bytes and take `seconds`,
    and an answer have `max_answer` bytes.

    ValueError if two rows share a path and method, two vendors share a path or base, or an
    endpoint lies outside its own vendor's bases. Empty segments do not matter, as in
    `//things/1/`, and a literal segment wins over a parameter.
    """

    def __init__(
        self,
        vendors: Sequence[Vendor],
        max_body: int = MAX_BODY,
        seconds: float = BODY_SECONDS,
        max_answer: int = LARGEST_ANSWER,
    ) -> None:
        self._max_body = max_body
        self._max_answer = max_answer
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
                endpoint = _serving(path.endpoints, scope["method"])
                values = (decoded(unquote_to_bytes(value)) for value in found.groups())
                parameters = dict(zip(endpoint.names, values, strict=True)) if endpoint else {}
                return self._found(path.vendor, path.endpoints, parameters)
        owner = self._owner(asked)
        return self._found(owner, {}, {}) if owner else (Match.NONE, {})

    def _found(
        self, vendor: Vendor, endpoints: Endpoints, parameters: dict[str, str]
    ) -> tuple[Match, Scope]:
        found = {"endpoint": self, "path_params": parameters, FOUND: (vendor, endpoints)}
        return Match.FULL, found

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in the vendor's shape, whatever happens; a client that has gone gets nothing."""
        vendor, endpoints = scope[FOUND]
        facts_of(scope).api = f"rest:{vendor.name}"
        request, response = Request(scope, receive), None
        try:
            response = await self._respond(vendor, endpoints, request)
        except ClientDisconnect:
            return
        finally:
            await repeating.finish(request, response)
        response.headers.update(NO_STORE)
        response.raw_headers += rates.headers(getattr(request.state, "windows", ()))
        if scope["method"] == "HEAD":
            response.body = b""
        await response(scope, receive, send)

    def vendor(self, scope: Scope) -> Vendor | None:
        """Whose path is asked for."""
        return self._owner(_path(scope)) if scope["type"] == "http" else None

    def refused(self, scope: Scope, refusal: Refusal) -> Response | None:
        """A refusal in the shape of the vendor whose path this is; None on any other path."""
        vendor = self.vendor(scope)
        if vendor is None:
            return None
        facts_of(scope).api = f"rest:{vendor.name}"
        response = vendor.refuse(refusal, Request(scope))
        response.headers.update(NO_STORE)
        return response

    async def _respond(self, vendor: Vendor, endpoints: Endpoints, request: Request) -> Response:
        endpoint = _serving(endpoints, request.method)
        headers: dict[str, str] = {}
        try:
            if endpoint:
                request.scope[repeating.CHANGED_BY] = endpoint.changed_by
                facts_of(request.scope).operation = f"{endpoint.method} {endpoint.path}"
                return await self._served(endpoint, request)
            refusal = METHOD if endpoints else ADDRESS
            headers = {"Allow": ", ".join(endpoints)} if endpoints else {}
        except RefusedError as error:  # what is left of the body has no reader
            code = UNREAD.get(error.status, error.extensions["code"])
            refusal = Refusal(error.status, code, error.message)
            given = ((name.decode(), value.decode()) for name, value in error.headers)
            headers = dict(given)
            if error.status != STATUS["OVERLOADED"]:  # of which the body was read
                headers["connection"] = "close"
        except GatewayError as error:
            refusal = _refusal(error)
            if refusal.retry_after is not None:
                headers = {"Retry-After": str(refusal.retry_after)}
        except repeating.ReplayedError as found:
            return found.response
        except ClientDisconnect:
            raise
        except Exception:
            log.exception("%s: %s failed", vendor.name, endpoint and endpoint.path)
            refusal = FAILURE
        facts_of(request.scope).codes.append(refusal.code)
        response = vendor.refuse(refusal, request)
        response.headers.update(headers)
        return response

    async def _served(self, endpoint: Endpoint, request: Request) -> Response:
        headers = headers_of(request.scope)
        body = await read_body(request.receive, headers, self._max_body, self._seconds)
        served = Request(request.scope, _replay(body))
        with leaving(request.receive, lambda: leave(served)):
            response = await endpoint.handle(served)
        if len(response.body) > self._max_answer:
            raise LimitExceeded(
                f"The answer would have more than {self._max_answer} bytes: ask for less.",
                limit="answer_bytes",
                maximum=self._max_answer,
            )
        return response

    def _owner(self, path: str) -> Vendor | None:
        """The vendor with the longest base that the path starts with."""
        bases = (base for base in self._bases if f"{path}/".startswith(f"{base}/"))
        return self._bases.get(max(bases, key=len, default=""))


def _serving(endpoints: Endpoints, method: str) -> Endpoint | None:
    """GET serves HEAD as well."""
    return endpoints.get("GET" if method == "HEAD" else method)


def _refusal(error: GatewayError) -> Refusal:
    """A refusal or failure of the core, with the seconds to wait where trying again helps."""
    status = STATUS.get(error.code, 500)
    told = error.details.get("retry_after", RETRY_SECONDS if status in (429, 503) else None)
    seconds = None if told is None else int(told)
    return Refusal(status, error.code, error.message, seconds)


def _path(scope: Scope) -> str:
    """The requested path without a proxy's prefix; `//%74hings/a%2Fb/` is `/things/a%2Fb`."""
    raw: bytes | None = scope.get("raw_path")
    path = raw.decode("latin-1") if raw else quote(scope["path"])
    parts = path.removeprefix(scope.get("root_path", "")).split("/")
    return "".join(f"/{quote(unquote_to_bytes(part), safe='')}" for part in parts if part)


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
