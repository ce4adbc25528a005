"""A vendor's legacy URLs as a value, and what its endpoints need of the process."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from app.context import State
from resolvers.access import Caller
from resolvers.context import Context
from resolvers.kind import Kind

Handler = Callable[[Request], Awaitable[Response]]
Segments = tuple[str, ...]

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
        return tuple(part[1:-1] for part in split(self.path) if is_parameter(part))

    @property
    def shape(self) -> Segments:
        """The segments of the path, all parameters alike."""
        return tuple("{}" if is_parameter(part) else part for part in split(self.path))


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


def split(path: str) -> Segments:
    """The segments of a path."""
    return tuple(path.strip("/").split("/"))


def is_parameter(segment: str) -> bool:
    """Whether a template's segment stands for any."""
    return segment.startswith("{")


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
