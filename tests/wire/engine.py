"""Real engines for tests: SecantusDB processes in temporary folders, with fail points enabled.

Import the fixtures into a conftest. `engine`, `engine_client` and `database_name` are for the many
tests that only talk to a database; `make_engine` is for those that stop, freeze or restart one.
"""

import os
import signal
import socket
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from app.database.embedded import LOOPBACK, START_SECONDS, Engine
from tests.timing import limit, until
from tests.wire.written import WRITTEN

OPTIONS = ("--enable-test-commands", "--cache-size", "256M", "--log-level", "WARNING")

MakeEngine = Callable[[], "WireEngine"]


class WireEngine(Engine):
    """An engine that keeps its port and storage over `kill` and `start`, and can be frozen."""

    def __init__(self, folder: Path) -> None:
        self._reserved = reserve_port()
        super().__init__(folder, port=self._reserved.getsockname()[1], options=OPTIONS)
        if sys.platform != "linux":  # elsewhere the engine could not listen on it
            self._reserved.close()

    def start(self, seconds: float = limit(START_SECONDS)) -> None:
        """Start it, with patience for a busy machine."""
        super().start(seconds)

    def freeze(self) -> None:
        """Stop the process where it is: connections stay open, nothing is answered."""
        os.kill(self.pid, signal.SIGSTOP)
        until(self._is_stopped, 10)

    def _is_stopped(self) -> bool:
        """Whether every thread stands still; the signal takes its time."""
        threads = Path(f"/proc/{self.pid}/task").glob("*/stat")
        return all(stat.read_text().rpartition(") ")[2].startswith("T") for stat in threads)

    def thaw(self) -> None:
        """Let a frozen process go on."""
        os.kill(self.pid, signal.SIGCONT)

    def close(self) -> None:
        """End the process, frozen or not, and give up the port."""
        self.kill()
        self._reserved.close()


GIVEN = os.environ.get("TEST_MONGODB_URI")
"""An engine that runs elsewhere, for the tests that only talk to one."""


class GivenEngine(WireEngine):
    """The engine that TEST_MONGODB_URI names: nothing is done to it but by commands."""

    def __init__(self, uri: str) -> None:
        self._given = uri

    @property
    def uri(self) -> str:
        """Its address."""
        return self._given

    @property
    def pid(self) -> int:
        """It is not for tests to signal."""
        pytest.skip("TEST_MONGODB_URI: the engine runs elsewhere, and has no process here")

    def start(self, seconds: float = 0) -> None:
        """It runs."""

    def close(self) -> None:
        """It goes on."""


def reserve_port() -> socket.socket:
    """Return a socket that holds a free loopback port, without listening, until it is closed.

    Linux lets an engine listen on a port held like this and gives it to nobody else, also while
    the engine is down.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((LOOPBACK, 0))
    return held


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WireEngine]:
    """The engine of this worker, shared by its tests: leave it running and as it was."""
    shared = GivenEngine(GIVEN) if GIVEN else WireEngine(tmp_path_factory.mktemp("engine"))
    shared.start()
    yield shared
    shared.close()


@pytest.fixture(scope="session")
def engine_client(engine: WireEngine) -> Iterator[MongoClient[dict[str, Any]]]:
    """A blocking client of the shared engine, to prepare and to inspect."""
    with MongoClient[dict[str, Any]](engine.uri) as client:
        yield client


@pytest.fixture
def database_name(engine_client: MongoClient[dict[str, Any]]) -> Iterator[str]:
    """A name of a database on the shared engine, this test's alone; dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    yield name
    WRITTEN.failing_off(engine_client)
    engine_client.drop_database(name)


@pytest.fixture
def make_engine(tmp_path: Path) -> Iterator[MakeEngine]:
    """Start engines of this test's own; they may be killed, frozen and started again."""
    if GIVEN:
        pytest.skip("TEST_MONGODB_URI: this stops and starts an engine of its own")
    made: list[WireEngine] = []

    def make() -> WireEngine:
        folder = tmp_path / f"engine{len(made)}"
        folder.mkdir()
        made.append(WireEngine(folder))
        made[-1].start()
        return made[-1]

    yield make
    for one in made:
        one.close()
