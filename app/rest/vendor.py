"""A vendor's legacy URLs as a value, and what its endpoints need of the process."""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import orjson
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import Response

from app.access.authenticator import Authenticator
from app.access.rates import UsedUp
from app.context import State
from app.http.text import decoded, pairs, without_mark
from app.observing.facts import facts_of
from app.rest import repeating
from app.rest.docs import Chapter, Difference, Operation
from app.rest.exports import Export
from resolvers.access import Caller
from resolvers.context import Context
from resolvers.errors import BadInput
from resolvers.kind import Kind

Handler = Callable[[Request], Awaitable[Response]]
PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered."""

    status: int
    code: str
    """One of `resolvers.errors`, METHOD_NOT_ALLOWED or UNSUPPORTED_MEDIA_TYPE."""
    message: str
    """A sentence for the client."""
    retry_after: int | None = None
    """Seconds after which to try again."""


Refuse = Callable[[Refusal, Request], Response]
"""Renders a refusal in the vendor's own error shape. It must not raise. Retry-After and Allow are
added by the frame."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path; `{name}` stands for a segment, found in `request.path_params`.

    The request's body has been read: `await request.body()` cannot fail.
    """

    method: str
    path: str
    handle: Handler
    operation: Operation
    """Its entry in the reference."""
    changed_by: tuple[str, ...] | None = None
    """Of one that changes sessions: the request's headers that say how, besides the URL and the
    body. It may be repeated with an idempotency key. None: it only reads."""

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names."""
        return tuple(PARAMETER.findall(self.path))

    @property
    def shape(self) -> str:
        """The path, all parameters alike."""
        return PARAMETER.sub("{}", self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A vendor's URLs, and how it refuses."""

    kind: Kind
    service: str
    """Whose URLs these are, as the documentation names it: `Genesys Co-browse 8.1`."""
    bases: tuple[str, ...]
    """Everything under these is the vendor's: an unknown address there is refused in its shape."""
    roots: tuple[str, ...] = ("",)
    """What the endpoints' paths start with; the same endpoints stand under each."""
    endpoints: tuple[Endpoint, ...]
    refuse: Refuse
    chapter: Chapter
    differences: tuple[Difference, ...] = ()
    """Every known one between the vendor's page and the gateway: see docs/differences.md."""
    export: Export | None = None
    """How its exports are read, if `import --from` can."""

    @property
    def name(self) -> str:
        """The kind's, and the folder's: `co_browse`."""
        return self.kind.name

    def also_under(self, roots: Iterable[str]) -> "Vendor":
        """The vendor with its endpoints under further roots, each of which is a base as well."""
        added = tuple(sorted(roots))
        paths = {(one.method, self._below_root(one.path)): one for one in self.endpoints}
        endpoints = (
            replace(endpoint, path=root + path)
            for root in added
            for (_, path), endpoint in paths.items()
        )
        return replace(self, bases=(*self.bases, *added), endpoints=(*self.endpoints, *endpoints))

    def _below_root(self, path: str) -> str:
        root = max((root for root in self.roots if path.startswith(f"{root}/")), key=len)
        return path.removeprefix(root)


async def admit(
    request: Request,
    kind: Kind,
    find: Callable[[Authenticator], Awaitable[Caller]] | None = None,
    bots: Callable[[Context], Awaitable[Iterable[str]]] | None = None,
) -> Context:
    """The context of a request; anybody may come in where the vendor is open.

    `find` finds the caller by the vendor's own scheme; without it, Bearer or X-API-Key count.
    `bots` are those whose rates the request counts for; without them, the caller's own rate.
    Unauthenticated or RateLimited if the credential is missing, wrong or used too often, or if too
    many wrong ones came from the same address.
    """
    state = state_of(request)
    authenticator = state.authenticator
    if authenticator.is_open(kind.name):
        return _context(request, authenticator.open_caller(kind.name))
    if find is None:
        caller = await authenticator.bearer(request)
    else:
        caller = await authenticator.guarded(request, find(authenticator))
    facts_of(request.scope).credential = caller.id  # also of one that is refused from here on
    context = _context(request, caller)
    counted = await bots(context) if bots else None
    try:
        request.state.windows = await authenticator.limit(caller, counted)
    except UsedUp as error:
        request.state.windows = error.windows
        raise
    await repeating.begin(request, context)
    return context


def _context(request: Request, caller: Caller) -> Context:
    context = request.state.context = state_of(request).context(caller, facts_of(request.scope))
    return context


def leave(request: Request) -> bool:
    """The client has gone: whether what is done for the request may be cancelled."""
    context: Context | None = getattr(request.state, "context", None)
    return context is None or context.leave()


def has_key(headers: Headers) -> bool:
    """Whether a request has a key in a header, which is refused beside another scheme."""
    return "authorization" in headers or "x-api-key" in headers


def state_of(request: Request) -> State:
    """What lives as long as the process."""
    state: State = request.app.state.gateway
    return state


def json_object(body: bytes, *, or_empty_list: bool = False) -> dict[str, Any]:
    """The members of a JSON body, none of an empty one; BadInput if it is not a JSON object.

    Other bytes than UTF-8 are read as Windows-1252, in which PowerShell sends bodies. PHP writes an
    empty object as an empty list, which may be allowed.
    """
    text = decoded(without_mark(body)).strip()
    try:
        given = orjson.loads(text) if text else {}
    except orjson.JSONDecodeError:
        raise BadInput("The body is not valid JSON.") from None
    if or_empty_list and given == []:
        return {}
    if not isinstance(given, dict):
        raise BadInput("The body must be a JSON object.")
    return given


def query_of(request: Request) -> QueryParams:
    """The parameters of the URL; a value that is not UTF-8 is read as Windows-1252."""
    return QueryParams(list(pairs(request.scope["query_string"])))


def json(body: Any, status: int = 200, media_type: str = "application/json") -> Response:
    """A JSON response."""
    return Response(orjson.dumps(body), status, media_type=media_type)


def challenging(response: Response) -> Response:
    """The response; a 401 names Bearer as the scheme to use."""
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
