"""The gateway speaks https by its settings, to a client that verifies the certificate."""

import re
import socket
import ssl
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from tests.gateway import KEY, SERVE, started, without_settings
from tests.timing import limit
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.slow

NAMES = {"GATEWAY_DEMO_KEY": KEY, "GATEWAY_ALLOWED_HOSTS": "desk.example.com"}


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, dict[str, str]]:
    """What a client trusts, and the gateway's settings."""
    folder: Path = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    key.write_bytes(leaf.private_key_pem.bytes())
    key.chmod(0o600)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    files = {"GATEWAY_TLS_CERTIFICATE": str(certificate), "GATEWAY_TLS_KEY": str(key)}
    return context, files


@pytest.fixture(scope="module", params=[1, 2], ids=["one process", "two workers"])
def https(
    request: pytest.FixtureRequest,
    engine: WireEngine,
    tls: tuple[ssl.SSLContext, dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[httpx.Client, Path]]:
    """A client of a running gateway that trusts its certificate, and what the start printed."""
    context, files = tls
    log = tmp_path_factory.mktemp("https") / "log"
    database = {
        "GATEWAY_MONGODB_URI": engine.uri,
        "GATEWAY_MONGODB_DATABASE": f"https_{uuid.uuid4().hex}",
    }
    command = (*SERVE, "--no-demo", "--workers", str(request.param))
    with (
        started(command, log, {**NAMES, **files, **database}) as origin,
        httpx.Client(base_url=origin, verify=context, timeout=limit(30)) as client,
    ):
        yield client, log


def test_every_printed_address_is_https(https: tuple[httpx.Client, Path]) -> None:
    """None of them leads to nowhere."""
    printed = re.findall(r"(\w+)://127", https[1].read_text())
    assert len(printed) > 3
    assert set(printed) == {"https"}


def test_requests_are_answered(https: tuple[httpx.Client, Path]) -> None:
    """GraphQL, a vendor's path, a large body and unencoded spaces, on verified connections."""
    client, _ = https
    bearer = {"Authorization": f"Bearer {KEY}"}
    query = {"query": "{ viewer { name } }"}
    assert client.post("/graphql", json=query, headers=bearer).json()["data"]
    assert client.put("/sessions/new", headers=bearer).json()["sessionId"]
    large = client.put("/sessions/new", content=b" " * 1_048_577, headers=bearer)
    assert large.status_code == 413


def test_unencoded_spaces(
    https: tuple[httpx.Client, Path], tls: tuple[ssl.SSLContext, dict[str, str]]
) -> None:
    """The query of an old client is corrected within TLS as without."""
    url = https[0].base_url
    with (
        socket.create_connection((url.host, url.port), limit(30)) as plain,
        tls[0].wrap_socket(plain, server_hostname=url.host) as connection,
    ):
        line = f"GET /get_session_history.php?KEY={KEY}&VARS=ID NOTES HTTP/1.1\r\n"
        connection.sendall(f"{line}Host: {url.host}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert b"<nrequests>0</nrequests>" in answer


def test_plain_http_is_not_answered(https: tuple[httpx.Client, Path]) -> None:
    """A key that is sent without TLS by mistake gets no answer."""
    url = https[0].base_url.copy_with(scheme="http")
    with pytest.raises(httpx.TransportError):
        httpx.get(url, timeout=limit(30))


def test_page_shows_its_own_scheme(https: tuple[httpx.Client, Path]) -> None:
    """The command to copy leads to https."""
    client, _ = https
    assert f"curl -s {client.base_url}".rstrip("/") in client.get("/").text


def test_wrong_files_end_the_start(
    engine: WireEngine, tls: tuple[ssl.SSLContext, dict[str, str]], tmp_path: Path
) -> None:
    """Code 2 and one sentence, before the database is asked."""

    files = {**tls[1], "GATEWAY_TLS_KEY": str(tmp_path / "gone")}
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "serve", "--port", "0"],
        env={**without_settings(), **files, "GATEWAY_DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        timeout=limit(60),
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"Error: GATEWAY_TLS_KEY is wrong: .*gone cannot be read.*\n", done.stderr)
    assert not (tmp_path / "data").exists()
