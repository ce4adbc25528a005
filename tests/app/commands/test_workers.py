"""Workers are kept alive, replaced and ended in order, as fakes of them show.

tests/app/commands/test_signals.py runs them for real.
"""

import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from uvicorn.config import STARTUP_FAILURE

from app.commands import workers
from app.commands.workers import AT_ONCE, REPLACED, Place, Supervisor, Worker
from app.errors import StartError
from app.restarts import STEADY
from tests.app.commands.test_serve import PATIENCE, ROOT

PROGRAM = """
import signal
from multiprocessing import get_context
from uvicorn.supervisors.multiprocess import Process
from app.commands.workers import Worker

def start(_worker):
    worker = get_context("spawn").Process(target=print)
    worker.start()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    print(signal.SIGINT in blocked, signal.SIGHUP in blocked, flush=True)
    worker.join()

Process.start = start
for _ in range(2):
    Worker.start(Worker.__new__(Worker))
print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))
"""


@pytest.mark.slow
def test_ctrl_c_is_blocked_until_a_worker_is_started() -> None:
    """Also while the first worker starts, with which Python starts a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )
    assert (done.stdout.split(), done.stderr) == (["True"] * 4 + ["False"], "")


class FakeProcess:
    """What a worker asks of its process."""

    def __init__(self, worker: "FakeWorker") -> None:
        self._worker = worker

    def kill(self) -> None:
        if self._worker.exitcode is None:
            self._worker.exitcode = -signal.SIGKILL

    def join(self) -> None:
        assert self._worker.exitcode is not None


class FakeWorker(Worker):
    """A worker that is no process; it ends when it is asked to."""

    pid, exitcode, ready = 0, None, False  # type: ignore[assignment]
    made: list["FakeWorker"]

    def __init__(self, clock: "Clock") -> None:
        self.clock = clock
        self.process: Any = FakeProcess(self)
        self.sent: list[int] = []
        self.started = self.heard = clock.now
        self.silent = self.stays = False
        self.pid = len(clock.made) + 1  # type: ignore[misc]
        clock.made.append(self)

    def start(self) -> None:
        self.exitcode = None  # type: ignore[misc]

    def listen(self) -> bool:
        return not self.silent

    def send(self, number: signal.Signals) -> None:
        self.sent.append(number)
        if not self.stays:
            self.exitcode = 0  # type: ignore[misc]


class Clock:
    """The time of the fakes, and all that were made."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.made: list[FakeWorker] = []
        self.steps: list[Callable[[], None]] = []

    def sleep(self, seconds: float) -> None:
        """Take the next step of the test in place of waiting."""
        self.now += seconds
        if self.steps:
            self.steps.pop(0)()

    def make(self) -> FakeWorker:
        return FakeWorker(self)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made = Clock()
    # Of this module alone: threads of the driver sleep, too, and would take the test's steps.
    fake = SimpleNamespace(monotonic=lambda: made.now, sleep=made.sleep)
    monkeypatch.setattr(workers, "time", fake)
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    yield made
    after = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert after == before


