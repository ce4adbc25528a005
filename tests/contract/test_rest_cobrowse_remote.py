"""One story through two doors, and the vendors' paths over a real socket.

What GraphQL creates, changes and deletes is seen at once on the co-browse and remote-support paths;
clients that speak plain HTTP, raw blanks and broken pieces included, get the contract's answers.
"""

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.http.framing import encoded_spaces
from app.http.protocol import Protocol
from schema.build import Schema, build
from schema.kinds.co_browse import CO_BROWSE
from schema.kinds.remote_support import REMOTE_SUPPORT
from tests.app.rest.gateway import KEY, Gateway
from tests.properties import examples
from tests.timing import limit

CO_BROWSE_ID = "83d03970-c959-11e2-857d-082e5f12b9a1"
CO_BROWSE_PATH = f"/cobrowse/rest/history/sessions/{CO_BROWSE_ID}"
REMOTE_PATH = "/integration/get_session_history.php"


@pytest.fixture(scope="module")
def schema() -> Schema:
    return build()


class Doors:
    """A gateway of the vendors' paths, and GraphQL over the same database."""

    def __init__(self, schema: Schema) -> None:
        self.gateway = Gateway()
        self._schema = schema

    def graphql(self, query: str) -> Any:
        """The answer's data; every mutation must have gone through."""
        result = asyncio.run(self._schema.execute(query, context_value=self.gateway.context))
        assert not result.errors
        for payload in (result.data or {}).values():
            assert not payload.get("errors")
        return result.data

    def history(self) -> Any:
        return self.gateway.get(CO_BROWSE_PATH)

    def rows(self, words: str, **filters: str) -> Any:
        given = {"KEY": KEY, "VARS": words, "OUTPUT_FORMAT": "JSON", **filters}
        return self.gateway.request("GET", REMOTE_PATH, params=given).json()["requests"]


@pytest.fixture
def doors(schema: Schema) -> Doors:
    return Doors(schema)


def test_a_co_browse_session_tells_one_story(doors: Doors) -> None:
    """Hidden while it goes on, complete once it is over, gone once it is deleted."""
    doors.graphql(
        f"""mutation {{ createCoBrowseSession(input: {{sessionId: "{CO_BROWSE_ID}",
        sessionToken: "519333886", creationTime: "2013-05-30T18:48:27.527Z"}})
        {{ errors {{ message }} }} }}"""
    )
    on = f'sessionId: "{CO_BROWSE_ID}"'
    doors.graphql(
        f"""mutation {{ activateCoBrowseSession({on}, at: "2013-05-30T18:48:32.516Z")
        {{ errors {{ message }} }} }}"""
    )
    doors.graphql(
        f"""mutation {{ enterCoBrowsePage({on}, url: "https://example.com/a",
        at: "2013-05-30T18:48:32.594Z") {{ errors {{ message }} }} }}"""
    )
    assert doors.history().status_code == 404
    doors.graphql(
        f"""mutation {{ endCoBrowseSession({on},
        endedAt: "2013-05-30T18:49:03.522Z") {{ errors {{ message }} }} }}"""
    )
    assert doors.history().json() == {
        "id": CO_BROWSE_ID,
        "sessionToken": "519333886",
        "creationTime": 1369939707527,
        "activationTime": 1369939712516,
        "deactivationTime": 1369939743522,
        "pages": [
            {"url": "https://example.com/a", "enteredTimestamp": 1369939712594, "duration": 31}
        ],
    }
    doors.graphql(f"mutation {{ deleteCoBrowseSession({on}) {{ errors {{ message }} }} }}")
    assert doors.history().status_code == 404


def test_a_remote_support_session_tells_one_story(doors: Doors) -> None:
    """Running, changed, ended and deleted: each is seen in the next call."""
    made = doors.graphql(
        """mutation { createRemoteSupportSession(input: {customerName: "Ann", answered: true,
        dateStart: "2011-03-04T05:06:07Z"}) { session { sessionId } errors { message } } }"""
    )
    number = made["createRemoteSupportSession"]["session"]["sessionId"]
    on = f'sessionId: "{number}"'
    assert doors.rows("ID DATE_END NOTES", FILTER_CUSTOMER_NAME="ANN") == [
        {"id": int(number), "date_end": "", "notes": ""}
    ]
    doors.graphql(
        f"""mutation {{ updateRemoteSupportSession({on}, input: {{customerName: "Bea"}})
        {{ errors {{ message }} }} }}"""
    )
    assert doors.rows("ID", FILTER_CUSTOMER_NAME="ANN") == []
    doors.graphql(
        f"""mutation {{ endRemoteSupportSession({on}, endedAt: "2011-03-04T06:00:00Z",
        notes: "Done") {{ errors {{ message }} }} }}"""
    )
    assert doors.rows("CUSTOMER_NAME DATE_END NOTES", FILTER_ID=number) == [
        {"customer_name": "Bea", "date_end": "2011-03-04 06:00:00", "notes": "Done"}
    ]
    doors.graphql(f"mutation {{ deleteRemoteSupportSession({on}) {{ errors {{ message }} }} }}")
    assert doors.rows("ID", FILTER_ID=number) == []


