"""A refusal is not lost on a client that is still sending: the body is read before the end."""

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.http.lingering import Lingering

SECONDS = 0.05
LARGE = (b"content-length", b"100000")
CLOSE = (b"connection", b"close")
PART = 1000


def exchange(
    *headers: tuple[bytes, bytes],
    parts: int = 100,
    read: int = 0,
    answered: tuple[tuple[bytes, bytes], ...] = (CLOSE,),
    most: int = 1_000_000,
    http_version: str = "1.1",
) -> tuple[int, list[Message]]:
    """How many parts of the body were read, and what was sent, by an app that reads `read` parts.

    After `parts` of them, the client sends nothing more and does not end.
    """
    taken, sent = 0, []

    async def receive() -> Message:
        nonlocal taken
        if taken == parts and parts < 100:
            await asyncio.Event().wait()
        taken += 1
        return {"type": "http.request", "body": b"x" * PART, "more_body": taken < 100}

    async def send(message: Message) -> None:
        sent.append(message)

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(read):
            await receive()
        await send({"type": "http.response.start", "status": 413, "headers": list(answered)})
        await send({"type": "http.response.body", "body": b"too large"})

    scope: Any = {"type": "http", "http_version": http_version, "headers": list(headers)}
    asyncio.run(Lingering(app, most, SECONDS)(scope, receive, send))
    return taken, sent


@pytest.mark.parametrize("header", [LARGE, (b"transfer-encoding", b"chunked")])
@pytest.mark.parametrize("read", [0, 1, 99])
def test_rest_of_the_body_is_read(header: tuple[bytes, bytes], read: int) -> None:
    """The whole response goes out first, and its end last."""
    taken, sent = exchange(header, read=read)
    assert taken == 100
    assert [(one.get("body"), one.get("more_body", False)) for one in sent[1:]] == [
        (b"too large", True),
        (b"", False),
    ]


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ((LARGE,), {"answered": ()}),
        ((LARGE,), {"read": 100}),
        (((b"content-length", b"9000"),), {}),
        ((), {}),
    ],
)
def test_nothing_is_read_without_need(
    given: tuple[tuple[bytes, bytes], ...], options: dict[str, Any]
) -> None:
    """Where the connection stays open, the body was read, or a small one or none was announced."""
    taken, sent = exchange(*given, **options)
    assert taken == options.get("read", 0)
    assert len(sent) == 2


@pytest.mark.parametrize(("connection", "version"), [(CLOSE, "1.1"), (LARGE, "1.0")])
def test_client_may_end_the_connection_too(connection: tuple[bytes, bytes], version: str) -> None:
    """By its header, or as clients of HTTP/1.0 do."""
    taken, _ = exchange(LARGE, connection, answered=(), http_version=version)
    assert taken == 100


def test_bytes_are_limited() -> None:
    """Nobody keeps the gateway busy with a body without an end."""
    taken, sent = exchange(LARGE, most=10 * PART)
    assert taken == 11
    assert sent[-1] == {"type": "http.response.body", "body": b""}


def test_time_is_limited() -> None:
    """Nor with one that stops."""
    taken, sent = exchange(LARGE, parts=3)
    assert taken == 3
    assert sent[-1] == {"type": "http.response.body", "body": b""}
