"""Several processes that answer on one socket.

The parent listens, keeps the workers alive and, where there is one, the embedded database with
them. Workers build the application from the environment that it leaves them.

    a worker ends       one line of warning, and another is started, as app.restarts says
    a worker is silent  killed after PATIENCE seconds, also while it starts
    SIGHUP              new workers one after another: each answers before the one that it replaces
                        leaves. A gateway in a terminal ends: that is how a closed terminal shows
    SIGTERM             the workers get it too, and give notice; SIGINT ends them at once

`Process` is private to uvicorn; tests/app/http/test_uvicorn_internals.py notices a change.
"""

import logging
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory
from threading import Thread

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Process

from app.access.one_time_codes import OneTimeCodes
from app.commands.server import DRAIN, HANDOVER, Ready, Server
from app.errors import StartError
from app.main import create_app
from app.observing.exposition import exposed
from app.observing.logs import configure
from app.observing.worker_sums import WorkerSums
from app.restarts import Restarts, said
from app.settings import Settings

_log = logging.getLogger(__name__)

FACTORY = "app.commands.workers:application"
COMPLETED = ("host", "port", "mongodb_uri", "demo_key", "secret_key")
"""Settings that an option or the embedded database gave, and not the environment."""
CODES = "SESSION_GATEWAY_CODES"
"""The variable that shows the workers where the one-time codes are. It is not a setting."""
METRICS = "SESSION_GATEWAY_METRICS"
"""The variable that shows the workers the folder for what they measure. It is not a setting."""
POLL = 0.2
PATIENCE = 60.0
"""Seconds that a worker may be silent: starting takes long on a busy machine."""
MARGIN = 5.0
"""Seconds beside those that a worker takes to end, after which it is killed."""
if sys.platform != "win32":
    AT_ONCE, REPLACED = signal.SIGUSR1, signal.SIGUSR2
"""What the parent sends: end without notice; end, for another worker has taken over."""


class Worker(Process):
    """One process that answers, seen from its parent, and in it."""

    def __init__(
        self, config: uvicorn.Config, sockets: list[socket], head: float, notice: float
    ) -> None:
        super().__init__(config, sockets)
        self._seconds = (head, notice)
        self._asked = False
        self.started = self.heard = time.monotonic()
        """When it was started, and when it last answered."""
        self.ready = False
        """Whether it listens."""

    def start(self) -> None:
        """Start it, deaf to Ctrl-C and a closed terminal, which reach it too.

        Its parent ends it. Python's resource tracker starts first: where the first worker started
        it, the signals would be unblocked before that worker is there.
        """
        resource_tracker.ensure_running()
        own = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, own)

    def target(self, sockets: list[socket] | None = None) -> None:
        """Run in the new process: answer until a signal asks to end."""
        self._server = server = Server(self.config, *self._seconds)
        signal.signal(AT_ONCE, server.end_at_once)
        signal.signal(REPLACED, server.hand_over)
        super().target(sockets)

    def listen(self) -> bool:
        """Note what it says, and ask again; whether it said something within PATIENCE seconds."""
        now = time.monotonic()
        try:
            if self._asked and self.parent_conn.poll(0):
                self.ready, self._asked, self.heard = self.parent_conn.recv(), False, now
            if not self._asked:
                self.parent_conn.send(b"ping")
                self._asked = True
        except (OSError, EOFError):
            return True  # it has ended, which its exit code tells
        return now - self.heard < PATIENCE

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self.pid is not None and self.exitcode is None:
            os.kill(self.pid, number)

    @property
    def end(self) -> str:
        """How it ended."""
        code = self.exitcode or 0
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


