"""The bytes of one connection, cut into requests: strict, bounded and linear in what is sent.

    GET / HTTP/1.1⏎ Host: a⏎⏎        one piece: the head, checked and corrected
    POST … Content-Length: 5⏎⏎ hello  two pieces: head and body
    POST … chunked⏎⏎ 5⏎hello⏎ 0⏎ …    head, then each chunk; trailers are dropped

Where the gateway and a proxy in front disagree about where a request ends, one client can write
into another's connection. So whatever RFC 9112 lets two readers see differently is refused: bare
line feeds, folded lines, spaces before a colon, two lengths, a length beside a coding, no `Host` or
two. Trailers are read and dropped: they do not count as headers (RFC 9110, section 6.5.1).

Two things that clients send are corrected. Old remote-support clients have unencoded spaces in the
query of `.php` paths (`VARS=ID NOTES`); they are percent-encoded. Java's HttpClient offers
`Upgrade: h2c` in each first request; a server may ignore the offer (RFC 9110, section 7.8), yet the
parser would take the body for bytes of the other protocol. So it never sees that header, unless a
GET without a body asks for a WebSocket.
"""

import re
from collections.abc import Callable
from typing import Final

from app.http.refusal import RefusedError

LONGEST_HEAD: Final = 65_536
"""Bytes of a request line and its headers, and of all trailers."""
MOST_LINES: Final = 100
"""Header lines of a request; trailer lines of a body."""
MOST_CHUNKS: Final = 20_000
"""Of one body: each costs as much as a small request's head."""
LONGEST_CHUNK_LINE: Final = 1024

_LINE: Final = re.compile(rb"((?:GET|HEAD|POST) [^ ?]*\.php/*\?)([^\r\n]*)( HTTP/1\.[01])")
_REQUEST: Final = re.compile(rb"[A-Z-]+ [^\x00-\x20\x7f]+ HTTP/(\d\.\d)")
_FIELD: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++:[^\x00-\x08\x0a-\x1f\x7f]*+\r\n"
_FIELDS: Final = re.compile(rb"(?>%b)*+" % _FIELD)
_SPECIAL: Final = re.compile(
    rb"^(host|content-length|transfer-encoding|upgrade):([^\r]*+)", re.IGNORECASE | re.MULTILINE
)
_UPGRADE: Final = re.compile(rb"^upgrade:[^\r]*\r\n", re.IGNORECASE | re.MULTILINE)
_HOST: Final = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=%:\[\]-]*")
_LENGTH: Final = re.compile(rb"\d{1,18}")
_AUTHORITY: Final = re.compile(rb"[A-Z-]+ https?://([^/?# ]*)", re.IGNORECASE)
_HOST_LINE: Final = re.compile(rb"^host:[^\r]*\r\n", re.IGNORECASE | re.MULTILINE)
_EMPTY_LINES: Final = re.compile(rb"(?:\r\n)*+")
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[^\x00-\x08\x0a-\x1f\x7f]*)?")


