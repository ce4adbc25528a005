"""The files behind the pages, asked for without a browser."""

import gzip
import logging
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import graphiql_stub
import graphql
import httpx
import pytest

from app.pages import graphiql

SCHEMA = Path(__file__).parents[2] / "schema" / "schema.graphql"
NOW = datetime(2026, 3, 1, 12, 30)
FOLDER = Path(graphiql.__file__).parent / "static" / "graphiql"


@pytest.fixture
def client(serve: Any, installed: None) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=serve(graphiql_stub.application())) as client:
        yield client


def test_examples_are_complete_operations_with_distinct_names() -> None:
    """Each file is one named operation; it has values for variables that it declares."""
    examples = graphiql.load_examples()
    names = []
    for example in examples:
        (operation,) = graphql.parse(example.query).definitions
        assert isinstance(operation, graphql.OperationDefinitionNode)
        assert operation.name is not None
        names.append(operation.name.value)
        declared = {one.variable.name.value for one in operation.variable_definitions or ()}
        required = {
            one.variable.name.value
            for one in operation.variable_definitions or ()
            if isinstance(one.type, graphql.NonNullTypeNode)
        }
        given = set(graphiql_stub.as_json(example.variables or "") or {})
        assert required <= given <= declared
    assert len(names) == len(set(names)) >= 15


def test_the_menu_can_be_read() -> None:
    """Each title is a short sentence of its own; comments fit the editor of a laptop unwrapped."""
    examples = graphiql.load_examples()
    titles = [example.title for example in examples]
    assert len(set(titles)) == len(titles)
    assert all(title[0].isupper() and len(title) <= 50 for title in titles)
    comments = [line for one in examples for line in one.query.splitlines() if line.startswith("#")]
    assert [line for line in comments if len(line) > 54] == []


def test_the_first_group_is_the_tabs() -> None:
    """Four or five examples open in tabs; every group has its name from its folder."""
    groups = [example.group for example in graphiql.load_examples()]
    assert 4 <= groups.count("Start") <= 5
    assert groups[0] == "Start"
    assert list(dict.fromkeys(groups)) == ["Start", "Lists", "One session", "Changes", "Errors"]


def test_examples_are_valid_against_the_committed_schema() -> None:
    """Every example passes validation, and its variables have the types it declares."""
    schema = graphql.build_schema(SCHEMA.read_text("utf-8"))
    for example in graphiql.load_examples():
        document = graphql.parse(example.query)
        assert graphql.validate(schema, document) == [], example.name
        operation = graphql.get_operation_ast(document)
        assert operation is not None
        given = graphiql_stub.as_json(example.at(NOW).variables or "") or {}
        declared = operation.variable_definitions or ()
        refused = graphql.get_variable_values(schema, declared, given)
        assert not isinstance(refused, list), (example.name, refused)


def test_dates_of_examples_are_relative() -> None:
    """A day is named by how long ago it was, and begins at midnight in UTC."""
    asked = '{"from": "{7 days ago}", "to": "{0 days ago}", "other": "{days ago}"}'
    example = graphiql.Example("week", "Start", "A week", "query A { b }", variables=asked)
    assert graphiql_stub.as_json(example.at(NOW).variables or "") == {
        "from": "2026-02-22T00:00:00.000Z",
        "to": "2026-03-01T00:00:00.000Z",
        "other": "{days ago}",
    }


def test_examples_reach_the_page(client: httpx.Client) -> None:
    """The page's own endpoint hands them out as they are."""
    rows = client.get("/graphiql/examples.json").json()
    assert [row["name"] for row in rows] == ["list", "detail", "error", "other"]
    assert rows[1]["variables"] == graphiql_stub.EXAMPLES[1].variables


def test_pages_carry_the_security_headers(client: httpx.Client) -> None:
    """Each page has the content policy; the gateway adds what every response has."""
    for path in ("/graphiql", "/docs"):
        answer = client.get(path)
        for name, value in graphiql.PAGE_HEADERS.items():
            assert answer.headers[name] == value
        assert "unsafe" not in answer.headers["content-security-policy"]


def test_no_page_has_inline_script_or_style(client: httpx.Client) -> None:
    """What the policy forbids is not in our files either."""
    for page in (FOLDER.parent).glob("*.html"):
        text = page.read_text("utf-8")
        assert not re.search(r"<style|<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=", text), page


def test_files_named_by_digest_stay_for_good(client: httpx.Client) -> None:
    """A page's links are immutable; the plain name asks again and answers 304."""
    page = client.get("/static/landing.css")
    assert page.headers["cache-control"] == "no-cache"
    digest = page.headers["etag"].strip('W/"')
    named = client.get(f"/static/{digest}/landing.css")
    assert "immutable" in named.headers["cache-control"]
    stale = client.get(f"/static/{'0' * 16}/landing.css")
    assert "immutable" not in stale.headers["cache-control"]
    again = client.get("/static/landing.css", headers={"if-none-match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_files_are_compressed_for_those_who_accept_it(client: httpx.Client) -> None:
    """Both forms hold the same bytes; a quality of zero is a refusal."""
    plain = client.get("/static/landing.css", headers={"accept-encoding": "gzip;q=0"})
    assert "content-encoding" not in plain.headers
    with client.stream("GET", "/static/landing.css") as packed:
        assert packed.headers["content-encoding"] == "gzip"
        raw = b"".join(packed.iter_raw())
    assert gzip.decompress(raw) == plain.content


@pytest.mark.parametrize(
    "name",
    [
        "graphiql/package.json",
        "graphiql/node_modules/graphiql/package.json",
        "..%2Fexplorer.py",
        "%2e%2e/settings.py",
        "vendor/graphiql.min.js.map",
        "",
    ],
)
def test_nothing_else_is_served(client: httpx.Client, name: str) -> None:
    """Only the listed files have an address."""
    assert client.get(f"/static/{name}").status_code == 404


def test_the_icon_is_ours(client: httpx.Client) -> None:
    """The icon is an SVG made here."""
    icon = client.get("/favicon.ico")
    assert icon.headers["content-type"] == "image/svg+xml"


def test_missing_packages_are_one_warning(
    serve: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The server says at start what is missing; the rest works."""
    with caplog.at_level(logging.WARNING):
        address = serve(graphiql_stub.application(packages=tmp_path))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "scripts/setup" in caplog.text
    assert httpx.get(f"{address}/graphiql").status_code == 503
    assert httpx.get(f"{address}/static/landing.css").status_code == 200


def test_the_lock_names_no_address() -> None:
    """The lock holds integrity hashes and no address of a registry."""
    lock = (FOLDER / "package-lock.json").read_text("utf-8")
    assert '"resolved": "http' not in lock
    assert lock.count('"integrity"') >= 5
