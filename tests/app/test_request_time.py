"""Requests whose time is over, and clients that go before the answer."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from starlette.types import Message

from app.http import leaving
from resolvers.kind import Document
from resolvers.store import find, write
from tests.app.graphql_client import Door, open_door
from tests.app.rest.gateway import Gateway
from tests.timing import limit

CREATE = "mutation { %s }"
ONE = '%s: createChatSession(input: {sessionId: "%s"}) { errors { code } session { sessionId } }'
TWO = CREATE % " ".join(ONE % (name, name) for name in "ab")
READ = '{ chatSession(sessionId: "a") { sessionId } }'


@pytest.fixture
def door() -> Door:
    """With an empty database."""
    return open_door()


def stored(door: Door, session_id: str) -> Any:
    """What is stored by now."""
    query = "query ($id: String!) { chatSession(sessionId: $id) { sessionId } }"
    return door.post(query, variables={"id": session_id}).json()["data"]["chatSession"]


@pytest.fixture
def first_write(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Call something while the first write is under way."""
    original = write._create

    def between(call: Any) -> None:
        async def slow(store: Any, *arguments: Any) -> None:
            monkeypatch.setattr(write, "_create", original)
            await call(store)
            await original(store, *arguments)

        monkeypatch.setattr(write, "_create", slow)

    return between


def test_what_has_not_begun_in_time_is_not_begun(door: Door, first_write: Any) -> None:
    """The write that takes the time is done; the next says that nothing of it was."""

    async def take_all(store: Any) -> None:
        store.budget.end()

    first_write(take_all)
    (error,) = door.post(TWO).json()["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["b"], "TIMEOUT")
    assert "this was not begun" in error["message"]
    assert stored(door, "a")
    assert not stored(door, "b")


class Client:
    """Sends one request, and goes."""

    def __init__(self, path: str, method: str, body: bytes = b"", key: str = "") -> None:
        headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
        headers.append((b"authorization", f"Bearer {key}".encode()))
        self.scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"",
            "headers": headers, "scheme": "http", "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
        }  # fmt: skip
        self._left = [{"type": "http.request", "body": body, "more_body": False}]
        self.gone = asyncio.Event()
        self.answers: list[Message] = []

    async def _receive(self) -> Message:
        if self._left:
            return self._left.pop()
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.answers.append(message)

    async def ask(self, app: Any) -> None:
        """Wait until the application is done with the request."""
        async with asyncio.timeout(limit(10)):
            await app(self.scope, self._receive, self._send)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What became of reads that never end: the client goes meanwhile."""
    monkeypatch.setattr(leaving, "PATIENCE_SECONDS", 0)
    seen: list[str] = []

    async def endless(*_: Any) -> list[Document]:
        seen.append("begun")
        CLIENTS[-1].gone.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("ended")
            raise
        return []

    monkeypatch.setattr(find, "_found", endless)
    return seen


CLIENTS: list[Client] = []


@pytest.mark.parametrize("query", [READ, f"{{ a: {READ[2:-2]} b: {READ[2:-2]} }}"])
def test_a_client_that_goes_ends_its_reads(door: Door, reads: list[str], query: str) -> None:
    """One by one, or shared by several fields; nothing is sent to nobody."""

    async def run() -> Client:
        CLIENTS.append(Client("/graphql", "POST", orjson.dumps({"query": query}), door.key))
        await CLIENTS[-1].ask(door.app)
        await asyncio.sleep(0)
        return CLIENTS[-1]

    assert asyncio.run(run()).answers == []
    assert reads == ["begun", "ended"]


def test_a_client_of_a_vendor_that_goes_ends_its_reads(reads: list[str]) -> None:
    """On the vendors' URLs as well."""

    async def run() -> Client:
        CLIENTS.append(Client("/history/sessions/x", "GET", key="a-good-key"))
        await CLIENTS[-1].ask(Gateway().app)
        return CLIENTS[-1]

    assert asyncio.run(run()).answers == []
    assert reads == ["begun", "ended"]


def test_a_client_that_goes_leaves_no_write_halfway(
    door: Door, first_write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write that is under way is done, and the next is not begun."""
    monkeypatch.setattr(leaving, "PATIENCE_SECONDS", 0)

    async def run() -> None:
        client = Client("/graphql", "POST", orjson.dumps({"query": TWO}), door.key)

        async def go(store: Any) -> None:
            client.gone.set()
            while store.budget.left > 0:  # noqa: ASYNC110  # a budget has no event
                await asyncio.sleep(0.001)

        first_write(go)
        await client.ask(door.app)

    asyncio.run(run())
    assert stored(door, "a")
    assert not stored(door, "b")
