"""The examples of `docs/behind-a-proxy.md` bring every request of old clients through unharmed."""

import contextlib
import json
import re
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets import Subprotocol
from websockets.sync.client import connect

from tests.docs.proxies import COMMANDS, NAME, Front, certificate, request, running
from tests.gateway import KEY, SERVE, started
from tests.timing import limit, until
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.slow

BEARER = f"Authorization: Bearer {KEY}"
REMOTE = f"/get_session_history.php?KEY={KEY}&OUTPUT_FORMAT=JSON&VARS=ID"
AS_SENT = {"haproxy", "nginx-stream"}
"""They pass on request lines that are not HTTP."""
LARGEST = 1_048_576


@dataclass(frozen=True)
class Site:
    """A gateway, what it logs, and the proxies in front of it."""

    gateway: Front
    log: Path
    fronts: dict[str, Front]

    def client_of(self, path: str) -> str:
        """The client that the access log names for the only request of this path."""
        line = re.compile(rf" client=(\S+) method=\w+ path={re.escape(path)} ", re.M)
        until(lambda: bool(line.search(self.log.read_text())), 30)
        (client,) = line.findall(self.log.read_text())
        return str(client)


@pytest.fixture(scope="module")
def site(engine: WireEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """All proxies in front of one gateway that is set as the page says."""
    log = tmp_path_factory.mktemp("gateway") / "log"
    settings = {
        "GATEWAY_MONGODB_URI": engine.uri,
        "GATEWAY_MONGODB_DATABASE": f"proxies_{uuid.uuid4().hex}",
        "GATEWAY_DEMO_KEY": KEY,
        "GATEWAY_ALLOWED_HOSTS": NAME,
        "GATEWAY_TRUSTED_PROXIES": "127.0.0.1",
        "GATEWAY_ACCESS_LOG": "true",
    }
    files = certificate(tmp_path_factory.mktemp("certificate"))
    with contextlib.ExitStack() as stack:
        origin = stack.enter_context(started((*SERVE, "--no-demo"), log, settings))
        port = int(origin.rpartition(":")[2])
        fronts = {
            name: stack.enter_context(running(name, port, files, tmp_path_factory.mktemp(name)))
            for name in COMMANDS
        }
        yield Site(Front(port, None), log, fronts)


@pytest.fixture(params=COMMANDS)
def name(request: pytest.FixtureRequest) -> str:
    """Which example."""
    return str(request.param)


@pytest.fixture
def front(site: Site, name: str) -> Front:
    """Where the clients of this example connect."""
    return site.fronts[name]


def test_websockets(front: Front) -> None:
    """A subscription passes, and so does its refusal."""
    address = f"{'wss' if front.trust else 'ws'}://{NAME}/graphql"
    protocols = [Subprotocol("graphql-transport-ws")]
    raw = socket.create_connection(("127.0.0.1", front.port))
    init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {KEY}"}}
    with connect(address, ssl=front.trust, sock=raw, subprotocols=protocols) as opened:
        opened.send(json.dumps(init))
        assert json.loads(opened.recv()) == {"type": "connection_ack"}
        payload = {"query": "subscription { nothing }"}
        opened.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        assert json.loads(opened.recv())["type"] == "error"


def test_events(front: Front) -> None:
    """Events arrive before the response ends: nothing keeps them back."""
    headers = {"Authorization": f"Bearer {KEY}", "Host": NAME}
    scheme, verify = ("https", front.trust) if front.trust else ("http", True)
    address = f"{scheme}://127.0.0.1:{front.port}/graphql"
    named = {"sni_hostname": NAME}
    with httpx.Client(verify=verify, timeout=limit(30), headers=headers) as client:

        def ask(query: str) -> Any:
            return client.post(address, json={"query": query}, extensions=named).json()["data"]

        place = ask("{ sessionChanges { pageInfo { endCursor } } }")["sessionChanges"]
        given = 'botId: "b", channel: "rtm", userId: "u"'
        ask(f"mutation {{ createBotSession(input: {{{given}}}) {{ errors {{ code }} }} }}")
        after = place["pageInfo"]["endCursor"]
        follow = f'subscription {{ sessionChanged(kinds: [BOT], after: "{after}") {{ kind }} }}'
        accept = {"Accept": "text/event-stream"}
        with client.stream(
            "POST", address, json={"query": follow}, headers=accept, extensions=named
        ) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.iter_lines()
            assert [next(lines), next(lines)] == [
                "event: next",
                'data: {"data":{"sessionChanged":{"kind":"BOT"}}}',
            ]


def parts(answer: bytes) -> tuple[int, bytes]:
    """Status and body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def test_customer_and_agent_arrive(front: Front) -> None:
    """In headers with an underscore, as the knowledge vendor's clients send them."""
    lines = ("PUT /sessions/new HTTP/1.1", BEARER, "gkc_customerId: c-1", "gkc_agentId: a-1")
    status, body = parts(front.ask(*lines, "Content-Length: 0"))
    found = json.loads(body)
    assert (status, found["customerId"], found["agentId"]) == (200, "c-1", "a-1")


def test_unencoded_spaces(front: Front, name: str) -> None:
    """They arrive where the page says so; elsewhere the proxy itself refuses them."""
    status, body = parts(front.ask(f"GET {REMOTE} NOTES DATE_START HTTP/1.1"))
    if name in AS_SENT:
        assert (status, body) == (200, b'{"nrequests":0,"requests":[]}')
    else:
        assert status == 400
        assert b"error_msg" not in body


def test_bytes_beyond_ascii(front: Front) -> None:
    """A customer's name in an old client's own encoding is no reason to refuse."""
    line = f"GET {REMOTE}&FILTER_CUSTOMER_NAME=Jürg HTTP/1.1"
    assert parts(front.ask(line, encoding="latin-1")) == (200, b'{"nrequests":0,"requests":[]}')


@pytest.mark.parametrize("spoofed", ["", "X-Forwarded-For: 6.6.6.6"])
def test_address_of_the_client(site: Site, name: str, spoofed: str) -> None:
    """The log names it, whatever the client itself writes into the header."""
    path = f"/history/sessions/{uuid.uuid4()}"
    front = site.fronts[name]
    front.ask(f"GET {path} HTTP/1.1", BEARER, *([spoofed] if spoofed else []))
    # What is passed on as it is sent has the proxy's address, one that is not trusted.
    assert site.client_of(path) == ("127.0.0.2" if name == "nginx-stream" else "127.0.0.5")


@pytest.mark.parametrize("name", sorted(AS_SENT))
def test_address_beside_unencoded_spaces_is_the_proxys(site: Site, name: str) -> None:
    """Not what the client writes: nothing corrects the header there."""
    path = f"/integration/{uuid.uuid4()}.php"
    spoof = "X-Forwarded-For: 6.6.6.6"
    site.fronts[name].ask(f"GET {path}?VARS=ID NOTES HTTP/1.1", spoof)
    assert site.client_of(path) == "127.0.0.2"


def test_peer_that_is_not_named_is_not_believed(site: Site) -> None:
    """Whoever reaches the gateway itself stays who he is."""
    path = f"/history/sessions/{uuid.uuid4()}"
    site.gateway.ask(f"GET {path} HTTP/1.1", BEARER, "X-Forwarded-For: 6.6.6.6")
    assert site.client_of(path) == "127.0.0.5"


def test_start_page_prints_the_public_address(front: Front, name: str) -> None:
    """With https, and with the proxy's name whatever a client claims."""
    status, body = parts(front.ask("GET / HTTP/1.1", "X-Forwarded-Host: evil.example"))
    scheme = "http" if name == "nginx-stream" else "https"
    assert status == 200
    assert f"curl -s {scheme}://{NAME}/graphql".encode() in body


def test_connection_is_kept(front: Front) -> None:
    """Several requests go through one connection of a client."""
    with front.connect() as connection:
        for _ in range(3):
            connection.sendall(request("GET /healthz HTTP/1.1"))
            response = HTTPResponse(connection)
            response.begin()
            assert json.load(response) == {"status": "ok"}


def test_large_body_arrives(front: Front) -> None:
    """As large as the gateway allows."""
    query = b'{"query": "{ viewer { name } }"}'
    body = query + b" " * (LARGEST - len(query))
    lines = ("POST /graphql HTTP/1.1", BEARER, "Content-Type: application/json")
    status, answer = parts(front.ask(*lines, f"Content-Length: {LARGEST}", body=body))
    assert (status, json.loads(answer)["data"]["viewer"]["name"]) == (200, "Demo")


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - {"caddy"}))
@pytest.mark.parametrize("chunked", [False, True])
def test_too_large_body_is_refused_by_the_vendor(front: Front, chunked: bool) -> None:
    """The refusal arrives, although the client is still sending; Caddy does not wait for that."""
    body = b" " * (3 * LARGEST)
    length = f"Content-Length: {len(body)}"
    if chunked:
        length, body = "Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    status, answer = parts(front.ask("PUT /sessions/new HTTP/1.1", BEARER, length, body=body))
    assert (status, b'{"statusCode":413,' in answer) == (413, True)


