"""A server ends in order: at once when asked by hand, with notice when asked by a scheduler."""

import http.client
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trustme
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

    def __init__(self, notice: float, settings: Settings) -> None:
        self.port = 0
        self.tended = 0
        made = configuration(settings, FastAPI())
        made.app, made.lifespan = app, "off"
        self.server = Server(made, settings.head_seconds, notice, self._ready, self._tend)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        until(lambda: self.port > 0)

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
def running(notice: float = 0, **settings: Any) -> Iterator[Running]:
    made = Running(notice, Settings(port=0, **settings))
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


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, dict[str, Path]]:
    """What a client trusts, and the settings of a server with short patience."""
    folder, authority = tmp_path_factory.mktemp("tls"), trustme.CA()
    leaf = authority.issue_cert("127.0.0.1")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    key.write_bytes(leaf.private_key_pem.bytes())
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context, {"tls_certificate": certificate, "tls_key": key}


def received(connection: socket.socket) -> bytes:
    """Everything until the server ends it."""
    found = b""
    with suppress(ConnectionResetError, ssl.SSLEOFError):
        while data := connection.recv(65536):
            found += data
    return found


@pytest.mark.slow
def test_tls_has_the_same_deadlines_and_limits(
    tls: tuple[ssl.SSLContext, dict[str, Path]],
) -> None:
    """For a handshake that never comes, a head that never comes, and one that is too large."""
    context, files = tls
    with running(head_seconds=0.3, **files) as one:
        address, seconds = ("127.0.0.1", one.port), limit(30)
        with socket.create_connection(address, timeout=seconds) as silent:
            assert received(silent) == b""
        for sent, answer in (
            (b"", b""),
            (b"GET / HTTP/1.1\r\n", b"HTTP/1.1 408 "),
            (b"GET / HTTP/1.1\r\nX: ".ljust(5_000_000, b"x"), b"HTTP/1.1 431 "),
        ):
            with (
                socket.create_connection(address, timeout=seconds) as plain,
                context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
            ):
                secure.sendall(sent)
                assert received(secure)[:13] == answer


FILES = """
import resource
from app.commands.server import allow_files

hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
for connections in (10, 5, 10**9):
    allow_files(connections)
    print(resource.getrlimit(resource.RLIMIT_NOFILE)[0] in (1044, hard))
"""


@pytest.mark.slow
def test_files_suffice_for_the_connections() -> None:
    """The limit is raised as far as it may be, and never lowered."""
    done = subprocess.run(
        [sys.executable, "-c", FILES], capture_output=True, text=True, timeout=limit(60)
    )
    assert (done.stdout.split(), done.stderr) == (["True"] * 3, "")
