"""What is wrong with stored values: where, what was found, what would be right, and how often."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from resolvers.kind import Column
from resolvers.mapping import Source
from resolvers.store.session_ids import StoredId
from resolvers.value_types import DATETIME, ENUM, LOCAL_DATETIME

DATES = (DATETIME, LOCAL_DATETIME)
TYPE_NAMES = {
    "bool": "bool",
    "bytes": "binData",
    "Binary": "binData",
    "datetime": "date",
    "DatetimeMS": "date",
    "Decimal128": "decimal",
    "dict": "object",
    "float": "double",
    "int": "int",
    "Int64": "long",
    "list": "array",
    "NoneType": "null",
    "ObjectId": "objectId",
    "Pattern": "regex",
    "Regex": "regex",
    "str": "string",
    "Timestamp": "timestamp",
    "UUID": "binData",
}
"""As MongoDB's `$type` calls them, by the names of Python's classes."""
MISSING = "missing"
LONGEST_SHOWN = 40
MOST_FINDINGS = 500
"""Different ones that are counted apart."""


class Finding(NamedTuple):
    """A value that is not as its column has it."""

    path: str
    """Where it is stored, without places in lists."""
    found: str
    """Its type; of a name among several (an enum), the name."""
    right: str
    """What would be right, or what it is converted to."""


OTHERS = Finding("(other paths)", "several", "see the ones above first")


@dataclass(slots=True)
class Findings:
    """How often each finding occurred, and the id of one document that has it."""

    counts: Counter[Finding] = field(default_factory=Counter)
    examples: dict[Finding, str] = field(default_factory=dict)

    def add(self, findings: Iterable[Finding], document_id: Any) -> None:
        """Count those of one document, each once."""
        for one in set(findings):
            known = one in self.counts or len(self.counts) < MOST_FINDINGS
            counted = one if known else OTHERS
            self.counts[counted] += 1
            self.examples.setdefault(counted, StoredId(document_id)[:100])


def type_of(value: Any) -> str:
    """The type of a stored value, as MongoDB calls it."""
    name = type(value).__name__
    return TYPE_NAMES.get(name, name)


def described(column: Column, value: Any) -> str:
    """What is said of a value: its type; of a name among several, the name."""
    if column.type is ENUM and isinstance(value, str):
        return repr(value[:LONGEST_SHOWN])
    return type_of(value)


def right_for(column: Column, source: Source | None) -> str:
    """What would be right in a column, or at the source that a map gives it."""
    if column.values:
        known = (*(source.values or ()),) if source else ()
        return f"one of {', '.join(dict.fromkeys((*known, *column.values)))}"
    if column.type in DATES:
        named = source is not None and source.format is not None and source.format.name != "date"
        form = f" ({source.format.name})" if named and source and source.format else ""
        return f"a date, an epoch number or a text such as 2026-03-01T09:30:00Z{form}"
    return column.type.expected or f"a value of type {column.type.name}"
