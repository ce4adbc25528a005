"""Files and folders that the gateway writes: their owner's alone, whatever the umask.

They have sessions, keys and addresses in them. A file that exists becomes 0600 when it is written,
also in a folder that others may read; a folder that is made here is 0700.
"""

import os
import stat
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, Final, TextIO, cast

FILE: Final = 0o600
FOLDER: Final = 0o700


def opened(path: Path, mode: str = "wb") -> BinaryIO:
    """The file, open for bytes in a mode such as `wb`, `ab` or `xb`; OSError if that cannot be."""
    file = open(path, mode, opener=_open)  # noqa: SIM115  the caller closes it
    if _is_own_file(os.fstat(file.fileno())):
        os.fchmod(file.fileno(), FILE)
    return cast(BinaryIO, file)


def opened_text(path: Path, mode: str = "w") -> TextIO:
    """The same for text in UTF-8: in a mode such as `w`, `a` or `x`."""
    return TextIOWrapper(opened(path, f"{mode}b"), encoding="utf-8")


def write(path: Path, text: str) -> None:
    """Make the file have this text."""
    with opened_text(path) as file:
        file.write(text)


def close_file(path: Path) -> None:
    """Make a file its owner's alone; a device, or another user's file, stays as it is."""
    if _is_own_file(path.stat()):
        path.chmod(FILE)


def make_folder(path: Path) -> None:
    """Make the folder, and those above it, if it is not there."""
    for missing in reversed([one for one in (path, *path.parents) if not one.exists()]):
        missing.mkdir(mode=FOLDER, exist_ok=True)


def close_folder(path: Path) -> None:
    """Make a folder its owner's alone, or make it; another user's stays as it is."""
    make_folder(path)
    if path.stat().st_uid == os.geteuid():
        path.chmod(FOLDER)


def _is_own_file(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()


def _open(path: str, flags: int) -> int:
    return os.open(path, flags, FILE)
