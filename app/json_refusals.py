"""Refusals as JSON responses, for everything but GraphQL and the vendors' URLs."""

from starlette.requests import Request
from starlette.responses import Response

from app.access import rates
from app.access.rates import UsedUp
from app.errors import STATUS
from app.http.refusal import JSON, RefusedError
from app.observing.facts import facts_of
from resolvers.errors import GatewayError


def refused(request: Request, error: RefusedError) -> Response:
    """A refusal as JSON, noted among the request's codes."""
    facts = facts_of(request.scope)
    facts.codes.append(error.extensions["code"])
    given = {name.decode(): value.decode() for name, value in error.headers}
    headers = {**given, "cache-control": "no-store", "content-type": JSON.decode()}
    return Response(error.body(facts.id), error.status, headers)


def refusal(request: Request, error: GatewayError) -> Response:
    """A refusal of the resolvers, with the headers that its status asks for."""
    response = refused(
        request,
        RefusedError(STATUS.get(error.code, 500), error.code, error.message, **error.details),
    )
    if response.status_code == 401:
        response.headers["www-authenticate"] = 'Bearer realm="gateway"'
    if response.status_code in (429, 503):
        response.headers["retry-after"] = str(error.details.get("retry_after", 1))
    if isinstance(error, UsedUp):
        response.raw_headers += rates.headers(error.windows)
    return response
