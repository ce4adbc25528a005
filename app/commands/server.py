"""The web server of one process, and how it ends.

    SIGINT, a second signal   no new connections; requests that run have DRAIN seconds
    SIGTERM                   the same after a notice: `/readyz` answers 503, each response ends its
                              connection, and everything is still served
    hand_over()               another worker takes over: no new connections, each response ends its
                              connection; the end once they are gone, or after HANDOVER seconds

`handle_exit` and `on_tick` are uvicorn's: tests/app/http/test_uvicorn_internals.py notices.
"""

import asyncio
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from socket import socket
from types import FrameType
from typing import Any, Final, cast

import uvicorn
from fastapi import FastAPI

from app.http import ending
from app.http.ending import Ending
from app.http.protocol import Limits, Protocol
from app.http.socket import PING_SECONDS, Socket
from app.settings import Settings

DRAIN: Final = 5
"""Seconds that running requests are given at the end."""
HANDOVER: Final = 5.0
"""Seconds in which clients change from one worker to the next with their connections."""

Ready = Callable[[str, int], None]
"""Called with host and port once the server listens."""


def configuration(
    settings: Settings,
    application: FastAPI | str,
    *,
    factory: bool = False,
    workers: int = 1,
) -> uvicorn.Config:
    """The web server's."""
    limits = Limits(settings.head_seconds, settings.write_seconds, settings.max_connections)
    return uvicorn.Config(
        application,
        factory=factory,
        workers=workers,
        host=settings.host,
        port=settings.port,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        http=cast(Any, partial(Protocol, limits=limits)),
        proxy_headers=False,  # uvicorn would believe every peer on loopback: app.http.proxies
        ws=cast(Any, partial(Socket, write_seconds=settings.write_seconds)),
        ws_max_size=settings.max_body_bytes,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        ws_per_message_deflate=False,  # it would take more memory than all else of a connection
        log_config=None,  # app.observing.logs has set it up
        access_log=False,
        server_header=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=DRAIN,
    )


def allow_files(connections: int) -> None:
    """Let this process and its children open as many files as their connections need, if they may.

    Handshakes that are not finished count, too, and so do connections to the database.
    """
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * connections + 1024
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Server(uvicorn.Server):
    """uvicorn, which reports its address once it listens, and gives notice before it ends."""

    def __init__(
        self,
        config: uvicorn.Config,
        handshake_seconds: float,
        notice_seconds: float,
        ready: Ready | None = None,
        tend: Callable[[], None] = lambda: None,
    ) -> None:
        """`tend` is called ten times a second while it serves."""
        super().__init__(config)
        self._tend = tend
        self._handshake_seconds = handshake_seconds
        self._notice_seconds = notice_seconds
        self._ready = ready
        self._ending = Ending()
        self._due: float | None = None
        """When the end begins, on the clock of time.monotonic."""
        self._handing_over = False

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Listen, then report the address."""
        self.lifespan.state[ending.NAME] = self._ending
        if self.config.is_ssl:
            loop: Any = asyncio.get_running_loop()
            seconds = self._handshake_seconds
            loop.create_server = partial(
                loop.create_server, ssl_handshake_timeout=seconds, ssl_shutdown_timeout=seconds
            )
        await super().startup(sockets)
        if self.started and self._ready:
            self._ready(*self.servers[0].sockets[0].getsockname()[:2])

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End: with notice at a first SIGTERM, at once otherwise."""
        if sig == signal.SIGTERM and self._notice_seconds and not self._ending.closing:
            self._captured_signals.append(sig)
            self._ending.announced = True
            self._end_after(self._notice_seconds)
        else:
            super().handle_exit(sig, frame)

    def hand_over(self, *_signal: object) -> None:
        """End without notice or a failed request: another process listens on the same socket."""
        self._handing_over = True
        self._end_after(HANDOVER)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """End; streams see it, and do not wait to be cut off."""
        self._ending.closing = True
        await super().shutdown(sockets)

    def end_at_once(self, *_signal: object) -> None:
        """End without notice."""
        self.should_exit = True

    def _end_after(self, seconds: float) -> None:
        self._ending.closing = True
        self._due = time.monotonic() + seconds

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second; whether to end."""
        if await super().on_tick(counter):
            return True
        self._tend()
        if self._handing_over:
            for one in self.servers:
                one.close()
            if not self.server_state.connections:
                return True
        return self._due is not None and time.monotonic() >= self._due
