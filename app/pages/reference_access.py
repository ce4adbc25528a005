"""Who may read what describes the API: as with introspection, by GATEWAY_INTROSPECTION.

all       everybody
scoped    credentials with the scope `introspection`, or `admin`
none      nobody
"""

from collections.abc import Awaitable, Callable
from inspect import isawaitable

from starlette.requests import Request
from starlette.responses import Response

from app.context import State
from app.json_refusals import refusal
from app.observing.facts import facts_of
from app.settings import Settings
from resolvers.access import EVERYBODY
from resolvers.errors import GatewayError
from schema.limits import require_introspection

Endpoint = Callable[[Request], Response | Awaitable[Response]]


def closed(settings: Settings, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint behind the setting: a refusal is JSON, and nothing of either is stored."""

    async def behind(request: Request) -> Response:
        try:
            await _require(settings, request)
        except GatewayError as error:
            return refusal(request, error)
        answer = endpoint(request)
        response = await answer if isawaitable(answer) else answer
        if settings.introspection != "all":
            response.headers["cache-control"] = "no-store"
        return response

    return behind


def off(settings: Settings, endpoint: Endpoint) -> Endpoint:
    """A page without anything to read in itself: refused only where nobody may read the rest."""
    return closed(settings, endpoint) if settings.introspection == "none" else endpoint


async def _require(settings: Settings, request: Request) -> None:
    """Forbidden, Unauthenticated or RateLimited unless the caller may read it."""
    if settings.introspection == "all":
        return
    caller = EVERYBODY
    if settings.introspection == "scoped":
        state: State = request.app.state.gateway
        caller = await state.authenticator.bearer(request)
        facts_of(request.scope).credential = caller.id
        await state.authenticator.limit(caller)
    require_introspection(caller, settings.introspection)