class Place:
    """The place of one worker; a process fills it, and another one after that."""

    def __init__(self, make: Callable[[], Worker]) -> None:
        self._make = make
        self._restarts = Restarts()
        self._due = 0.0
        self.worker: Worker | None = None
        self.next: Worker | None = None
        """The one that shall replace it."""
        self.restarts = 0
        """How many workers were started because one had ended."""

    def fill(self) -> None:
        """Start a worker."""
        self.worker = self._make()
        self.worker.start()

    def prepare(self) -> Worker:
        """Start a worker that shall replace this one; the same until it has."""
        if self.next is None:
            self.next = self._make()
            self.next.start()
        return self.next

    def tend(self) -> None:
        """Replace the worker if it has ended, after a pause if that happens again and again."""
        worker, now = self.worker, time.monotonic()
        if worker is None:
            if now >= self._due:
                self.restarts += 1
                self.fill()
            return
        if not worker.listen():
            _log.warning("Worker %d has been silent for %g s: killed.", worker.pid, PATIENCE)
            worker.process.kill()
            worker.process.join()
        if worker.exitcode is None:
            return
        worker.process.join()
        pause = self._restarts.pause(now - worker.started)
        self._due, self.worker = now + pause, None
        _log.warning(
            "Worker %d ended (%s); another starts %s.", worker.pid, worker.end, said(pause)
        )


