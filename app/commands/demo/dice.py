"""Chance that gives the same result every time, and the words it chooses from."""

import json
import random
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

RECENT = timedelta(hours=1)
"""Sessions that began within it may still go on."""


@cache
def words() -> Mapping[str, Any]:
    """`words.json`: invented people, example domains and networks, in lists by their names.

    `columns` has, by kind and column, the values that a column is chosen from.
    """
    found: dict[str, Any] = json.loads(Path(__file__).with_name("words.json").read_text("utf-8"))
    return found


class Dice(random.Random):
    """Chance, with the place in the sequence and the moments of the session in hand."""

    def __init__(self, text: str, number: int, now: datetime) -> None:
        super().__init__(text)
        self.number, self.now = number, now
        self.place, self.start = 0, now

    def maybe(self, share: float) -> bool:
        """True that often."""
        return self.random() < share

    def word(self, name: str) -> Any:
        """One of the words of that name."""
        return self.choice(words()[name])

    def person(self) -> tuple[str, str]:
        """A name and its mailbox."""
        first, last = self.word("firstNames"), self.word("surnames")
        mailbox = f"{first}.{last}".lower().replace("'", "").replace("ë", "e")
        return f"{first} {last}", f"{mailbox}@{self.word('mailDomains')}"

    def after(self, start: datetime, low: float, high: float) -> datetime:
        """A moment between `low` and `high` seconds later, to the millisecond."""
        return start + timedelta(milliseconds=int(1000 * self.uniform(low, high)))

    def moments(self, number: int, start: datetime, end: datetime | None) -> Iterator[datetime]:
        """At most `number` moments, one after the other, all before the end and before now."""
        for _ in range(number):
            start = self.after(start, 4, 75)
            if start >= (end or self.now):
                return
            yield start

    def id(self, bits: int) -> int:
        """A number that no other place of this seed has, though it looks like any."""
        # Multiplying by an odd number modulo a power of two permutes.
        low = (self.place * 0x9E3779B1 + self.number * 0x85EBCA6B) % 2**32
        return self.getrandbits(bits - 32) << 32 | low

    def uuid(self) -> str:
        """A version 4 UUID."""
        return str(uuid.UUID(int=self.id(128), version=4))

    def end(self, low: float, high: float) -> datetime | None:
        """When the session ended, that many seconds after its start; None while it goes on."""
        end = self.after(self.start, low, high)
        lives = self.now - self.start < RECENT and self.maybe(0.7)
        return end if end < self.now and not lives else None

    def token(self) -> str:
        """Nine digits that no other place of this seed has."""
        # Multiplying by a number prime to the modulus permutes.
        return f"{(self.place * 387_420_489 + self.number * 7_654_321) % 10**9:09}"
