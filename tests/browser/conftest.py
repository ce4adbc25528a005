"""A headless Chromium, a server on loopback, and a page that counts what must not happen.

Tests ask for `serve` (start an ASGI application, get its address) and `visit` (open an address in
a watched page). When a test ends, each page it opened must have met no policy violation, no
console error and no request outside the server, except those a test names with `expect_errors`.
"""

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from app.pages import graphiql
from tests.gateway import gateway  # noqa: F401  fixture
from tests.node import unavailable
from tests.timing import limit, until

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
"""


# Not for the whole session: while Playwright is started, its event loop counts as running in this
# thread, and other modules' tests could not call asyncio.run.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One headless Chromium for a module; a test is skipped without it, but fails in CI."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        unavailable("the package playwright is not installed")
    if not CHROMIUM.is_file():
        unavailable(f"{CHROMIUM} is missing; install chromium or name one with CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def installed() -> None:
    """What npm installs is there; a test is skipped without it, but fails in CI."""
    if graphiql.missing_files():
        unavailable("scripts/setup ran without npm: the browser packages are missing")


@contextlib.contextmanager
def running(application: Any) -> Iterator[str]:
    """Serve an ASGI application on a free loopback port; gives its address."""
    config = uvicorn.Config(application, host="127.0.0.1", port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started or not thread.is_alive(), 10)
    assert server.started, "the server stopped while starting"
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(limit(10))


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """Start applications; they stop when the test ends."""
    with contextlib.ExitStack() as stack:
        yield lambda application: stack.enter_context(running(application))


@dataclass
class Visit:
    """One watched page, with what GraphiQL's parts are called on it."""

    page: Any
    origin: str
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.add_init_script(VIOLATIONS)
        self.page.on("request", self._on_request)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _on_request(self, request: Any) -> None:
        self.requests.append(request.url)
        if not request.url.startswith((f"{self.origin}/", "data:", "blob:")):
            self.outside.append(request.url)

    def _on_console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def expect_errors(self, part: str) -> None:
        """Let console errors with this text pass: one at least must have come at the end."""
        self.expected.append(part)

    def check(self) -> None:
        assert self.page.evaluate("window.violations") == []
        assert self.outside == []
        for part in self.expected:
            self._await_error(part)
        assert [one for one in self.errors if not any(part in one for part in self.expected)] == []

    def _await_error(self, part: str) -> None:
        """Wait for a console error with this text: the browser reports them after the answer."""
        end = time.monotonic() + limit(5)
        while not any(part in error for error in self.errors):
            assert time.monotonic() < end, f"no console error has {part!r}"
            self.page.wait_for_timeout(20)  # Playwright hears its events while it waits.

    # GraphiQL

    def ready(self) -> None:
        """Wait until the schema has arrived and the active tab can run, or a key is wanted."""
        self.page.wait_for_selector(".graphiql-query-editor .CodeMirror")
        self.page.wait_for_function(
            "(selector) => document.querySelector(selector).CodeMirror.operations"
            " || !document.getElementById('notice').hidden",
            arg=_EDITORS["Query"],
        )

    def tabs(self) -> list[str]:
        names: list[str] = self.page.locator(".graphiql-tab-button").all_inner_texts()
        return names

    def open_example(self, title: str, operation: str) -> None:
        """Choose an example from the menu and wait until its operation stands in the editor."""
        self.page.locator("#examples summary").click()
        self.page.locator("#examples").get_by_role("button", name=title, exact=True).click()
        self._await_editor("operationName", operation)

    def use_key(self, key: str) -> None:
        """Give the page a key in its field."""
        self.page.get_by_label("Key", exact=True).fill(key)
        self.page.get_by_role("button", name="Use").click()

    def key(self) -> str:
        """Return what the field of the key holds."""
        held: str = self.page.get_by_label("Key", exact=True).input_value()
        return held

    def open_tab(self, name: str) -> None:
        self.page.locator(".graphiql-tab-button").get_by_text(name, exact=True).click()
        self._await_editor("operationName", name)

    def text(self, editor: str) -> str:
        """Return what stands in an editor: Query, Variables, Headers or Result."""
        text: str = self.page.evaluate(_GET_EDITOR + ".getValue()", _EDITORS[editor])
        return text

    def write(self, editor: str, text: str) -> None:
        """Replace what stands in an editor, as one insertion."""
        if editor in ("Variables", "Headers"):
            self.show_tool(editor)
        self.page.evaluate(_GET_EDITOR + ".focus()", _EDITORS[editor])
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def write_query(self, text: str, operation: str) -> None:
        self.write("Query", text)
        self._await_editor("operationName", operation)

    def show_tool(self, name: str) -> None:
        self.page.locator(".graphiql-editor-tools").get_by_text(name, exact=True).click()

    def run(self) -> Any:
        """Press the play button; gives the answer, parsed."""
        with self.page.expect_response(lambda answer: answer.url == f"{self.origin}/graphql"):
            self.page.locator(".graphiql-execute-button").click()
        self.page.wait_for_selector(".graphiql-spinner", state="detached")
        self.page.wait_for_function(
            _GET_EDITOR + ".getValue().trim() !== ''", arg=_EDITORS["Result"]
        )
        return json.loads(self.text("Result"))

    def wait_for_result(self, part: str) -> None:
        """Wait until the result holds this text."""
        self.page.wait_for_function(
            "([selector, part]) => "
            "document.querySelector(selector).CodeMirror.getValue().includes(part)",
            arg=[_EDITORS["Result"], part],
        )

    def _await_editor(self, what: str, value: str) -> None:
        self.page.wait_for_function(
            f"(value) => document.querySelector({_EDITORS['Query']!r}).CodeMirror.{what} === value",
            arg=value,
        )


_GET_EDITOR = "(selector) => document.querySelector(selector).CodeMirror"
_EDITORS = {
    "Query": ".graphiql-query-editor .CodeMirror",
    "Variables": ".graphiql-editor-tool .graphiql-editor:nth-child(1) .CodeMirror",
    "Headers": ".graphiql-editor-tool .graphiql-editor:nth-child(2) .CodeMirror",
    "Result": ".result-window .CodeMirror",
}


@pytest.fixture
def visit(chromium: Any) -> Iterator[Callable[..., Visit]]:
    """Open an address in a watched page, as `visiting` has it."""
    with visiting(chromium) as open_page:
        yield open_page


@contextlib.contextmanager
def visiting(chromium: Any) -> Iterator[Callable[..., Visit]]:
    """Open an address in a watched page; each has storage of its own, or that of `beside`.

    With `key`, the page has one already, as after signing in. The pages are checked at the end.
    """
    visits: list[Visit] = []
    with contextlib.ExitStack() as stack:

        def open_page(
            address: str, key: str | None = None, beside: Visit | None = None, **context: Any
        ) -> Visit:
            context.setdefault("viewport", {"width": 1366, "height": 768})
            browsing = beside.page.context if beside else chromium.new_context(**context)
            if not beside:
                stack.callback(browsing.close)
            browsing.set_default_timeout(limit(30) * 1000)
            page = browsing.new_page()
            if key is not None:
                page.add_init_script(f"sessionStorage.setItem('gateway:key', {key!r})")
            visit = Visit(page, "/".join(address.split("/")[:3]))
            visit.watch()
            page.goto(address)
            visits.append(visit)
            return visit

        yield open_page
        for one in visits:
            one.check()
