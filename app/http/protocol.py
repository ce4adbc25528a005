"""The server's HTTP protocol: strict about requests, and patient with no client for ever.

`app.http.framing` cuts the bytes into requests, and the parser sees one request at a time: the next
one waits until the one before it is answered, and meanwhile the gateway reads no further.

    connected, or part of a head       head_seconds, then 408
    idle after an answer               uvicorn's timeout_keep_alive
    an answer, and still a body        head_seconds, then the end
    an answer that nobody reads        write_seconds, then the end
    refused for overload               PAUSE_SECONDS, in which nothing is read
    refused, and still sending         LINGER_SECONDS, in which what arrives is thrown away

A connection that waits for its client may be ended for a new one, once there are too many.

`HttpToolsProtocol` is private to uvicorn: what is overridden here may change with any release.
tests/app/http/test_uvicorn_internals.py notices.
"""

from asyncio import AbstractEventLoop, TimerHandle, Transport
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.http import ending
from app.http.admission import PAUSE
from app.http.boundary import SECURITY
from app.http.ending import Ending
from app.http.framing import Framing
from app.http.refusal import JSON, RefusedError
from app.http.request_id import NAME, made

REFUSED: Final = "gateway.refused"
"""The name, in the lifespan's state, of what is called with the status and the code of each
refusal: no application sees it."""
PAUSE_SECONDS: Final = 1.0
"""How long nothing is read of a client that was refused for overload, as `Retry-After` says."""
LINGER_SECONDS: Final = 2.0
"""How long a refused client may go on sending; else its system would throw the refusal away."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client, and all of them together, may take of the server."""

    head_seconds: float = 10.0
    """From the first byte of a request's head, or the connection, to the head's end."""
    write_seconds: float = 60.0
    """How long an answer may wait for its client to read it."""
    connections: int = 1000
    """Open at the same time, in one process."""


class Timer:
    """Calls once when its time is over, unless it is stopped before."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._handle: TimerHandle | None = None

    @property
    def runs(self) -> bool:
        """Whether it will call."""
        return self._handle is not None

    def start(self, seconds: float, call: Callable[[], object]) -> None:
        """Call in so many seconds, and forget what it was to call before."""
        self.stop()
        self._handle = self._loop.call_later(seconds, self._end, call)

    def stop(self) -> None:
        """Call nothing."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _end(self, call: Callable[[], object]) -> None:
        self._handle = None
        call()


