"""Refusals that every vendor path has, each rendered in the vendor's own shape."""

from starlette.requests import Request
from starlette.responses import Response

from app.errors import STATUS
from app.http.refusal import RefusedError
from app.rest.vendor import Vendor
from resolvers.errors import GatewayError

RETRY_SECONDS = 1
"""Retry-After of a failure that will pass, unless the error knows better."""


def unserved(vendor: Vendor, status: int, allow: str, request: Request) -> Response:
    """Nothing at this address (404), or not by this method (405, with Allow)."""
    refuse = vendor.refuse
    if status == 404:
        return refuse(404, "NOT_FOUND", "There is nothing at this address.", request, None)
    response = refuse(405, "METHOD_NOT_ALLOWED", "Method Not Allowed", request, None)
    response.headers["Allow"] = allow
    return response


def unread(vendor: Vendor, error: RefusedError, request: Request) -> Response:
    """A body that is too large (413) or too slow (408): what is left of it has no reader."""
    code = error.extensions["code"]
    response = vendor.refuse(error.status, code, error.message, request, None)
    response.headers["Connection"] = "close"
    return response


def refused(vendor: Vendor, error: GatewayError, request: Request) -> Response:
    """A refusal or failure of the core; Retry-After where trying again helps."""
    status = STATUS.get(error.code, 500)
    retry_after = None
    if status in (429, 503):
        retry_after = int(error.details.get("retry_after", RETRY_SECONDS))
    response = vendor.refuse(status, error.code, error.message, request, retry_after)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response
