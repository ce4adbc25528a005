"""Bytes are cut into requests strictly, within limits, and however the network cuts them."""

import random
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http import framing
from app.http.framing import LONGEST_HEAD, MOST_CHUNKS, MOST_LINES, Framing
from app.http.refusal import RefusedError

GET = b"GET / HTTP/1.1\r\n"
HOST = b"Host: a\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\n\r\n"


def taken(*parts: bytes) -> list[bytes]:
    """All pieces of a connection's bytes."""
    cut, pieces = Framing(), []
    for part in parts:
        cut.add(part)
        while piece := cut.next():
            pieces.append(piece)
    return pieces


def refusal(*parts: bytes) -> RefusedError:
    with pytest.raises(RefusedError) as raised:
        taken(*parts)
    return raised.value


BROKEN = {
    "a bare line feed": b"GET / HTTP/1.1\nHost: a\n\n",
    "a bare line feed among others": GET + b"Host: a\nX: y\r\n\r\n",
    "a bare line feed at the end": GET + b"Host: a\n\r\n\r\n",
    "a folded line": GET + HOST + b"X: y\r\n z\r\n\r\n",
    "a folded first line": GET + b" Host: a\r\n\r\n",
    "a space before the colon": GET + b"Host : a\r\n\r\n",
    "a tab before the colon": GET + HOST + b"Content-Length\t: 5\r\n\r\n",
    "a line without a colon": GET + HOST + b"nonsense\r\n\r\n",
    "a line without a name": GET + HOST + b": y\r\n\r\n",
    "a carriage return in a value": GET + HOST + b"X: a\rb\r\n\r\n",
    "a NUL in a value": GET + HOST + b"X: a\0b\r\n\r\n",
    "two hosts": GET + HOST + b"host: b\r\n\r\n",
    "two equal hosts": GET + HOST + HOST + b"\r\n",
    "two hosts in HTTP/1.0": b"GET / HTTP/1.0\r\n" + HOST + HOST + b"\r\n",
    "no host": GET + b"\r\n",
    "a host with a space": GET + b"Host: a b\r\n\r\n",
    "a host with a path": GET + b"Host: a/b\r\n\r\n",
    "two hosts in one": GET + b"Host: a, b\r\n\r\n".replace(b", ", b"@"),
    "two lengths": GET + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "two equal lengths": GET + HOST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
    "a list of lengths": GET + HOST + b"Content-Length: 1, 1\r\n\r\n",
    "a signed length": GET + HOST + b"Content-Length: +1\r\n\r\n",
    "a negative length": GET + HOST + b"Content-Length: -1\r\n\r\n",
    "a hexadecimal length": GET + HOST + b"Content-Length: 0x1\r\n\r\n",
    "an empty length": GET + HOST + b"Content-Length:\r\n\r\n",
    "an endless length": GET + HOST + b"Content-Length: 9999999999999999999\r\n\r\n",
    "a length and a coding": CHUNKED[:-2] + b"Content-Length: 5\r\n\r\n",
    "a coding in HTTP/1.0": CHUNKED.replace(b"1.1", b"1.0"),
    "no version": b"GET /\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\nHost: a\r\n\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space in the target": b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "another protocol": b"\x16\x03\x01\x02\x00\r\n\r\n",
    "no size of a chunk": CHUNKED + b"\r\n",
    "a wrong size of a chunk": CHUNKED + b"0x5\r\nhello\r\n",
    "a negative size of a chunk": CHUNKED + b"-5\r\nhello\r\n",
    "a size with a space before it": CHUNKED + b" 5\r\nhello\r\n",
    "an endless size of a chunk": CHUNKED + b"f" * 16 + b"\r\n",
    "an endless line of a chunk": CHUNKED + b"5;" + b"x" * 2000,
    "a bare line feed after a size": CHUNKED + b"5\nhello\r\n0\r\n\r\n",
    "a bare line feed in a trailer": CHUNKED + b"0\r\nX: y\n\r\n\r\n",
    "a trailer that is none": CHUNKED + b"0\r\nnonsense\r\n\r\n",
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
def test_ambiguous_requests_are_refused(sent: bytes) -> None:
    """Whatever two readers of HTTP may see differently, whole and byte by byte."""
    for parts in ([sent], [sent[place : place + 1] for place in range(len(sent))]):
        error = refusal(*parts)
        assert (error.status, error.extensions["code"]) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    "coding", [b"gzip, chunked", b"chunked, chunked", b"identity", b"xchunked"]
)
def test_other_codings_are_not_implemented(coding: bytes) -> None:
    """501 (RFC 9112, section 6.1)."""
    sent = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: " + coding + b"\r\n\r\n"
    assert refusal(sent).status == 501


