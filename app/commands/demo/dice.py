"""Chance that gives the same result every time."""

import random
import uuid
from datetime import datetime, timedelta

RECENT = timedelta(hours=1)
"""Sessions that began within it may still go on."""


class Dice(random.Random):
    """Chance, with the place in the sequence and the moments of the session in hand."""

    def __init__(self, text: str, number: int, now: datetime) -> None:
        super().__init__(text)
        self.number, self.now = number, now
        self.place, self.start = 0, now

    def maybe(self, share: float) -> bool:
        """True that often."""
        return self.random() < share

    def after(self, start: datetime, low: float, high: float) -> datetime:
        """A moment between `low` and `high` seconds later, to the millisecond."""
        return start + timedelta(milliseconds=int(1000 * self.uniform(low, high)))

    def id(self, bits: int) -> int:
        """A number that no other place of this seed has, though it looks like any."""
        # Multiplying by an odd number modulo a power of two permutes.
        low = (self.place * 0x9E3779B1 + self.number * 0x85EBCA6B) % 2**32
        return self.getrandbits(bits - 32) << 32 | low

    def uuid(self) -> str:
        """A version 4 UUID."""
        return str(uuid.UUID(int=self.id(128), version=4))

    def goes_on(self) -> bool:
        """Whether a session without an end before now is still active."""
        return self.now - self.start < RECENT and self.maybe(0.7)

    def end(self, low: float, high: float) -> datetime | None:
        """When the session ended, that many seconds after its start; None while it goes on."""
        end = self.after(self.start, low, high)
        return end if end < self.now and not self.goes_on() else None

    def token(self) -> str:
        """Nine digits that no other place of this seed has."""
        # Multiplying by a number prime to the modulus permutes.
        return f"{(self.place * 387_420_489 + self.number * 7_654_321) % 10**9:09}"
