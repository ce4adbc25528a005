"""What a proxy says of a request is believed if the settings name the proxy, else never."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.boundary import Boundary
from app.http.origin import Hosts, Origins
from app.http.proxies import TrustedProxies

STRANGER = "198.51.100.9"
CLIENT = "203.0.113.9"
PROXY = "10.0.0.7"
FORWARDED = (
    ("x-forwarded-for", CLIENT),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-host", "desk.example.com"),
)


def seen(
    peer: str | None,
    *headers: tuple[str, str],
    trusted: Iterable[str] = (PROXY, "10.1.0.0/16", "2001:db8::/32"),
) -> Scope:
    """The scope that the application gets."""
    found: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(scope)

    ask(TrustedProxies(app, trusted), peer, *headers)
    return found[0]


def ask(app: ASGIApp, peer: str | None, *headers: tuple[str, str]) -> list[Any]:
    """The messages of the answer."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    given = [("host", "127.0.0.1:8000"), *headers]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "scheme": "http",
        "client": (peer, 4711) if peer else None,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in given],
    }
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]  a coroutine it is
    return sent


def facts(scope: Scope) -> tuple[Any, Any, list[bytes]]:
    """Client, scheme and every `Host`."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    return scope["client"] and scope["client"][0], scope["scheme"], hosts


@pytest.mark.parametrize("peer", [PROXY, "10.1.2.3", "2001:db8::7", f"::ffff:{PROXY}"])
def test_named_proxy_is_believed(peer: str) -> None:
    """By address and by network, of both families, and where IPv4 arrives on an IPv6 socket."""
    assert facts(seen(peer, *FORWARDED)) == (CLIENT, "https", [b"desk.example.com"])


@pytest.mark.parametrize("peer", [STRANGER, "127.0.0.1", "::1", "10.2.0.1", "testclient", None])
def test_nobody_else_is_believed(peer: str | None) -> None:
    """Not even a peer on this machine: a proxy there brings strangers."""
    assert facts(seen(peer, *FORWARDED)) == (peer, "http", [b"127.0.0.1:8000"])


@pytest.mark.parametrize(
    ("chain", "client"),
    [
        (f"6.6.6.6, {CLIENT}", CLIENT),
        (f"6.6.6.6, {CLIENT}, 10.1.0.1, {PROXY}", CLIENT),
        (f"{PROXY}, {CLIENT}", CLIENT),
        (f"{CLIENT}:5555, 10.1.0.1", CLIENT),
        ("6.6.6.6, [2001:db9::9]:5555", "2001:db9::9"),
        ("", PROXY),
    ],
)
def test_last_untrusted_address_is_the_client(chain: str, client: str) -> None:
    """Whatever a client writes further to the left."""
    assert facts(seen(PROXY, ("x-forwarded-for", chain)))[0] == client


def test_addresses_in_several_headers_are_one_chain() -> None:
    """A client's own header before the proxy's changes nothing."""
    headers = (("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", CLIENT))
    assert facts(seen(PROXY, *headers))[0] == CLIENT


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("desk.example.com:8443", b"desk.example.com:8443"),
        ("6.6.6.6, desk.example.com", b"desk.example.com"),
        ("[2001:db8::1]:443", b"[2001:db8::1]:443"),
        ("", b"127.0.0.1:8000"),
        ("desk example", b"127.0.0.1:8000"),
        ("desk.example.com/path", b"127.0.0.1:8000"),
        ("schön.example", b"127.0.0.1:8000"),
    ],
)
def test_host_is_the_last_one_forwarded(given: str, host: bytes) -> None:
    """There is one `Host` at the end; what cannot be one is ignored."""
    assert facts(seen(PROXY, ("x-forwarded-host", given)))[2] == [host]


def test_scheme_that_is_none_is_ignored() -> None:
    """The connection's own remains."""
    assert facts(seen(PROXY, ("x-forwarded-proto", "gopher")))[1] == "http"


@pytest.mark.parametrize(("peer", "status"), [(PROXY, 200), (STRANGER, 403)])
def test_hosts_and_origins_are_checked_by_the_forwarded_name(peer: str, status: int) -> None:
    """A page of the public name is the gateway's own if the proxy says so, else another site's."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    boundary = Boundary(answer, Hosts("127.0.0.1", ["desk.example.com"]), Origins())
    own = (("origin", "https://desk.example.com"), ("sec-fetch-site", "same-origin"))
    messages = ask(TrustedProxies(boundary, [PROXY]), peer, *FORWARDED, *own)
    assert messages[0]["status"] == status
