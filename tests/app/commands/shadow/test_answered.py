"""Clients get the vendor's bytes whatever the gateway does, and the report has what differs.

Vendor and gateway are stand-ins on loopback, or the one gateway in both places.
"""

import contextlib
import gzip
import io
import json
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from typing import Any

import brotli  # type: ignore[import-untyped]  # it has no types
import httpx
import pytest
import zstandard

from app.commands.common import UsageError
from app.commands.shadow import mirror
from app.commands.shadow.options import Options
from app.commands.shadow.server import made
from app.settings import Settings
from tests.app.commands.shadow.stand import (
    BOT,
    JSON,
    SECONDS,
    XML,
    Stand,
    beside,
    between,
    shadowing,
)
from tests.app.live import live
from tests.timing import until

pytestmark = pytest.mark.slow  # servers on sockets: the vendor, the gateway and what stands between
CASES = {
    "bot": (
        ("POST", BOT),
        b'{"total":1,"sessions":[{"sessionId":"s","tags":{"altText":[{"name":"a"}]}}]}',
        b'{"total":1,"sessions":[{"sessionId":"s","tags":{"altText":[]}}]}',
        JSON,
        ("missing", "sessions[0].tags.altText[0]"),
    ),
    "chat": (
        ("GET", "/api/2.0/chat/console/history/c-1"),
        b'{"id":"c-1","messages":[{"sent":{"dateTime":"2026-03-01T09:30:00"}}]}',
        b'{"id":"c-1","messages":[{"sent":{"dateTime":"2026-03-01T09:30:00.000"}}]}',
        JSON,
        ("value", "messages[0].sent.dateTime"),
    ),
    "co_browse": (
        ("GET", "/cobrowse/rest/history/sessions/1"),
        b'{"id":"1","pages":[{"url":"u","duration":11}]}',
        b'{"id":"1","pages":[{"url":"u","duration":"11"}]}',
        JSON,
        ("type", "pages[0].duration"),
    ),
    "knowledge": (
        ("GET", "/gks-server/v1/sessions/1"),
        b'{"sessionId":"1","agentId":null}',
        b'{"agentId":null,"sessionId":"1"}',
        JSON,
        ("order", "sessionId"),
    ),
    "remote_support": (
        ("GET", "/get_session_history.php?KEY=k&VARS=ID"),
        b"<response><requests><request><id>1</id></request></requests></response>",
        b"<response><requests><request><id>2</id></request></requests></response>",
        XML,
        ("value", "response.requests.request.id"),
    ),
}


@pytest.mark.parametrize("vendor", CASES)
def test_planted_difference_is_reported(vendor: str) -> None:
    """Of every vendor: by request, field and bytes; the client gets the vendor's."""
    (method, url), theirs, ours, headers, (kind, where) = CASES[vendor]
    with between(vendor, Stand(theirs, headers), Stand(ours, headers)) as running:
        assert running.client.request(method, url).content == theirs
    (line,) = running.lines
    (found,) = line["differences"]
    assert (line["request"], line["method"], line["vendor"]) == (1, method, vendor)
    assert (found["part"], found["kind"], found["field"]) == ("body", kind, where)
    assert isinstance((found["vendor"] or found["gateway"])["offset"], int)
    assert running.requests == {"different": 1}
    assert running.summary["differences"][0]["requests"] == 1


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.compress),
        ("gzip, br", lambda body: brotli.compress(gzip.compress(body))),
    ],
)
def test_equal_answers_make_no_line(coding: str, pack: Callable[[bytes], bytes]) -> None:
    """They are counted; packed answers are compared unpacked, and passed on packed."""
    packed = pack(b'{"total":0}')
    theirs = Stand(packed, {**JSON, "content-encoding": coding})
    between_them = between("bot", theirs, Stand(b'{"total":0}'))
    with between_them as running, running.client.stream("POST", BOT) as answer:
        assert b"".join(answer.iter_raw()) == packed
    assert running.lines == []
    assert running.requests == {"same": 1}


