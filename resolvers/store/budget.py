"""The time that one request has for all its operations on the database together."""

import time
from dataclasses import dataclass

OVER = (
    "The request had {seconds:g} s, and they are over: this was not begun. Ask for less at once, "
    "or send the rest in another request."
)


@dataclass(slots=True)
class Budget:
    """Starts when it is made."""

    seconds: float
    ends: float = 0.0
    """By the monotonic clock."""
    writes: int = 0
    """How many writes have begun and not ended."""

    def __post_init__(self) -> None:
        """Start."""
        self.ends = time.monotonic() + self.seconds

    @property
    def left(self) -> float:
        """Seconds; 0 or less when they are over."""
        return self.ends - time.monotonic()

    def end(self) -> bool:
        """Let nothing more begin, as nobody waits for it; False if a write has begun.

        The write goes on: cancelled halfway, nobody would know what it did.
        """
        self.ends = -1.0
        return not self.writes
