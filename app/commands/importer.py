"""Importing a file: every line is checked before the first is stored."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from app.commands.demo.load import Advance, batches, unseen
from app.commands.exporter import Kinds, parse
from resolvers import bulk
from resolvers.bulk import Conflicts
from resolvers.context import Context
from resolvers.errors import GatewayError, UserError
from resolvers.kind import Document, Kind

OnConflict = Literal["skip", "fail"]

MOST_SHOWN = 20

Work = Callable[[Context, Kind, list[Document]], Awaitable[Conflicts]]


class ImportRefusedError(Exception):
    """The import ended early; the text says why, and which lines are stored."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line."""

    number: int
    path: tuple[str, ...]
    message: str

    @classmethod
    def of(cls, number: int, error: UserError, *above: str) -> "Problem":
        """The refusal of a line, or of what stands in it under `above`."""
        return cls(number, (*above, *error.field), error.message)

    def __str__(self) -> str:
        """`line 17, session.startTime: …`."""
        place = f", {'.'.join(self.path)}" if self.path else ""
        return f"line {self.number}{place}: {self.message}"


@dataclass(frozen=True, slots=True)
class Row:
    """A line that may be stored."""

    number: int
    kind: Kind
    document: Document


@dataclass(slots=True)
class Imported:
    """What became of a file's lines, or would become of them."""

    stored: int = 0
    skipped: int = 0

    def count(self, rows: Sequence[Row], conflicts: Sequence[Problem]) -> None:
        """Add a batch."""
        self.skipped += len(conflicts)
        self.stored += len(rows) - len(conflicts)


@dataclass(slots=True)
class Import:
    """The import of one file."""

    context: Context
    kinds: Kinds
    path: Path
    on_conflict: OnConflict = "fail"
    """Whether a session that cannot be stored beside those that exist is left out, or an error."""
    _first: dict[str, int] = field(default_factory=dict)
    """The line on which an id or a live token came first."""

    async def check(self, advance: Advance = unseen) -> Imported:
        """What storing would do; ImportRefusedError, naming what is wrong, with nothing stored."""
        found, problems = Imported(), list[Problem]()
        for batch in batches(self._lines()):
            rows = [row for number, text in batch if (row := self._row(number, text, problems))]
            rows = [row for row in rows if not self._repeats(row, problems)]
            conflicts = await self._of_each_kind(rows, bulk.conflicts)
            if self.on_conflict == "fail":
                problems += conflicts
            found.count(rows, conflicts)
            advance(len(batch))
        if problems:
            raise ImportRefusedError(f"Nothing is stored.\n{_listed(problems)}")
        return found

    async def store(self, advance: Advance = unseen) -> Imported:
        """Store what `check` found right; ImportRefusedError, saying how far it came, else."""
        done, last = Imported(), 0
        for batch in batches(self._lines()):
            problems = list[Problem]()
            rows = [row for number, text in batch if (row := self._row(number, text, problems))]
            try:
                conflicts = await self._of_each_kind(rows, bulk.create)
            except GatewayError as error:
                raise ImportRefusedError(
                    f"{error.message} {_perhaps(last, batch[-1][0])}"
                ) from error
            last = batch[-1][0]
            done.count(rows, conflicts)
            if problems or (conflicts and self.on_conflict == "fail"):
                raise ImportRefusedError(
                    f"The file or the database changed meanwhile. All lines up to {last} are "
                    f"stored, but for these:\n{_listed(problems + conflicts)}"
                )
            advance(len(batch))
        return done

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        with self.path.open("rb") as file:
            for number, text in enumerate(file, 1):
                if text.strip():
                    yield number, text

    def _row(self, number: int, text: bytes, problems: list[Problem]) -> Row | None:
        try:
            return Row(number, *parse(self.context, self.kinds, text))
        except UserError as error:
            problems.append(Problem.of(number, error))
            return None

    def _repeats(self, row: Row, problems: list[Problem]) -> bool:
        """Whether an earlier line has the same id or live token, which is noted as a problem."""
        reserved = row.kind.reservation(row.document)
        unique: dict[str, object] = {"sessionId": row.document.get("_id")}
        if reserved:
            unique[reserved.column] = reserved
        for name, value in unique.items():
            if value is None:
                continue
            first = self._first.setdefault(f"{row.kind.name} {name} {value}", row.number)
            if first != row.number:
                message = f"Line {first} has the same."
                problems.append(Problem(row.number, ("session", name), message))
                return True
        return False

    async def _of_each_kind(self, rows: Sequence[Row], work: Work) -> list[Problem]:
        """Do `work` on the rows of each kind among them; why it left rows out, in their order."""
        problems = []
        for kind in dict.fromkeys(row.kind for row in rows):
            ours = [row for row in rows if row.kind is kind]
            refused = await work(self.context, kind, [row.document for row in ours])
            problems += [
                Problem.of(ours[place].number, error, "session") for place, error in refused.items()
            ]
        return sorted(problems, key=lambda problem: problem.number)


def _listed(problems: Sequence[Problem]) -> str:
    lines = [
        str(problem)
        for problem in sorted(problems, key=lambda problem: problem.number)[:MOST_SHOWN]
    ]
    if (more := len(problems) - len(lines)) > 0:
        lines.append(f"and {more} more.")
    return "\n".join(lines)


def _perhaps(last: int, reached: int) -> str:
    before = f"All lines up to {last} are stored; of those" if last else "Of the lines"
    return (
        f"{before} from {last + 1} to {reached} perhaps some. Import the file again with "
        "--on-conflict skip to store the rest."
    )
