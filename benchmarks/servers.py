"""The servers of the table: how each is started, how it is known to be up, how it always ends."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.builds import GO, NODE, PEERS, RUST, Build, NotStartedError, last_line

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30
STOP_SECONDS = 5
PARENT_DEATH_SIGNAL = 1  # prctl's PR_SET_PDEATHSIG


Command = Callable[[int, str], list[str]]  # port, engine → what to run


@dataclass(frozen=True)
class Server:
    """A row of the table: its command, the cases it answers, its share of the requests.

    `warmup` is the number of uncounted requests before each load. V8 drops compiled code while a
    server idles between its loads and needs some thousand requests to be back at its speed; CPython
    has nothing to compile. A server `on_request` takes minutes to build, and runs with `--peers`.
    """

    name: str
    command: Command
    kinds: frozenset[str] = frozenset({"list"})
    share: float = 1.0
    warmup: int = 200
    environment: Callable[[str], Mapping[str, str]] = field(default=lambda engine: {})
    build: Build | None = None
    on_request: bool = False

    def answers(self, case: str) -> bool:
        """Whether it has the request called `case` at all."""
        return case.partition("-")[0] in self.kinds


def _module(name: str) -> Command:
    return lambda port, engine: [
        *(sys.executable, "-m", name, "--port", str(port), "--engine", engine)
    ]


def _node(script: str) -> Command:
    return lambda port, engine: ["node", str(PEERS / script), str(port), engine]


def _program(path: str) -> Command:
    return lambda port, engine: [str(PEERS / path), str(port), engine]


def _gateway(port: int, engine: str) -> list[str]:
    return [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--no-demo"]


def _gateway_environment(engine: str) -> Mapping[str, str]:
    return {"GATEWAY_MONGODB_URI": engine, "GATEWAY_AUTH": "off", "GATEWAY_BOT_RATE": ""}


def _audited_environment(engine: str) -> Mapping[str, str]:
    return {**_gateway_environment(engine), "GATEWAY_AUDIT": "all"}


def _mapped_environment(engine: str) -> Mapping[str, str]:
    maps = str(ROOT / "benchmarks" / "conversations.toml")
    return {**_gateway_environment(engine), "GATEWAY_MAPS": maps, "GATEWAY_READ_ONLY": "true"}


def _production(engine: str) -> Mapping[str, str]:
    return {"NODE_ENV": "production"}


READING = frozenset({"list", "one", "other"})
EVERYTHING = READING | {"vendor", "create"}
SERVERS = (
    Server("floor", _module("benchmarks.floor"), EVERYTHING),
    Server("gateway", _gateway, EVERYTHING, environment=_gateway_environment),
    Server("audited", _gateway, EVERYTHING, environment=_audited_environment),
    Server("mapped", _gateway, READING | {"vendor"}, environment=_mapped_environment),
    Server("mercurius", _node("mercurius.js"), warmup=4000, environment=_production, build=NODE),
    Server("apollo", _node("apollo.js"), warmup=4000, environment=_production, build=NODE),
    Server("plain", _module("benchmarks.plain"), share=0.25, warmup=50),
    Server(
        "rust",
        _program("rust/target/release/session-gateway-benchmark-peer"),
        READING,
        build=RUST,
        on_request=True,
    ),
    Server(
        "go",
        _program("go/build/peer"),
        READING,
        build=GO,
        on_request=True,
    ),
)


@dataclass(frozen=True)
class Running:
    """A server that answered: where, under which process, after how many seconds."""

    server: Server
    port: int
    pid: int
    startup: float


@contextmanager
def running(server: Server, engine: str) -> Iterator[Running]:
    """Build `server` where needed, start it over the engine, wait for its answer, end it."""
    if server.build:
        server.build.make()
    port = free_port()
    started = time.monotonic()
    with process(server.command(port, engine), server.environment(engine)) as (child, output):
        wait_for(lambda: healthy(port), child, output)
        yield Running(server, port, child.pid, time.monotonic() - started)


@contextmanager
def canned_engine() -> Iterator[str]:
    """The canned engine's connection string."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.canned", "--port", str(port)]
    with process(command, {}) as (child, output):
        wait_for(lambda: listening(port), child, output)
        yield f"mongodb://127.0.0.1:{port}"


@contextmanager
def process(
    command: list[str], environment: Mapping[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A child in a session of its own; it and its children end with this block, or with us."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        output = Path(folder) / "output"
        with output.open("wb") as sink:
            child = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "GATEWAY_DATA_DIR": folder, **environment},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        try:
            yield child, output
        finally:
            _stop(child)


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Ask the child's own process group to end, then insist; nothing outside it is touched."""
    for word in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, word)
            child.wait(STOP_SECONDS)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    child.wait()


def wait_for(
    ready: Callable[[], bool],
    child: subprocess.Popen[bytes],
    output: Path,
    seconds: float = START_SECONDS,
) -> None:
    """Return once `ready`; raises `NotStartedError` if the child ends or takes too long."""
    deadline = time.monotonic() + seconds
    while not ready():
        if child.poll() is not None:
            said = last_line(output.read_text(errors="replace"))
            raise NotStartedError(f"ended with {child.returncode}: {said}")
        if time.monotonic() > deadline:
            raise NotStartedError(f"no answer within {seconds:g} s")
        time.sleep(0.005)


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listening(port: int) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def healthy(port: int) -> bool:
    """Whether `/healthz` gets an answer; a server without that path is up when it says so."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(
                b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
            )
            status = connection.recv(12)
    except OSError:
        return False
    return status.startswith(b"HTTP/1.1 ") and status[9:10] != b"5"
