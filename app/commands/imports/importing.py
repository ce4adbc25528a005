"""Importing rows: every one is checked before the first is stored."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.commands.imports.ledger import Ledger, Place
from app.commands.imports.rows import Notes, Problems, Row, Source
from app.commands.progress import Advance, unseen
from app.errors import StartError
from resolvers import bulk
from resolvers.bulk import Conflicts
from resolvers.context import Context
from resolvers.errors import AlreadyExists, GatewayError, Invalid, UserError
from resolvers.kind import Document, Kind

BATCH = 1000
BATCH_BYTES = 8 * 2**20
"""Rows, and bytes of their texts, that are in memory at once."""

Work = Callable[[Context, Kind, list[Document]], Awaitable[Conflicts]]


class OnConflict(StrEnum):
    """What to do about a session whose id or live token is taken."""

    SKIP = "skip"
    FAIL = "fail"
    REPLACE = "replace"


class ImportRefusedError(StartError):
    """The import ended early; the text says why, and what is stored."""


@dataclass(slots=True)
class Imported:
    """What became of rows, or would become of them."""

    stored: int = 0
    skipped: int = 0
    replaced: int = 0
    present: int = 0
    """Sessions that were stored before, and are what the rows say."""
    merged: int = 0
    """Rows that came more than once."""

    def __str__(self) -> str:
        """`3 sessions stored, 0 left out.`, and more where there is more to say."""
        more = {
            "replaced": self.replaced,
            "stored before": self.present,
            "came more than once and are merged": self.merged,
        }
        rest = "".join(f" {number:,} {words}." for words, number in more.items() if number)
        return f"{self.stored:,} sessions stored, {self.skipped:,} left out.{rest}"


@dataclass(slots=True)
class Import:
    """The import of one source."""

    context: Context
    source: Source
    on_conflict: OnConflict = OnConflict.FAIL
    notes: Notes = field(default_factory=Notes)

    async def check(self, advance: Advance = unseen) -> Imported:
        """What storing would do; ImportRefusedError, naming what is wrong, with nothing stored."""
        found, problems = Imported(), Problems()
        with Ledger() as ledger:
            for batch in _batches(self.source.rows(problems, self.notes, advance)):
                rows = [row for row in batch if self._is_first(ledger, row, found, problems)]
                self._note_expired(rows)
                await self._settle(rows, bulk.conflicts, found, problems)
        if problems:
            raise ImportRefusedError(f"Nothing is stored.\n{problems}")
        return found

    async def store(self, advance: Advance = unseen) -> Imported:
        """Store what `check` found right; ImportRefusedError, saying how far it came, else."""
        done, problems, last = Imported(), Problems(), ""
        with Ledger() as ledger:
            for batch in _batches(self.source.rows(problems, None, advance)):
                rows = [row for row in batch if self._is_first(ledger, row, done, problems)]
                try:
                    await self._settle(rows, bulk.create, done, problems, replace=True)
                except GatewayError as error:
                    raise ImportRefusedError(
                        f"{error.message} {self._perhaps(last, batch[-1])}"
                    ) from error
                last = self.source.named(batch[-1].place)
                if problems:
                    break
        if problems:
            upto = f"All up to {last} are stored" if last else "Nothing is stored"
            raise ImportRefusedError(
                f"The files or the database changed meanwhile. {upto}, but for these:\n{problems}"
            )
        return done

    def _note_expired(self, rows: Sequence[Row]) -> None:
        """Say it of sessions that the database will remove."""
        for row in rows:
            cutoff = self.context.cutoff(row.kind)
            if cutoff and row.document["startedAt"] <= cutoff:
                sentence = f"{row.kind.type_name}: older than the retention, so it will be removed"
                self.notes.add(sentence, self.source.named(row.place))

    def _is_first(self, ledger: Ledger, row: Row, found: Imported, problems: Problems) -> bool:
        """Whether no earlier row has the same id or live token."""
        reserved = row.kind.reservation(row.document)
        unique: dict[str, object] = {"sessionId": row.document.get("_id")}
        if reserved:
            unique[reserved.column] = reserved
        for name, value in unique.items():
            if value is None:
                continue
            first, same = ledger.enter(f"{row.kind.name} {name} {value}", row.content, row.place)
            if first == row.place:
                continue
            if self.source.merges and same and name == "sessionId":
                found.merged += 1
            else:
                problems.add(row.place, row.says(Invalid(self._repeated(first), (name,))))
            return False
        return True

    def _repeated(self, first: Place) -> str:
        differs = ", and differs otherwise: keep the one that is right" * self.source.merges
        row = self.source.named(first)
        return f"{row[:1].upper()}{row[1:]} has the same{differs}."

    async def _settle(
        self,
        rows: Sequence[Row],
        work: Work,
        found: Imported,
        problems: Problems,
        replace: bool = False,
    ) -> None:
        """Do `work` on rows that are not stored, and what is to be done about the others."""
        for kind in dict.fromkeys(row.kind for row in rows):
            ours = [row for row in rows if row.kind is kind]
            refused = await work(self.context, kind, [row.document for row in ours])
            found.stored += len(ours) - len(refused)
            ids = [
                ours[place].document["_id"] for place in refused if "_id" in ours[place].document
            ]
            stored = await bulk.stored(self.context, kind, ids) if self._compares else {}
            for place, error in refused.items():
                await self._conflict(ours[place], error, stored, found, problems, replace)

    @property
    def _compares(self) -> bool:
        return self.source.merges or self.on_conflict is OnConflict.REPLACE

    async def _conflict(
        self,
        row: Row,
        error: AlreadyExists,
        stored: dict[str, Document],
        found: Imported,
        problems: Problems,
        replace: bool,
    ) -> None:
        """Decide about a row whose id or token is taken."""
        current = stored.get(row.document.get("_id", ""))
        if self.source.merges and current is not None and _equal(row, current):
            found.present += 1
        elif self.on_conflict is OnConflict.SKIP:
            found.skipped += 1
        elif self.on_conflict is OnConflict.FAIL or current is None:
            problems.add(row.place, row.says(error))
        else:
            found.replaced += 1
            if replace:
                try:
                    await bulk.replace(self.context, row.kind, row.document, row.columns)
                except UserError as refusal:
                    found.replaced -= 1
                    problems.add(row.place, row.says(refusal))

    def _perhaps(self, last: str, reached: Row) -> str:
        before = f"All up to {last} are stored; of those after it" if last else "Of those"
        again = "" if self.source.merges else " with --on-conflict skip"
        upto = self.source.named(reached.place)
        return f"{before}, up to {upto}, perhaps some. Import again{again} to store the rest."


def _equal(row: Row, stored: Document) -> bool:
    """Whether a stored session has what a row says; an empty list counts as none."""
    return all(
        _value(row.document.get(path)) == _value(stored.get(path))
        for path in row.columns
        if path != "_id"
    )


def _value(value: object) -> object:
    return None if value == [] else value


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """The rows in lists that are small enough for memory."""
    batch: list[Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += row.size
        if len(batch) == BATCH or size > BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
