"""GraphiQL and the REST reference in a real browser, over a stub schema."""

import json
import urllib.parse
from pathlib import Path
from typing import Any

import graphiql_stub
import pytest

KEY = "k3y-of-the-demo-of-32-characters"
CLICK_AS_AN_EDIT_IS_STORED = """
(title) => {
  const button = [...document.querySelectorAll("#examples button")]
    .find(({ textContent }) => textContent === title);
  const later = setTimeout;
  let clicked = false;
  window.setTimeout = (work, wait, ...given) => later(() => {
    work(...given);
    if (wait !== 100 || clicked) return; // GraphiQL stores an edit after 100 ms.
    clicked = true;
    button.click();
  }, wait);
  const editor = document.querySelector(".graphiql-query-editor .CodeMirror").CodeMirror;
  editor.setValue("query Mine { botSessions { channel } }");
}
"""

pytestmark = pytest.mark.browser


@pytest.fixture
def address(serve: Any, installed: None) -> str:
    return serve(graphiql_stub.application())


@pytest.fixture
def keyed(serve: Any, installed: None) -> str:
    return serve(graphiql_stub.application(key=KEY))


def test_the_first_examples_are_tabs_that_run(address: str, visit: Any) -> None:
    """The tabs are the first group, in its order; a query shows its rows."""
    page = visit(f"{address}/graphiql")
    page.ready()
    assert page.tabs() == ["BotSessions", "BotSession"]
    assert len(page.run()["data"]["botSessions"]) == 3
    page.open_tab("BotSession")
    assert page.run() == {"data": {"botSession": {"sessionId": "bot-2", "channel": "web"}}}


def test_the_menu_opens_every_example(address: str, visit: Any) -> None:
    """In its tab: one that has it already, or a new one, with its variables."""
    page = visit(f"{address}/graphiql")
    page.ready()
    assert page.page.locator("#examples h2").all_text_contents() == ["Start", "Errors", "Lists"]
    page.open_example("Another session", "Other")
    assert page.tabs() == ["BotSessions", "BotSession", "Other"]
    assert page.run() == {"data": {"botSession": {"channel": "web"}}}
    page.open_example("A refusal", "Refused")
    assert page.run()["errors"][0]["message"] == "refused by the stub"
    page.open_example("One session", "BotSession")
    page.open_example("Another session", "Other")
    assert json.loads(page.text("Variables")) == {"id": "bot-3"}
    assert page.tabs() == ["BotSessions", "BotSession", "Other", "Refused"]


def test_an_example_opened_as_an_edit_is_stored(address: str, visit: Any) -> None:
    """React then runs the update that makes the tab twice: the example stays in it."""
    page = visit(f"{address}/graphiql")
    page.ready()
    page.page.evaluate(CLICK_AS_AN_EDIT_IS_STORED, "Another session")
    page.page.get_by_role("button", name="Other", exact=True).wait_for()
    assert page.run() == {"data": {"botSession": {"channel": "web"}}}


def test_the_menu_closes(address: str, visit: Any) -> None:
    """By Escape, by a click elsewhere, and once an example is chosen."""
    page = visit(f"{address}/graphiql")
    page.ready()
    menu, summary = page.page.locator("#examples"), page.page.locator("#examples summary")
    groups = menu.locator(".groups")
    summary.click()
    groups.wait_for(state="visible")
    page.page.keyboard.press("Escape")
    groups.wait_for(state="hidden")
    summary.click()
    page.page.locator("#viewer").click()
    groups.wait_for(state="hidden")
    page.open_example("A refusal", "Refused")
    groups.wait_for(state="hidden")


def test_long_lines_wrap(address: str, visit: Any) -> None:
    """A comment that is longer than the editor is read without scrolling sideways."""
    page = visit(f"{address}/graphiql")
    page.ready()
    page.write_query(f"# {'word ' * 60}\nquery Long {{ botSessions {{ channel }} }}", "Long")
    width, visible = page.page.evaluate(
        "() => { const all = document.querySelector('.graphiql-query-editor .CodeMirror-scroll');"
        " const sizer = all.querySelector('.CodeMirror-lines');"
        " return [sizer.scrollWidth, all.clientWidth] }"
    )
    assert width <= visible


