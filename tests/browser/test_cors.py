"""A front end on a development server, in a real browser: its first request to the gateway."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.app.http.test_boundary import bounded
from tests.gateway import Gateway

pytestmark = pytest.mark.browser

ASK = """
([url, key]) => fetch(url, {
  method: "POST",
  headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
  body: JSON.stringify({ query: "{ viewer { name } }" }),
}).then((answer) => answer.json(), (error) => error.name)
"""


@pytest.fixture
def front_end(serve: Callable[[Any], str], visit: Any) -> Any:
    """A page of a development server on this machine, on a port of its own."""

    def page(_request: Request) -> Response:
        return HTMLResponse("<!doctype html><title>Front end</title><link rel=icon href=data:,>")

    opened = visit(serve(Starlette(routes=[Route("/", page)])))
    yield opened
    opened.outside.clear()  # Asking another origin is what it is for.


def test_a_development_server_may_ask(front_end: Any, gateway: Gateway) -> None:
    """Without any setting: both listen on this machine. The preflight passes, and the answer."""
    answer = front_end.page.evaluate(ASK, [gateway.url, gateway.key])
    assert answer == {"data": {"viewer": {"name": "Demo"}}}


def test_a_gateway_for_others_refuses_it(front_end: Any, serve: Callable[[Any], str]) -> None:
    """Where no origin is allowed, the browser keeps the request back and gives no reason."""
    address = serve(bounded())
    assert front_end.page.evaluate(ASK, [f"{address}/graphql", "key"]) == "TypeError"
    front_end.expect_errors("blocked by CORS policy")
    front_end.expect_errors("ERR_FAILED")
