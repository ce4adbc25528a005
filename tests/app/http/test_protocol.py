"""A connection over the wire: nobody keeps one for ever, and requests are answered one by one."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from app.http.admission import PAUSE
from app.http.framing import LONGEST_HEAD
from app.http.protocol import PAUSE_SECONDS, REFUSED, Limits, Protocol
from app.http.refusal import respond
from tests.app.live import live
from tests.timing import limit, until

LARGE = 20_000_000
"""Bytes that no system keeps for a client who does not read."""


class App:
    """Answers with what it was asked, and notes it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes]] = []
        self.running = self.most = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self._answer(scope, receive, send)
        finally:
            self.running -= 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", scope["path"] != "/unread"
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        if scope["path"] == "/slow":
            await asyncio.sleep(0.05)
        if scope["path"] == "/refused":
            scope["state"][PAUSE] = True
        self.asked.append((scope["path"], body))
        names = b" ".join(name for name, _ in scope["headers"])
        large = b"x" * LARGE if scope["path"] == "/large" else b""
        await respond(send, 200, large or scope["path"].encode() + b" " + names, b"text/plain")


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
def port(app: App) -> Iterator[int]:
    """A server that has little patience, and room for four."""
    limits = Limits(head_seconds=0.3, write_seconds=0.3, connections=4)
    with live(app, http=partial(Protocol, limits=limits), timeout_keep_alive=1) as found:
        yield found