class Framing:
    """Takes bytes as they arrive; `next` gives the pieces that a parser of HTTP may see."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._searched = 0
        """Bytes of the head, or of the trailers, in which no end was found."""
        self._left = 0
        """Bytes of the body, or of the chunk with its line end, that are still to come."""
        self._chunks = 0
        self._read: Callable[[], bytes] = self._head
        self.upgrades = False
        """Whether the last head asks for a WebSocket: then HTTP ends there."""

    @property
    def between(self) -> bool:
        """Whether the next byte belongs to a new request, or to its head."""
        return self._read == self._head

    @property
    def pending(self) -> int:
        """How many bytes have arrived that no piece has had."""
        return len(self._bytes)

    def add(self, data: bytes) -> None:
        """Take bytes in."""
        self._bytes += data

    def next(self) -> bytes:
        """The next piece, empty until more bytes arrive; RefusedError ends the connection."""
        return self._read() if self._bytes else b""

    def rest(self) -> bytes:
        """The bytes that have arrived behind the last piece, which are given up."""
        return self._take(len(self._bytes))

    def _take(self, size: int) -> bytes:
        taken = bytes(self._bytes[:size])
        del self._bytes[:size]
        return taken

    def _until_blank(self, what: str) -> bytes:
        """Everything up to an empty line, which is looked for once in each byte."""
        end = self._bytes.find(b"\r\n\r\n", max(0, self._searched - 3))
        size = end + 4 if end >= 0 else len(self._bytes)
        if end < 0 and self._has_bare_feed():  # else what is checked afterwards would refuse it
            raise _broken("A line ends with a line feed alone; end it with CR and LF.")
        if size > LONGEST_HEAD:
            raise RefusedError(
                431,
                "LIMIT_EXCEEDED",
                f"{what} have more than {LONGEST_HEAD} bytes.",
                limit="head",
                maximum=LONGEST_HEAD,
            )
        self._searched = 0 if end >= 0 else size
        return self._take(size) if end >= 0 else b""

    def _has_bare_feed(self) -> bool:
        """Whether one has arrived since the last search: its client waits for an answer."""
        start = self._searched
        feeds = self._bytes.count(b"\n", start)
        return bool(feeds) and feeds != self._bytes.count(b"\r\n", max(0, start - 1))

    def _head(self) -> bytes:
        if not self._searched:  # RFC 9112, section 2.2: empty lines before a request are skipped
            del self._bytes[: _EMPTY_LINES.match(self._bytes).end()]  # type: ignore[union-attr]
            if self._bytes == b"\r":
                return b""
        head = self._until_blank("The request line and its headers")
        if not head:
            return b""
        line, _, fields = head[:-2].partition(b"\r\n")
        line = encoded_spaces(line)
        found = _checked(line, fields)
        self._begin_body(found)
        if b"upgrade" in found:
            self.upgrades = self.between and _asks_for_socket(line, found[b"upgrade"])
            fields = fields if self.upgrades else _UPGRADE.sub(b"", fields)
        if named := _AUTHORITY.match(line):  # RFC 9112, section 3.2.2: it counts, and not Host
            fields = b"host: %b\r\n%b" % (named[1], _HOST_LINE.sub(b"", fields))
        return b"%b\r\n%b\r\n" % (line, fields)

    def _begin_body(self, found: dict[bytes, list[bytes]]) -> None:
        if b"transfer-encoding" in found:
            self._chunks = 0
            self._read = self._chunk_line
        elif self._start(found):
            self._read = self._body

    def _start(self, found: dict[bytes, list[bytes]]) -> int:
        self._left = int(found.get(b"content-length", [b"0"])[0])
        return self._left

    def _body(self) -> bytes:
        piece = self._take(self._left)
        self._left -= len(piece)
        if not self._left:
            self._read = self._head
        return piece

    def _chunk_line(self) -> bytes:
        end = self._bytes.find(b"\r\n")
        if max(end, len(self._bytes) if end < 0 else 0) > LONGEST_CHUNK_LINE:
            raise _broken("The line before a chunk is too long.")
        if end < 0:
            return b""
        found = _CHUNK.fullmatch(self._take(end + 2)[:-2])
        if not found:
            raise _broken("A chunk of the body has no valid size.")
        self._chunks += 1
        if self._chunks > MOST_CHUNKS:
            raise RefusedError(
                413, "LIMIT_EXCEEDED", f"The body has more than {MOST_CHUNKS} chunks."
            )
        size = int(found[1], 16)
        if not size:
            self._read = self._trailers
            self._bytes[:0] = b"\r\n"  # so that an empty line ends no trailers as well as some
            return self._trailers()
        self._left = size + 2
        self._read = self._chunk
        return b"%x\r\n" % size

    def _chunk(self) -> bytes:
        piece = self._take(self._left)
        self._left -= len(piece)
        if not self._left:
            self._read = self._chunk_line
        return piece

    def _trailers(self) -> bytes:
        trailers = self._until_blank("The trailers")
        if not trailers:
            return b""
        _check_fields(trailers[2:-2])
        self._read = self._head
        return b"0\r\n\r\n"


def _asks_for_socket(line: bytes, offers: list[bytes]) -> bool:
    """RFC 6455, section 4.2.1."""
    return line.startswith(b"GET ") and [one.lower() for one in offers] == [b"websocket"]


def encoded_spaces(line: bytes) -> bytes:
    """The request line, without its line end, as HTTP has it."""
    found = _LINE.fullmatch(line) if b".php" in line else None
    return found[1] + _encoded(found[2]) + found[3] if found else line


def _encoded(query: bytes) -> bytes:
    return re.sub(rb"[^\x21-\x7e]", lambda byte: b"%%%02X" % byte[0][0], query)


def _checked(line: bytes, fields: bytes) -> dict[bytes, list[bytes]]:
    """The values that say where the request goes and ends, by lower-case name."""
    request = _REQUEST.fullmatch(line)
    if not request:
        raise _broken("The request line is not one of HTTP/1.1.")
    if request[1] not in (b"1.1", b"1.0"):
        raise RefusedError(505, "BAD_USER_INPUT", "This server speaks HTTP/1.1.")
    _check_fields(fields)
    found: dict[bytes, list[bytes]] = {}
    for name, value in _SPECIAL.findall(fields):
        found.setdefault(name.lower(), []).append(value.strip(b" \t"))
    _check_host(found.get(b"host", []), line, request[1])
    _check_length(found, request[1])
    return found


def _check_fields(fields: bytes) -> None:
    if fields.count(b"\n") > MOST_LINES:
        raise RefusedError(
            431,
            "LIMIT_EXCEEDED",
            f"There are more than {MOST_LINES} header lines.",
            limit="headers",
            maximum=MOST_LINES,
        )
    if not _FIELDS.fullmatch(fields):
        raise _broken("A header line is not `name: value`.")


def _check_host(hosts: list[bytes], line: bytes, version: bytes) -> None:
    if len(hosts) > 1 or (not hosts and version == b"1.1"):
        raise _broken("Send one Host header.")
    named = _AUTHORITY.match(line)
    for host in (*hosts, *((named[1],) if named else ())):
        if not _HOST.fullmatch(host):
            raise _broken("The Host header is not the name of a host.")


def _check_length(found: dict[bytes, list[bytes]], version: bytes) -> None:
    lengths, codings = found.get(b"content-length"), found.get(b"transfer-encoding")
    if codings:
        if lengths or version == b"1.0":
            raise _broken("Transfer-Encoding is for HTTP/1.1, without Content-Length.")
        if [coding.lower() for coding in codings] != [b"chunked"]:
            raise RefusedError(501, "BAD_USER_INPUT", "Transfer-Encoding: only chunked is read.")
    elif lengths and (len(lengths) > 1 or not _LENGTH.fullmatch(lengths[0])):
        raise _broken("Send one Content-Length header with a number.")


def _broken(message: str) -> RefusedError:
    return RefusedError(400, "BAD_USER_INPUT", f"Invalid HTTP request received. {message}")
