"""When a process that ended is started again.

At once the first time, then after 1, 2, 4 … LONGEST_PAUSE seconds, until it has run for STEADY
seconds.
"""

from typing import Final

STEADY: Final = 60.0
LONGEST_PAUSE: Final = 30.0


class Restarts:
    """Of one process that is started again and again."""

    def __init__(self) -> None:
        self._failures = 0

    def pause(self, ran: float) -> float:
        """Seconds until the next start of a process that has run for so many."""
        if ran > STEADY:
            self._failures = 0
        pause = min(LONGEST_PAUSE, 2.0 ** (self._failures - 1)) if self._failures else 0.0
        self._failures += 1
        return pause


def said(pause: float) -> str:
    """When that is: `now`, or `in 4 s`."""
    return f"in {pause:g} s" if pause else "now"
