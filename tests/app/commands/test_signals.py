"""Signals to a real gateway: no failed request, no hanging one, and a closed terminal ends it."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.app.commands.test_serve import PATIENCE, ROOT, ready
from tests.conftest import DEADLINE
from tests.gateway import without_settings
from tests.timing import limit, until
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.slow
ADDRESS = re.compile(r"Session Gateway at http://127\.0\.0\.1:(\d+)/")


class Gateway:
    """A gateway in a process of its own, and what it has said on standard error."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self.process = process
        self.log = log
        assert process.stdout
        found = ADDRESS.match(process.stdout.readline())
        assert found, log.read_text()
        self.port = int(found[1])

    def said(self, words: str) -> bool:
        return words in self.log.read_text()

    def children(self, words: str) -> set[int]:
        """Ids of its child processes whose command has these words."""
        found = psutil.Process(self.process.pid).children()
        return {one.pid for one in found if words in _command(one)}


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it has just ended
        return ""


@contextmanager
def serving(log: Path, *options: str, **settings: str) -> Iterator[Gateway]:
    """Serve with these options and settings, in a session without a terminal."""
    command = [sys.executable, "-m", "app.cli", "serve", "--port=0", "--no-demo", *options]
    given = {**without_settings(), "PYTHONUNBUFFERED": "1", **settings}
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=given,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield Gateway(process, log)
        finally:
            process.kill()


class Load:
    """A client that keeps its connections and asks again and again, from a thread."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/healthz"
        self.good = 0
        self.failed: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._stop.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "a request hangs"

    def _run(self) -> None:
        with httpx.Client(timeout=PATIENCE) as client:
            while not self._stop.wait(limit(0.01)):
                try:
                    assert client.get(self.url).status_code == 200
                    self.good += 1
                except httpx.HTTPError as error:
                    self.failed.append(repr(error))


def test_workers_are_replaced_under_load(
    engine: WireEngine, database_name: str, tmp_path: Path
) -> None:
    """SIGHUP fails no request; a killed worker is replaced, with a line, and nothing hangs."""
    settings = {
        "GATEWAY_MONGODB_URI": engine.uri,
        "GATEWAY_MONGODB_DATABASE": database_name,
        "GATEWAY_DEADLINE_SECONDS": str(DEADLINE),
        "GATEWAY_SECRET_KEY": "b3BlbiBzZXNhbWUsIHNheXMgdGhlIHRlc3QgdG8gaXQ=",
    }
    with serving(tmp_path / "log", "--workers=2", **settings) as gateway:
        until(lambda: ready(gateway.port))
        until(lambda: len(gateway.children("spawn_main")) == 2)
        old = gateway.children("spawn_main")
        with Load(gateway.port) as load:
            gateway.process.send_signal(signal.SIGHUP)
            until(lambda: not old & gateway.children("spawn_main"), 110)
            assert load.failed == []
            before = load.good
            killed = gateway.children("spawn_main").pop()
            os.kill(killed, signal.SIGKILL)
            until(lambda: gateway.said(f"Worker {killed} ended (killed by SIGKILL)"))
            until(lambda: load.good > before + 20)
            assert len(load.failed) <= 1  # the one that it was answering
        gateway.process.send_signal(signal.SIGTERM)
        assert gateway.process.wait(PATIENCE) == 0


def test_a_dead_database_is_started_again(tmp_path: Path) -> None:
    """By a gateway of one process, with a line; it ends last, and nothing of it is left."""
    folder = tmp_path / "data"
    settings = {"GATEWAY_DATA_DIR": str(folder), "GATEWAY_NOTICE_SECONDS": "1"}
    with serving(tmp_path / "log", **settings) as gateway:
        until(lambda: ready(gateway.port))
        (engine,) = gateway.children("secantus")
        os.kill(engine, signal.SIGKILL)
        until(lambda: gateway.said("The embedded database ended (killed by SIGKILL)"))
        until(lambda: gateway.said("answers again"))
        until(lambda: ready(gateway.port))
        (again,) = gateway.children("secantus")
        assert f'"pid": {again}' in (folder / "mongodb.uri").read_text()
        gateway.process.send_signal(signal.SIGTERM)
        until(lambda: httpx.get(f"http://127.0.0.1:{gateway.port}/readyz").status_code == 503)
        assert gateway.process.wait(PATIENCE) == 0
        assert not psutil.pid_exists(again)


TERMINAL = """
import os, pty, sys
pid, terminal = pty.fork()
if not pid:
    if "nohup" in sys.argv:
        import signal
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    from app.commands.workers import in_terminal
    print(in_terminal(), flush=True)
    os._exit(0)
print(os.read(terminal, 99).decode().strip())
os.waitpid(pid, 0)
"""


@pytest.mark.parametrize(("options", "ends"), [((), "True"), (("nohup",), "False")])
def test_a_hangup_is_understood(options: tuple[str, ...], ends: str) -> None:
    """With a terminal it means that the terminal was closed, unless `nohup` said to go on."""
    done = subprocess.run(
        [sys.executable, "-c", TERMINAL, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=limit(60),
    )
    assert done.stdout.strip() == ends, done.stderr
