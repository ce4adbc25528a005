"""A client of graphql-transport-ws, and one of server-sent events, within the process."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import ASGIApp, Message

from tests.timing import limit

PROTOCOL = "graphql-transport-ws"
SECONDS = limit(20)


class ClosedByServerError(Exception):
    """The server closed the connection."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"{code} {reason}")
        self.code = code


async def happens(done: Callable[[], bool]) -> None:
    """Return as soon as it has happened."""
    async with asyncio.timeout(SECONDS):
        while not done():  # noqa: ASYNC110  it is state of the application's
            await asyncio.sleep(0.01)


class Socket:
    """One connection."""

    def __init__(self) -> None:
        self.to_server: asyncio.Queue[Message] = asyncio.Queue()
        self.to_client: asyncio.Queue[Message] = asyncio.Queue()

    async def send(self, **message: Any) -> None:
        """Send one message of the protocol."""
        await self.raw(json.dumps(message))

    async def raw(self, text: str | None = None, **more: Any) -> None:
        """Send a frame."""
        await self.to_server.put({"type": "websocket.receive", "text": text, **more})

    async def get(self) -> Any:
        """The next message of the server's."""
        async with asyncio.timeout(SECONDS):
            message = await self.to_client.get()
        if message["type"] == "websocket.close":
            raise ClosedByServerError(message["code"], message.get("reason", ""))
        return json.loads(message["text"])

    async def init(self, key: str | None) -> Any:
        """Say who calls; the answer."""
        payload = {} if key is None else {"Authorization": f"Bearer {key}"}
        await self.send(type="connection_init", payload=payload)
        return await self.get()

    async def subscribe(self, query: str, id_: str = "1", **members: Any) -> None:
        """Begin an operation."""
        await self.send(type="subscribe", id=id_, payload={"query": query, **members})

    async def ask(self, query: str, id_: str = "1", **members: Any) -> Any:
        """The first message that answers an operation."""
        await self.subscribe(query, id_, **members)
        return await self.get()


@asynccontextmanager
async def connected(
    app: ASGIApp,
    protocols: tuple[str, ...] = (PROTOCOL,),
    headers: dict[str, str] | None = None,
    path: str = "/graphql",
    **state: Any,
) -> AsyncIterator[Socket]:
    """A connection to the application."""
    socket = Socket()
    given = {"host": "localhost", **(headers or {})}
    scope = {
        "type": "websocket",
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "subprotocols": list(protocols),
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
        "state": state,
    }
    await socket.to_server.put({"type": "websocket.connect"})
    serving = asyncio.ensure_future(app(scope, socket.to_server.get, socket.to_client.put))
    accepted = await socket.to_client.get()
    try:
        if accepted["type"] == "websocket.close":
            raise ClosedByServerError(accepted["code"], accepted.get("reason", ""))
        yield socket
    finally:
        await socket.to_server.put({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(SECONDS):
            await serving


class Events:
    """A response with server-sent events."""

    def __init__(self) -> None:
        self.start: Message = {}
        self.to_client: asyncio.Queue[Message] = asyncio.Queue()
        self._text = ""

    async def get(self) -> tuple[str, Any]:
        """The next event's name and data; an empty name where the response has ended."""
        async with asyncio.timeout(SECONDS):
            while "\n\n" not in self._text:
                message = await self.to_client.get()
                self._text += message["body"].decode()
                if not message.get("more_body") and "\n\n" not in self._text:
                    return "", None
        block, _, self._text = self._text.partition("\n\n")
        if block.startswith(":"):
            return await self.get()
        name, data = block.split("\n")
        text = data.removeprefix("data:").strip()
        return name.removeprefix("event: "), json.loads(text) if text else None


@asynccontextmanager
async def streaming(
    app: ASGIApp, key: str, query: str, members: dict[str, Any] | None = None, **state: Any
) -> AsyncIterator[Events]:
    """The events that answer an operation; `members` are further ones of the request."""
    events, gone = Events(), asyncio.Event()
    body = json.dumps({"query": query, **(members or {})}).encode()
    headers = {
        "host": "localhost",
        "authorization": f"Bearer {key}",
        "accept": "text/event-stream",
        "content-type": "application/json",
        "content-length": str(len(body)),
        "accept-encoding": "gzip",
    }
    scope = {
        "type": "http",
        "scheme": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
        "state": state,
    }
    sent = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if sent:
            return sent.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    serving = asyncio.ensure_future(app(scope, receive, events.to_client.put))
    async with asyncio.timeout(SECONDS):
        events.start = await events.to_client.get()
    try:
        yield events
    finally:
        gone.set()
        async with asyncio.timeout(SECONDS):
            await serving
