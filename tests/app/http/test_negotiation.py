"""Which media type answers a request."""

import pytest

from app.graphql.media_types import GRAPHQL_JSON, response_type
from app.http.negotiation import accepts_gzip, prefers_html
from app.http.refusal import JSON, RefusedError

GRAPHQL = "application/graphql-response+json"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (BROWSER, JSON),
        ("application/json", JSON),
        (GRAPHQL, GRAPHQL_JSON),
        (f"{GRAPHQL}, application/json", GRAPHQL_JSON),
        (f"application/json, {GRAPHQL}", GRAPHQL_JSON),
        (f"{GRAPHQL};q=0.5, application/json", JSON),
        (f"{GRAPHQL}, application/json;q=0.9", GRAPHQL_JSON),
        (f"{GRAPHQL}, */*", GRAPHQL_JSON),
        (f"application/json, {GRAPHQL};q=0", JSON),
        (f"*/*, application/json;q=0, {GRAPHQL};q=0.1", GRAPHQL_JSON),
        ("application/json;q=0, */*", GRAPHQL_JSON),
        (f"{GRAPHQL.upper()}; charset=UTF-8", GRAPHQL_JSON),
        (f"{GRAPHQL};charset=utf-16, application/json;q=0.1", JSON),
        (f"{GRAPHQL};q=nonsense, application/json;q=0.1", JSON),
        (f"{GRAPHQL};q=2, application/json;q=0.1", JSON),
    ],
)
def test_response_type(accept: str | None, expected: bytes) -> None:
    """The client's favourite; between equals the one it names, the newer one first."""
    assert response_type(accept.encode() if accept is not None else None) == expected


@pytest.mark.parametrize(
    "accept", ["text/html", "application/json;q=0", "*/*;q=0", "application/xml, text/*", "json"]
)
def test_nothing_acceptable(accept: str) -> None:
    """406 names what there is."""
    with pytest.raises(RefusedError, match="application/json") as caught:
        response_type(accept.encode())
    assert caught.value.status == 406


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("text/html, application/json", True),
        ("text/html;q=0.5, application/json", False),
        ("*/*", False),
        (None, False),
    ],
)
def test_browsers(accept: str | None, expected: bool) -> None:
    """Who names HTML and likes it best is shown a page."""
    assert prefers_html(accept.encode() if accept else None) == expected


@pytest.mark.parametrize(
    ("accepts", "expected"),
    [(None, False), (b"", False), (b"gzip", True), (b"br, *", True), (b"gzip;q=0", False)],
)
def test_gzip(accepts: bytes | None, expected: bool) -> None:
    """Only for those who say that they understand it."""
    assert accepts_gzip(accepts) is expected
