"""The embedded database lives exactly as long as its gateway, and says plainly why it cannot."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pymongo import MongoClient

from app.database import folder, launcher
from app.database.embedded import (
    CONFIGURATION,
    UNTOUCHED,
    Engine,
    PortTakenError,
    embedded,
    running_at,
)
from app.database.running import joined
from app.errors import StartError
from tests.timing import until
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.slow

GATEWAY = """
import sys
from pathlib import Path
from app.database.embedded import embedded
with embedded(Path(sys.argv[1])) as database:
    print(database.pid, flush=True)
    sys.stdin.read()
"""


def alive(pid: int) -> bool:
    """Whether there is such a process, and it runs."""
    return psutil.pid_exists(pid) and folder.is_alive(psutil.Process(pid))


def client(uri: str) -> MongoClient[dict[str, Any]]:
    return MongoClient(uri, journal=True)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Another process that holds an embedded database, and the database's process id."""
    command = [sys.executable, "-c", GATEWAY, str(tmp_path / "data")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        yield process, int(process.stdout.readline())
        process.kill()


def test_answers_once_entered_and_is_gone_afterwards(tmp_path: Path) -> None:
    """Inside the block the database answers; after it there is no process and no note of one."""
    with embedded(tmp_path / "data") as database, client(database.uri) as mongo:
        pid = database.pid
        assert mongo.admin.command("hello")["isWritablePrimary"]
    assert not alive(pid)
    assert not database.pid_file.exists()


def test_stops_cleanly(tmp_path: Path) -> None:
    """Stopping lets the database close its storage: it exits by itself with code 0."""
    with embedded(tmp_path) as database:
        process = database._process
    assert process is not None
    assert process.returncode == 0


def test_data_survives_a_second_start(tmp_path: Path) -> None:
    """What one start stored, the next one finds."""
    with embedded(tmp_path) as database, client(database.uri) as mongo:
        mongo.shop.things.insert_one({"_id": 1, "name": "kept"})
    with embedded(tmp_path) as database, client(database.uri) as mongo:
        assert mongo.shop.things.find_one() == {"_id": 1, "name": "kept"}


def test_writes_are_not_retryable(tmp_path: Path) -> None:
    """The engine looks through all that it remembers of those at each further write."""
    with embedded(tmp_path / "data") as database, MongoClient(database.uri) as client:
        assert not client.options.retry_writes


def test_acknowledged_write_survives_a_kill(tmp_path: Path) -> None:
    """A journalled write is on disk when it is acknowledged."""
    engine = Engine(tmp_path)
    engine.start()
    with client(engine.uri) as mongo:
        mongo.shop.things.insert_one({"_id": 1})
    port = engine.port
    engine.kill()
    engine.start()
    with client(engine.uri) as mongo:
        assert mongo.shop.things.find_one() == {"_id": 1}
    assert engine.port == port
    engine.stop()


def test_frozen_database_is_killed_after_the_limit(tmp_path: Path) -> None:
    """A process that does not react to the request to end is ended anyway."""
    engine = Engine(tmp_path)
    engine.start()
    pid = engine.pid
    os.kill(pid, signal.SIGSTOP)
    engine.stop(limit=0.1)
    assert not alive(pid)


def test_interrupt_while_stopping_kills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second Ctrl-C does not wait, and leaves no process behind."""

    def interrupted(_engine: Engine, _seconds: float) -> bool:
        raise KeyboardInterrupt

    engine = Engine(tmp_path)
    engine.start()
    pid = engine.pid
    monkeypatch.setattr(Engine, "_ends_within", interrupted)
    with pytest.raises(KeyboardInterrupt):
        engine.stop()
    assert not alive(pid)


def test_terminal_signals_do_not_reach_it(tmp_path: Path) -> None:
    """It leads a session of its own, so Ctrl-C goes to the gateway alone."""
    with embedded(tmp_path) as database:
        assert os.getsid(database.pid) == database.pid


def test_folder_is_private(tmp_path: Path) -> None:
    """The folder it makes is closed to other users of the machine."""
    with embedded(tmp_path / "data"):
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, CONFIGURATION),
        (UNTOUCHED, CONFIGURATION),
        ("[oplog]\nmax_entries = 7\n", "[oplog]\nmax_entries = 7\n"),
    ],
)
def test_what_an_operator_chose_stays(tmp_path: Path, before: str | None, after: str) -> None:
    """A new folder, and one of an earlier version, get the options of this one."""
    file = tmp_path / "mongodb.toml"
    if before is not None:
        file.write_text(before)
    Engine(tmp_path)._arguments(1)
    assert file.read_text() == after


def test_start_outside_the_main_thread_is_refused(tmp_path: Path) -> None:
    """Its life is bound to the starting thread, so that must be the lasting one."""
    caught: list[BaseException] = []

    def start() -> None:
        with pytest.raises(RuntimeError, match="main") as raised:
            Engine(tmp_path).start()
        caught.append(raised.value)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert caught


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise is Linux's")
def test_killed_gateway_leaves_no_database(
    gateway: tuple[subprocess.Popen[str], int], tmp_path: Path
) -> None:
    """SIGKILL of the gateway takes its database with it, and the next start works at once."""
    process, pid = gateway
    process.kill()
    process.wait()
    until(lambda: not alive(pid))
    with embedded(tmp_path / "data") as database:
        assert database.running


def test_folder_of_a_running_gateway_is_refused(
    gateway: tuple[subprocess.Popen[str], int], tmp_path: Path
) -> None:
    """A second gateway over one folder names the first, and does not disturb it."""
    process, pid = gateway
    with (
        pytest.raises(StartError, match=rf"process {process.pid}\).*GATEWAY_DATA_DIR"),
        embedded(tmp_path / "data"),
    ):
        pass
    assert alive(pid)


def test_running_database_is_joined(
    gateway: tuple[subprocess.Popen[str], int], tmp_path: Path
) -> None:
    """Beside a running gateway its own database is used, and left running."""
    with joined(tmp_path / "data") as uri, client(uri) as mongo:
        assert mongo.admin.command("serverStatus")["pid"] == gateway[1]
    assert alive(gateway[1])


def test_stopped_database_is_started_to_join(tmp_path: Path) -> None:
    """Without a gateway one is started for as long as it is needed."""
    with joined(tmp_path / "data") as uri, client(uri) as mongo:
        pid = mongo.admin.command("serverStatus")["pid"]
    assert not alive(pid)


def test_note_of_the_address_goes_with_the_database(tmp_path: Path) -> None:
    """While it runs its folder says where; afterwards there is nothing to find."""
    with embedded(tmp_path) as database:
        assert running_at(tmp_path) == database.uri
    assert running_at(tmp_path) is None
    assert not (tmp_path / "mongodb.uri").exists()


def test_note_of_a_killed_gateway_is_not_believed(tmp_path: Path, engine: WireEngine) -> None:
    """What listens on a recycled port is not taken for the database that was noted."""
    folder.write_note(tmp_path, folder.Note(engine.uri, engine.pid + 1))
    assert running_at(tmp_path) is None


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"uri": "mongodb://x", "pid": "y"}', "\x00"])
def test_broken_note_of_the_address_is_ignored(tmp_path: Path, note: str) -> None:
    """A note that nobody understands is none."""
    (tmp_path / "mongodb.uri").write_text(note)
    assert running_at(tmp_path) is None


def test_owner_without_a_database_is_given_up(tmp_path: Path) -> None:
    """A folder that is owned and shows no database is refused after the patience, by its owner."""
    with (
        folder.locked(tmp_path),
        pytest.raises(StartError, match=rf"process {os.getpid()}"),
        joined(tmp_path, patience=0),
    ):
        pass


def test_leftover_database_is_stopped(tmp_path: Path) -> None:
    """Where a database outlived its gateway, the next start ends it and takes over the storage."""
    left = Engine(tmp_path)
    left.start()
    with embedded(tmp_path) as database:
        assert not left.running
        assert database.running
    left.kill()


def test_foreign_process_with_the_noted_id_is_spared(tmp_path: Path) -> None:
    """A recycled process id is told from ours by its start time."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as foreign:
        note = {"pid": foreign.pid, "started": 1.0}
        (tmp_path / "mongodb.pid").write_text(json.dumps(note))
        assert folder.stop_leftover(tmp_path / "mongodb.pid")
        assert foreign.poll() is None
        foreign.kill()


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"pid": "x", "started": ""}', "\x00"])
def test_broken_note_is_ignored(tmp_path: Path, note: str) -> None:
    """A note cut short by a full disk does not block the start."""
    (tmp_path / "mongodb.pid").write_text(note)
    assert folder.stop_leftover(tmp_path / "mongodb.pid")