def connect(port: int) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=limit(30))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def request(path: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: a", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def everything(connection: socket.socket) -> bytes:
    """What arrives until the server ends the connection."""
    received = b""
    try:
        while data := connection.recv(65536):
            received += data
    except ConnectionResetError:
        pass
    return received


def sent(connection: socket.socket, data: bytes) -> bool:
    """Whether the server still takes it."""
    try:
        connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def answer(port: int, *parts: bytes) -> bytes:
    with closing(connect(port)) as connection:
        for part in parts:
            connection.sendall(part)
        return everything(connection)


def code(received: bytes) -> tuple[bytes, str]:
    """Status and code of a refusal."""
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"\r\nconnection: close\r\n" in head
    assert b"\r\ndate: " in head
    assert b"\r\nx-content-type-options: nosniff\r\n" in head
    return head[9:12], json.loads(body)["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("part", [b"", b"G", b"GET / HTTP/1.1\r\nHost: a\r\nX: "])
def test_a_head_has_a_deadline(port: int, part: bytes) -> None:
    """The connection ends; 408 says why to whoever sent some of it."""
    received = answer(port, part)
    assert received == b"" if not part else code(received) == (b"408", "TIMEOUT")


@pytest.mark.slow
def test_a_head_that_never_stops_has_one(port: int, app: App) -> None:
    """Each byte in time does not make the head later."""
    with closing(connect(port)) as connection:
        until(lambda: not sent(connection, b"G"), 30)
    assert app.asked == []


def test_a_second_head_has_one(port: int) -> None:
    """Behind an answer, from its first byte on."""
    received = answer(port, request("/a"), b"GET")
    assert received.startswith(b"HTTP/1.1 200")
    assert code(received[received.index(b"HTTP/1.1 408") :]) == (b"408", "TIMEOUT")


@pytest.mark.slow
def test_an_idle_connection_ends(port: int) -> None:
    """After the seconds of the setting; meanwhile it is used again."""
    with closing(connect(port)) as connection:
        for _ in range(2):
            connection.sendall(request("/a"))
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
            time.sleep(0.4)
        assert everything(connection) == b""


def test_a_body_behind_its_answer_has_a_deadline(port: int) -> None:
    """Who was answered before the end of the body cannot send it for ever."""
    began = time.monotonic()
    head = request("/unread", "Content-Length: 100000000", method="POST")
    assert answer(port, head, b"some").startswith(b"HTTP/1.1 200")
    assert time.monotonic() - began < limit(20)


@pytest.mark.slow
@pytest.mark.parametrize("close", [(), ("Connection: close",)])
def test_an_answer_that_nobody_reads_is_dropped(port: int, close: tuple[str, ...]) -> None:
    """The connection is cut, and the rest of the answer with it."""
    with closing(connect(port)) as connection:
        connection.sendall(request("/large", *close))
        time.sleep(limit(1))
        assert len(everything(connection)) < LARGE


@pytest.mark.slow
def test_a_body_behind_its_answer_leaves_an_idle_connection(port: int) -> None:
    """Once the whole body has come, the connection ends as any other that is idle."""
    with closing(connect(port)) as connection:
        connection.sendall(request("/unread", "Content-Length: 4", method="POST"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"body" + request("/b"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(request("/unread", "Content-Length: 4", method="POST"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"body")
        assert everything(connection) == b""


def test_large_heads_get_an_answer(port: int) -> None:
    """Also whoever sends much more than that, in one piece, before reading anything."""
    head = b"GET / HTTP/1.1\r\nHost: a\r\nX: "
    for sent in (head.ljust(64_000_000, b"x"), head.ljust(LONGEST_HEAD + 1, b"x")):
        assert code(answer(port, sent)) == (b"431", "LIMIT_EXCEEDED")


def test_pipelined_requests_are_answered_in_order(port: int, app: App) -> None:
    """One at a time, whatever their bodies look like."""
    chunked = request("/b", "Transfer-Encoding: chunked", method="POST")
    sent = (
        request("/slow")
        + chunked
        + b"3\r\nabc\r\n0\r\nAuthorization: Bearer x\r\n\r\n"
        + request("/c", "Content-Length: 2", method="POST", body=b"de")
        + request("/d", "Connection: close")
        + request("/e")
    )
    received = answer(port, sent)
    assert [path for path, _ in app.asked] == ["/slow", "/b", "/c", "/d"]
    assert [body for _, body in app.asked] == [b"", b"abc", b"de", b""]
    assert b"/b host transfer-encoding" in received
    assert b"authorization" not in received
    assert app.most == 1


def test_a_broken_request_behind_another(port: int, app: App) -> None:
    """The first is answered, the second refused."""
    received = answer(port, request("/slow") + b"GET /b HTTP/1.1\r\n\r\n" + request("/c"))
    assert received.startswith(b"HTTP/1.1 200")
    assert code(received[received.index(b"HTTP/1.1 400") :]) == (b"400", "BAD_USER_INPUT")
    assert [path for path, _ in app.asked] == ["/slow"]


def test_a_broken_body_ends_the_connection(port: int) -> None:
    """Nothing may be made of bytes whose meaning is unclear: 400, in place of an answer."""
    head = request("/a", "Transfer-Encoding: chunked", method="POST")
    for parts in ((head + b"zz\r\n" + request("/b"),), (head, b"zz\r\n")):
        assert code(answer(port, *parts)) == (b"400", "BAD_USER_INPUT")


def test_a_connection_that_waits_makes_room(port: int) -> None:
    """The one that has waited longest for its client; those that are used stay."""
    with ExitStack() as stack:
        used = stack.enter_context(closing(connect(port)))
        waiting = [stack.enter_context(closing(connect(port))) for _ in range(3)]
        used.sendall(request("/a"))
        assert used.recv(65536).startswith(b"HTTP/1.1 200")
        new = stack.enter_context(closing(connect(port)))
        new.sendall(request("/b"))
        assert new.recv(65536).startswith(b"HTTP/1.1 200")
        assert everything(waiting[0]) == b""
        used.sendall(request("/c"))
        assert used.recv(65536).startswith(b"HTTP/1.1 200")


def test_no_room_is_said(app: App) -> None:
    """Where every connection is being served, a new one gets 503 and ends."""
    limits = Limits(connections=2)

    async def busy(scope: Scope, receive: Receive, send: Send) -> None:
        app.running += 1
        while (await receive())["type"] != "http.disconnect":
            pass

    with live(busy, http=partial(Protocol, limits=limits)) as port, ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(closing(connect(port))).sendall(request("/"))
        until(lambda: app.running == 2)
        refused = answer(port)
        assert code(refused) == (b"503", "OVERLOADED")
        assert b"\r\nretry-after: 1\r\n" in refused


@pytest.mark.slow
def test_a_refused_client_is_made_to_wait(port: int) -> None:
    """Who asks again at once, although Retry-After said otherwise, is read later."""
    with closing(connect(port)) as connection:
        connection.sendall(request("/refused"))
        connection.recv(65536)
        began = time.monotonic()
        connection.sendall(request("/b"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        assert time.monotonic() - began > PAUSE_SECONDS * 0.8


@pytest.mark.slow
def test_a_body_behind_its_answer_leaves_the_whole_pause(app: App) -> None:
    """The time for a head counts from its first byte, and not from the end of that body."""
    limits = Limits(head_seconds=0.2)
    http = partial(Protocol, limits=limits)
    with (
        live(app, http=http, timeout_keep_alive=30) as port,
        closing(connect(port)) as connection,
    ):
        connection.sendall(request("/unread", "Content-Length: 4", method="POST"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"body")
        time.sleep(0.6)
        connection.sendall(request("/b"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_refusal_is_noted(app: App) -> None:
    """With status and code, for the metrics: no application sees it."""
    noted: list[tuple[int, str]] = []

    def noting(app_state: dict[str, Any], **given: Any) -> Protocol:
        return Protocol(app_state={**app_state, REFUSED: lambda *seen: noted.append(seen)}, **given)

    with live(app, http=noting) as port, closing(connect(port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * LONGEST_HEAD)
        connection.recv(65536)
    assert noted == [(431, "LIMIT_EXCEEDED")]


@pytest.mark.parametrize(("version", "status"), [("1.1", b"100"), ("1.0", b"200")])
def test_who_waits_for_100(port: int, version: str, status: bytes) -> None:
    """A client of HTTP/1.0 cannot read an interim response, and gets none."""
    head = f"POST /a HTTP/{version}\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n"
    received = answer(port, f"{head}Content-Length: 2\r\n\r\nhi".encode())
    assert received.startswith(b"HTTP/1.1 " + status)
    assert b"HTTP/1.1 200 " in received
