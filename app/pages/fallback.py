"""What nobody serves: unknown addresses, wrong methods and failures outside the vendors' paths.

Programs get GraphQL's JSON error form; browsers a small page with a link home.
"""

from html import escape
from pathlib import Path
from string import Template
from typing import Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.http.negotiation import prefers_html
from app.http.refusal import RefusedError
from app.json_refusals import refused
from app.pages.headers import PAGE_HEADERS
from schema.errors import INTERNAL_MESSAGE

_PAGE: Final = Path(__file__).parent / "static" / "fallback.html"
_KNOWN: Final = {
    404: ("NOT_FOUND", "There is nothing at this address."),
    405: ("METHOD_NOT_ALLOWED", "This address does not take that method."),
}
_TITLES: Final = {404: "Not found", 405: "Method not allowed", 500: "Something failed"}


def install(app: FastAPI) -> None:
    """Answer what the router refuses, and what no route foresaw."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _failed)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, message = _KNOWN.get(error.status_code, ("BAD_USER_INPUT", str(error.detail)))
    return _answer(request, RefusedError(error.status_code, code, message), error.headers)


async def _failed(request: Request, _error: Exception) -> Response:
    """The server logs the error itself; nothing of it leaves."""
    return _answer(request, RefusedError(500, "INTERNAL", INTERNAL_MESSAGE))


def _answer(request: Request, error: RefusedError, headers: object = None) -> Response:
    accept = request.headers.get("accept")
    html = prefers_html(accept.encode("latin-1") if accept else None)
    response = _page(error) if html else refused(request, error)
    response.headers["vary"] = "Accept"
    if isinstance(headers, dict):
        response.headers.update(headers)
    return response


def _page(error: RefusedError) -> Response:
    title = _TITLES.get(error.status, "Refused")
    text = Template(_PAGE.read_text("utf-8")).substitute(
        title=escape(title), message=escape(error.message)
    )
    headers = {"cache-control": "no-store", **PAGE_HEADERS}
    return Response(text, error.status, headers, media_type="text/html")
