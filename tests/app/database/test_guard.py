"""A dead engine is started again, with pauses that grow, by a main thread that never waits."""

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.database import guard as module
from app.database.folder import read_note
from app.database.guard import Guard
from app.errors import StartError
from app.restarts import STEADY
from tests.timing import until


class Clock:
    """The time of the guard."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Engine:
    """An engine that is no process."""

    uri, ending, pid = "mongodb://x", "killed by SIGKILL", 1

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running = True
        self.starts = self.kills = 0
        self.refuses: StartError | None = None
        self.silent: StartError | None = None
        self.answers = threading.Event()
        self.answers.set()

    def restart(self) -> None:
        self.starts += 1
        if self.refuses:
            raise self.refuses
        self.running = True
        self.pid += 1

    def wait_until_ready(self, _limit: float) -> None:
        self.answers.wait()
        if self.silent:
            raise self.silent

    def kill(self) -> None:
        self.kills += 1
        self.running = False


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made = Clock()
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=made))
    yield made
    monkeypatch.undo()


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path)


def guard_of(engine: Any) -> Guard:
    return Guard(engine)


def settle(guard: Guard) -> None:
    """Let the thread that waits end, and take its result."""
    if guard._waiting:
        guard._waiting.join()
    guard.tend()


def test_a_dead_engine_is_started_again(
    clock: Clock, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """At once; while it does not answer the main thread goes on; then its address is noted."""
    guard = guard_of(engine)
    guard.tend()
    assert engine.starts == 0
    engine.running = False
    engine.answers.clear()
    for _ in range(3):
        guard.tend()
    assert engine.starts == 1
    clock.now += 2.5
    engine.answers.set()
    settle(guard)
    note = read_note(engine.folder)
    assert note
    assert note.pid == 2
    assert [record.getMessage() for record in caplog.records] == [
        "The embedded database ended (killed by SIGKILL); it is started again now.",
        "The embedded database answers again after 2.5 s.",
    ]


@pytest.mark.parametrize("how", ["refuses", "silent", "dies"])
def test_pauses_grow(clock: Clock, engine: Engine, how: str) -> None:
    """Where it cannot start, does not answer, or dies again and again."""
    guard = guard_of(engine)
    if how != "dies":
        setattr(engine, how, StartError("It cannot."))
    pauses = []
    for _ in range(8):
        engine.running = False
        began, starts = clock.now, engine.starts
        while engine.starts == starts:
            settle(guard)
            clock.now += 0.125
        settle(guard)
        pauses.append(round(clock.now - began))
    assert pauses == [0, 1, 2, 4, 8, 16, 30, 30]
    assert engine.kills == (8 if how == "silent" else 0)


def test_a_steady_engine_starts_afresh(clock: Clock, engine: Engine) -> None:
    """What happened long ago makes no pause."""
    guard = guard_of(engine)
    for number in range(1, 4):
        clock.now += STEADY + 1
        engine.running = False
        guard.tend()
        guard.tend()
        settle(guard)
        assert engine.starts == number


def test_an_engine_that_is_stopped_meanwhile(engine: Engine) -> None:
    """The end of the gateway does not wait for a start, and no trace of it is left."""
    guard = guard_of(engine)
    engine.running = False

    def stopped(_limit: float) -> None:
        raise RuntimeError("the engine was not started")

    engine.wait_until_ready = stopped  # type: ignore[method-assign]
    guard.tend()
    guard.tend()
    until(lambda: guard._waiting is not None and not guard._waiting.is_alive())
