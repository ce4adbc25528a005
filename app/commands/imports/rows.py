"""Rows of files: sessions to be, and what is said of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.commands.imports.ledger import Place
from resolvers.errors import UserError
from resolvers.kind import Document, Kind

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A session that may be stored."""

    place: Place
    kind: Kind
    document: Document
    says: Callable[[UserError], str]
    """A refusal of it, with its place in the vendor's names or in those of our own format."""
    columns: Sequence[str] = ()
    """Stored paths of what the row says; what a replacement replaces."""
    content: str = ""
    """What the row says, for comparison with others of the same id; empty: that is not asked."""
    size: int = 0
    """Bytes that its text has, about."""


@dataclass(slots=True)
class Problems:
    """What is wrong: the first sentences, and how many there are."""

    number: int = 0
    first: list[tuple[Place, str]] = field(default_factory=list)

    def add(self, place: Place, sentence: str) -> None:
        """One more."""
        self.number += 1
        if len(self.first) < MOST_SHOWN:
            self.first.append((place, sentence))

    def __bool__(self) -> bool:
        """Whether there are any."""
        return self.number > 0

    def __str__(self) -> str:
        """A line each, in the order of the rows."""
        lines = [sentence for _, sentence in sorted(self.first)]
        if (more := self.number - len(lines)) > 0:
            lines.append(f"and {more:,} more.")
        return "\n".join(lines)


@dataclass(slots=True)
class Notes:
    """What is worth knowing of rows that are stored all the same: each sentence once."""

    found: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By the sentence: the first row that it is about, and how many there are."""

    def add(self, sentence: str, row: str) -> None:
        """One more."""
        first, number = self.found.get(sentence, (row, 0))
        if number or len(self.found) < 200:
            self.found[sentence] = (first, number + 1)

    def __iter__(self) -> Iterator[str]:
        """A sentence each, with where it is so."""
        for sentence, (row, number) in self.found.items():
            more = f" and {number - 1:,} more" if number > 1 else ""
            yield f"{sentence} ({row}{more})."


class Source(Protocol):
    """Where rows come from; it can be read more than once."""

    merges: bool
    """Whether equal rows with one id are one, and an equal session that is stored no conflict."""

    def rows(
        self, problems: Problems, notes: Notes | None, advance: Callable[[int], object]
    ) -> Iterator[Row]:
        """The rows that can be understood; the others are problems. `advance` hears of bytes.

        Without `notes`, what is worth knowing is not worked out: it was said before.
        """
        ...

    def named(self, place: Place) -> str:
        """A row, in a sentence."""
        ...
