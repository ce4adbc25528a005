"""What every request meets first: hosts, origins, security headers, compression."""

import asyncio
import gzip
from typing import Any

import httpx
import pytest
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.boundary import Boundary
from app.http.negotiation import accepts_gzip
from app.http.origin import Hosts, Origins

SITE = "https://desk.example.com"
LINK = {
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
}


async def small(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers everything."""
    await Response("reached", headers={"vary": "Accept"})(scope, receive, send)


def bounded(
    app: ASGIApp = small,
    own: str = "127.0.0.1",
    hosts: tuple[str, ...] = (),
    origins: tuple[str, ...] = (),
) -> Boundary:
    return Boundary(app, Hosts(own, hosts), Origins(origins), ("/", "/graphql"))


def ask(
    app: ASGIApp, method: str = "POST", path: str = "/graphql", **headers: str
) -> httpx.Response:
    """One request; headers by their names with underscores."""

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8000"
        ) as client:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.request(method, path, headers=sent)

    return asyncio.run(run())


def refused(response: httpx.Response) -> bool:
    """Whether it was refused, with a GraphQL error in JSON."""
    if response.status_code != 403:
        assert response.text in ("reached", "")
        return False
    extensions = {"code": "FORBIDDEN", "requestId": response.headers["x-request-id"]}
    assert response.json()["errors"][0]["extensions"] == extensions
    return True


@pytest.mark.parametrize(
    ("host", "wrong"),
    [
        ("localhost:8000", False),
        ("LOCALHOST", False),
        ("127.0.0.1", False),
        ("[::1]:8000", False),
        ("localhost.", False),
        ("evil.example", True),
        ("localhost.evil.example", True),
        ("127.0.0.1.evil.example", True),
        ("10.0.0.1", True),
        ("[fe80::1]", True),
        ("", True),
    ],
)
def test_hosts_of_a_local_server(host: str, wrong: bool) -> None:
    """Loopback names only: what else resolves to it is DNS rebinding."""
    assert refused(ask(bounded(), host=host)) == wrong


@pytest.mark.parametrize(
    ("own", "hosts", "host", "wrong"),
    [
        ("gateway.internal", (), "gateway.internal:80", False),
        ("0.0.0.0", (), "10.1.2.3:8000", False),
        ("::", (), "[fe80::1]:8000", False),
        ("0.0.0.0", (), "evil.example", True),
        ("0.0.0.0", ("Gateway.Example",), "gateway.example", False),
        ("0.0.0.0", ("*",), "anything.example", False),
        ("::1", (), "[::1]", False),
    ],
)
def test_hosts_of_other_servers(own: str, hosts: tuple[str, ...], host: str, wrong: bool) -> None:
    """The configured address and the allowed names; on all addresses, any address."""
    assert refused(ask(bounded(own=own, hosts=hosts), host=host)) == wrong


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": SITE},
        {"origin": "null"},
        {"origin": SITE, "sec_fetch_site": "same-origin"},
        {"origin": "http://127.0.0.1:9000", "sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors", "sec_fetch_dest": "image"},
    ],
    ids=str,
)
def test_other_sites_are_refused(headers: dict[str, str], method: str) -> None:
    """Whatever the method, if CORS does not allow the site."""
    response = ask(bounded(), method, **headers)
    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec_fetch_site": "none"},
        {"sec_fetch_site": "same-origin"},
        {"origin": "http://127.0.0.1:8000", "sec_fetch_site": "same-origin"},
        {"origin": "https://127.0.0.1:8000"},
    ],
    ids=str,
)
def test_own_pages_and_programs(headers: dict[str, str]) -> None:
    """Its own pages, also behind TLS, the address line, and whatever is no browser."""
    assert not refused(ask(bounded(), **headers))


@pytest.mark.parametrize(
    ("method", "path", "wrong"),
    [
        ("GET", "/", False),
        ("HEAD", "/", False),
        ("GET", "/graphql", False),
        ("GET", "/graphql?query={a}", True),
        ("POST", "/graphql", True),
        ("GET", "/elsewhere", True),
    ],
)
def test_links_lead_to_pages(method: str, path: str, wrong: bool) -> None:
    """A link on another site may lead to a page, and never runs a query."""
    headers = {name.replace("-", "_"): value for name, value in LINK.items()}
    assert refused(ask(bounded(), method, path, **headers)) == wrong


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("mode", "destination"),
    [
        ("navigate", "iframe"),
        ("navigate", "frame"),
        ("navigate", "embed"),
        ("navigate", "object"),
        ("navigate", None),
        ("cors", "document"),
        ("no-cors", "document"),
        (None, "document"),
    ],
)
def test_only_links_lead_to_pages(method: str, mode: str | None, destination: str | None) -> None:
    """Another site can neither show a page within its own nor fetch one."""
    sent = {
        "sec_fetch_site": "cross-site",
        "sec_fetch_mode": mode,
        "sec_fetch_dest": destination,
    }
    headers = {name: value for name, value in sent.items() if value is not None}
    assert ask(bounded(), method, "/", **headers).status_code == 403


def test_allowed_site() -> None:
    """Its pages may read the answer; caches keep sites apart."""
    response = ask(bounded(origins=(SITE,)), origin=SITE, sec_fetch_site="cross-site")
    assert response.text == "reached"
    assert response.headers["access-control-allow-origin"] == SITE
    assert response.headers.get_list("vary") == ["Accept", "Origin"]
    assert "access-control-allow-credentials" not in response.headers


def test_any_site() -> None:
    """`*` stands for every site."""
    response = ask(bounded(origins=("*",)), origin="https://any.example")
    assert response.headers["access-control-allow-origin"] == "*"


def test_preflight() -> None:
    """A browser asks first, and is told methods and headers."""
    asked: dict[str, Any] = {
        "access_control_request_method": "POST",
        "access_control_request_headers": "authorization,x-graphql-cost",
    }
    response = ask(bounded(origins=(SITE,)), "OPTIONS", origin=SITE, **asked)
    assert (response.status_code, response.content) == (204, b"")
    assert "POST" in response.headers["access-control-allow-methods"]
    assert response.headers["access-control-allow-headers"] == "authorization,x-graphql-cost"
    assert len(response.headers.get_list("access-control-allow-origin")) == 1


def test_preflight_of_another_site() -> None:
    """Refused like everything else."""
    response = ask(bounded(), "OPTIONS", origin=SITE, access_control_request_method="POST")
    assert refused(response)


def test_websocket_of_another_site() -> None:
    """Closed before it is opened."""
    sent: list[Message] = []

    async def run() -> None:
        async def send(message: Message) -> None:
            sent.append(message)

        scope = {"type": "websocket", "path": "/graphql", "headers": [(b"origin", SITE.encode())]}
        await bounded()(scope, asyncio.Future, send)

    asyncio.run(run())
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_security_headers() -> None:
    """On every answer, refusals too; an application's own are kept."""

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        headers = {"content-security-policy": "default-src 'self'"}
        await Response("page", headers=headers)(scope, receive, send)

    for response in (ask(bounded()), ask(bounded(), host="evil.example")):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert ask(bounded(page)).headers["content-security-policy"] == "default-src 'self'"


def sized(size: int, media_type: str, **headers: str) -> ASGIApp:
    return bounded(Response(b"a" * size, media_type=media_type, headers=headers))


@pytest.mark.parametrize("size", [1024, 200_000])
def test_large_answers_are_compressed(size: int) -> None:
    """JSON beyond a kilobyte, of a length that is told, for clients that take gzip."""
    response = ask(sized(size, "application/graphql-response+json"), accept_encoding="gzip, br")
    assert response.headers["content-encoding"] == "gzip"
    assert int(response.headers["content-length"]) < size
    assert response.headers.get_list("vary") == ["Accept-Encoding"]
    assert response.content == b"a" * size


@pytest.mark.parametrize(
    ("size", "media_type", "accepted", "headers"),
    [
        (1023, "application/json", "gzip", {}),
        (5000, "image/png", "gzip", {}),
        (5000, "application/json", "br", {}),
        (5000, "application/json", "gzip;q=0", {}),
        (5000, "application/json", "identity", {}),
    ],
)
def test_not_compressed(size: int, media_type: str, accepted: str, headers: Any) -> None:
    """Small answers, what is compressed by nature, and clients that do not take it."""
    response = ask(sized(size, media_type, **headers), accept_encoding=accepted)
    assert "content-encoding" not in response.headers
    assert response.content == b"a" * size


def test_compressed_once() -> None:
    """What an application compressed itself is left alone."""
    packed = Response(
        gzip.compress(b"b" * 90_000), headers={"content-encoding": "gzip"}, media_type="text/css"
    )
    assert ask(bounded(packed), accept_encoding="gzip").content == b"b" * 90_000


def test_streams_are_compressed_piece_by_piece() -> None:
    """An answer in pieces arrives whole, compressed as it goes."""

    async def streamed(scope: Scope, receive: Receive, send: Send) -> None:
        async def parts() -> Any:
            for _ in range(3):
                yield "a" * 2000

        await StreamingResponse(parts(), media_type="text/plain")(scope, receive, send)

    response = ask(bounded(streamed), accept_encoding="gzip")
    assert (response.text, "content-encoding" in response.headers) == ("a" * 6000, True)


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        (None, False),
        (b"", False),
        (b"gzip", True),
        (b"deflate, GZIP;q=0.5", True),
        (b"*", True),
        (b"gzip;q=0", False),
        (b"gzip ; q=0.000, br", False),
        (b"gzip;q=0.001", True),
        (b"x-gzipped", False),
    ],
)
def test_accept_encoding(header: bytes | None, accepted: bool) -> None:
    """Quality 0 refuses."""
    assert accepts_gzip(header) == accepted


def test_any_name_leads_to_paths_that_ask_for_a_credential() -> None:
    """A legacy client comes by the vendor's own host name."""
    boundary = Boundary(
        small,
        Hosts("127.0.0.1"),
        Origins(),
        any_name=lambda scope: scope["path"].endswith(".php"),
    )
    assert not refused(ask(boundary, path="/get_session_history.php", host="api.vendor.example"))
    assert refused(ask(boundary, path="/graphql", host="api.vendor.example"))


def test_refusals_in_a_paths_own_shape() -> None:
    """A vendor's path refuses a cross-site request as the vendor would."""
    boundary = Boundary(
        small,
        Hosts("127.0.0.1"),
        Origins(),
        shaped=lambda _scope, error: Response("no", error.status),
    )
    response = ask(boundary, origin="https://evil.example", sec_fetch_site="cross-site")
    assert (response.status_code, response.text) == (403, "no")
    assert response.headers["x-content-type-options"] == "nosniff"
