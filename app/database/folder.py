"""The data folder: its one owner, and the note that says where its running database listens."""

import json
import os
import sys
from pathlib import Path
from typing import IO, NamedTuple

from app.errors import StartError

NOTE = "mongodb.uri"


class FolderTakenError(StartError):
    """Another running gateway or command owns the data folder."""


class Note(NamedTuple):
    """Where the database of a folder listens, and its process id."""

    uri: str
    pid: int


def write_note(folder: Path, note: Note) -> None:
    """Publish the note whole, so that nobody reads half of one."""
    partial = folder / f"{NOTE}.part"
    partial.write_text(json.dumps(note._asdict()))
    partial.replace(folder / NOTE)


def read_note(folder: Path) -> Note | None:
    """The note that stands in the folder; its writer may have been killed since."""
    try:
        note = json.loads((folder / NOTE).read_text())
        return Note(str(note["uri"]), int(note["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remove_note(folder: Path) -> None:
    """Take the note back, if there is one."""
    (folder / NOTE).unlink(missing_ok=True)


def locked(folder: Path) -> IO[str]:
    """Open the folder's lock file; the lock is held until it is closed or this process dies."""
    if sys.platform == "win32":
        raise StartError("The embedded database needs Linux or macOS: set GATEWAY_MONGODB_URI.")
    import fcntl

    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / "gateway.lock").open("a+")
    except OSError as error:
        raise unusable(folder, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise _taken(folder, lock) from None
    lock.truncate(0)
    print(os.getpid(), file=lock, flush=True)
    return lock


def _taken(folder: Path, lock: IO[str]) -> FolderTakenError:
    with lock:
        lock.seek(0)
        owner = lock.read(20).strip() or "unknown"
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
