"""The server's WebSocket protocol: bounded like the HTTP protocol that hands the connection over.

    an answer that nobody reads        write_seconds, then the end
    a client that answers no ping      PING_SECONDS, then 1011
    a flood of frames, also of pings   MOST_FRAMES, then 1008
    the end of the server              1012, after which clients come back

`WebSocketsSansIOProtocol` is private to uvicorn: what is overridden here may change with any
release. tests/app/http/test_uvicorn_internals.py notices.
"""

import logging
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import CloseCode

QUIET: Final = logging.Logger(__name__, logging.ERROR)
PING_SECONDS: Final = 20.0
"""Between two pings, and until their answer: shorter than the idle limits of proxies."""
MOST_FRAMES: Final = 4000
"""Frames of a client within FRAMES_SECONDS. One of six bytes costs as much as one of a kilobyte."""
FRAMES_SECONDS: Final = 10.0
SLICE: Final = 4096
"""Bytes after which the frames are counted; a read has up to 256 KB."""
FLOOD: Final = f"LIMIT_EXCEEDED: more than {MOST_FRAMES} frames within {FRAMES_SECONDS:g} seconds."


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
        self._frames, self._since = 0, 0.0
        """How many frames came since a moment of the event loop's clock."""

    def data_received(self, data: bytes) -> None:
        """Called with what the client sent."""
        if self.loop.time() - self._since > FRAMES_SECONDS:
            self._frames, self._since = 0, self.loop.time()
        for start in range(0, len(data), SLICE):
            super().data_received(data[start : start + SLICE])
            if self.transport.is_closing():
                return
            if self._frames > MOST_FRAMES:
                self.conn.fail(CloseCode.POLICY_VIOLATION, FLOOD)
                self.handle_parser_exception()
                return

    def handle_events(self) -> None:
        """Called once frames have been read."""
        self._frames += len(self.conn.events)
        super().handle_events()

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