def test_a_dead_worker_is_replaced_with_a_warning(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """At once, then after longer and longer pauses; one that lived long enough starts afresh."""
    place = Place(clock.make)
    place.fill()
    pauses = []
    for _ in range(8):
        clock.made[-1].exitcode = -signal.SIGKILL  # type: ignore[misc]
        died, number = clock.now, len(clock.made)
        while len(clock.made) == number:
            place.tend()
            clock.now += 0.25
        pauses.append(round(clock.now - died - 0.5))
    assert pauses == [0, 1, 2, 4, 8, 16, 30, 30]
    clock.now += STEADY + 1
    clock.made[-1].exitcode = 1  # type: ignore[misc]
    place.tend()
    place.tend()
    assert len(clock.made) == 10
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == "Worker 1 ended (killed by SIGKILL); another starts now."
    assert lines[1] == "Worker 2 ended (killed by SIGKILL); another starts in 1 s."
    assert lines[-1] == "Worker 9 ended (exit code 1); another starts now."
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_a_silent_worker_is_killed(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """And said to be."""
    place = Place(clock.make)
    place.fill()
    clock.made[0].silent = True
    place.tend()
    assert clock.made[0].exitcode == -signal.SIGKILL
    assert "has been silent for 60 s" in caplog.text


def supervised(clock: Clock, *steps: Callable[[], None], **options: Any) -> None:
    """Run two workers; the steps are taken one after another, then SIGINT ends it."""
    clock.steps = [*steps, lambda: signal.raise_signal(signal.SIGINT)]
    given = {"replaces": True, "notice": 0.0, **options}
    Supervisor(clock.make, 2, **given).run()


def test_hangup_replaces_one_after_another(clock: Clock) -> None:
    """The next one starts when the one before is ready and its predecessor has gone."""
    seen: list[tuple[int, list[list[int]]]] = []

    def note() -> None:
        seen.append((len(clock.made), [list(worker.sent) for worker in clock.made[:2]]))

    def ready(number: int) -> None:
        clock.made[number].ready = True  # type: ignore[misc]
        note()

    supervised(
        clock,
        lambda: signal.raise_signal(signal.SIGHUP),
        note,
        lambda: ready(2),
        note,
        lambda: None,
        lambda: ready(3),
        lambda: None,
    )
    replaced = [REPLACED.value]
    assert seen[:2] == [(3, [[], []]), (3, [[], []])]
    assert seen[-1] == (4, [replaced, []])
    assert [worker.sent for worker in clock.made] == [replaced, replaced, [AT_ONCE], [AT_ONCE]]


def test_a_replacement_that_does_not_start_changes_nothing(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The old workers stay, and a line says so."""

    def fail() -> None:
        clock.made[2].exitcode = 1  # type: ignore[misc]

    supervised(clock, lambda: signal.raise_signal(signal.SIGHUP), fail, lambda: None)
    assert [worker.sent for worker in clock.made] == [[AT_ONCE], [AT_ONCE], []]
    assert "Worker 3 did not start (exit code 1): the old ones stay." in caplog.text


@pytest.mark.parametrize(
    ("number", "sent"), [(signal.SIGTERM, signal.SIGTERM), (signal.SIGHUP, signal.SIGTERM)]
)
def test_others_end_with_notice(clock: Clock, number: int, sent: int) -> None:
    """SIGTERM; and a hangup, where that is how a closed terminal shows."""
    supervised(clock, lambda: signal.raise_signal(number), replaces=False)
    assert [worker.sent for worker in clock.made] == [[sent], [sent]]


def test_who_insists_ends_at_once(clock: Clock) -> None:
    """During the notice; and a worker that does not end is killed."""

    def stay() -> None:
        for worker in clock.made:
            worker.stays = True
        signal.raise_signal(signal.SIGTERM)

    supervised(clock, stay, lambda: signal.raise_signal(signal.SIGINT), notice=30.0)
    for worker in clock.made:
        assert worker.sent[:2] == [signal.SIGTERM, AT_ONCE]
        assert worker.exitcode == -signal.SIGKILL


def test_what_cannot_start_is_said(clock: Clock) -> None:
    """Where the first workers fail before they serve, trying again would change nothing."""

    def fail() -> None:
        clock.made[0].exitcode = STARTUP_FAILURE  # type: ignore[misc]

    with pytest.raises(StartError, match="cannot start"):
        supervised(clock, fail, lambda: None)
    assert {worker.exitcode for worker in clock.made} <= {STARTUP_FAILURE, -signal.SIGKILL}


def test_the_database_is_tended(clock: Clock) -> None:
    """While workers run, and while they end."""
    calls: list[float] = []
    supervised(clock, lambda: None, tend=lambda: calls.append(clock.now))
    assert len(calls) >= 2