class Server:
    """The vendors' paths on a loopback port."""

    def __init__(self) -> None:
        self.gateway = Gateway()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(self.gateway.app, http=Protocol, lifespan="off", log_level="critical")
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def raw(self, *pieces: bytes) -> tuple[int, bytes]:
        """Send bytes piece by piece; status and body of the first answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=limit(30)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in pieces:
                connection.sendall(piece)
            response = http.client.HTTPResponse(connection)
            response.begin()
            return response.status, response.read()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    made = Server()
    made.gateway.create(
        REMOTE_SUPPORT,
        sessionId="12334",
        customerName="Söhne",
        dateStart=datetime(2011, 3, 4),
        dateEnd=datetime(2011, 3, 4, 1),
        answered=True,
    )
    made.gateway.create(
        CO_BROWSE,
        sessionId=CO_BROWSE_ID,
        sessionToken="519333886",
        creationTime=datetime(2013, 5, 30),
        deactivationTime=datetime(2013, 5, 31),
    )
    yield made
    made.close()


HEADERS = b" HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n"
ROW = (
    b"<response><nrequests>1</nrequests><requests><request><id>12334</id>"
    b"<date_start>2011-03-04 00:00:00</date_start></request></requests></response>"
)
QUERY = b"/get_session_history.php?KEY=a-good-key&VARS=ID DATE_START&FILTER_ID=12334"


def test_raw_blanks_in_a_request_line_are_read(server: Server) -> None:
    """The vendor's own example calls have them."""
    assert server.raw(b"GET " + QUERY + HEADERS) == (200, ROW)


@pytest.mark.parametrize(
    "query",
    [b"http://vendor.example" + QUERY, QUERY.replace(b"?", b"/?"), b"http://v:8080" + QUERY],
)
def test_raw_blanks_are_read_in_every_form_of_the_address(server: Server, query: bytes) -> None:
    """As a client sends it to a proxy, and with a trailing slash."""
    assert server.raw(b"GET " + query + HEADERS) == (200, ROW)


def test_a_request_line_in_pieces_is_read(server: Server) -> None:
    """However the network cuts it."""
    request = b"GET " + QUERY + HEADERS
    assert server.raw(*(request[place : place + 7] for place in range(0, len(request), 7))) == (
        200,
        ROW,
    )


LONGEST_WORDS = b"ID " * 170 + b"ID"
"""512 characters, as many as VARS may have."""


@pytest.mark.parametrize("blank", [b" ", b"+", b"%20"])
def test_longest_vars_are_read(server: Server, blank: bytes) -> None:
    """Characters count once they are decoded."""
    words = LONGEST_WORDS.replace(b" ", blank)
    query = b"/get_session_history.php?KEY=a-good-key&FILTER_ID=12334&VARS=" + words
    status, body = server.raw(b"GET " + query + HEADERS)
    assert (len(LONGEST_WORDS), status) == (512, 200)
    assert b"<request><id>12334</id></request>" in body


@pytest.mark.parametrize("words", [LONGEST_WORDS + b"+", b"ID " + LONGEST_WORDS[2:]])
def test_longer_vars_are_refused(server: Server, words: bytes) -> None:
    """By a single character, be it a blank that means nothing."""
    assert len(words) == 513
    query = b"/get_session_history.php?KEY=a-good-key&FILTER_ID=12334&VARS=" + words
    status, body = server.raw(b"GET " + query + HEADERS)
    assert (status, body) == (200, b"<response><error_msg>Invalid VARS.</error_msg></response>")


def test_raw_bytes_beyond_ascii_are_read_as_utf8(server: Server) -> None:
    """Clients of that age encode nothing."""
    query = "/get_session_history.php?KEY=a-good-key&VARS=ID&FILTER_CUSTOMER_NAME=SÖHNE".encode()
    assert b"<id>12334</id>" in server.raw(b"GET " + query + HEADERS)[1]


