"""What browsers are told with every answer, and by https."""

import pytest

from app.http.boundary import Boundary
from app.http.origin import Hosts, Origins
from tests.app.graphql_client import open_door
from tests.app.http.test_boundary import ask, bounded, small

NOBODY = {"authorization": None}
OUTSIDE = "https://desk.example.com"


def hsts(address: str, seconds: int = 60) -> str | None:
    """What is said of https to who asks at an address."""
    import asyncio

    import httpx

    app = Boundary(small, Hosts("127.0.0.1", {"*"}), Origins(()), hsts=seconds)

    async def run() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return await client.get(address)

    return asyncio.run(run()).headers.get("strict-transport-security")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (f"{OUTSIDE}/", "max-age=60"),
        (f"{OUTSIDE}:8443/", "max-age=60"),
        ("http://desk.example.com/", None),
        ("https://localhost:8443/", None),
        ("https://127.0.0.1/", None),
    ],
)
def test_https_from_now_on(address: str, told: str | None) -> None:
    """Where https was used; not for this machine's own names, nor where it is switched off."""
    assert hsts(address) == told
    assert hsts(address, 0) is None


def test_a_trusted_proxy_says_that_it_was_https() -> None:
    """`X-Forwarded-Proto` of anybody else says nothing."""
    given = {**NOBODY, "x-forwarded-proto": "https", "host": "desk.example.com"}
    for proxies, told in (({"127.0.0.1"}, True), (set(), False)):
        door = open_door(
            trusted_proxies=proxies, allowed_hosts={"desk.example.com"}, hsts_seconds=60
        )
        answer = door.request("GET", "/healthz", headers=given)
        assert ("strict-transport-security" in answer.headers) == told


def test_nothing_is_stored_unless_it_says_so() -> None:
    """An answer that says nothing of caches is kept by none."""
    assert ask(bounded()).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/", "/graphql", "/openapi.json", "/healthz", "/nowhere", "/history/sessions/x"]
)
def test_every_answer_is_guarded(path: str) -> None:
    """No sniffing, no frames, no referrer, a policy; and no copies of what is not public."""
    headers = open_door().request("GET", path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/guide", "/graphiql", "/docs"])
def test_pages_ask_browsers_for_little(path: str) -> None:
    """No other window reaches a page, and a page reaches no camera."""
    headers = open_door().request("GET", path, headers=NOBODY).headers
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
