"""Sessions of any kind, from what its columns say."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.commands.demo.dice import Dice, words
from app.commands.demo.makers import MAKERS, Values
from resolvers.kind import Column, Kind
from resolvers.texts import FORMATS
from resolvers.value_types import (
    BOOLEAN,
    DATETIME,
    ENUM,
    FLOAT,
    INTEGER,
    LOCAL_DATETIME,
    OBJECT,
    TEXT,
    ValueType,
)

LONGEST_LIST = 3


def make(kind: Kind, dice: Dice) -> Values:
    """A session that starts when the dice say; ValueError for a column that needs more.

    A text that must match a pattern, and has neither a default nor words, is such a column.
    """
    end = dice.end(120, 3600)
    left_out = {kind.ended, *(() if end else kind.only_ended)}
    own = tuple(column for column in kind.own_columns if column.name not in left_out)
    known = words()["columns"]
    choices = {**known["*"], **known.get(kind.name, {})}
    made = _Maker(dice, end or dice.now, choices).object(own)
    made["updatedAt"] = end or dice.start
    if kind.ended and end:
        made[kind.ended] = end
    if kind.name in MAKERS:
        made |= MAKERS[kind.name](dice, made)
    return {name: value for name, value in made.items() if value is not None}


class _Maker:
    """Makes the values of one session, whose moments lie between its start and `until`."""

    def __init__(self, dice: Dice, until: datetime, choices: Mapping[str, Sequence[Any]]) -> None:
        self._dice, self._until, self._choices = dice, until, choices
        self._by_type: Mapping[ValueType, Callable[[Column], Any]] = {
            TEXT: self._text,
            INTEGER: self._integer,
            FLOAT: lambda _column: round(dice.uniform(0, 100), 2),
            BOOLEAN: lambda _column: dice.maybe(0.5),
            DATETIME: self._moment,
            LOCAL_DATETIME: self._moment,
            ENUM: lambda column: dice.choice(column.values),
            OBJECT: lambda column: self.object(column.columns),
        }

    def object(self, columns: tuple[Column, ...]) -> Values:
        """The columns that clients give; some of those that may be missing are."""
        return {
            column.name: self._column(column)
            for column in columns
            if not (column.derived or self._is_left_out(column))
        }

    def _is_left_out(self, column: Column) -> bool:
        """Texts that have a default are mostly ids and tokens: those are better."""
        if column.default and column.type is TEXT:
            return True
        return column.nullable and self._dice.maybe(0.2)

    def _column(self, column: Column) -> Any:
        if column.name in self._choices:
            return self._dice.choice(self._choices[column.name])
        if not column.many:
            return self._one(column)
        number = self._dice.randint(0, min(LONGEST_LIST, column.max_items))
        return [self._one(column) for _ in range(number)]

    def _one(self, column: Column) -> Any:
        if column.type in self._by_type:
            return self._by_type[column.type](column)
        return self._dice.choice(column.type.examples)

    def _text(self, column: Column) -> str:
        if column.pattern:
            raise ValueError(
                f"Nothing here makes a text like {column.pattern}, which {column.name} needs: "
                "write some into app/commands/demo/words.json."
            )
        if column.format:
            return self._dice.choice(FORMATS[column.format].examples)
        if column.personal:
            text = self._dice.person()["mail" in column.name.lower()]
        else:
            spoken = re.sub("([A-Z])", r" \1", column.name).lower()
            text = f"{spoken} {self._dice.randint(1, 150)}"
            if column.name.endswith("Id"):  # such as `customer-17`
                text = text.replace(" id ", " ").replace(" ", "-")
        return text[: column.max_length]

    def _integer(self, column: Column) -> int:
        low = column.minimum or 0
        high = low + 50 if column.maximum is None else min(column.maximum, low + 50)
        return self._dice.randint(low, max(low, high))

    def _moment(self, column: Column) -> datetime:
        """The start, for a column that creation fills in with now; another moment for others."""
        if column.default or not column.nullable:
            return self._dice.start
        return min(self._dice.after(self._dice.start, 0, 60), self._until)
