"""A front end on another origin: what browsers send before a request, and what they get."""

import logging
from typing import Any

import httpx
import pytest

from app.http.origin import LOOPBACK
from app.settings import Settings
from tests.app.http.test_boundary import ask, bounded

VITE = "http://localhost:5173"
DESK = "https://desk.example.com"

CHROME = {
    "accept": "*/*",
    "accept-encoding": "gzip, deflate, br, zstd",
    "accept-language": "en-GB,en;q=0.9",
    "access-control-request-headers": "authorization,content-type",
    "access-control-request-method": "POST",
    "cache-control": "no-cache",
    "connection": "keep-alive",
    "pragma": "no-cache",
    "referer": f"{VITE}/",
    "sec-fetch-dest": "empty",
    "sec-fetch-mode": "cors",
    "sec-fetch-site": "same-site",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0.0.0 Safari/537.36",
}
FIREFOX = {
    "accept": "*/*",
    "accept-encoding": "gzip, deflate, br, zstd",
    "accept-language": "en-GB,en;q=0.7",
    "access-control-request-headers": "authorization,content-type",
    "access-control-request-method": "POST",
    "connection": "keep-alive",
    "priority": "u=4",
    "sec-fetch-dest": "empty",
    "sec-fetch-mode": "cors",
    "sec-fetch-site": "cross-site",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
}
SAFARI = {
    "accept": "*/*",
    "accept-encoding": "gzip, deflate",
    "accept-language": "en-GB,en;q=0.9",
    "access-control-request-headers": "authorization, content-type",
    "access-control-request-method": "POST",
    "connection": "keep-alive",
    "user-agent": "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/18.6 Safari/605.1.15",
}
BROWSERS = pytest.mark.parametrize(
    "browser", [CHROME, FIREFOX, SAFARI], ids=["chrome", "firefox", "safari"]
)


def allows(answer: httpx.Response, origin: str, *headers: str) -> bool:
    """Whether a browser would send the request: what it checks in the answer to a preflight."""
    named = answer.headers.get("access-control-allow-headers", "").lower().split(",")
    return (
        answer.is_success
        and answer.headers.get("access-control-allow-origin") in (origin, "*")
        and "POST" in answer.headers.get("access-control-allow-methods", "")
        and set(headers) <= {name.strip() for name in named}
    )


def preflight(
    origins: tuple[str, ...], origin: str, browser: dict[str, str], **more: str
) -> httpx.Response:
    """What a gateway on loopback answers to a browser that asks before a POST."""
    given = {name.replace("-", "_"): value for name, value in (browser | more).items()}
    return ask(bounded(origins=origins), "OPTIONS", origin=origin, **given)


@BROWSERS
@pytest.mark.parametrize(
    ("origins", "origin"),
    [((LOOPBACK,), VITE), ((VITE,), VITE), ((DESK,), DESK), (("*",), DESK)],
    ids=str,
)
def test_allowed(browser: dict[str, str], origins: tuple[str, ...], origin: str) -> None:
    """Each browser's preflight is answered so that it sends the request."""
    answer = preflight(origins, origin, browser)
    assert (answer.status_code, answer.content) == (204, b"")
    assert allows(answer, origin, "authorization", "content-type")
    assert int(answer.headers["access-control-max-age"]) > 0
    assert "Origin" in answer.headers["vary"]


@BROWSERS
@pytest.mark.parametrize(
    ("origins", "origin"),
    [((), VITE), ((LOOPBACK,), DESK), ((DESK,), VITE), ((VITE,), "http://localhost:5174")],
    ids=str,
)
def test_refused(browser: dict[str, str], origins: tuple[str, ...], origin: str) -> None:
    """The refusal names the exact setting that would allow it."""
    answer = preflight(origins, origin, browser)
    assert answer.status_code == 403
    assert not allows(answer, origin)
    message = answer.json()["errors"][0]["message"]
    assert message.endswith(f"GATEWAY_CORS_ORIGINS={origin}")


@pytest.mark.parametrize(
    "header", ["x-apollo-operation-name", "apollo-require-preflight", "x-graphql-cost", "if-match"]
)
def test_headers_of_clients(header: str) -> None:
    """Whatever else a client sends is allowed with it."""
    asked = {"access-control-request-headers": f"authorization,content-type,{header}"}
    assert allows(preflight((LOOPBACK,), VITE, CHROME | asked), VITE, "authorization", header)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:5173", True),
        ("http://localhost", True),
        ("https://localhost:3000", True),
        ("http://LOCALHOST:3000", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:4200", True),
        ("http://localhost.evil.example", False),
        ("http://localhost.evil.example:5173", False),
        ("http://evil.example:5173", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://127.0.0.2", False),
        ("http://0.0.0.0:5173", False),
        ("http://192.168.1.5:5173", False),
        ("null", False),
        ("file://", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine(origin: str, allowed: bool) -> None:
    """`loopback` stands for the loopback names with any port, and for no name that looks alike."""
    answer = ask(bounded(origins=(LOOPBACK,)), origin=origin, sec_fetch_site="cross-site")
    assert (answer.status_code == 200) == allowed
    assert ("access-control-allow-origin" in answer.headers) == allowed


@pytest.mark.parametrize(
    ("settings", "origins"),
    [
        ({}, [LOOPBACK]),
        ({"host": "::1"}, [LOOPBACK]),
        ({"host": "0.0.0.0"}, []),
        ({"host": "192.168.1.5"}, []),
        ({"allowed_hosts": "gateway.example.com"}, []),
        ({"cors_origins": ""}, []),
        ({"cors_origins": DESK}, [DESK]),
        ({"cors_origins": f"{LOOPBACK}, {DESK}", "host": "0.0.0.0"}, [LOOPBACK, DESK]),
    ],
    ids=str,
)
def test_what_is_allowed_by_default(settings: dict[str, Any], origins: list[str]) -> None:
    """Pages on this machine, as long as nothing says that the gateway serves another one."""
    assert Settings(**settings).origins == set(origins)


def test_refused_origins_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """The browser shows a developer no reason, so the terminal does, and cannot be flooded."""
    app = bounded()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            ask(app, origin=VITE)
        for port in range(100):
            ask(app, origin=f"http://localhost:{port}")
    assert caplog.messages[0].endswith(f"GATEWAY_CORS_ORIGINS={VITE}")
    assert len(caplog.messages) == len(set(caplog.messages)) == 20


@pytest.mark.parametrize(
    "origin", ["null", "http://a b", 'http://"', "http://\x1b[31m", "javascript:x", "x" * 300]
)
def test_what_is_no_origin_is_not_repeated(caplog: pytest.LogCaptureFixture, origin: str) -> None:
    """Neither in the refusal nor in the log."""
    with caplog.at_level(logging.WARNING):
        answer = ask(bounded(), origin=origin)
    assert origin not in answer.json()["errors"][0]["message"]
    assert "GATEWAY_CORS_ORIGINS" in answer.json()["errors"][0]["message"]
    assert caplog.messages == []
