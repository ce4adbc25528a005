"""The metrics' port goes on answering, whatever strangers do to it."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, Gauge

from app.observing import exposition
from app.observing.exposition import MOST, exposed
from tests.timing import limit


@pytest.fixture
def port() -> Iterator[int]:
    """Where one metric is served."""
    collectors = CollectorRegistry()
    own: dict[str, Any] = {"registry": collectors}
    Gauge("now", "A number.", **own).set(5)
    with exposed(collectors, "127.0.0.1", 0) as chosen:
        yield chosen


def opened(port: int, sent: bytes) -> socket.socket:
    """A connection on which this was sent and nothing was read."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=limit(20))
    connection.sendall(sent)
    return connection


def scraped(port: int) -> str:
    return httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=limit(20)).text


@pytest.mark.parametrize("sent", [b"", b"GET /metrics HTTP/1.1\r\nHost:"])
def test_one_connection_too_many_replaces_the_oldest(port: int, sent: bytes) -> None:
    """Silent ones and half heads keep nobody out."""
    with ExitStack() as stack:
        silent = [stack.enter_context(opened(port, sent)) for _ in range(2 * MOST)]
        text = scraped(port)
        assert "now 5.0" in text
        assert "gateway_start_time_seconds 1" in text  # without it, nobody sees a restart
        assert silent[0].recv(100) in (b"", b"HTTP/1.0 400 Bad Request\r\n")


def test_a_connection_has_a_deadline(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while bytes arrive."""
    monkeypatch.setattr(exposition, "SECONDS", 0.0)
    with opened(port, b"GET") as slow:
        assert slow.recv(100) == b""


@pytest.mark.parametrize("sent", [b"\xff\xfe\r\n\r\n", b"GET /metrics HTTP/9.9\r\n\r\n", b"X\r\n"])
def test_nonsense_is_refused_quietly(
    port: int, sent: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """No stack on the console, and the next scrape is answered."""
    with opened(port, sent) as odd:
        odd.shutdown(socket.SHUT_WR)
        while odd.recv(1000):
            pass
    assert "now 5.0" in scraped(port)
    assert capfd.readouterr().err == ""
