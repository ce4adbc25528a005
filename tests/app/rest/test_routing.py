"""The frame: every request under a vendor's base ends in the vendor's own shape."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.errors import STATUS
from app.rest import VENDORS
from app.rest.docs import Chapter, Operation
from app.rest.routing import VendorRoutes
from app.rest.vendor import Endpoint, Refusal, Vendor
from resolvers import errors
from resolvers.errors import GatewayError, RateLimited, Unavailable
from schema.kinds.co_browse import CO_BROWSE

Handler = Callable[[Request], Awaitable[Response]]


async def echo(request: Request) -> Response:
    body = (await request.body()).decode()
    return JSONResponse({"params": request.path_params, "body": body, "method": request.method})


def refuse(refusal: Refusal, _request: Request) -> Response:
    said = (refusal.status, refusal.code, refusal.message, refusal.retry_after)
    return PlainTextResponse("|".join(map(str, said)), refusal.status)


UNDESCRIBED = Operation("An operation", "The answer.", {})


def vendor(*rows: tuple[str, str], base: str = "/v", handle: Handler = echo):
    return Vendor(
        kind=CO_BROWSE,
        service="Example",
        bases=(base,),
        endpoints=tuple(Endpoint(method, path, handle, UNDESCRIBED) for method, path in rows),
        refuse=refuse,
        chapter=Chapter(prose={}),
    )


PLAIN = vendor(("GET", "/v/things/{id}"), ("POST", "/v/things/{id}"), ("PUT", "/v/things/new"))


def ask(
    *vendors: Vendor, method: str = "GET", url: str = "/v/things/1", limit: int = 1024, **options
):
    app = Starlette(routes=[VendorRoutes(vendors or (PLAIN,), limit)])

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.request(method, url, **options)

    return asyncio.run(send())


def failing(error: Exception) -> Vendor:
    async def fail(_request: Request) -> Response:
        raise error

    return vendor(("GET", "/v/things/{id}"), handle=fail)


def test_parameters_reach_the_endpoint() -> None:
    """A `{name}` of the path is found in path_params."""
    assert ask().json()["params"] == {"id": "1"}


def test_an_encoded_slash_belongs_to_its_segment() -> None:
    """`a%2Fb` is one segment, decoded."""
    assert ask(url="/v/things/a%2Fb").json()["params"] == {"id": "a/b"}


@pytest.mark.parametrize("url", ["/v/things/1/", "/v/%74hings/1", "/v/things/1//?x=y"])
def test_other_spellings_of_a_path_lead_to_it(url: str) -> None:
    """Trailing slashes and percent-encoded letters make no difference."""
    assert ask(url=url).json()["params"] == {"id": "1"}


def test_a_literal_segment_wins_over_a_parameter() -> None:
    """GET on a path that only has PUT is a wrong method, not the parameter `new`."""
    response = ask(url="/v/things/new")
    assert (response.status_code, response.headers["allow"]) == (405, "PUT")


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS", "PUT", "BREW"])
def test_a_wrong_method_is_refused_with_what_is_allowed(method: str) -> None:
    """405 in the vendor's shape, Allow in the order of the table."""
    response = ask(method=method)
    assert response.text == "405|METHOD_NOT_ALLOWED|Method Not Allowed|None"
    assert response.headers["allow"] == "GET, POST"


def test_head_is_get_without_the_body() -> None:
    """The headers are GET's, the length included."""
    head, get = ask(method="HEAD"), ask()
    assert head.content == b""
    assert head.headers["content-length"] != "0"
    assert head.headers["content-type"] == get.headers["content-type"]


@pytest.mark.parametrize("url", ["/v", "/v/", "/v/things", "/v/things/", "/v/things/1/more"])
def test_an_unknown_address_under_a_base_is_refused_in_its_shape(url: str) -> None:
    """404 by the vendor whose base it is."""
    response = ask(url=url)
    assert response.text == "404|NOT_FOUND|There is nothing at this address.|None"


@pytest.mark.parametrize("url", ["/", "/vv/things/1", "/w"])
def test_an_address_of_nobody_is_left_to_the_application(url: str) -> None:
    """What lies under no base is not the vendors' business."""
    assert ask(url=url).text == "Not Found"


def test_the_longest_base_decides() -> None:
    """A base inside another vendor's base answers for what is under it."""
    inner = vendor(("GET", "/v/inner/{id}"), base="/v/inner")
    assert ask(PLAIN, inner, url="/v/inner/5").json()["params"] == {"id": "5"}


