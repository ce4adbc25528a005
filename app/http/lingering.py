"""A response that ends the connection reaches a client that is still sending a large body.

A server that closes a connection while the client still sends makes the client's system throw away
the response (RFC 9112, section 9.6). So the rest of the body is read, within limits, and ignored.
"""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.boundary import headers_of


class Lingering:
    """ASGI middleware: before it ends a connection, up to `most` bytes are read for `seconds`."""

    def __init__(self, app: ASGIApp, most: int, seconds: float) -> None:
        self._app = app
        self._most = most
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a small one costs a look at its headers."""
        if scope["type"] != "http" or not _may_be_large(scope):
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._most, self._seconds)
        await self._app(scope, exchange.receive, exchange.send)


class _Exchange:
    """One request and its response."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, most: int, seconds: float
    ) -> None:
        self._receive, self._send = receive, send
        self._most, self._seconds = most, seconds
        headers = headers_of(scope)
        self._ends = scope["http_version"] == "1.0" or _closes(headers.get(b"connection", b""))
        self._whole = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            given = dict(message.get("headers", ()))
            self._ends = self._ends or _closes(given.get(b"connection", b""))
        last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if last and self._ends and not self._whole:
            await self._send({**message, "more_body": True})
            await self._drain()
            message = {"type": "http.response.body", "body": b""}
        await self._send(message)

    async def _drain(self) -> None:
        read = 0
        try:
            async with asyncio.timeout(self._seconds):
                while not self._whole and read <= self._most:
                    read += len((await self.receive()).get("body", b""))
        except TimeoutError:
            return


def _may_be_large(scope: Scope) -> bool:
    """Whether the client may still be sending: fewer than 10,000 bytes arrive with the headers."""
    headers = headers_of(scope)
    announced = headers.get(b"content-length", b"")
    return b"transfer-encoding" in headers or (announced.isdigit() and len(announced) > 4)


def _closes(connection: bytes) -> bool:
    return b"close" in connection.lower()
