"""What describes the API is for those who may introspect it."""

import pytest

from tests.app.graphql_client import code, open_door

DOCUMENTS = ("/openapi.json", "/schema.graphql", "/graphiql/examples.json")
NOBODY = {"authorization": None}


@pytest.mark.parametrize("path", [*DOCUMENTS, "/docs"])
def test_off(path: str) -> None:
    """Closed to everybody."""
    door = open_door(scopes=("admin",), introspection="none")
    for headers in ({}, NOBODY):
        answer = door.request("GET", path, headers=headers)
        assert code(answer) == (403, "FORBIDDEN")
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", DOCUMENTS)
def test_scoped(path: str) -> None:
    """Open to those with the scope, and stored nowhere on the way."""
    door = open_door(scopes=("introspection",), introspection="scoped")
    answer = door.request("GET", path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert code(door.request("GET", path, headers=NOBODY)) == (401, "UNAUTHENTICATED")
    narrow = open_door(scopes=("*:read", "pii:read"), introspection="scoped")
    assert code(narrow.request("GET", path)) == (403, "FORBIDDEN")


@pytest.mark.parametrize("path", DOCUMENTS)
def test_all(path: str) -> None:
    """Open to everybody."""
    assert open_door().request("GET", path, headers=NOBODY).status_code == 200


def test_the_page_of_the_reference_has_nothing_to_hide() -> None:
    """It sends the tab's key when it asks for the document, so it is there for everybody."""
    answer = open_door(introspection="scoped").request("GET", "/docs", headers=NOBODY)
    assert answer.status_code in (200, 503)  # 503: the files of npm are not installed
    assert "/chatbot" not in answer.text  # nothing of what it shows


@pytest.mark.parametrize("setting", ["all", "scoped", "none"])
def test_links(setting: str) -> None:
    """The start page has no link to what is closed."""
    text = open_door(introspection=setting).request("GET", "/", headers=NOBODY).text
    assert ('href="/docs"' in text) == (setting != "none")
    assert ('href="/schema.graphql"' in text) == (setting == "all")
