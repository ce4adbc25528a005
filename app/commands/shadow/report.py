"""The report: a line of JSON for each request that was answered differently, and a summary."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TextIO

import orjson

from app.commands.shadow.differences import Difference
from resolvers.context import utc_now
from resolvers.moments import print_datetime

MOST_ALIKE: Final = 100
"""Lines of one difference (method, path, field, kind); the summary counts all of them."""


@dataclass
class Report:
    """Writes to `output`; counts what became of every request."""

    output: TextIO
    counts: Counter[str] = field(default_factory=Counter)
    """`same`, `different`, `gateway_failed`, `not_compared`, `dropped` or `not_mirrored`; and
    `unwritten` lines of this report."""
    alike: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def count(self, outcome: str) -> None:
        """A request that needs no line."""
        self.counts[outcome] += 1

    def failed(self, number: int, asked: Mapping[str, Any], outcome: str, reason: str) -> None:
        """A request that could not be compared."""
        self.counts[outcome] += 1
        if self._is_new(outcome, asked["method"], asked["path"], reason):
            self._write(number, {**asked, "outcome": outcome, "reason": reason})

    def compared(self, number: int, asked: Mapping[str, Any], found: Sequence[Difference]) -> None:
        """A request that both answered."""
        self.counts["different" if found else "same"] += 1
        where = asked["method"], asked["path"]
        new = [self._is_new(*where, one.part, one.kind, one.path) for one in found]
        if any(new):
            shown = [one.shown() for one in found]
            self._write(number, {**asked, "outcome": "different", "differences": shown})

    def summarise(self) -> None:
        """The last line: requests by outcome, and each difference with its number."""
        often = [
            {"where": list(filter(None, place)), "requests": number}
            for place, number in self.alike.most_common()
        ]
        self._print({"summary": {"requests": dict(self.counts), "differences": often}})

    def _is_new(self, *place: str) -> bool:
        """Whether a line is still worth writing; counts it. Positions in lists are alike."""
        plain = tuple(re.sub(r"\[\d+\]", "[]", part) for part in place)
        self.alike[plain] += 1
        return self.alike[plain] <= MOST_ALIKE

    def _write(self, number: int, line: Mapping[str, Any]) -> None:
        self._print({"at": print_datetime(utc_now()), "request": number, **line})

    def _print(self, line: Mapping[str, Any]) -> None:
        try:
            print(orjson.dumps(line).decode(), file=self.output, flush=True)
        except OSError:  # a full disk is no reason to end
            self.counts["unwritten"] += 1
