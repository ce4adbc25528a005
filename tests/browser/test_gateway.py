"""GraphiQL in a real browser over the started gateway with its demo data."""

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.pages.graphiql import load_examples
from tests.gateway import SERVE, Gateway, started
from tests.wire.engine import WireEngine

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("installed")]

EXAMPLES = load_examples()
NAMES = [
    re.findall(r"^(?:query|mutation|subscription) (\w+)", one.query, re.M)[0] for one in EXAMPLES
]
TITLES = {name: one.title for name, one in zip(NAMES, EXAMPLES, strict=True)}
TABS = [name for name, one in zip(NAMES, EXAMPLES, strict=True) if one.group == "Start"]
REFUSED = {"RefusedWrite": "NOT_FOUND", "RefusedQuery": "BAD_USER_INPUT"}
"""The examples that show an error, and its code."""
FOLLOWED = {"Live"}
"""The examples that wait for something to happen."""
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def page(gateway: Gateway, visit: Any) -> Any:
    """GraphiQL, signed in."""
    opened = visit(f"{gateway.origin}/graphiql", key=gateway.key)
    opened.ready()
    return opened


def test_each_example_shows_rows(page: Any) -> None:
    """Every example runs on the demo data as it is opened; two of them show how an error looks."""
    assert page.tabs() == TABS
    for name, title in TITLES.items():
        page.open_example(title, name)
        if name in FOLLOWED:
            continue
        answer = page.run()
        if name in REFUSED:
            assert f'"{REFUSED[name]}"' in json.dumps(answer)
            continue
        assert "errors" not in answer, (name, answer)
        for field, value in answer["data"].items():
            assert list(rows(value)), (name, field, value)


def test_the_live_example_follows_changes(page: Any, gateway: Gateway) -> None:
    """It runs over the WebSocket, with the page's key, until a session is stored."""
    start = gateway.ask("{ sessionChanges { pageInfo { endCursor } } }")["sessionChanges"]
    gateway.make_bot_sessions(1)
    (example,) = [one for one in EXAMPLES if one.title == TITLES["Live"]]
    after = f'sessionChanged(after: "{start["pageInfo"]["endCursor"]}")'
    page.write_query(example.query.replace("sessionChanged", after), "Live")
    page.page.locator(".graphiql-execute-button").click()
    page.wait_for_result('"action": "CREATED"')


def test_tabs_stand_in_one_row(page: Any) -> None:
    """Four or five of them on a laptop's screen; with all examples open, the active one shows."""
    assert 4 <= len(page.tabs()) <= 5
    for name, title in TITLES.items():
        page.open_example(title, name)
    tops = page.page.evaluate(
        "[...document.querySelectorAll('.graphiql-tab-button')]"
        ".map((tab) => Math.round(tab.getBoundingClientRect().top))"
    )
    assert len(tops) == len(NAMES)
    assert len(set(tops)) == 1
    page.page.wait_for_function(
        "() => { const tabs = document.querySelector('.graphiql-tabs').getBoundingClientRect();"
        " const tab = document.querySelector('.graphiql-tab-active').getBoundingClientRect();"
        " return tab.left >= tabs.left - 1 && tab.right <= tabs.right + 1 }"
    )


def test_it_says_who_asks(page: Any) -> None:
    """Beside the key stands whose it is and what it may do."""
    page.page.get_by_text("Demo: every scope").wait_for()


def rows(value: Any) -> Iterator[Any]:
    """The sessions or figures that the value of a root field shows."""
    assert value is not None
    if "session" in value:  # a payload
        assert value["errors"] == []
        yield value["session"]
    elif "totalCount" in value:
        found = value.get("nodes") or [edge["node"] for edge in value["edges"]]
        assert len(found) <= value["totalCount"]
        yield from found
    elif "groups" in value:
        yield from (group for group in value["groups"] if group["count"])
    elif "sessions" in value:  # a customer's
        yield from rows(value["sessions"])
    elif value.get("count") != 0:
        yield value


def test_a_mutation_changes_what_a_query_shows(page: Any) -> None:
    """Notes written in one tab are shown by the other, on pressing play again."""
    text = f"Called back at {uuid.uuid4()}."
    page.open_example(TITLES["RemoteSupportSession"], "RemoteSupportSession")
    assert page.run()["data"]["remoteSupportSession"]["notes"] != text
    page.open_example(TITLES["WriteNotes"], "WriteNotes")
    page.write("Variables", json.dumps({"sessionId": "12334", "input": {"notes": text}}))
    assert page.run()["data"]["updateRemoteSupportSession"]["session"]["notes"] == text
    page.open_example(TITLES["RemoteSupportSession"], "RemoteSupportSession")
    page.run()
    page.wait_for_result(text)


def test_the_next_page_is_one_variable_away(page: Any) -> None:
    """The cursor of the filtered page, put in as it says, shows other sessions."""
    page.open_example(TITLES["FilteredPage"], "FilteredPage")
    first = page.run()["data"]["botSessions"]
    page.write("Variables", json.dumps({"after": first["pageInfo"]["endCursor"]}))
    page.page.locator(".graphiql-execute-button").click()
    page.page.wait_for_function(
        "([selector, old]) => {"
        " const text = document.querySelector(selector).CodeMirror.getValue();"
        " return text.includes('endCursor') && !text.includes(old) }",
        arg=[".result-window .CodeMirror", first["edges"][0]["cursor"]],
    )
    second = json.loads(page.text("Result"))["data"]["botSessions"]
    ids = [edge["node"]["sessionId"] for edge in first["edges"] + second["edges"]]
    assert len(ids) == len(set(ids)) == 10


def test_the_documentation_describes_the_schema(page: Any) -> None:
    """The docs open from the side, with the gateway's own descriptions."""
    page.page.get_by_label("Show Documentation Explorer").click()
    docs = page.page.locator(".graphiql-doc-explorer-content")
    docs.get_by_text("Query", exact=True).click()
    docs.get_by_text("botSessions", exact=True).click()
    docs.get_by_text("newest first unless").wait_for()


def test_without_access_no_key_is_asked_for(engine: WireEngine, tmp_path: Path, visit: Any) -> None:
    """Where access is off, the page says so, and runs at once."""
    settings = {
        "GATEWAY_MONGODB_URI": engine.uri,
        "GATEWAY_MONGODB_DATABASE": f"gateway_{uuid.uuid4().hex}",
        "GATEWAY_AUTH": "off",
    }
    with started((*SERVE, "--no-demo"), tmp_path / "log", settings) as origin:
        page = visit(f"{origin}/graphiql")
        page.ready()
        page.page.get_by_text("Access is off: no key needed").wait_for()
        assert page.run()["data"]["botSessions"]["nodes"] == []


def test_a_wrong_key_shows_the_error(gateway: Gateway, visit: Any) -> None:
    """The gateway's own refusal is the result, and the page says where a key comes from."""
    page = visit(f"{gateway.origin}/graphiql", key="nobodys-key")
    page.expect_errors("401")
    page.ready()
    assert page.run()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert page.page.locator("#notice").is_visible()


def test_a_phone_runs_a_query(gateway: Gateway, visit: Any) -> None:
    """On a small screen nothing is wider than it, and play works."""
    page = visit(f"{gateway.origin}/graphiql", key=gateway.key, **PHONE)
    page.ready()
    assert len(page.run()["data"]["botSessions"]["nodes"]) == 10
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