def test_the_body_is_read_before_the_endpoint_works() -> None:
    """The endpoint finds the whole body."""
    assert ask(method="POST", content=b"hello").json()["body"] == "hello"


def test_a_body_over_the_limit_is_refused() -> None:
    """413 in the vendor's shape, and the connection is not kept for the rest of the body."""
    response = ask(method="POST", content=b"x" * 1025)
    assert response.text == "413|LIMIT_EXCEEDED|The body is larger than 1024 bytes.|None"
    assert response.headers["connection"] == "close"


def test_a_body_of_unknown_length_over_the_limit_is_refused() -> None:
    """Counting does not rely on Content-Length."""

    async def chunks():
        for _ in range(3):
            yield b"x" * 500

    assert ask(method="POST", content=chunks()).status_code == 413


def _codes(base: type[GatewayError]) -> list[type[GatewayError]]:
    return [base, *(sub for child in base.__subclasses__() for sub in _codes(child))]


@pytest.mark.parametrize(
    "error", [e for e in _codes(GatewayError) if e.__module__ == errors.__name__]
)
def test_every_error_has_its_status(error: type[GatewayError]) -> None:
    """The table of app.errors decides."""
    response = ask(failing(error("why")))
    assert response.status_code == STATUS[error.code]
    assert response.text.startswith(f"{STATUS[error.code]}|{error.code}|why|")


@pytest.mark.parametrize(
    ("error", "seconds"), [(RateLimited("slow", retry_after=30), "30"), (Unavailable("gone"), "1")]
)
def test_a_passing_failure_says_when_to_retry(error: GatewayError, seconds: str) -> None:
    """Retry-After on 429 and 503, in whole seconds."""
    assert ask(failing(error)).headers["retry-after"] == seconds


def test_an_unforeseen_failure_gives_nothing_away(caplog: pytest.LogCaptureFixture) -> None:
    """The client reads one neutral sentence; the log has the rest, without the address asked."""
    with caplog.at_level(logging.ERROR):
        response = ask(failing(RuntimeError("inside")), url="/v/things/1?KEY=secret")
    assert response.text == "500|INTERNAL|The gateway failed.|None"
    assert "inside" in caplog.text
    assert "secret" not in caplog.text


def test_two_rows_for_one_path_and_method_are_refused() -> None:
    """Parameters of different names make no difference."""
    with pytest.raises(ValueError, match="Two rows for GET /v/things"):
        VendorRoutes([vendor(("GET", "/v/things/{id}"), ("GET", "/v/things/{other}"))])


def test_two_vendors_cannot_share_a_path() -> None:
    """Whose shape would a wrong method have?"""
    other = vendor(("PUT", "/v/things/{id}"), base="/other")
    with pytest.raises(ValueError, match="Two rows for PUT"):
        VendorRoutes([PLAIN, other])


def test_two_vendors_cannot_share_a_base() -> None:
    """Whose shape would an unknown address have?"""
    with pytest.raises(ValueError, match="Two vendors have the base /v"):
        VendorRoutes([PLAIN, vendor()])


def test_an_endpoint_lies_under_its_own_vendors_base() -> None:
    """Else another vendor, or nobody, would refuse for it."""
    with pytest.raises(ValueError, match="outside the bases"):
        VendorRoutes([vendor(("GET", "/elsewhere/{id}"))])


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("/history/sessions/1", "co_browse"),
        ("/history/sessions", "co_browse"),
        ("/sessions/1", "knowledge"),
        ("/sessions/new", "knowledge"),
        ("/sessions/history/sessions/1", "knowledge"),
    ],
)
def test_the_bare_paths_do_not_catch_each_other(url: str, name: str) -> None:
    """Co-browse has what starts with `/history`, knowledge what starts with `/sessions`."""

    def named(one: Vendor) -> Vendor:
        def refuse_by_name(*_arguments: object) -> Response:
            return PlainTextResponse(one.name)

        return replace(one, refuse=refuse_by_name)

    assert ask(*map(named, VENDORS), method="BREW", url=url).text == name


def test_whose_path_it_is() -> None:
    """The boundary learns whose path is asked for, and refuses in that vendor's shape."""
    table = VendorRoutes((PLAIN,))
    scope = {"type": "http", "path": "/v/things/1", "raw_path": b"/v/things/1", "headers": []}
    assert table.vendor(scope) is PLAIN
    assert table.refused(scope, Refusal(403, "FORBIDDEN", "No.")) is not None
    elsewhere = {**scope, "raw_path": b"/graphql"}
    assert table.refused(elsewhere, Refusal(403, "FORBIDDEN", "No.")) is None
