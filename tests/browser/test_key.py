"""The key of GraphiQL's page: one for all tabs, and in nothing that stays or leaves its origin."""

import json
from pathlib import Path
from typing import Any

import graphiql_stub
import pytest

from app.access.one_time_codes import OneTimeCodes

KEY = "k3y-of-the-demo-of-32-characters"
ELSEWHERE = "JSON.stringify([{...localStorage}, document.cookie, location.href, document.title])"
ASK_OTHERS = """
() => new Promise((resolve) => {
  const channel = new BroadcastChannel("gateway:key");
  channel.onmessage = ({ data }) => data.key && resolve(data.key);
  channel.postMessage({ wanted: true });
  setTimeout(resolve, 700, [{ ...sessionStorage }, { ...localStorage }, document.cookie]);
})
"""

pytestmark = pytest.mark.browser


@pytest.fixture
def codes(tmp_path: Path) -> OneTimeCodes:
    return OneTimeCodes(tmp_path)


@pytest.fixture
def address(serve: Any, installed: None, codes: OneTimeCodes) -> str:
    """GraphiQL over a server that asks for the key."""
    return f"{serve(graphiql_stub.application(key=KEY, codes=codes))}/graphiql"


@pytest.fixture
def opened(address: str, visit: Any, codes: OneTimeCodes) -> Any:
    """The page, opened from a printed address."""
    page = visit(f"{address}#code={codes.make()}")
    page.ready()
    return page


def test_a_code_signs_in(opened: Any, address: str) -> None:
    """The schema and the viewer are there with the first request; the code left the address."""
    assert opened.page.url == address
    assert opened.key() == KEY
    opened.page.get_by_text("Stub: bot:read").wait_for()
    assert opened.page.locator("#notice").is_hidden()
    assert len(opened.run()["data"]["botSessions"]) == 3
    assert opened.page.evaluate("history.length") <= 2, "a blank page, and this one"


def test_the_key_serves_every_tab(opened: Any) -> None:
    """Tabs that are open, from the menu and new; none has it among its headers."""
    opened.open_tab("BotSession")
    assert "errors" not in opened.run()
    opened.open_example("Another session", "Other")
    assert "errors" not in opened.run()
    opened.page.get_by_label("New tab").click()
    opened.page.locator(".graphiql-tab-button").nth(3).wait_for()
    opened.write_query("query Own { botSessions { channel } }", "Own")
    assert "errors" not in opened.run()
    opened.show_tool("Headers")
    assert opened.text("Headers") == ""


def test_the_key_survives_a_reload(opened: Any) -> None:
    """And the reloaded page needs no code."""
    opened.page.reload()
    opened.ready()
    assert opened.key() == KEY
    assert len(opened.run()["data"]["botSessions"]) == 3


def test_the_key_stays_in_the_session_alone(opened: Any, address: str) -> None:
    """No address, cookie, title or lasting storage has it, nor does GraphiQL's own memory."""
    opened.open_tab("BotSession")
    opened.run()
    opened.page.wait_for_timeout(700)  # GraphiQL stores what changed half a second later.
    assert "BotSession" in opened.page.evaluate(ELSEWHERE), "the history is remembered"
    assert KEY not in opened.page.evaluate(ELSEWHERE)
    stored = opened.page.evaluate("({...sessionStorage})")
    assert [name for name, value in stored.items() if KEY in value] == ["gateway:key"]
    assert not [request for request in opened.requests if KEY in request]
    assert opened.page.context.cookies() == []


def test_a_code_works_once(opened: Any, address: str, visit: Any, codes: OneTimeCodes) -> None:
    """Opened elsewhere again, the page says so, has no key, and takes one."""
    code = codes.make()
    visit(f"{address}#code={code}").ready()
    again = visit(f"{address}#code={code}")
    again.expect_errors("403")
    again.expect_errors("401")
    again.ready()
    again.page.get_by_text("This address worked once").wait_for()
    assert again.key() == ""
    again.use_key(KEY)
    again.page.get_by_text("Stub: bot:read").wait_for()
    again.page.locator("#notice").wait_for(state="hidden")
    assert len(again.run()["data"]["botSessions"]) == 3


