"""Starts the embedded database again when it dies under a running gateway.

    it ended         a line of warning; started again, as app.restarts says
    it answers       a line says after how long

The new process has the old one's port and folder, so clients connect again by themselves. The lock
of a killed process is the system's, and is gone with it.
"""

import logging
import time
from collections.abc import Callable
from threading import Thread

from app.database.embedded import START_SECONDS, Engine
from app.database.folder import Note, write_note
from app.errors import StartError
from app.restarts import Restarts, said

_log = logging.getLogger(__name__)

Tend = Callable[[], None]
"""Called by the main thread a few times a second; it never waits."""


class Guard:
    """Looks after one engine, which runs; `tend` is called by the main thread again and again.

    The process dies with the thread that starts it, so that has to be the main one. Only the wait
    for its first answer is another thread's.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._restarts = Restarts()
        self._started = time.monotonic()
        self._ended: float | None = None
        """When the engine was first seen dead; None while it answers."""
        self._due = 0.0
        self._waiting: Thread | None = None
        self._failed = ""

    def tend(self) -> None:
        """Take the next step, if the engine needs one."""
        if self._waiting is not None:
            if not self._waiting.is_alive():
                self._waiting = None
                self._note_start()
        elif self._ended is None:
            if not self._engine.running:
                self._plan(f"The embedded database ended ({self._engine.ending})")
        elif time.monotonic() >= self._due:
            self._start()

    def _plan(self, what: str) -> None:
        now = time.monotonic()
        pause = self._restarts.pause(now - self._started)
        self._ended = self._ended or now
        self._due = now + pause
        _log.warning("%s; it is started again %s.", what, said(pause))

    def _start(self) -> None:
        self._started, self._failed = time.monotonic(), ""
        try:
            self._engine.restart()
        except StartError as error:
            self._plan(str(error).rstrip("."))
            return
        self._waiting = Thread(target=self._wait, daemon=True)
        self._waiting.start()

    def _wait(self) -> None:
        try:
            self._engine.wait_until_ready(START_SECONDS)
        except (StartError, RuntimeError) as error:  # the second: it was stopped meanwhile
            self._failed = str(error).rstrip(".")

    def _note_start(self) -> None:
        if self._failed:
            self._engine.kill()
            self._plan(self._failed)
            return
        seconds = time.monotonic() - (self._ended or self._started)
        write_note(self._engine.folder, Note(self._engine.uri, self._engine.pid))
        _log.warning("The embedded database answers again after %.1f s.", seconds)
        self._ended = None