@pytest.mark.parametrize(
    ("coding", "packed"),
    [("dcb", b"packed"), ("br", b"\xff" * 20), ("zstd", zstandard.compress(bytes(2**23)))],
)
def test_coding_that_cannot_be_unpacked_is_not_compared(coding: str, packed: bytes) -> None:
    """An unknown one, a broken body, or one that becomes large: the client gets it all the same."""
    theirs = Stand(packed, {**JSON, "content-encoding": coding})
    with between("bot", theirs, Stand()) as running, running.client.stream("POST", BOT) as answer:
        assert b"".join(answer.iter_raw()) == packed
    assert running.requests == {"not_compared": 1}


def test_answer_is_passed_on_as_it_is() -> None:
    """Status and all headers, twice the same name too, and none of this tool's own."""
    theirs = Stand(b"gone", {"content-type": "text/plain", "server": "theirs"}, 410)
    theirs.more = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    with live(theirs) as port:
        direct = httpx.get(f"http://127.0.0.1:{port}/other", verify=False)
    with between("bot", theirs, Stand()) as running:
        answer = running.client.get("/other")
    assert answer.status_code == direct.status_code == 410
    kept = [pair for pair in answer.headers.multi_items() if pair[0] != "date"]
    assert kept == [pair for pair in direct.headers.multi_items() if pair[0] != "date"]
    assert running.requests == {"not_mirrored": 1}


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
@pytest.mark.parametrize("status", [200, 204, 304])
def test_answers_without_a_body(method: str, status: int) -> None:
    """A client waits for nothing that does not come."""
    theirs = Stand(b"" if status != 200 else b"{}", status=status)
    with between("bot", theirs, Stand()) as running:
        assert running.client.request(method, "/api/public/getSessions").status_code == status


