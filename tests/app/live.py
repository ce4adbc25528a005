"""The application on a loopback socket, in a thread of its own."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from tests.timing import POLL_SECONDS, limit

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

    async def main_loop(self) -> None:
        """Look for the end more often than ten times a second: hundreds of tests wait for it."""
        while not await self.on_tick(0):  # noqa: ASYNC110  the flag is set by other threads
            await asyncio.sleep(POLL_SECONDS)


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
