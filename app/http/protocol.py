"""What old and new clients send that the server's parser of HTTP cannot take as it stands.

Unencoded spaces in a request line, as of old remote-support clients: `VARS=ID NOTES`. HTTP forbids
them (RFC 9112, section 3), and the parser rightly answers 400. For the vendor's `.php` paths alone,
and only behind the `?`, spaces and bytes beyond ASCII are percent-encoded before parsing.

An offer to change to another protocol, as in every first request of Java's HttpClient: `Upgrade:
h2c`. A server may ignore it (RFC 9110, section 7.8), yet the parser takes the body for bytes of the
other protocol and loses it. So it never sees that header.

`HttpToolsProtocol` is private to uvicorn: its four methods that are overridden here may change with
any release. Without them, `.php` queries with spaces and offers of h2c get a 400, and refusals of
broken HTTP are plain text. tests/app/http/test_uvicorn_internals.py notices.
"""

import re

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.http.refusal import JSON, RefusedError
from app.http.request_id import NAME, made

LONGEST_HEAD = 65_536
"""Bytes of a request line and its headers that are waited for."""
LINE = re.compile(rb"((?:GET|HEAD|POST) [^ ?]*\.php/*\?)([^\r\n]*)( HTTP/1\.[01]\r?)")
METHODS = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"PATCH ", b"DELETE ", b"OPTIONS ")
UPGRADE = re.compile(rb"\r\nupgrade:[^\r\n]*", re.IGNORECASE)


def encoded_spaces(line: bytes) -> bytes:
    """The request line, without its line feed, as HTTP has it."""
    found = LINE.fullmatch(line)
    return found[1] + _encoded(found[2]) + found[3] if found else line


def _encoded(query: bytes) -> bytes:
    return re.sub(rb"[^\x21-\x7e]", lambda byte: b"%%%02X" % byte[0][0], query)


def _is_modern(data: bytes) -> bool:
    """Whether a whole head is there and plainly needs nothing: true of nearly every request."""
    return (
        b"\r\n\r\n" in data
        and b".php" not in data
        and b"pgrade:" not in data
        and b"PGRADE:" not in data
    )


class Protocol(HttpToolsProtocol):
    """The server's HTTP protocol behind these two: `uvicorn.run(..., http=Protocol)`.

    A request that is pipelined behind another is not corrected: such a client knows HTTP.
    """

    _between = True
    """Whether the next byte starts a request."""
    _held = b""

    def data_received(self, data: bytes) -> None:
        """Pass bytes on; a head that arrives in pieces is put together first."""
        if not self._between:
            super().data_received(data)
            return
        if not self._held and _is_modern(data):
            super().data_received(data)
            return
        data = self._held + data
        head, blank, body = data.partition(b"\r\n\r\n")
        waits = data.startswith(METHODS) and b"\n\n" not in data
        if waits and not blank and len(data) < LONGEST_HEAD:
            self._held = data
            return
        self._held = b""
        line, ended, headers = UPGRADE.sub(b"", head).partition(b"\n")
        super().data_received(encoded_spaces(line) + ended + headers + blank + body)

    def send_400_response(self, msg: str) -> None:
        """Refuse bytes that are not HTTP, and unknown methods, in JSON like all other errors."""
        request_id = made()
        body = RefusedError(400, "BAD_USER_INPUT", msg).body(request_id)
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: %b\r\n"
            b"content-length: %d\r\n%b: %b\r\n\r\n%b"
            % (JSON, len(body), NAME, request_id.encode(), body)
        )
        self.transport.close()

    def on_message_begin(self) -> None:
        """Called by the parser with the first byte of a request."""
        self._between = False
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """Called by the parser with the last byte of a request."""
        self._between = True
        super().on_message_complete()