def test_blanks_elsewhere_are_still_refused(server: Server) -> None:
    """Only the vendor's paths are mended, and only behind the `?`."""
    assert server.raw(b"GET /cobrowse/a b" + HEADERS)[0] == 400
    assert server.raw(b"GET /get session.php?x" + HEADERS)[0] == 400


@pytest.mark.parametrize("request_line", [b"FOO /graphql", b"no HTTP", b"\0\xff"])
def test_what_is_no_http_is_refused_in_json(server: Server, request_line: bytes) -> None:
    """Also where the parser of HTTP refuses, no plain text is sent."""
    status, body = server.raw(request_line + HEADERS)
    (error,) = json.loads(body)["errors"]
    assert (status, error["extensions"]["code"]) == (400, "BAD_USER_INPUT")
    assert len(error["extensions"]["requestId"]) == 32


def test_a_connection_is_kept_and_mended_again(server: Server) -> None:
    """The second request of a connection may have raw blanks as well; a form's body may too."""
    form = b"KEY=a-good-key&VARS=ID DATE_START&FILTER_ID=12334"
    post = (
        b"POST /get_session_history.php HTTP/1.1\r\nHost: gateway\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=limit(30)) as connection:
        for request in (post % len(form) + form, b"GET " + QUERY + HEADERS):
            connection.sendall(request)
            response = http.client.HTTPResponse(connection)
            response.begin()
            assert response.read() == ROW


@pytest.mark.parametrize("last", [b"", b"Expect: 100-continue\r\n"])
def test_an_offered_upgrade_is_ignored(server: Server, last: bytes) -> None:
    """Java's HttpClient offers HTTP/2, and sends the body of its own."""
    form = b"KEY=a-good-key&VARS=ID DATE_START&FILTER_ID=12334"
    head = (
        b"POST /get_session_history.php HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        b"Content-Length: %d\r\nHost: gateway\r\nHTTP2-Settings: AAEAAEAA\r\nUpgrade: h2c\r\n"
    )
    head = head % len(form) + last + b"\r\n"
    for pieces in ((head + form,), (head, form), (head[:-3], head[-3:] + form)):
        assert server.raw(*pieces) == (200, ROW)


def test_head_sends_the_length_and_no_body(server: Server) -> None:
    """Over the wire, too."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=limit(30))
    connection.request("HEAD", CO_BROWSE_PATH, headers={"Authorization": f"Bearer {KEY}"})
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"")
    assert int(response.headers["content-length"]) > 100
    connection.close()


def test_a_wrong_method_over_the_wire(server: Server) -> None:
    """405 with Allow, in the vendor's JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=limit(30))
    connection.request("DELETE", CO_BROWSE_PATH)
    response = connection.getresponse()
    assert (response.status, response.headers["allow"]) == (405, "GET")
    assert list(json.loads(response.read())) == ["error"]
    connection.close()


def test_an_announced_body_that_is_too_large_is_refused_unread(server: Server) -> None:
    """413 in the vendor's shape, before the body was sent."""
    status, body = server.raw(
        b"POST /get_session_history.php HTTP/1.1\r\nHost: gateway\r\n"
        b"Content-Length: 99999999\r\n\r\n"
    )
    assert status == 413
    assert ElementTree.fromstring(body).findtext("error_msg")


@settings(max_examples=examples(200), deadline=None)
@given(st.binary())
def test_mending_leaves_a_line_that_http_knows(query: bytes) -> None:
    """Afterwards nothing but the two blanks of HTTP is left, and no other byte has changed."""
    query = query.replace(b"\r", b"").replace(b"\n", b"")
    line = b"GET /x.php?" + query + b" HTTP/1.1"
    mended = encoded_spaces(line)
    assert mended.count(b" ") == 2
    assert mended.isascii()
    assert encoded_spaces(mended) == mended


@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200))
def test_arbitrary_bytes_in_a_query_never_fail(server: Server, query: bytes) -> None:
    """A refusal of the contract, or HTTP's own for what is no request line."""
    query = query.replace(b"\r", b"").replace(b"\n", b"")
    status, body = server.raw(b"GET /get_session_history.php?" + query + HEADERS)
    assert status == 200
    assert body == b"<response><error_msg>Invalid KEY.</error_msg></response>"