class Supervisor:
    """Keeps the workers there until a signal asks to end."""

    def __init__(
        self,
        make: Callable[[], Worker],
        number: int,
        replaces: bool,
        notice: float,
        tend: Callable[[], object] = lambda: None,
    ) -> None:
        """`replaces` says what SIGHUP does; `tend` is called again and again."""
        self._signals: list[int] = []
        self._replaces = replaces
        self._notice = notice
        self._tend = tend
        self._answered = False
        self._replacing: list[Place] = []
        self._leaving: dict[Worker, float] = {}
        """Those that were replaced, and when each is late."""
        self._before = {
            one: signal.signal(one, lambda number, _frame: self._signals.append(number))
            for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        self._places = [Place(make) for _ in range(number)]

    def run(self) -> None:
        """Return once everything has ended; StartError if no worker can start."""
        try:
            for place in self._places:
                place.fill()
            while not (ends := self._asked_to_end()):
                self._require_start()
                for place in self._places:
                    place.tend()
                self._replace()
                self._tend()
                time.sleep(POLL)
            self._end(ends)
        except BaseException:
            self._kill()
            raise
        finally:
            for number, handler in self._before.items():
                signal.signal(number, handler)

    @property
    def pids(self) -> frozenset[int]:
        """Of the workers that run."""
        return frozenset(one.pid for one in self._all() if one.pid and one.exitcode is None)

    @property
    def restarts(self) -> int:
        """How many workers were started because one had ended."""
        return sum(place.restarts for place in self._places)

    def _asked_to_end(self) -> int:
        """The signal that asks for it, else 0."""
        while self._signals:
            number = self._signals.pop(0)
            if number != signal.SIGHUP or not self._replaces:
                return number
            _log.warning("SIGHUP: new workers replace the old ones, one after another.")
            self._replacing = list(self._places)
        return 0

    def _require_start(self) -> None:
        workers = [place.worker for place in self._places if place.worker]
        self._answered = self._answered or any(worker.ready for worker in workers)
        if not self._answered and any(one.exitcode == STARTUP_FAILURE for one in workers):
            raise StartError("A worker cannot start; the lines above say why.")

    def _replace(self) -> None:
        """Take the next step of replacing the workers, if there is one."""
        for worker in [one for one, late in self._leaving.items() if _has_left(one, late)]:
            del self._leaving[worker]
        if self._leaving or not self._replacing:
            return
        place = self._replacing[0]
        new = place.prepare()
        if not new.listen() or new.exitcode is not None:
            new.process.kill()
            new.process.join()
            _log.warning("Worker %d did not start (%s): the old ones stay.", new.pid, new.end)
            place.next, self._replacing = None, []
        elif new.ready:
            if place.worker:
                place.worker.send(REPLACED)
                self._leaving[place.worker] = time.monotonic() + HANDOVER + DRAIN + MARGIN
            place.worker, place.next = new, None
            self._replacing.pop(0)

    def _all(self) -> list[Worker]:
        workers = [*self._leaving]
        for place in self._places:
            workers += [one for one in (place.worker, place.next) if one]
        return workers

    def _end(self, number: int) -> None:
        """End all workers, with notice if SIGTERM asked; a further signal ends them at once."""
        at_once = number == signal.SIGINT
        for worker in self._all():
            worker.send(AT_ONCE if at_once else signal.SIGTERM)
        late = time.monotonic() + (0 if at_once else self._notice) + DRAIN + MARGIN
        while any(worker.exitcode is None for worker in self._all()):
            if self._signals:
                self._signals.clear()
                for worker in self._all():
                    worker.send(AT_ONCE)
            if time.monotonic() > late:
                self._kill()
            self._tend()
            time.sleep(POLL / 4)

    def _kill(self) -> None:
        for worker in self._all():
            worker.process.kill()
            worker.process.join()


def _has_left(worker: Worker, late: float) -> bool:
    if worker.exitcode is None and time.monotonic() > late:
        worker.process.kill()
    return worker.exitcode is not None


def run(
    config: uvicorn.Config,
    settings: Settings,
    codes: OneTimeCodes | None,
    ready: Ready,
    tend: Callable[[], object] = lambda: None,
) -> None:
    """Answer requests until a signal asks to end; `ready` is called with host and port.

    `config` names FACTORY as its application. `tend` is called again and again.
    """
    os.environ.update(environment(settings))
    if codes:
        os.environ[CODES] = str(codes.folder)
    replaces = not in_terminal()
    with config.bind_socket() as listener, _metrics_folder(settings) as folder:
        listener.listen(config.backlog)  # whoever comes before the first worker waits

        def make() -> Worker:
            return Worker(config, [listener], settings.head_seconds, settings.notice)

        supervisor = Supervisor(make, config.workers, replaces, settings.notice, tend)
        with _measured(settings, supervisor, folder):
            ready(*listener.getsockname()[:2])
            supervisor.run()


@contextmanager
def _metrics_folder(settings: Settings) -> Iterator[Path | None]:
    """Where the workers write what they measure, known to them before they start; if wanted."""
    if settings.metrics_port is None:
        yield None
        return
    with TemporaryDirectory(prefix="session-gateway-metrics-") as folder:  # with mode 0700
        os.environ[METRICS] = folder
        yield Path(folder)


@contextmanager
def _measured(settings: Settings, supervisor: Supervisor, folder: Path | None) -> Iterator[None]:
    """Serve the sum of what the workers measure, where that is wanted."""
    if settings.metrics_port is None or folder is None:
        yield
        return
    sums = WorkerSums(folder, lambda: supervisor.pids)
    collectors = sums.collectors(lambda: supervisor.restarts)
    with exposed(collectors, settings.metrics_host, settings.metrics_port):
        yield


def in_terminal() -> bool:
    """Whether closing a terminal shall end this process: it has one, and no `nohup` before it."""
    if sys.platform == "win32" or signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return False
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def environment(settings: Settings) -> Mapping[str, str]:
    """The variables that give a worker these settings, beside those that are set already."""
    given = {name: getattr(settings, name) for name in COMPLETED}
    return {
        f"GATEWAY_{name.upper()}": value.get_secret_value()
        if isinstance(value, SecretStr)
        else str(value)
        for name, value in given.items()
        if value is not None
    }


def application() -> FastAPI:
    """A worker's application."""
    settings = Settings()
    configure(settings.log_format, settings.log_level)
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_end_after, args=(parent,), daemon=True).start()
    folder, metrics = os.environ.get(CODES), os.environ.get(METRICS)
    codes = OneTimeCodes(Path(folder)) if folder else None
    return create_app(settings, codes, Path(metrics) if metrics else None)


def _end_after(parent: BaseProcess) -> None:
    """End this worker once the parent is gone, however it went: the port must become free."""
    wait([parent.sentinel])
    os.kill(os.getpid(), AT_ONCE)