def test_a_used_code_does_not_sign_out(opened: Any, address: str) -> None:
    """Who opens the printed address a second time in the same browser stays signed in."""
    opened.expect_errors("403")
    with opened.page.expect_response("**/sign-in") as answer:
        opened.page.goto(f"{address}#code=used")
    assert answer.value.status == 403
    opened.page.wait_for_url(address)
    opened.page.reload()
    opened.ready()
    assert opened.key() == KEY


def test_a_code_in_the_open_page(address: str, visit: Any, codes: OneTimeCodes) -> None:
    """Pasting the printed address into a page that is open already signs in."""
    page = visit(address)
    page.ready()
    page.page.get_by_text("The gateway asks for a key").wait_for()
    page.expect_errors("401")
    page.page.goto(f"{address}#code={codes.make()}")
    page.page.get_by_text("Stub: bot:read").wait_for()
    assert page.page.url == address
    page.page.locator("#notice").wait_for(state="hidden")
    assert len(page.run()["data"]["botSessions"]) == 3


def test_another_tab_of_the_browser_has_the_key(opened: Any, address: str, visit: Any) -> None:
    """A link opened in a new tab needs no second code."""
    other = visit(address, beside=opened)
    other.ready()
    assert other.key() == KEY
    assert len(other.run()["data"]["botSessions"]) == 3


def test_another_origin_has_not(opened: Any, serve: Any, visit: Any) -> None:
    """A page of another port reads no storage of this one and gets no answer from it."""
    other = visit(serve(graphiql_stub.application()) + "/graphiql", beside=opened)
    other.ready()
    assert other.key() == ""
    assert KEY not in json.dumps(other.page.evaluate(ASK_OTHERS))
    assert opened.page.evaluate(ASK_OTHERS) == KEY, "the question is right"


def test_a_key_can_be_forgotten(opened: Any) -> None:
    """Then the page asks for one again, also after a reload."""
    opened.expect_errors("401")
    opened.page.get_by_role("button", name="Forget").click()
    opened.page.get_by_text("The gateway asks for a key").wait_for()
    assert opened.key() == ""
    opened.page.reload()
    opened.ready()
    assert opened.key() == ""


def test_another_key_takes_over(opened: Any) -> None:
    """A wrong one shows the server's refusal, the right one works again, and tabs stay."""
    opened.expect_errors("401")
    opened.open_example("Another session", "Other")
    opened.use_key("wrong")
    opened.page.get_by_text("The gateway asks for a key").wait_for()
    assert opened.run()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    opened.use_key(KEY)
    opened.page.get_by_text("Stub: bot:read").wait_for()
    assert opened.run() == {"data": {"botSession": {"channel": "web"}}}
    assert opened.tabs() == ["BotSessions", "BotSession", "Other"]


def test_a_tabs_own_key_wins(opened: Any) -> None:
    """Headers of a tab are sent as written: two keys in one request would be refused."""
    opened.expect_errors("401")
    for header in ("Authorization", "authorization", "X-API-Key"):
        opened.write("Headers", json.dumps({header: "Bearer wrong"}))
        with opened.page.expect_request(lambda request: request.url.endswith("/graphql")) as sent:
            opened.run()
        assert sent.value.headers[header.lower()] == "Bearer wrong"
        assert KEY not in json.dumps(sent.value.headers)
    opened.write("Headers", json.dumps({"X-Other": "1"}))
    with opened.page.expect_request(lambda request: request.url.endswith("/graphql")) as sent:
        opened.page.locator(".graphiql-execute-button").click()
    assert sent.value.headers["authorization"] == f"Bearer {KEY}"
    opened.wait_for_result("bot-1")
