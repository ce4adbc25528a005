"""A vendor's legacy URLs as a value, and what its endpoints need of the process."""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from app.access.authenticator import Authenticator
from app.context import State
from app.rest.docs import Chapter, Operation
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
    """One of `resolvers.errors`, or METHOD_NOT_ALLOWED."""
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
    endpoints: tuple[Endpoint, ...]
    refuse: Refuse
    chapter: Chapter

    @property
    def name(self) -> str:
        """The kind's, and the folder's: `co_browse`."""
        return self.kind.name


async def admit(
    request: Request,
    kind: Kind,
    find: Callable[[Authenticator], Awaitable[Caller]] | None = None,
    bots: Callable[[Caller], Iterable[str] | None] = lambda _caller: None,
) -> Context:
    """The context of a request; anybody may come in where the vendor is open.

    `find` finds the caller by the vendor's own scheme; without it, Bearer or X-API-Key count.
    `bots` are those whose rates the request counts for; without them, the caller's own rate.
    Unauthenticated or RateLimited if the credential is missing, wrong or used too often.
    """
    state = state_of(request)
    authenticator = state.authenticator
    if authenticator.is_open(kind.name):
        return state.context(authenticator.open_caller(kind.name))
    caller = await (find(authenticator) if find else authenticator.bearer(request))
    await authenticator.limit(caller, bots(caller))
    return state.context(caller)


def has_key(headers: Headers) -> bool:
    """Whether a request has a key in a header, which is refused beside another scheme."""
    return "authorization" in headers or "x-api-key" in headers


def state_of(request: Request) -> State:
    """What lives as long as the process."""
    state: State = request.app.state.gateway
    return state


def json_object(body: bytes) -> dict[str, Any]:
    """The members of a JSON body, none of an empty one; BadInput if it is not a JSON object."""
    try:
        given = orjson.loads(body) if body.strip() else {}
    except orjson.JSONDecodeError:
        raise BadInput("The body is not valid JSON.") from None
    if not isinstance(given, dict):
        raise BadInput("The body must be a JSON object.")
    return given


def json(body: Any, status: int = 200, media_type: str = "application/json") -> Response:
    """A JSON response."""
    return Response(orjson.dumps(body), status, media_type=media_type)


def challenging(response: Response) -> Response:
    """The response; a 401 names Bearer as the scheme to use."""
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
