"""Raw blanks in a request line: old remote-support clients send `VARS=ID NOTES` as it stands.

HTTP forbids that (RFC 9112, section 3), and the server's parser rightly answers 400. For the
vendor's `.php` paths alone, and only behind the `?`, blanks and bytes beyond ASCII are
percent-encoded before the parser sees them; nothing else about a request changes.
"""

import re

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.http.refusal import JSON, RefusedError

LONGEST_LINE = 65_536
"""Bytes of a request line that are waited for."""
LINE = re.compile(rb"((?:GET|HEAD|POST) [^ ?]*\.php/*\?)([^\r\n]*)( HTTP/1\.[01]\r?)")
METHODS = (b"GET ", b"HEAD ", b"POST ")


def mend(line: bytes) -> bytes:
    """The request line, without its line feed, as HTTP has it."""
    found = LINE.fullmatch(line)
    return found[1] + _encoded(found[2]) + found[3] if found else line


def _encoded(query: bytes) -> bytes:
    return re.sub(rb"[^\x21-\x7e]", lambda byte: b"%%%02X" % byte[0][0], query)


class Protocol(HttpToolsProtocol):
    """The server's HTTP protocol with `mend` before it: `uvicorn.run(..., http=Protocol)`.

    A request that is pipelined behind another is not mended: such a client knows HTTP.
    """

    _between = True
    """Whether the next byte starts a request."""
    _held = b""

    def data_received(self, data: bytes) -> None:
        """Pass bytes on; a request line that arrives in pieces is put together first."""
        if not self._between:
            super().data_received(data)
            return
        data = self._held + data
        line, ended, rest = data.partition(b"\n")
        if not ended and line.startswith(METHODS) and len(line) < LONGEST_LINE:
            self._held = data
            return
        self._held = b""
        super().data_received(mend(line) + ended + rest)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, or has a method that nobody knows, in JSON like all the rest."""
        body = RefusedError(400, "BAD_USER_INPUT", msg).body
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: %b\r\n"
            b"content-length: %d\r\n\r\n%b" % (JSON, len(body), body)
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
