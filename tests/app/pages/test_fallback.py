"""What nobody serves: one JSON form for programs, a small page for browsers."""

from unittest.mock import patch

import httpx
import pytest

from tests.app.graphql_client import Door, code, error, open_door

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def door() -> Door:
    return open_door()


def test_unknown_address(door: Door) -> None:
    """GraphQL's error form, with 404."""
    response = door.request("GET", "/nowhere")
    assert code(response) == (404, "NOT_FOUND")
    assert response.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("path", ["/healthz", "/", "/schema.graphql"])
def test_wrong_method(door: Door, path: str) -> None:
    """405 names the methods that there are."""
    response = door.request("DELETE", path)
    assert code(response) == (405, "METHOD_NOT_ALLOWED")
    assert "GET" in response.headers["allow"]


def test_browsers_get_a_page(door: Door) -> None:
    """Somebody who mistyped an address finds the way home."""
    response = door.request("GET", "/nowhere", headers={"accept": BROWSER})
    assert response.status_code == 404
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "Not found" in response.text
    assert '<a href="/">' in response.text


def test_address_is_not_repeated(door: Door) -> None:
    """Nothing of the address comes back, so nothing of it can be markup."""
    path = "/%3Cscript%3Ealert(1)%3C/script%3E"
    assert "alert" not in door.request("GET", path, headers={"accept": BROWSER}).text


def test_caches_tell_the_two_apart(door: Door) -> None:
    """The form hangs on Accept."""
    assert "Accept" in door.request("GET", "/nowhere").headers["vary"]


def test_failure_of_a_page_says_nothing(door: Door) -> None:
    """An unforeseen failure is INTERNAL; its text stays in the log."""
    with (
        patch("app.pages.landing.page", side_effect=RuntimeError("the secret")),
        patch("httpx.ASGITransport", lambda app: QUIET(app=app, raise_app_exceptions=False)),
    ):
        response = door.request("GET", "/")
    assert response.status_code == 500
    assert error(response)["code"] == "INTERNAL"
    assert "the secret" not in response.text


QUIET = httpx.ASGITransport
