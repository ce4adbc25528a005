"""Files with a key, a secret or personal data: read with a limit, written for their owner alone."""

import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass
from pathlib import Path
from typing import BinaryIO, Final

import typer

from app import private_writing
from app.commands.common import UsageError

STANDARD_INPUT: Final = "-"
MOST_BYTES: Final = 4096
"""Of a file with one key or secret; anything larger is another file."""
_STRANGERS: Final = stat.S_IRWXO | stat.S_IWGRP
"""Who has no business with a private file: a group may read it, as Debian's `ssl-cert` does."""


def read_line(option: str, source: str) -> str:
    """The one line of a file, or of standard input for `-`, without its line end.

    A byte-order mark is left out. A terminal is asked without showing what is typed.
    UsageError, naming the option, if the file cannot be read, is empty, has more than one line or
    more than MOST_BYTES, or is not text.
    """
    if source == STANDARD_INPUT and sys.stdin.isatty():
        data = getpass(f"{option}: ", stream=sys.stderr).encode()
    else:
        data = _bytes(option, source)
    if len(data) > MOST_BYTES:
        raise UsageError(f"{option} has more than {MOST_BYTES} bytes: is it another file?")
    try:
        text = data.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise UsageError(f"{option} is not text in UTF-8: give a file with one line.") from None
    if not text:
        raise UsageError(f"{option} is empty: give a file with one line.")
    if "\n" in text or "\r" in text:
        raise UsageError(f"{option} has several lines: give a file with one line.")
    return text


@contextmanager
def writing(output: Path) -> Iterator[BinaryIO]:
    """A file that only its owner may read; it appears under its name once it is complete."""
    partial = output.with_name(output.name + ".part")
    partial.unlink(missing_ok=True)  # another one may be readable by others
    try:
        with private_writing.opened(partial, "xb") as file:
            yield file
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def output_or_file(output: Path | None) -> Iterator[BinaryIO]:
    """Such a file, or standard output if none is named."""
    if output is None:
        yield sys.stdout.buffer
        return
    with writing(output) as file:
        yield file


def warn_of_strangers(path: Path, what: str) -> None:
    """Print a warning if others than the owner and its group may read or change the file."""
    if path.is_file() and path.stat().st_mode & _STRANGERS:
        typer.echo(
            f"Warning: {what} {path} can be read or changed by others: run chmod 600 {path}",
            err=True,
        )


def _bytes(option: str, source: str) -> bytes:
    try:
        if source == STANDARD_INPUT:
            return sys.stdin.buffer.read(MOST_BYTES + 1)
        path = Path(source)
        warn_of_strangers(path, f"the file of {option}")
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{option} {source!r} cannot be read: {error.strerror}.") from None
