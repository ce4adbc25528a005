"""One request to the application, without a network, and its answer."""

import asyncio
from dataclasses import dataclass, field
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

Header = tuple[bytes, bytes]


@dataclass(frozen=True)
class Request:
    """What a client sends, as bytes."""

    method: str
    path: str
    """As it travels: ASCII, with escapes."""
    query: bytes = b""
    headers: tuple[Header, ...] = ()
    body: bytes = b""

    def __str__(self) -> str:
        """As a person reads it: no credential is shown."""
        target = self.path + (f"?{self.query.decode('latin-1')}" if self.query else "")
        return f"{self.method} {target}\n{self.body.decode('utf-8', 'backslashreplace')}"


@dataclass
class Answer:
    """What came back; status 0: nothing did."""

    status: int = 0
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""

    @property
    def media_type(self) -> str:
        """Without its parameters."""
        return self.headers.get(b"content-type", b"").split(b";")[0].decode("latin-1")


async def ask(app: ASGIApp, request: Request) -> Answer:
    """Send a request; what the application raises is raised."""
    answer, unread = Answer(), [request.body]

    async def receive() -> Message:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        await asyncio.Event().wait()  # this client stays
        raise AssertionError

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.lower(): value for name, value in message.get("headers", ())}
        else:
            answer.body += message.get("body", b"")

    await app(scope(request), receive, send)
    return answer


def scope(request: Request) -> dict[str, object]:
    """As the server makes it."""
    sized = (b"content-length", b"%d" % len(request.body))
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": unquote(request.path),
        "raw_path": request.path.encode("ascii"),
        "query_string": request.query,
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1"), sized, *request.headers],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
