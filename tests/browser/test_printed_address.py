"""From the address that a start prints: the landing page, GraphiQL and the documentation."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.gateway import KEY, SERVE, started
from tests.wire.engine import WireEngine

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("installed")]


class Printed(NamedTuple):
    """What a start printed: where it is, and the two addresses with a code."""

    origin: str
    landing: str
    graphiql: str


@pytest.fixture
def printed(engine: WireEngine, tmp_path: Path) -> Iterator[Printed]:
    """A gateway of this test's own, as each code works once."""
    settings = {
        "GATEWAY_MONGODB_URI": engine.uri,
        "GATEWAY_MONGODB_DATABASE": f"gateway_{uuid.uuid4().hex}",
        "GATEWAY_DEMO_KEY": KEY,
    }
    log = tmp_path / "log"
    with started((*SERVE, "--no-demo"), log, settings) as origin:
        landing, graphiql = re.findall(r"http\S+#code=\S+", log.read_text())
        yield Printed(origin, landing, graphiql)


def test_from_the_first_address_to_an_answer(printed: Printed, visit: Any) -> None:
    """The landing page signs in; GraphiQL, one click away, runs with that key."""
    assert KEY not in printed.landing + printed.graphiql
    page = visit(printed.landing)
    page.page.get_by_text("Signed in").wait_for()
    assert page.page.url == f"{printed.origin}/"
    page.page.get_by_role("link", name="Open it in GraphiQL").click()
    page.ready()
    assert page.run() == {"data": {"botSessions": {"totalCount": 0, "nodes": []}}}
    assert page.page.url.startswith(f"{printed.origin}/graphiql?query=")
    assert not [request for request in page.requests if KEY in request]


def test_copying_puts_the_key_into_the_command(printed: Printed, visit: Any) -> None:
    """What is copied runs as it is; what is shown has no key."""
    page = visit(printed.landing, permissions=["clipboard-read", "clipboard-write"])
    page.page.get_by_text("Signed in").wait_for()
    page.page.get_by_role("button", name="Copy").click()
    page.page.get_by_role("button", name="Copied").wait_for()
    copied = page.page.evaluate("navigator.clipboard.readText()")
    assert f"{printed.origin}/graphql" in copied
    assert f"Bearer {KEY}" in copied
    assert KEY not in page.page.content()


def test_a_landing_page_without_a_code_asks_for_nothing(printed: Printed, visit: Any) -> None:
    """It has its links and the command with a variable; a used code is explained."""
    visit(printed.landing).page.get_by_text("Signed in").wait_for()
    again = visit(printed.landing)
    again.expect_errors("403")
    again.page.get_by_text("This address worked once").wait_for()
    plain = visit(f"{printed.origin}/")
    assert plain.page.locator("#status").is_hidden()
    assert "Bearer $KEY" in plain.page.locator("#command").inner_text()


def test_the_documentation_opens(printed: Printed, visit: Any) -> None:
    """From the landing page over the index to a page, with nothing from elsewhere."""
    page = visit(f"{printed.origin}/")
    page.page.get_by_role("link", name="Documentation").click()
    page.page.get_by_role("link", name="Clients", exact=True).click()
    page.page.get_by_role("heading", name="Clients", exact=True).wait_for()
    assert page.page.title() == "Clients · Session Gateway"
