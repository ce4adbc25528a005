"""Several processes that answer on one socket.

The parent listens, keeps the workers alive and, where there is one, the embedded database with
them. Workers build the application from the environment that it leaves them.

`Multiprocess` is private to uvicorn: without `init_processes` and `handle_hup`, Ctrl-C ends workers
in the middle of a request, and a closed terminal leaves them running.
tests/app/http/test_uvicorn_internals.py notices.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from uvicorn.supervisors import Multiprocess

from app.access.one_time_codes import OneTimeCodes
from app.main import create_app
from app.observing.exposition import exposed
from app.observing.logs import configure
from app.observing.worker_sums import WorkerSums
from app.settings import Settings

FACTORY = "app.commands.workers:application"
COMPLETED = ("host", "port", "mongodb_uri", "demo_key", "secret_key")
"""Settings that an option or the embedded database gave, and not the environment."""
CODES = "SESSION_GATEWAY_CODES"
"""The variable that shows the workers where the one-time codes are. It is not a setting."""
METRICS = "SESSION_GATEWAY_METRICS"
"""The variable that shows the workers the folder for what they measure. It is not a setting."""


def run(
    config: uvicorn.Config,
    settings: Settings,
    codes: OneTimeCodes | None,
    ready: Callable[[str, int], None],
) -> None:
    """Answer requests until a signal asks to end; `ready` is called with host and port.

    `config` names FACTORY as its application.
    """
    os.environ.update(environment(settings))
    if codes:
        os.environ[CODES] = str(codes.folder)
    with config.bind_socket() as listener:
        listener.listen(config.backlog)  # whoever comes before the first worker waits
        supervisor = Supervisor(config, [listener])
        with _measured(settings, supervisor):
            ready(*listener.getsockname()[:2])
            supervisor.run()


@contextmanager
def _measured(settings: Settings, supervisor: "Supervisor") -> Iterator[None]:
    """Serve the sum of what the workers measure, where that is wanted."""
    if settings.metrics_port is None:
        yield
        return
    with TemporaryDirectory(prefix="session-gateway-metrics-") as folder:  # with mode 0700
        os.environ[METRICS] = folder
        registry = WorkerSums(Path(folder), lambda: pids(supervisor)).registry(
            lambda: supervisor.restarts
        )
        with exposed(registry, settings.metrics_host, settings.metrics_port):
            yield


class Supervisor(Multiprocess):
    """uvicorn's, which also ends when its terminal is closed, and counts what it restarts."""

    restarts = 0
    """How many workers were started in place of one that had ended."""

    def keep_subprocess_alive(self) -> None:
        """Start a worker in place of each that has ended."""
        before = pids(self)
        super().keep_subprocess_alive()
        self.restarts += len(before - pids(self))

    def init_processes(self) -> None:
        """Start the workers deaf to Ctrl-C, which the terminal sends to them, too.

        This process ends them when it ends itself; the signal waits here until they are started.
        Python's resource tracker starts first: where the first worker started it, Ctrl-C would be
        unblocked before that worker is there.
        """
        resource_tracker.ensure_running()
        own = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            super().init_processes()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, own)

    def handle_hup(self) -> None:
        """End, where uvicorn would start new workers."""
        self.handle_term()


def pids(supervisor: Supervisor) -> frozenset[int]:
    """Of the workers that run."""
    return frozenset(one.pid for one in supervisor.processes if one.pid is not None)


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
    os.kill(os.getpid(), signal.SIGTERM)
