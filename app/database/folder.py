"""The data folder: its one owner, and the notes about its database process.

`gateway.lock` is locked by the owner and contains its process id. `mongodb.uri` says where the
running database listens: `{"uri": "mongodb://…", "pid": 123}`. `mongodb.pid` identifies the
process: `{"pid": 123, "started": 1772357400.2}`, in seconds since 1970, so that a recycled process
id is never mistaken for its own.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil
from filelock import FileLock, Timeout

from app import private_writing
from app.errors import StartError

NOTE = "mongodb.uri"
LOCK = "gateway.lock"
CLOCK_SECONDS = 2.0
"""How much the start of one process may seem to move while the system's clock is adjusted."""


class FolderTakenError(StartError):
    """Another running gateway or command owns the data folder."""


class Note(NamedTuple):
    """Where the database of a folder listens, and its process id."""

    uri: str
    pid: int


def write_note(folder: Path, note: Note) -> None:
    """Publish the note whole, so that nobody reads half of one."""
    partial = folder / f"{NOTE}.part"
    private_writing.write(partial, json.dumps(note._asdict()))
    partial.replace(folder / NOTE)


def read_note(folder: Path) -> Note | None:
    """The note in the folder; its writer may have been killed since."""
    try:
        note = json.loads((folder / NOTE).read_text())
        return Note(str(note["uri"]), int(note["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remove_note(folder: Path) -> None:
    """Remove the note, if there is one."""
    (folder / NOTE).unlink(missing_ok=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Own the folder; the lock ends with the block or with this process.

    FolderTakenError if another process owns it, StartError if it cannot be written.
    """
    path = folder / LOCK
    lock = FileLock(
        path, timeout=0, mode=private_writing.FILE, preserve_lock_file=True, on_acquired=_sign
    )
    try:
        private_writing.make_folder(folder)
        lock.acquire()
    except Timeout:
        raise _taken(folder) from None
    except OSError as error:
        raise unusable(folder, error) from error
    try:
        yield
    finally:
        lock.release()


def _sign(lock: int) -> None:
    """Write this process's id into the locked file, which is the owner's alone."""
    os.fchmod(lock, private_writing.FILE)
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())


def _taken(folder: Path) -> FolderTakenError:
    owner = (folder / LOCK).read_text().strip() or "unknown"
    return FolderTakenError(
        f"Another gateway (process {owner}) uses the data folder {folder}: "
        "stop it, or give this one a folder of its own with GATEWAY_DATA_DIR."
    )


def unusable(folder: Path, error: OSError) -> StartError:
    """The sentence about a folder that cannot be written."""
    return StartError(
        f"The data folder {folder} cannot be used ({error.strerror}): "
        "choose another with GATEWAY_DATA_DIR."
    )


def write_process(pid_file: Path, pid: int) -> None:
    """Identify a process that was just started, for `stop_leftover` after a crash."""
    started = psutil.Process(pid).create_time()
    private_writing.write(pid_file, json.dumps({"pid": pid, "started": started}))


def stop_leftover(pid_file: Path, limit: float = 10.0) -> bool:
    """End the process that the file identifies, if it still runs; whether it is gone.

    It is asked to end, and killed after `limit` seconds. A process that merely got the same id is
    left alone.
    """
    try:
        note = json.loads(pid_file.read_text())
        process = psutil.Process(int(note["pid"]))
        if abs(process.create_time() - note["started"]) > CLOCK_SECONDS:
            return True
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return True
    for end in (process.terminate, process.kill):
        with suppress(psutil.Error):  # it is gone, takes longer, or belongs to somebody else
            end()
            process.wait(limit)
        if not is_alive(process):
            pid_file.unlink(missing_ok=True)
            return True
    return False


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs: one that ended and waits to be collected by its parent does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
