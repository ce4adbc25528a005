"""Refusals of the resolvers as those of HTTP; and as JSON responses, for pages and exports."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.access import rates
from app.access.rates import UsedUp
from app.errors import STATUS
from app.http.refusal import JSON, Header, RefusedError
from app.observing.facts import facts_of
from resolvers.errors import GatewayError

CHALLENGE: Final[Header] = (b"www-authenticate", b'Bearer realm="gateway"')


def refused(request: Request, error: RefusedError) -> Response:
    """A refusal as JSON, noted among the request's codes."""
    facts = facts_of(request.scope)
    facts.codes.append(error.extensions["code"])
    given = {name.decode(): value.decode() for name, value in error.headers}
    headers = {**given, "cache-control": "no-store", "content-type": JSON.decode()}
    return Response(error.body(facts.id), error.status, headers)


def refusal(request: Request, error: GatewayError) -> Response:
    """The same for a refusal of the resolvers."""
    return refused(request, refused_for(error))


def refused_for(error: GatewayError) -> RefusedError:
    """A request that the resolvers refuse as a whole, with the headers that its status asks for."""
    status = STATUS.get(error.code, 500)
    headers: list[Header] = [CHALLENGE] if status == 401 else []
    if status in (429, 503) or "retry_after" in error.details:
        headers.append((b"retry-after", b"%d" % error.details.get("retry_after", 1)))
    if isinstance(error, UsedUp):
        headers += rates.headers(error.windows)
    return RefusedError(status, error.code, error.message, *headers, **error.details)
