"""`/docs` in a real browser over the whole application: everything is shown, nothing violated.

`visit` fails a test whose page met a policy violation, a console error or a request elsewhere.
"""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.rest import VENDORS
from app.rest.samples import stored
from schema.kinds.co_browse import CO_BROWSE
from tests.app.graphql_client import Door, open_door
from tests.app.live import live
from tests.browser.conftest import visiting

PHONE = {"viewport": {"width": 390, "height": 844}}
NAMES = ("operationId", "summary", "description")
"""What tells operations apart that are the same on several paths."""
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def door() -> Door:
    """Only read."""
    # In another thread: Playwright's event loop counts as running in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(stocked).result()


def stocked() -> Door:
    """The whole application with one credential and the vendor's co-browse session."""
    door = open_door(("*:read", "*:write", "pii:read"))
    (sample,) = stored(CO_BROWSE)
    asyncio.run(door.app.state.gateway.store.collection(CO_BROWSE).insert_one(sample))
    return door


@pytest.fixture(scope="module")
def address(installed: None, door: Door) -> Iterator[str]:
    with live(door.app) as port:
        yield f"http://127.0.0.1:{port}/docs"


@pytest.fixture(scope="module")
def reference(address: str, chromium: Any) -> Iterator[Any]:
    """The page, to be looked at: to load it and to unfold an operation take a second each."""
    with visiting(chromium) as visit:
        page = visit(address)
        page.page.locator(".opblock").first.wait_for()
        yield page


def opened(page: Any, operation_id: str) -> Any:
    """Unfold one operation, and give it."""
    block = page.page.locator(f"[id$='-{operation_id}']")
    block.locator(".opblock-summary-control").click()
    block.locator(".responses-wrapper").wait_for()
    return block


def test_every_path_is_listed(reference: Any) -> None:
    """One block for each row of the route table, and four of the gateway's own."""
    paths = reference.page.eval_on_selector_all(
        ".opblock-summary-path", "all => all.map(one => one.dataset.path)"
    )
    table = [endpoint.path for vendor in VENDORS for endpoint in vendor.endpoints]
    assert sorted(paths) == sorted([*table, "/graphql", "/graphql", "/healthz", "/readyz"])


def different(described: dict[str, Any]) -> list[str]:
    """The ids of operations; of those that differ in nothing but their path, one."""
    found: dict[str, str] = {}
    for item in described["paths"].values():
        for operation in item.values():
            drawn = {name: part for name, part in operation.items() if name not in NAMES}
            found.setdefault(json.dumps(drawn, sort_keys=True), operation["operationId"])
    return list(found.values())


def test_every_operation_unfolds(reference: Any, door: Door) -> None:
    """Parameters, bodies, examples and errors of all of them are drawn under the policy."""
    operations = different(door.app.openapi())
    assert len(operations) > 2 * len(VENDORS)
    for operation_id in operations:
        block = opened(reference, operation_id)
        assert "Could not render" not in block.inner_text()
        block.locator(".opblock-summary-control").click()  # the next one is drawn sooner
        block.locator(".responses-wrapper").wait_for(state="detached")


def test_the_vendors_limits_and_errors_are_shown(reference: Any) -> None:
    """The longest values of VARS, and an error in XML."""
    text = opened(reference, "getGetSessionHistoryPhp").inner_text()
    assert "PROBLEM_DESCRIPTION (4000)" in " ".join(text.split())
    assert "<response><error_msg>Too many requests.</error_msg></response>" in text


def test_a_path_can_be_tried_with_a_key(address: str, visit: Any, door: Door) -> None:
    """With a key in the header the vendor's sample comes back; it is not kept."""
    page = visit(address)
    page.page.locator(".opblock").first.wait_for()
    page.page.get_by_role("button", name="Authorize").first.click()
    field = page.page.locator("#auth-bearer-value")
    field.fill(door.key)
    page.page.locator(".auth-container").filter(has=field).get_by_role(
        "button", name="Apply credentials"
    ).click()
    page.page.get_by_role("button", name="Close").first.click()
    block = opened(page, "getHistorySessionsSessionHistoryId")
    block.get_by_role("button", name="Try it out").click()
    block.get_by_placeholder("session_history_id").fill("83d03970-c959-11e2-857d-082e5f12b9a1")
    block.get_by_role("button", name="Execute").click()
    block.locator(".live-responses-table .response-col_status").get_by_text("200").wait_for()
    assert "1369939743522" in block.locator(".live-responses-table").inner_text()
    assert door.key not in page.page.evaluate(
        "JSON.stringify([{...localStorage}, document.cookie])"
    )


def test_a_phone_shows_it_without_scrolling_sideways(address: str, visit: Any) -> None:
    """The widest operation fits too."""
    page = visit(address, **PHONE)
    opened(page, "getGetSessionHistoryPhp")
    opened(page, "postApiPublicBotBotIDGetSessions")
    assert page.page.evaluate(OVERFLOW) <= 0


def closed_door() -> Door:
    """The application whose documents need the scope, with a credential that has it."""
    return open_door(("introspection",), introspection="scoped")


def test_a_closed_reference_opens_with_the_key_of_the_tab(installed: None, visit: Any) -> None:
    """The page sends it for the document, as for those who may introspect the schema."""
    with ThreadPoolExecutor(1) as thread:
        door = thread.submit(closed_door).result()
    with live(door.app) as port:
        page = visit(f"http://127.0.0.1:{port}/docs")
        page.expect_errors("401")
        page.page.get_by_text("Failed to load API definition").first.wait_for()
        page.page.evaluate("(key) => sessionStorage.setItem('gateway:key', key)", door.key)
        page.page.reload()
        page.page.locator(".opblock").first.wait_for()
