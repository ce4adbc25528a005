"""The documentation as pages: every file, links between them, and nothing that runs."""

import re
from pathlib import PurePosixPath

import pytest

from app.pages import guide
from tests.app.graphql_client import Door, code, open_door

PAGES = guide.pages()
FILE = PurePosixPath("docs/access.md")
PATHS = guide.addresses()


@pytest.fixture(scope="module")
def door() -> Door:
    return open_door()


def body(door: Door, path: str) -> str:
    """The page at this address, which needs no key."""
    answer = door.request("GET", path, headers={"authorization": None})
    assert (path, answer.status_code) == (path, 200)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text


def test_every_file_of_docs_is_a_page() -> None:
    """Also the decisions; the index is the folder's README."""
    assert {"", "clients", "access", "adr/0001-embedded-engine", "changes"} <= set(PAGES)
    assert PAGES[""] == "docs/README.md"


@pytest.mark.parametrize("path", PATHS)
def test_links_lead_to_pages_and_their_headings(door: Door, path: str) -> None:
    """Within the documentation each link is one that is served, with its anchor."""
    page = body(door, path)
    for link in re.findall(r'<a href="([^"]+)"', page):
        if link.startswith("https://") or link in ("/", "/graphiql", "/docs", "/schema.graphql"):
            continue
        target, _, fragment = link.partition("#")
        assert (path, not target or target in PATHS) == (path, True)
        if fragment:
            assert f'id="{fragment}"' in body(door, target or path)


@pytest.mark.parametrize("path", PATHS)
def test_pages_are_whole(door: Door, path: str) -> None:
    """Each has its title, and neither comments nor Markdown's own signs in its text."""
    page = body(door, path)
    title = re.search(r"<title>(.+) · Session Gateway</title>", page)
    assert title
    assert f"{title[1]}</h1>" in re.sub("</?code>", "", page)
    assert "made:" not in page
    assert "$content" not in page
    assert "| --- |" not in page
    assert "|---|" not in page


def test_the_strict_policy_holds(door: Door) -> None:
    """The pages run no script, and the browser is told so."""
    answer = door.request("GET", "/guide/clients")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert " style=" not in answer.text


def test_html_in_a_file_is_text() -> None:
    """Markup of a file never becomes markup of the page; comments are dropped."""
    _, page = guide.render("# A\n\n<b>x</b> <!-- made: y -->z\n", FILE, PAGES)
    assert page == '<h1 id="a">A</h1>\n<p>&lt;b&gt;x&lt;/b&gt; z</p>\n'


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("clients.md", "/guide/clients"),
        ("limits.md#filters", "/guide/limits#filters"),
        ("README.md", "/guide"),
        ("../README.md", "/guide/about"),
        ("../CHANGELOG.md", "/guide/changes"),
        ("adr/", "/guide/adr"),
        ("adr/0001-embedded-engine.md", "/guide/adr/0001-embedded-engine"),
        ("../schema/schema.graphql", "/schema.graphql"),
        ("https://relay.dev", "https://relay.dev"),
        ("#here", "#here"),
    ],
)
def test_links_of_files_become_links_of_pages(link: str, address: str) -> None:
    """Relative to the file that they stand in."""
    _, page = guide.render(f"[text]({link})", FILE, PAGES)
    assert f'<a href="{address}">text</a>' in page


@pytest.mark.parametrize("link", ["../benchmarks/README.md", "generate.py", "../../outside.md"])
def test_links_to_other_files_become_text(link: str) -> None:
    """What is not served has no link."""
    assert guide.render(f"a [text]({link}).", FILE, PAGES)[1] == "<p>a text.</p>\n"


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [("Filters: one, two", "filters-one-two"), ("`a_b` & c", "a_b--c"), ("Ünï", "ünï")],
)
def test_anchors_are_those_of_github(heading: str, anchor: str) -> None:
    """The same link works in the repository and here."""
    assert guide.anchor(heading.replace("`", "")) == anchor


@pytest.mark.parametrize("path", ["/guide/none", "/guide/../settings", "/guide/%2e%2e/README"])
def test_nothing_else_is_served(door: Door, path: str) -> None:
    """Only the listed files have a page."""
    assert code(door.request("GET", path)) == (404, "NOT_FOUND")


def test_links_from_elsewhere_lead_here(door: Door) -> None:
    """A wiki may link to a page."""
    link = {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
    }
    assert door.request("GET", "/guide/clients", headers=link).status_code == 200
