"""The application on a loopback socket, in a thread of its own."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from tests.timing import limit

START_SECONDS = limit(20)


class Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, app: ASGIApp, **options: Any) -> None:
        super().__init__(
            uvicorn.Config(app, lifespan="off", log_level="error", server_header=False, **options)
        )
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@contextlib.contextmanager
def live(app: ASGIApp, **options: Any) -> Iterator[int]:
    """The port it is served on, with further options of uvicorn's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(app, **options)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        assert server.listening.wait(START_SECONDS)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(START_SECONDS)
