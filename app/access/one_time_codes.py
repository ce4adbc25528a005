"""One-time codes: the address that a start prints has one, and a page exchanges it for the key.

An address stays in the browser's history, in a terminal and in copies of both. So it carries a
code that works once and for ten minutes, and only as long as the gateway that made it runs.

A code is a file, named by the code's SHA-256, in a folder that all workers see. Of all attempts to
remove a file, one succeeds.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from app import private_writing

LIFETIME_SECONDS: Final = 600.0


class OneTimeCodes:
    """The codes of one running gateway, in `folder`."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self._now = now

    def make(self) -> str:
        """Make a code of 32 characters that can stand in an address."""
        code = secrets.token_urlsafe(24)
        private_writing.write(self._file(code), repr(self._now()))
        return code

    def redeem(self, code: str) -> bool:
        """Whether the code is valid; from now on it is not."""
        file = self._file(code)
        try:
            made = float(file.read_text(encoding="ascii"))
            file.unlink()
        except FileNotFoundError:
            return False
        return self._now() - made <= LIFETIME_SECONDS

    def _file(self, code: str) -> Path:
        return self.folder / sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


@contextmanager
def opened() -> Iterator[OneTimeCodes | None]:
    """Codes until the block ends; None where no temporary file can be written."""
    try:
        folder = TemporaryDirectory(prefix="session-gateway-")
    except OSError:
        yield None
        return
    with folder as name:
        yield OneTimeCodes(Path(name))
