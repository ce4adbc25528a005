"""The embedded database of a command: the one that a gateway runs already, or one of its own."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.database.embedded import embedded, running_at
from app.database.folder import FolderTakenError

POLL_SECONDS = 0.05
PATIENCE = 15.0
"""Seconds that a gateway which starts or ends at the same moment is waited for."""


@contextmanager
def joined(data_dir: Path, patience: float = PATIENCE) -> Iterator[str]:
    """The URI of the folder's database: of the one that runs, else of one started meanwhile.

    Raises StartError as `embedded` does, but for a folder with an owner and no database only
    after `patience` seconds.
    """
    with ExitStack() as stack:
        yield _join(stack, data_dir, time.monotonic() + patience)


def _join(stack: ExitStack, data_dir: Path, deadline: float) -> str:
    while (uri := running_at(data_dir)) is None:
        try:
            return stack.enter_context(embedded(data_dir)).uri
        except FolderTakenError:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)
    return uri
