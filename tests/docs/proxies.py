"""The proxies of `docs/behind-a-proxy.md`: its examples, run on loopback in front of a gateway.

What the examples name is replaced: the ports, the gateway's address, and the certificate's files.
"""

import contextlib
import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.gateway import ROOT
from tests.node import unavailable
from tests.timing import limit, until
from tests.wire.engine import reserve_port

PAGE = (ROOT / "docs/behind-a-proxy.md").read_text(encoding="utf-8")
NAME = "desk.example.com"
STREAM = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
SECONDS = limit(30)

NGINX = """{user}
{modules}
pid {folder}/pid;
error_log {folder}/log;
daemon off;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{http}
}}
{stream}
"""
CADDY = "{{\n    admin off\n    auto_https off\n}}\n{site}"


def example(language: str) -> str:
    """The page's block of this language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


@dataclass(frozen=True)
class Front:
    """Where clients connect."""

    port: int
    trust: ssl.SSLContext | None
    """None for plain HTTP."""

    def connect(self, source: str = "127.0.0.5") -> socket.socket:
        """A connection of a client with this address."""
        plain = socket.create_connection(("127.0.0.1", self.port), SECONDS, (source, 0))
        return self.trust.wrap_socket(plain, server_hostname=NAME) if self.trust else plain

    def ask(self, *lines: str, body: bytes = b"", encoding: str = "ascii") -> bytes:
        """The whole answer to one request on a connection of its own."""
        with self.connect() as connection:
            connection.sendall(request(*lines, "Connection: close", encoding=encoding) + body)
            return b"".join(iter(lambda: connection.recv(65_536), b""))


def request(*lines: str, encoding: str = "ascii") -> bytes:
    """The head of a request to the public name."""
    given = (f"Host: {NAME}", "X-Request-Id: proxied")  # one id: answers are compared
    return "\r\n".join([*lines, *given, "", ""]).encode(encoding)


@dataclass(frozen=True)
class Certificate:
    """Files in the forms that the proxies want, and what a client trusts."""

    certificate: Path
    key: Path
    both: Path
    trust: ssl.SSLContext


def certificate(folder: Path) -> Certificate:
    """One of the public name."""
    authority = trustme.CA()
    leaf = authority.issue_cert(NAME)
    made = [folder / name for name in ("chain.crt", "private.key", "both.pem")]
    made[0].write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    made[1].write_bytes(leaf.private_key_pem.bytes())
    made[2].write_bytes(leaf.private_key_and_cert_chain_pem.bytes())
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    return Certificate(*made, trust)


@contextlib.contextmanager
def running(language: str, gateway: int, files: Certificate, folder: Path) -> Iterator[Front]:
    """The example of this language in front of the gateway at that port."""
    with reserve_port() as held:
        port = held.getsockname()[1]
    text = example(language)
    for old, new in {
        "127.0.0.1:8000": f"127.0.0.1:{gateway}",
        "/etc/ssl/desk.example.com.crt": str(files.certificate),
        "/etc/ssl/desk.example.com.key": str(files.key),
        "/etc/ssl/desk.example.com.pem": str(files.both),
        "listen 443": f"listen 127.0.0.1:{port}",
        "listen 8443": f"listen 127.0.0.1:{port}",
        "bind :443": f"bind 127.0.0.1:{port}",
        "inspect-delay 5s": "inspect-delay 10m",  # a request that would wait for it fails
        f"{NAME} {{": f"https://{NAME}:{port} {{\n    bind 127.0.0.1\n"
        f"    tls {files.certificate} {files.key}",
    }.items():
        text = text.replace(old, new)
    command = COMMANDS[language](text, folder)
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    with (
        (folder / "output").open("w") as output,
        subprocess.Popen(command, env=environment, stdout=output, stderr=output) as process,
    ):
        try:
            until(lambda: process.poll() is not None or _listens(port), 30)
            assert process.poll() is None, (folder / "output").read_text()
            yield Front(port, files.trust)
        finally:
            process.terminate()
            process.wait(SECONDS)


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        unavailable(f"{name} is not installed (Debian: apt install {name})")
    return found


def _nginx(text: str, folder: Path, stream: bool = False) -> list[str]:
    program = _program("nginx")
    if stream and not STREAM.is_file():
        unavailable("nginx's module stream is missing (Debian: apt install libnginx-mod-stream)")
    config = NGINX.format(
        user="user root root;" if os.geteuid() == 0 else "",
        modules=f"load_module {STREAM};" if stream else "",
        folder=folder,
        http="" if stream else text,
        stream=text if stream else "",
    )
    (folder / "nginx.conf").write_text(config, encoding="utf-8")
    return [program, "-c", str(folder / "nginx.conf"), "-e", str(folder / "log")]


def _haproxy(text: str, folder: Path) -> list[str]:
    (folder / "haproxy.cfg").write_text(text, encoding="utf-8")
    return [_program("haproxy"), "-db", "-f", str(folder / "haproxy.cfg")]


def _caddy(text: str, folder: Path) -> list[str]:
    (folder / "Caddyfile").write_text(CADDY.format(site=text), encoding="utf-8")
    return [_program("caddy"), "run", "--config", str(folder / "Caddyfile")]


COMMANDS = {
    "nginx": _nginx,
    "nginx-stream": lambda text, folder: _nginx(text, folder, stream=True),
    "haproxy": _haproxy,
    "caddy": _caddy,
}


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
