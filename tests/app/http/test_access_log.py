"""The access log: a line for each response, with nothing in it that is secret."""

import asyncio
import io
import logging
import re

import httpx
import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.access_log import LOGGER, AccessLog


async def answering(scope: Scope, receive: Receive, send: Send) -> None:
    await Response("reached", 404)(scope, receive, send)


async def failing(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("broken")


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is written."""
    written = io.StringIO()
    monkeypatch.setattr(LOGGER, "handlers", [logging.StreamHandler(written)])
    monkeypatch.setattr(LOGGER, "level", logging.INFO)
    return written


def ask(app: ASGIApp, url: str) -> None:
    async def run() -> None:
        transport = httpx.ASGITransport(AccessLog(app), client=("203.0.113.9", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            await client.post(url, headers={"Authorization": "Bearer secret-1"}, content="secret-2")

    asyncio.run(run())


def test_response_is_a_line(lines: io.StringIO) -> None:
    """Client, method, path, status and time: no query, no header and no body."""
    ask(answering, "/get_session_history.php?KEY=secret-3")
    (line,) = lines.getvalue().splitlines()
    pattern = r"203\.0\.113\.9 POST /get_session_history\.php 404 \d+\.\d ms"
    assert re.fullmatch(pattern, line)


def test_line_stays_one_line(lines: io.StringIO) -> None:
    """A path with line ends in it cannot write a line of its own."""
    ask(answering, "/a%0A203.0.113.1%20GET%20/b%20200")
    (line,) = lines.getvalue().splitlines()
    assert "/a%0A203.0.113.1%20GET" in line


def test_failure_is_a_line_too(lines: io.StringIO) -> None:
    """Without a status, as nothing was answered."""
    with pytest.raises(RuntimeError):
        ask(failing, "/")
    assert re.fullmatch(r"203\.0\.113\.9 POST / - \d+\.\d ms", lines.getvalue().strip())