def test_request_is_passed_on_as_it_is() -> None:
    """To both: address, credentials and body; the host is each one's own."""
    target = "/api/public/bot/st%2F1/getSessions?a=%7e&b=%C3%BC&c="
    theirs, ours = Stand(), Stand()
    with between("bot", theirs, ours) as running:
        request = f"POST {target} HTTP/1.1\r\nHost: bots.example.com\r\nauth: jwt\r\nX-a: 1\r\n"
        request += "Connection: close, x-hop\r\nx-hop: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        with socket.create_connection(("127.0.0.1", running.port), SECONDS) as connection:
            connection.sendall(request.encode() + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
            response = HTTPResponse(connection)
            response.begin()
            assert response.status == 200
        until(lambda: bool(ours.asked))
    for service in (theirs, ours):
        ((method, seen, headers, body),) = service.asked
        assert (method, seen.decode(), body) == ("POST", target, b"abcde")
        assert (headers[b"auth"], headers[b"x-a"]) == (b"jwt", b"1")
        assert headers[b"host"].startswith(b"127.0.0.1:")
        assert b"x-hop" not in headers


def test_path_of_the_vendor_is_kept() -> None:
    """What stands behind the vendor's name comes before every address."""
    theirs = Stand()
    with live(theirs) as port, live(Stand()) as other:
        origins = (f"http://127.0.0.1:{port}/v9/", f"http://127.0.0.1:{other}")
        with shadowing("bot", *origins) as running:
            running.client.post(BOT)
    assert theirs.asked[0][1] == b"/v9" + BOT.encode()


def test_answer_streams() -> None:
    """The first bytes are there before the vendor has sent the last."""
    theirs = Stand(b'{"total":1}', go_on=threading.Event())
    assert theirs.go_on
    between_them = between("bot", theirs, Stand(b'{"total":1}'))
    with between_them as running, running.client.stream("POST", BOT) as answer:
        parts = answer.iter_raw()
        assert next(parts) == b'{"tot'
        theirs.go_on.set()
        assert b"".join(parts) == b'al":1}'
    assert running.requests == {"same": 1}


@contextlib.contextmanager
def bytes_for_everybody(said: bytes) -> Iterator[str]:
    """A server that says this to every connection, whatever it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(65_536)
                        connection.sendall(said)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"", "RemoteProtocolError"),
        (b"\x16\x03garbage\r\n\r\n", "RemoteProtocolError"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut", "RemoteProtocolError"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nraw", "DecodingError"),
    ],
)
def test_broken_gateway_harms_nobody(said: bytes, reason: str) -> None:
    """The client's answer is the vendor's; the report says why there is no comparison."""
    with bytes_for_everybody(said) as gateway, beside(gateway) as running:
        assert running.client.post(BOT).json() == {"total": 1}
    assert [line["reason"] for line in running.lines] == [reason]
    assert running.requests == {"gateway_failed": 1}


def test_missing_gateway_harms_nobody() -> None:
    """Nobody listens there."""
    with beside("http://127.0.0.1:1") as running:
        assert running.client.post(BOT).status_code == 200
    assert running.lines[0]["reason"] == "ConnectError"


def test_slow_gateway_is_given_up() -> None:
    """After its time, and the client has had its answer long before."""
    ours = Stand(go_on=threading.Event())
    assert ours.go_on
    with between("bot", Stand(), ours, seconds=0.2) as running:
        assert running.client.post(BOT).status_code == 200
        until(lambda: "gateway_failed" in running.output.getvalue())
        ours.go_on.set()
    assert running.requests == {"gateway_failed": 1}


def test_full_queue_drops_and_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients are answered; what the gateway cannot take any more is counted."""
    monkeypatch.setattr(mirror, "MOST_WAITING", 2)
    monkeypatch.setattr(mirror, "DRAIN_SECONDS", 0.1)
    ours = Stand(go_on=threading.Event())
    assert ours.go_on
    with live(Stand()) as one, live(ours) as other:
        origins = (f"http://127.0.0.1:{one}", f"http://127.0.0.1:{other}")
        with shadowing("bot", *origins) as running:
            for _ in range(10):
                assert running.client.post(BOT).status_code == 200
        ours.go_on.set()  # so that the stand-in can end, too
    assert running.requests["dropped"] == 10


def test_answer_of_the_gateway_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway that never stops fills no memory."""
    monkeypatch.setattr(mirror, "MOST_BYTES", 100)
    with between("bot", Stand(), Stand(b"x" * 101)) as running:
        assert running.client.post(BOT).json() == {}
    assert running.lines[0]["reason"] == "TooLargeError"


def test_missing_vendor_is_told() -> None:
    """The one answer of this tool's own."""
    with shadowing("bot", "http://127.0.0.1:1", "http://127.0.0.1:1") as running:
        answer = running.client.post(BOT, content=b"{}")
    assert answer.status_code == 502
    assert "does not answer (ConnectError)" in answer.json()["errors"][0]["message"]


def test_failure_of_the_vendor_is_the_vendors() -> None:
    """Passed on as any answer, and compared."""
    with between("bot", Stand(b"down", {"content-type": "text/html"}, 502), Stand()) as running:
        answer = running.client.post(BOT)
    assert (answer.status_code, answer.content) == (502, b"down")
    assert running.lines[0]["differences"][0]["part"] == "status"


def test_vendor_that_breaks_off_breaks_off_here() -> None:
    """A client never takes a part for the whole."""
    theirs = Stand(b'{"total":1}', cut=True)
    with between("bot", theirs, Stand()) as running, pytest.raises(httpx.RemoteProtocolError):
        running.client.post(BOT)
    assert running.requests == {"not_compared": 1}


@pytest.mark.parametrize("writes", [False, True])
def test_writes_reach_the_gateway_only_if_wanted(writes: bool) -> None:
    """Creating and linking knowledge sessions; the id that each side makes up is no difference."""
    theirs, ours = Stand(b'{"sessionId":"1","agentId":null}'), Stand(b'{"sessionId":"2"}')
    with between("knowledge", theirs, ours, writes=writes) as running:
        running.client.put("/sessions/new")
        running.client.post("/gks-server/v1/sessions/1", headers={"gkc_agentId": "a"})
    assert len(theirs.asked) == 2
    assert sorted(method for method, *_ in ours.asked) == (["POST", "PUT"] if writes else [])
    fields = [line["differences"][0]["field"] for line in running.lines]
    assert sorted(fields) == (["agentId", "sessionId"] if writes else [])
    assert running.requests == ({"different": 2} if writes else {"not_mirrored": 2})


def test_key_of_the_gateway_stays_here() -> None:
    """The gateway gets it in place of a client's header; the vendor never sees it."""
    theirs, ours = Stand(), Stand()
    with between("co_browse", theirs, ours, key="the-gateways-key") as running:
        running.client.get("/history/sessions/1", headers={"Authorization": "Basic b2xk"})
    assert theirs.asked[0][2][b"authorization"] == b"Basic b2xk"
    assert ours.asked[0][2][b"authorization"] == b"Bearer the-gateways-key"


def test_large_body_goes_to_the_vendor_alone() -> None:
    """It arrives whole, and is not kept."""
    theirs, ours = Stand(), Stand()
    with between("bot", theirs, ours) as running:
        assert running.client.post(BOT, content=b"x" * 1_048_577).status_code == 200
    assert len(theirs.asked[0][3]) == 1_048_577
    assert ours.asked == []
    assert running.requests == {"not_mirrored": 1}


SECRET = ("s3cr3t", "ann", "example", "Müller", "jwt", "st-1", "unknown")


@pytest.mark.parametrize("vendor", CASES)
def test_report_has_nothing_of_anybody(vendor: str) -> None:
    """No value, credential, address or name of a client or a session, wherever it stood."""
    headers = {"auth": "jwt.s3cr3t", "apiKey": "s3cr3t", "Cookie": "s3cr3t", "X-ann": "ann"}
    base = CASES[vendor][0][1].partition("?")[0].replace("st-1", "s3cr3t")
    secret = {"ann@example.com": "Müller", "id": {"s3cr3t": [{"ann": "Müller"}]}}
    theirs = Stand(json.dumps({**secret, "sessions": [secret]}, ensure_ascii=False).encode())
    other = Stand(b'{"id":"s3cr3t-of-the-gateway","sessions":[{"id":7}]}')
    broken = Stand(b"<s3cr3t/>", {"content-type": "s3cr3t"}, 299)
    output = ""
    for one, two in ((theirs, other), (other, broken)):
        with between(vendor, one, two) as running:
            for path in (base, f"{base}/s3cr3t", "/s3cr3t/unknown"):
                query = {"KEY": "s3cr3t", "ann": "Müller", "token": "s3cr3t"}
                body = b'{"userId": "ann@example.com"}'
                method = CASES[vendor][0][0]
                running.client.request(method, path, params=query, headers=headers, content=body)
        output += running.output.getvalue()
    assert '"different"' in output
    assert [word for word in SECRET if word in output] == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"vendor": "bots"}, "--vendor 'bots' is unknown. Did you mean bot?"),
        ({"vendor": "bot", "key": "k" * 20}, "--key-from is not for bot"),
    ],
)
def test_wrong_options_are_refused(given: dict[str, Any], said: str) -> None:
    """Before anything listens."""
    options: dict[str, Any] = {"key": None, "upstream": "http://a", "gateway": None, **given}
    rest: dict[str, Any] = {"host": "127.0.0.1", "port": 0, "writes": False, "ignored": ()}
    with pytest.raises(UsageError) as raised:
        made(Options(**options, **rest, seconds=1), Settings(), io.StringIO())
    assert said in str(raised.value)
