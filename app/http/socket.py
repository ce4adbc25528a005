"""The server's WebSocket protocol: bounded like the HTTP protocol that hands the connection over.

    an answer that nobody reads        write_seconds, then the end
    a client that answers no ping      PING_SECONDS, then 1011
    the end of the server              1012, after which clients come back

`WebSocketsSansIOProtocol` is private to uvicorn: what is overridden here may change with any
release. tests/app/http/test_uvicorn_internals.py notices.
"""

import logging
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

QUIET: Final = logging.Logger(__name__, logging.ERROR)
PING_SECONDS: Final = 20.0
"""Between two pings, and until their answer: shorter than the idle limits of proxies."""


class Socket(WebSocketsSansIOProtocol):
    """One connection: `uvicorn.Config(..., ws=Socket)`, or a `partial` that gives the limit."""

    def __init__(
        self,
        config: Any,
        server_state: Any,
        app_state: dict[str, Any],
        _loop: Any = None,
        write_seconds: float = 60.0,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.logger = QUIET  # uvicorn would log every address with its query
        self._write_seconds = write_seconds
        self._unread: Any = None

    def pause_writing(self) -> None:
        """Called when too much waits to be read by the client."""
        super().pause_writing()
        self._unread = self.loop.call_later(self._write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Called when most of it has been read."""
        super().resume_writing()
        self._stop()

    def shutdown(self) -> None:
        """Called at the end of the server; a connection that is closing has said its code."""
        try:
            super().shutdown()
        except InvalidState:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything."""
        self._stop()
        super().connection_lost(exc)

    def _stop(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