def test_other_versions_are_refused() -> None:
    """505: what HTTP/2 begins with is one of them."""
    assert refusal(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").status == 505


def head_of(lines: int, size: int = 0) -> bytes:
    """A head with so many header lines, and so many bytes if any."""
    head = GET + HOST + b"".join(b"X%d: y\r\n" % number for number in range(lines - 1))
    return (head[:-2] + b"y" * (size - len(head) - 2) if size else head[:-2]) + b"\r\n\r\n"


def test_heads_at_their_limits_pass() -> None:
    """100 lines, and 64 KB."""
    assert taken(head_of(MOST_LINES)) == [head_of(MOST_LINES)]
    assert taken(head_of(3, LONGEST_HEAD)) == [head_of(3, LONGEST_HEAD)]


TOO_LARGE = {
    "lines": head_of(MOST_LINES + 1),
    "bytes": head_of(3, LONGEST_HEAD + 1),
    "bytes without an end": (GET + HOST + b"X: ").ljust(LONGEST_HEAD + 1, b"x"),
    "bytes of the request line": (b"GET /").ljust(LONGEST_HEAD + 1, b"x"),
    "spaces before a value": (GET + HOST + b"X:").ljust(LONGEST_HEAD + 1, b" "),
    "lines of trailers": CHUNKED + b"0\r\n" + b"X: y\r\n" * (MOST_LINES + 1) + b"\r\n",
    "bytes of trailers": CHUNKED + b"0\r\nX: " + b"y" * LONGEST_HEAD,
}


@pytest.mark.parametrize("sent", TOO_LARGE.values(), ids=TOO_LARGE)
@pytest.mark.parametrize("before", [b"", LAST], ids=["first", "pipelined"])
def test_large_heads_are_refused(sent: bytes, before: bytes) -> None:
    """431, of a first and of a pipelined request, with the limit."""
    error = refusal(before + sent)
    assert (error.status, error.extensions["code"]) == (431, "LIMIT_EXCEEDED")
    assert error.extensions["limit"] in ("head", "headers")


def cost(sent: bytes, size: int) -> float:
    """CPU seconds of reading it in pieces."""
    began = time.process_time()
    taken(*(sent[place : place + size] for place in range(0, len(sent), size)))
    return time.process_time() - began


@pytest.mark.parametrize("size", [1, 7])
def test_cost_of_a_head_in_pieces_is_linear(size: int) -> None:
    """Four times the bytes cost no more than about four times: joined again, they cost sixteen."""
    small, large = head_of(3, LONGEST_HEAD // 4), head_of(3, LONGEST_HEAD)
    costs = [min(cost(sent, size) for _ in range(3)) for sent in (small, large)]
    assert costs[1] < costs[0] * 9


@pytest.mark.parametrize(
    "value", [b" " * 60_000 + b"x", b"x" + b" " * 60_000 + b"y", b"\t," * 30_000]
)
@pytest.mark.parametrize("name", [b"Content-Length", b"X", b"Upgrade"])
def test_no_header_takes_long(name: bytes, value: bytes) -> None:
    """No expression goes back and forth over a long value."""
    began = time.process_time()
    cut = Framing()
    cut.add(GET + HOST + name + b":" + value + b"\r\n\r\n")
    with suppress(RefusedError):
        cut.next()
    assert time.process_time() - began < 0.2


def test_chunks_are_counted() -> None:
    """A body of tiny chunks costs more than its bytes, so it ends."""
    assert refusal(CHUNKED + b"1\r\nx\r\n" * (MOST_CHUNKS + 1)).status == 413


def test_trailers_are_dropped() -> None:
    """The parser never sees them, nor what stands behind a chunk's size."""
    body = b"5;a=b\r\nhello\r\n000\r\nHost: evil\r\nAuthorization: Bearer x\r\n\r\n"
    assert taken(CHUNKED + body + LAST) == [
        CHUNKED,
        b"5\r\n",
        b"hello\r\n",
        b"0\r\n\r\n",
        LAST,
    ]


def test_host_of_an_absolute_address_counts() -> None:
    """It replaces the header (RFC 9112, section 3.2.2)."""
    head = b"GET http://b:8/x HTTP/1.1\r\nX: y\r\nHOST: a\r\n\r\n"
    assert taken(head) == [b"GET http://b:8/x HTTP/1.1\r\nhost: b:8\r\nX: y\r\n\r\n"]
    assert refusal(head.replace(b"b:8", b"u@b")).status == 400


def test_empty_lines_before_a_request_are_skipped() -> None:
    """As some clients send one after a form (RFC 9112, section 2.2)."""
    assert taken(b"\r\n\r\n\r", b"\n" + LAST) == [LAST]


STREAM = (
    b"\r\n" + LAST,
    b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nUpgrade: h2c\r\n\r\nhello",
    CHUNKED + b"5\r\nhello\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
    b"GET /x.php?VARS=A B HTTP/1.0\r\n\r\n",
    b"POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
    CHUNKED + b"0\r\n\r\n",
    LAST,
)
SEEN = (
    LAST
    + b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    + CHUNKED
    + b"5\r\nhello\r\na\r\n0123456789\r\n0\r\n\r\n"
    + b"GET /x.php?VARS=A%20B HTTP/1.0\r\n\r\n"
    + STREAM[4]
    + STREAM[5]
    + LAST
)


@given(st.lists(st.integers(0, len(b"".join(STREAM))), max_size=40))
def test_it_does_not_matter_how_bytes_arrive(places: Sequence[int]) -> None:
    """Requests of every form behind each other, cut anywhere."""
    whole = b"".join(STREAM)
    bounds = [0, *sorted(places), len(whole)]
    parts = (whole[start:end] for start, end in pairwise(bounds))
    assert b"".join(taken(*parts)) == SEEN


@given(st.binary(max_size=300), st.randoms(use_true_random=False))
def test_arbitrary_bytes_never_fail(noise: bytes, chance: random.Random) -> None:
    """They are refused, or waited for."""
    sent = bytearray(b"".join(STREAM))
    place = chance.randrange(len(sent))
    sent[place : place + chance.randrange(20)] = noise
    with suppress(RefusedError):
        taken(bytes(sent))


def test_a_waiting_body_is_not_between_requests() -> None:
    """A server may wait for the next request only between two."""
    cut = Framing()
    assert cut.between
    cut.add(CHUNKED)
    cut.next()
    assert not cut.between
    cut.add(b"0\r\n\r\n")
    cut.next()
    assert cut.between
    assert not framing.Framing().pending
