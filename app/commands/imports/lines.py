"""Files of our own format: JSON Lines, as `export` writes them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.commands.exporter import Kinds, parse
from app.commands.imports.ledger import Place
from app.commands.imports.rows import Notes, Problems, Row
from resolvers.context import Context
from resolvers.errors import UserError


@dataclass(frozen=True, slots=True)
class Lines:
    """One file; a line a session."""

    context: Context
    kinds: Kinds
    path: Path
    merges = False

    def rows(
        self, problems: Problems, _notes: Notes | None, advance: Callable[[int], object]
    ) -> Iterator[Row]:
        """See Source."""
        with self.path.open("rb") as file:
            for number, text in enumerate(file, 1):
                if text.strip():
                    try:
                        kind, document = parse(self.context, self.kinds, text)
                    except UserError as error:
                        problems.add((0, number), said(number, error))
                    else:
                        columns = [column.path for column in kind.own_columns]
                        yield Row(
                            (0, number),
                            kind,
                            document,
                            lambda error, number=number: said(number, error.under("session")),  # type: ignore[misc]  # of the default
                            columns,
                            size=len(text),
                        )
                advance(len(text))

    def named(self, place: Place) -> str:
        """`line 17`."""
        return f"line {place[1]}"


def said(number: int, error: UserError) -> str:
    """`line 17, session.startTime: …`."""
    place = f", {'.'.join(error.field)}" if error.field else ""
    return f"line {number}{place}: {error.message}"