class Protocol(HttpToolsProtocol):
    """One connection: `uvicorn.Config(..., http=Protocol)`, or a `partial` that gives `limits`."""

    def __init__(
        self,
        config: Any,
        server_state: Any,
        app_state: dict[str, Any],
        _loop: Any = None,
        limits: Limits | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits or Limits()
        self._framing = Framing()
        self._refused = False
        self._reading = Timer(self.loop)
        """Ends a connection whose client does not send what it has to."""
        self._writing = Timer(self.loop)
        """Ends a connection whose client does not read."""
        self._pausing = Timer(self.loop)
        """Ends the time in which a client waits that was refused for overload."""
        self._ending: Ending = app_state.get(ending.NAME) or Ending()
        self._note: Callable[[int, str], object] = app_state.get(REFUSED) or _unseen
        self._waiting: dict[Protocol, None] = vars(server_state).setdefault("waiting", {})
        """The server's connections that wait for their client, the longest wait first."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Wait for a first request, if there is room for one more."""
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections and not self._make_room():
            self._refuse(
                RefusedError(
                    503, "OVERLOADED", "Too many connections. Try again.", (b"retry-after", b"1")
                )
            )
            return
        self._waiting[self] = None
        self._reading.start(self._limits.head_seconds, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything."""
        self._waiting.pop(self, None)
        self._reading.stop()
        self._writing.stop()
        self._pausing.stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes in, and pass on what belongs to the present request."""
        if self._refused or self.transport.is_closing():
            return
        self._framing.add(data)
        self._advance()

    def _advance(self) -> None:
        """Pass on all pieces of this request, or of the next one if this one is answered."""
        while not self._refused and not self.transport.is_closing():
            if self._framing.between and (self._answering() or self._pausing.runs):
                if self._framing.pending:
                    self.flow.pause_reading()
                return
            try:
                piece = self._framing.next()
            except RefusedError as error:
                self._refuse(error)
                return
            if not piece:
                self._await_head()
                return
            super().data_received(piece)
            if self._framing.upgrades:
                return

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _await_head(self) -> None:
        if self._framing.between and self._framing.pending and not self._reading.runs:
            self._unset_keepalive_if_required()
            self._reading.start(self._limits.head_seconds, self._head_is_late)

    def on_headers_complete(self) -> None:
        """Called by the parser with the end of a head: the request starts to run."""
        self._reading.stop()
        if not self.transport.get_write_buffer_size():  # the answer before has been read
            self._writing.stop()
        if self.parser.get_http_version() == "1.0":  # RFC 9110, 10.1.1: its `Expect` is ignored
            self.expect_100_continue = False
        super().on_headers_complete()
        if self._ending.closing and not self._framing.upgrades:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Called by the parser with the last byte of a request."""
        if self._framing.upgrades:
            return
        if self.cycle.response_complete:
            self._reading.stop()
            self._idle()
        else:
            self._waiting.pop(self, None)
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Called once a head asked for a WebSocket: `app.http.socket` has the connection now."""
        self._waiting.pop(self, None)
        self._unset_keepalive_if_required()
        super().handle_websocket_upgrade()
        socket: Any = self.transport.get_protocol()
        if rest := self._framing.rest():
            socket.data_received(rest)

    def on_response_complete(self) -> None:
        """Called once an answer is written: its client reads it, and sends the next request."""
        super().on_response_complete()
        self._waiting[self] = None
        if PAUSE in self.scope["state"]:
            self._unset_keepalive_if_required()
            self._pausing.start(PAUSE_SECONDS, self._read_on)
        self._await_reader()
        if not self._framing.between and not self._reading.runs:
            self._reading.start(self._limits.head_seconds, self.transport.close)
        elif self._framing.pending:
            self._advance()

    def _idle(self) -> None:
        """Wait for the next request, as uvicorn does after each answer."""
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def _read_on(self) -> None:
        self.flow.resume_reading()
        self._idle()
        if self._framing.pending:
            self._advance()

    def pause_writing(self) -> None:
        """Called when too much waits to be read by the client."""
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        """Called when most of it has been read."""
        super().resume_writing()
        self._writing.stop()
        if not self._answering():
            self._await_reader()

    def _await_reader(self) -> None:
        if self.transport.get_write_buffer_size() and not self._writing.runs:
            self._writing.start(self._limits.write_seconds, self._abort_unread)

    def _abort_unread(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    def _head_is_late(self) -> None:
        if not self._framing.pending:
            self.transport.close()
            return
        seconds = self._limits.head_seconds
        self._refuse(
            RefusedError(408, "TIMEOUT", f"The headers did not arrive within {seconds:g} s.")
        )

    def _make_room(self) -> bool:
        """End the connection that has waited longest for its client; whether there was one."""
        longest = next(iter(self._waiting), None)
        if longest is None:
            return False
        del self._waiting[longest]
        longest.transport.abort()
        return True

    def send_400_response(self, msg: str) -> None:
        """Called where the parser refuses what it gets, such as an unknown method."""
        self._refuse(RefusedError(400, "BAD_USER_INPUT", msg))

    def _refuse(self, error: RefusedError) -> None:
        """Answer in JSON like all other errors, then end; an answer that has begun is cut off."""
        if self._refused:
            return
        self._refused = True
        self._waiting[self] = None
        self._reading.stop()
        if self._answering() and self.cycle.response_started:
            self.transport.close()
            return
        if self._answering():  # the request is given up: what its application sends is dropped
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._note(error.status, error.extensions["code"])
        self._write(error)
        self.flow.resume_reading()
        self._reading.start(LINGER_SECONDS, self.transport.abort)
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _write(self, error: RefusedError) -> None:
        """The refusal as a whole response."""
        request_id = made()
        body = error.body(request_id)
        headers = (
            (b"connection", b"close"),
            *self.server_state.default_headers,
            *error.headers,
            (NAME, request_id.encode()),
            *SECURITY,
            (b"content-type", JSON),
            (b"content-length", b"%d" % len(body)),
        )
        phrase = HTTPStatus(error.status).phrase.encode()
        lines = b"".join(b"%b: %b\r\n" % pair for pair in headers)
        self.transport.write(b"HTTP/1.1 %d %b\r\n%b\r\n%b" % (error.status, phrase, lines, body))


def _unseen(_status: int, _code: str) -> None:
    """Where nothing is measured."""
