"""Limits, introspection and the boundary as a client of the whole application meets them."""

import pytest
from pydantic import ValidationError

from app.settings import Settings
from tests.app.graphql_client import CORRECT, TYPENAME, Door, code, error, open_door

COUNT = {"x-graphql-cost": "1"}


@pytest.fixture(scope="module")
def door() -> Door:
    return open_door(cors_origins=frozenset({"https://desk.example.com"}))


def test_cost_is_shown(door: Door) -> None:
    """With the header, for operations known and unknown, and without it not."""
    query = "{ botSessions(first: 3) { nodes { id } } }"
    for _ in range(2):
        extensions = door.post(query, headers=COUNT).json()["extensions"]
        assert extensions == {"cost": {"requested": 7, "maximum": 100_000}}
    assert "extensions" not in door.post(query).json()


@pytest.mark.parametrize(
    ("setting", "query", "limit"),
    [
        ("max_query_tokens", "{ a: __typename b: __typename }", "tokens"),
        ("max_query_depth", "{ botSessions { nodes { id } } }", "depth"),
        ("max_query_fields", "{ botSessions { nodes { id } } }", "fields"),
        ("max_query_aliases", "{ a: __typename b: __typename c: __typename }", "aliases"),
        ("max_query_root_fields", "{ __typename a: __typename b: __typename }", "root_fields"),
        ("max_query_repeats", "{ __typename __typename __typename }", "repeats"),
        (
            "max_query_directives",
            "{ __typename @skip(if: true) @include(if: true) @a }",
            "directives",
        ),
        ("max_query_cost", "{ botSessions { nodes { id } } }", "cost"),
    ],
)
def test_each_limit_is_a_setting(setting: str, query: str, limit: str) -> None:
    """400 with the limit's name; known to be refused by application/json clients as 200."""
    door = open_door(**{setting: 2})
    assert code(door.post(query)) == (400, "LIMIT_EXCEEDED")
    assert error(door.post(query))["limit"] == limit
    assert door.post(query, accept="application/json").status_code == 200


def test_suggestions_for_those_who_may_introspect() -> None:
    """Names of the schema are told in errors only to whom introspection tells them."""
    messages = [
        error(open_door(scopes, introspection="scoped").post("{ nod }"))["message"]
        for scopes in (("*:read",), ("*:read", "introspection"))
    ]
    assert messages[0] == "Cannot query field 'nod' on type 'Query'."
    assert "Did you mean 'node'" in messages[1]


def test_introspection_by_scope() -> None:
    """403 without the scope."""
    door = open_door(introspection="scoped")
    assert code(door.post("{ __schema { queryType { name } } }")) == (403, "FORBIDDEN")


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"host": "evil.example"}])
@pytest.mark.parametrize("path", ["/graphql", "/healthz", "/nowhere"])
def test_the_boundary_is_around_everything(door: Door, headers: dict[str, str], path: str) -> None:
    """Foreign sites and hosts are refused on every path, a good key or not."""
    assert code(door.request("GET", path, headers=headers)) == (403, "FORBIDDEN")


def test_allowed_site(door: Door) -> None:
    """A site of the settings is answered and may read it."""
    response = door.post(headers={"origin": "https://desk.example.com"})
    assert response.json() == CORRECT
    assert response.headers["access-control-allow-origin"] == "https://desk.example.com"


def test_large_answers_are_compressed(door: Door) -> None:
    """Where the client takes gzip."""
    query = "{ __schema { types { name description } } }"
    response = door.post(query, headers={"accept-encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"
    assert response.json() == door.post(query, headers={"accept-encoding": "identity"}).json()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("cors_origins", "desk.example.com", "write one such as https://example.com"),
        ("cors_origins", "https://a.example/path", "write one such as https://example.com"),
        ("persisted_documents", "/nonexistent/manifests", "has no manifest"),
        ("persisted_queries", "trusted", "GATEWAY_PERSISTED_DOCUMENTS"),
    ],
)
def test_wrong_settings(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    """Refused at start with a sentence."""
    monkeypatch.setenv(f"GATEWAY_{name.upper()}", value)
    with pytest.raises(ValidationError, match=message):
        Settings()


def test_lists_in_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Written with commas."""
    monkeypatch.setenv("GATEWAY_ALLOWED_HOSTS", "a.example, b.example,")
    assert Settings().allowed_hosts == {"a.example", "b.example"}


def test_typename_is_cheap(door: Door) -> None:
    """The health checks of clients cost one."""
    assert door.post(TYPENAME, headers=COUNT).json()["extensions"]["cost"]["requested"] == 1
