"""The port on which Prometheus reads the metrics."""

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, Gauge, make_wsgi_app

MOST: Final = 16
"""Connections at the same time; one more replaces the oldest."""
SECONDS: Final = 10.0
"""How long a connection may take with its one request; give or take half a second."""

log = logging.getLogger(__name__)


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its name
        """Nobody needs a line for each scrape."""


class _Server(ThreadingMixIn, WSGIServer):
    """A thread for each connection, as long as there are few and none is slow."""

    daemon_threads = True

    def __init__(self, host: str, port: int) -> None:
        self.address_family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        self._until: dict[Any, float] = {}
        """When each connection is over, the oldest first."""
        super().__init__((host, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Make room, and answer in a thread."""
        if len(self._until) >= MOST:
            self._cut(next(iter(self._until)))
        self._until[request] = time.monotonic() + SECONDS
        super().process_request(request, client_address)

    def service_actions(self) -> None:
        """Called every half second."""
        for request, until in list(self._until.items()):
            if until < time.monotonic():
                self._cut(request)

    def _cut(self, request: Any) -> None:
        """Its thread reads the end, or can write no more, and ends."""
        self._until.pop(request, None)
        with suppress(OSError):
            request.shutdown(socket.SHUT_RDWR)

    def shutdown_request(self, request: Any) -> None:
        """Called by a connection's thread at its end."""
        self._until.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was cut off, or left, needs no line."""
        log.debug("a scrape failed", exc_info=True)


@contextmanager
def exposed(collectors: CollectorRegistry, host: str, port: int) -> Iterator[int]:
    """Serve `/metrics` from a thread meanwhile; gives the port. OSError if it cannot be used."""
    shown = CollectorRegistry()
    shown.register(collectors)
    own: dict[str, Any] = {"registry": shown}
    began = Gauge("gateway_start_time_seconds", "When it was started: Unix time.", **own)
    began.set_to_current_time()
    server = _Server(host, port)
    server.set_app(make_wsgi_app(shown))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    log.info("metrics", extra={"address": f"http://{host}:{server.server_port}/metrics"})
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
