"""A server ends in order: at once when asked by hand, with notice when asked by a scheduler."""

import http.client
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.commands import server as module
from app.commands.server import Server, configuration
from app.http import ending
from app.http.refusal import respond
from app.settings import Settings
from tests.timing import limit, until

SHORT, LONG = 0.4, 3600.0


async def app(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answers whether the end has been announced."""
    if scope["type"] == "http":
        await respond(send, 200, str(scope["state"][ending.NAME].announced).encode())


class Running:
    """A server in a thread, which gets its signals by hand."""

    def __init__(self, notice: float) -> None:
        self.port = 0
        self.tended = 0
        self.server = Server(self._configuration(), 1, notice, self._ready, self._tend)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        until(lambda: self.port > 0)

    @staticmethod
    def _configuration() -> module.uvicorn.Config:
        made = configuration(Settings(port=0), FastAPI())
        made.app, made.lifespan = app, "off"
        return made

    def _ready(self, _host: str, port: int) -> None:
        self.port = port

    def _tend(self) -> None:
        self.tended += 1

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=limit(30))

    def send(self, number: signal.Signals) -> None:
        self.server.handle_exit(number, None)
        self.server._captured_signals.clear()  # which it would raise again at its end

    def ended(self) -> bool:
        return not self.thread.is_alive()


@contextmanager
def running(notice: float = 0) -> Iterator[Running]:
    made = Running(notice)
    yield made
    made.server.should_exit = True
    made.thread.join(limit(20))


def ask(connection: http.client.HTTPConnection) -> tuple[bytes, str | None]:
    """The body, and what the answer says about the connection."""
    connection.request("GET", "/")
    answer = connection.getresponse()
    return answer.read(), answer.getheader("connection")


def test_sigterm_gives_notice() -> None:
    """Meanwhile new connections are served, each answer ends its own, and readiness knows."""
    with running(SHORT) as one:
        first = one.connect()
        assert ask(first) == (b"False", None)
        one.send(signal.SIGTERM)
        assert ask(one.connect()) == (b"True", "close")
        assert ask(first) == (b"True", "close")
        until(one.ended)
        assert one.tended > 0


@pytest.mark.parametrize(
    ("notice", "numbers"),
    [
        (LONG, [signal.SIGINT]),
        (LONG, [signal.SIGTERM, signal.SIGINT]),
        (LONG, [signal.SIGTERM, signal.SIGTERM]),
        (0, [signal.SIGTERM]),
    ],
)
def test_others_end_at_once(notice: float, numbers: list[signal.Signals]) -> None:
    """Ctrl-C, whoever insists, and where no notice is wanted."""
    with running(notice) as one:
        for number in numbers:
            one.send(number)
        until(one.ended)


def test_handing_over_fails_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """No new connections; those that are there are answered once more, and readiness stays."""
    monkeypatch.setattr(module, "HANDOVER", LONG)
    with running() as one:
        kept = one.connect()
        ask(kept)
        one.server.hand_over()
        until(lambda: _refuses(one.connect))
        assert ask(kept) == (b"False", "close")
        until(one.ended)


def _refuses(connect: Callable[[], http.client.HTTPConnection]) -> bool:
    connection = connect()
    try:
        connection.connect()
    except OSError:
        return True
    connection.close()
    return False


def test_handing_over_ends() -> None:
    """Also where a client keeps its connection and asks nothing."""
    with running() as one, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "HANDOVER", 0.2)
        idle = one.connect()
        ask(idle)
        began = time.monotonic()
        one.server.hand_over()
        until(one.ended)
        assert time.monotonic() - began > 0.15
        idle.close()


def test_notice_follows_the_address() -> None:
    """A laptop's ends at once; where balancers are, they turn away first."""
    assert Settings().notice == 0
    assert Settings(host="0.0.0.0").notice == 5
    assert Settings(notice_seconds=2).notice == 2
