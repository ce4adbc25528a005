"""How long a test waits before it gives up: every time limit comes from here.

A limit guards against hanging, not against load. `TEST_TIME_FACTOR` lengthens all of them where a
machine is slow or busy: `TEST_TIME_FACTOR=4 scripts/test`. CI sets it.
"""

import os
import time
from collections.abc import Callable
from typing import Final

FACTOR: Final = float(os.environ.get("TEST_TIME_FACTOR", "1"))
POLL_SECONDS: Final = 0.01


def limit(seconds: float) -> float:
    """So many seconds on a machine that is not busy."""
    return seconds * FACTOR


def until(done: Callable[[], bool], seconds: float = 60) -> None:
    """Return as soon as `done()` is true; fail after `limit(seconds)`."""
    deadline = time.monotonic() + limit(seconds)
    while not done():
        assert time.monotonic() < deadline, f"it did not happen within {limit(seconds):g} s"
        time.sleep(POLL_SECONDS)
