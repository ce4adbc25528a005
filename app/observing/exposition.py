"""The port on which Prometheus reads the metrics."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server

log = logging.getLogger(__name__)


@contextmanager
def exposed(collectors: CollectorRegistry, host: str, port: int) -> Iterator[int]:
    """Serve `/metrics` from a thread meanwhile; gives the port. OSError if it cannot be used."""
    server, thread = start_http_server(port, host, collectors)
    log.info("metrics", extra={"address": f"http://{host}:{server.server_port}/metrics"})
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
