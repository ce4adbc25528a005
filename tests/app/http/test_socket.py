"""Connections that become WebSockets: the head, what comes with it, https, idle clients."""

import socket
import ssl
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trustme
from starlette.types import Receive, Scope, Send
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from app.http.protocol import Protocol
from app.http.socket import FLOOD, MOST_FRAMES, Socket
from tests.app.live import live
from tests.timing import limit, until

HEAD = (
    "{} / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: {}\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
HELLO = b"\x81\x85\x00\x00\x00\x00hello"
"""A frame with a text, masked with zeros."""
LARGE = "x" * 1_000_000


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers each text with itself; `large` with more than anybody reads at once."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"plain"})
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        for text in [LARGE] * 50 if message["text"] == "large" else [message["text"]]:
            await send({"type": "websocket.send", "text": text})


def served(**options: Any) -> Any:
    """The echo with the server's own protocols."""
    own = {"http": Protocol, "ws": partial(Socket, write_seconds=limit(1)), **options}
    return live(echo, ws_per_message_deflate=False, **own)


def test_a_text_and_its_answer() -> None:
    """Over one connection, as often as the client likes."""
    with served() as port, connect(f"ws://127.0.0.1:{port}/") as opened:
        for text in ("a", "é" * 1000):
            opened.send(text)
            assert opened.recv(limit(20)) == text


def test_over_https(tmp_path: Path) -> None:
    """The same with a certificate of the server's own."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    files = {"ssl_certfile": tmp_path / "cert", "ssl_keyfile": tmp_path / "key"}
    certificate.cert_chain_pems[0].write_to_path(files["ssl_certfile"])
    certificate.private_key_pem.write_to_path(files["ssl_keyfile"])
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with served(**files) as port, connect(f"wss://localhost:{port}/", ssl=context) as opened:
        opened.send("a")
        assert opened.recv(limit(20)) == "a"


def test_what_comes_with_the_head() -> None:
    """A frame in the same packet is not lost."""
    with served() as port, socket.create_connection(("127.0.0.1", port), limit(20)) as raw:
        raw.sendall(HEAD.format("GET", "websocket").encode() + HELLO)
        answer = b""
        while not answer.endswith(b"\x81\x05hello"):
            answer += raw.recv(4096)
    assert answer.startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize(("method", "offer"), [("POST", "websocket"), ("GET", "h2c")])
def test_other_offers_are_ignored(method: str, offer: str) -> None:
    """What is not a GET for a WebSocket is answered as HTTP."""
    with served() as port, socket.create_connection(("127.0.0.1", port), limit(20)) as raw:
        raw.sendall(HEAD.format(method, offer).encode())
        assert raw.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_wrong_version() -> None:
    """The handshake is refused by its own rules."""
    with served() as port, socket.create_connection(("127.0.0.1", port), limit(20)) as raw:
        raw.sendall(HEAD.format("GET", "websocket").replace("13\r", "7\r").encode())
        assert raw.recv(4096).split(b" ")[1] in (b"400", b"426")


def test_after_a_request_on_the_same_connection() -> None:
    """A connection that was kept alive may become a WebSocket."""
    with served() as port, socket.create_connection(("127.0.0.1", port), limit(20)) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        while not raw.recv(4096).endswith(b"\r\n0\r\n\r\n"):
            pass
        raw.sendall(HEAD.format("GET", "websocket").encode())
        assert raw.recv(4096).startswith(b"HTTP/1.1 101 ")


def test_a_client_that_does_not_read() -> None:
    """It is cut off after a while; meanwhile others are answered."""
    with served() as port, socket.create_connection(("127.0.0.1", port), limit(20)) as raw:
        raw.sendall(HEAD.format("GET", "websocket").encode())
        raw.recv(4096)
        raw.sendall(HELLO.replace(b"hello", b"large"))
        with connect(f"ws://127.0.0.1:{port}/") as opened:
            opened.send("a")
            assert opened.recv(limit(20)) == "a"
        until(lambda: _is_reset(raw), 20)


def _is_reset(raw: socket.socket) -> bool:
    try:
        raw.send(b"\x89\x80\x00\x00\x00\x00")  # a ping
    except OSError:
        return True
    return False


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"\x01\x80\0\0\0\0", b"\x00\x80\0\0\0\0"),
        (b"", b"\x89\x80\0\0\0\0"),
        (b"", b"\x8a\x80\0\0\0\0"),
        (b"", HELLO),
    ],
    ids=["fragments", "pings", "pongs", "texts"],
)
def test_a_flood_of_frames(first: bytes, again: bytes) -> None:
    """It ends the connection soon, whatever the frames are; as many as are allowed do not."""
    with served() as port, socket.create_connection(("127.0.0.1", port), limit(20)) as raw:
        raw.sendall(HEAD.format("GET", "websocket").encode())
        raw.recv(4096)
        raw.sendall(first + again * (MOST_FRAMES - 10) + again * 2000)
        answer = b""
        with suppress(ConnectionResetError):
            while more := raw.recv(65536):
                answer += more
        assert FLOOD.encode() in answer or not answer.endswith(b"hello")
    with served() as port, connect(f"ws://127.0.0.1:{port}/") as opened:
        for _ in range(MOST_FRAMES // 4):
            opened.ping()
        opened.send("a")
        assert opened.recv(limit(20)) == "a"


def test_the_end_while_it_is_closing() -> None:
    """A client that has begun to close does not keep the server from its end."""
    with served() as port, socket.create_connection(("127.0.0.1", port), limit(20)) as raw:
        raw.sendall(HEAD.format("GET", "websocket").encode())
        raw.recv(4096)
        raw.sendall(b"\x88\x80\x00\x00\x00\x00")  # close; the server ends at the same time


def test_too_long_a_message() -> None:
    """One beyond the limit of bodies ends the connection."""
    with served(ws_max_size=100) as port, connect(f"ws://127.0.0.1:{port}/") as opened:
        opened.send("x" * 101)
        with pytest.raises(ConnectionClosed, match="1009"):
            opened.recv(limit(20))


def test_refused_by_the_application() -> None:
    """Before it is accepted, the answer is 403."""

    async def refuse(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.close", "code": 1008})

    with (
        live(refuse, http=Protocol, ws=Socket) as port,
        pytest.raises(InvalidStatus, match="403"),
        connect(f"ws://127.0.0.1:{port}/"),
    ):
        pass