def test_a_typed_query_with_variables_runs(address: str, visit: Any) -> None:
    """What a person types is what is sent."""
    page = visit(f"{address}/graphiql")
    page.ready()
    page.write_query(
        "query Mine($id: String!) { botSession(sessionId: $id) { sessionId } }", "Mine"
    )
    page.write("Variables", '{"id": "bot-3"}')
    assert page.run() == {"data": {"botSession": {"sessionId": "bot-3"}}}


def test_a_subscription_counts(address: str, visit: Any) -> None:
    """The WebSocket passes the content policy and its last event is shown."""
    page = visit(f"{address}/graphiql")
    page.ready()
    page.write_query("subscription Count { count }", "Count")
    page.page.locator(".graphiql-execute-button").click()
    page.wait_for_result('"count": 3')


def test_a_wrong_key_shows_the_error(keyed: str, visit: Any) -> None:
    """A refused key is answered by the server's own error in the result."""
    page = visit(f"{keyed}/graphiql", key="another")
    page.expect_errors("401")
    page.ready()
    assert page.run()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_without_a_key_the_page_says_what_to_do(keyed: str, visit: Any) -> None:
    """An answer 401 shows one sentence on where a key comes from."""
    page = visit(f"{keyed}/graphiql")
    page.ready()
    page.page.locator("#notice").wait_for(state="visible")
    assert "scripts/serve" in page.page.locator("#notice").inner_text()
    page.expect_errors("401")


def test_an_address_shares_query_and_variables(address: str, visit: Any) -> None:
    """The address follows the tab; opened elsewhere it is the first tab, once."""
    page = visit(f"{address}/graphiql", key=KEY)
    page.ready()
    page.open_tab("BotSession")
    page.page.wait_for_url("**/graphiql?query=*")
    shared = page.page.url
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(shared).query)
    assert asked["query"] == [graphiql_stub.EXAMPLES[1].query]
    assert json.loads(asked["variables"][0]) == {"sessionId": "bot-2"}
    assert KEY not in shared
    other = visit(shared)
    other.ready()
    assert other.tabs() == ["BotSession", "BotSessions"]
    assert other.run()["data"]["botSession"]["sessionId"] == "bot-2"


def test_a_shared_operation_of_ones_own_comes_before_the_examples(address: str, visit: Any) -> None:
    """An operation that is no example gets a tab of its own."""
    query = urllib.parse.quote("query Own { botSessions { channel } }")
    page = visit(f"{address}/graphiql?query={query}")
    page.ready()
    assert page.tabs() == ["Own", "BotSessions", "BotSession"]
    assert page.run()["data"]["botSessions"][0] == {"channel": "web"}


def test_docs_explorer_and_history_open(address: str, visit: Any) -> None:
    """The three side panels work under the content policy."""
    page = visit(f"{address}/graphiql")
    page.ready()
    page.run()
    page.page.get_by_label("Show Documentation Explorer").click()
    docs = page.page.locator(".graphiql-doc-explorer-content")
    docs.get_by_text("Query", exact=True).first.click()
    docs.get_by_text("BotSession", exact=True).first.click()
    assert "The vendor's own id." in docs.inner_text()
    page.page.get_by_label("Show GraphiQL Explorer").click()
    page.page.locator(".docExplorerWrap").get_by_text("botSessions").first.wait_for()
    page.page.get_by_label("Show History").click()
    page.page.locator(".graphiql-history-item").first.wait_for()


def test_the_rest_reference_opens_and_calls(address: str, visit: Any) -> None:
    """The reference lists the paths of /openapi.json and can try one."""
    page = visit(f"{address}/docs")
    page.page.get_by_text("One session").click()
    page.page.get_by_role("button", name="Try it out").click()
    page.page.get_by_role("button", name="Execute").click()
    page.page.locator(".live-responses-table .response-col_status").get_by_text("200").wait_for()


@pytest.mark.parametrize("path", ["/graphiql", "/docs"])
def test_without_packages_the_page_says_so(
    serve: Any, visit: Any, tmp_path: Path, path: str
) -> None:
    """Where npm never ran, a plain sentence says what to run."""
    page = visit(serve(graphiql_stub.application(packages=tmp_path)) + path)
    assert "run scripts/setup with npm" in page.page.inner_text("main")
    page.expect_errors("503")