def test_launcher_refuses_an_orphan() -> None:
    """A gateway that died during the start gets no database."""
    command = [sys.executable, launcher.__file__, "1", "/bin/true"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "before its database started" in ended.stderr


def test_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the optional extra the sentence says how to get it, or how to do without."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with (
        pytest.raises(StartError, match=r"scripts/setup.*GATEWAY_MONGODB_URI"),
        embedded(tmp_path / "data"),
    ):
        pass


def test_early_exit_is_reported_with_its_words(tmp_path: Path) -> None:
    """A database that ends while starting is noticed at once, with the end of its log."""
    with (
        pytest.raises(StartError, match=r"exit code 2.*unrecognized arguments: --no-such-flag"),
        embedded(tmp_path, options=["--no-such-flag"]),
    ):
        pass
    with embedded(tmp_path) as database:  # the folder was given free
        assert database.running


def test_silent_database_is_given_up(tmp_path: Path) -> None:
    """One that does not answer in time is ended, and the sentence names its log."""
    engine = Engine(tmp_path)
    with pytest.raises(StartError, match=r"did not answer within 0 seconds.*mongodb\.log"):
        engine.start(limit=0)
    assert not engine.running


def test_taken_port_is_noticed(tmp_path: Path) -> None:
    """Another engine on the port is not mistaken for ours."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = Engine(tmp_path / "a")
    first.start()
    with pytest.raises(PortTakenError, match=str(first.port)):
        Engine(tmp_path / "b", port=first.port).start()
    first.stop()


def test_taken_free_port_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Losing the race for a free port costs another try, not the start."""
    (tmp_path / "a").mkdir()
    first = Engine(tmp_path / "a")
    first.start()
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    ports = iter([first.port, first.port, free])
    monkeypatch.setattr("app.database.embedded._free_port", lambda: next(ports))
    (tmp_path / "b").mkdir()
    second = Engine(tmp_path / "b")
    second.start()
    assert second.port != first.port
    for engine in (first, second):
        engine.stop()


def test_storage_open_elsewhere_is_refused(tmp_path: Path) -> None:
    """A database started by hand over the same storage is named as the reason."""
    first = Engine(tmp_path)
    first.start()
    with pytest.raises(StartError, match="open in another database process"):
        Engine(tmp_path).start()
    first.kill()


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_unusable_folder(tmp_path: Path, name: str) -> None:
    """A data folder that is none is a plain sentence."""
    (tmp_path / "file").touch()
    with (
        pytest.raises(StartError, match=r"cannot be used.*GATEWAY_DATA_DIR"),
        embedded(tmp_path / name),
    ):
        pass


def test_engine_settings_of_the_shell_are_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A configuration in the working directory or a variable does not change the database."""
    (tmp_path / "secantusd.toml").write_text("this is no TOML")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SECANTUS_TEST_FAST_STORAGE", "1")
    with embedded(tmp_path / "data") as database:
        environment = Path(f"/proc/{database.pid}/environ")
        if environment.exists():
            assert b"SECANTUS_" not in environment.read_bytes()