@pytest.mark.parametrize("place", ["query", "header"])
def test_long_head_arrives(front: Front, place: str) -> None:
    """Queries in a GET request, and tokens, may have tens of thousands of bytes."""
    long = "x" * 40_000
    more = [f"X-Long: {long}"] if place == "header" else []
    line = f"GET {REMOTE}{f'&X={long}' if place == 'query' else ''} HTTP/1.1"
    assert parts(front.ask(line, *more)) == (200, b'{"nrequests":0,"requests":[]}')


@pytest.mark.parametrize(
    "lines",
    [
        ("GET /history/sessions/a%2Fb%20c HTTP/1.1", BEARER),
        ("GET //nothing/../here HTTP/1.1",),
        ("DELETE /api/public/getSessions HTTP/1.1",),
        ("GET /api/2.0/chat/history/1 HTTP/1.1",),
        ("POST /api/public/getSessions HTTP/1.1", "auth: broken", "Content-Length: 0"),
        ("GET /get_session_history.php?KEY=wrong&VARS=ID HTTP/1.1",),
        ("GET /graphql?query=%7B HTTP/1.1", BEARER, "Accept: application/json"),
    ],
)
def test_errors_are_the_gateways(site: Site, front: Front, lines: tuple[str, ...]) -> None:
    """Status and body are the same with and without a proxy."""
    assert parts(front.ask(*lines)) == parts(site.gateway.ask(*lines))
