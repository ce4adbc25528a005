"""Proposed map files: a guess from some documents, for somebody to look at.

    {"started_at": 1772357400, "data": {"user": {"id": "u-1"}}, "mode": "robot"}

becomes, for bot sessions, the TOML text

    startTime = { from = "started_at", format = "epoch-seconds" }
    userId = "data.user.id"

Names are compared as sets of words: `started_at`, `startedAt` and `startTime` are the same words to
`ALIASES`. A source must fit the values of the sample too; a column without one is a comment.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from resolvers.context import Context
from resolvers.errors import Invalid
from resolvers.fitting import FORMATS, Format, Misfit, fitted
from resolvers.kind import Column, Document, Kind
from resolvers.mapping import PLACE
from resolvers.proposal_words import ENUM_ALIASES, GENERAL, INSTEAD, words
from resolvers.texts import FORMATS as TEXTS
from resolvers.value_types import BOOLEAN, DATETIME, ENUM, LOCAL_DATETIME, OBJECT, TEXT

DATES = (DATETIME, LOCAL_DATETIME)
ENOUGH = 0.9
"""The share of values that must fit a column."""
LIKE, LIKE_INSTEAD = 0.5, 0.6
"""The least likeness of names, and where a word stands in for another."""
MOST_PATHS = 2000
MOST_VALUES = 200
"""Values of a path that are looked at."""
MOST_NAMES = 30
"""Different texts of a path that may be names of an enum."""
DEEPEST = 6
HEAD = """\
# A guess from {seen:,} documents of {collection}: look at every line before you use it.
# scripts/adopt --map THIS_FILE --dry-run counts what does not fit.
"""


@dataclass(slots=True)
class Values:
    """What a path of the sample has."""

    values: list[Any] = field(default_factory=list)
    elements: "Sample | None" = None
    """Of a list of objects: what its elements have."""


@dataclass(slots=True)
class Sample:
    """What the documents of a sample have, by path."""

    seen: int = 0
    paths: dict[str, Values] = field(default_factory=dict)

    def add(self, document: Mapping[str, Any], above: str = "", depth: int = 0) -> None:
        """Look at one document, or at an object in one."""
        self.seen += not above
        for name, value in document.items():
            if not name or "." in name or "$" in name or depth > DEEPEST:
                continue
            path = above + name
            if isinstance(value, dict):
                self.add(value, f"{path}.", depth + 1)
            elif value is not None and (path in self.paths or len(self.paths) < MOST_PATHS):
                self._note(path, value)

    def _note(self, path: str, value: Any) -> None:
        found = self.paths.setdefault(path, Values())
        if len(found.values) >= MOST_VALUES:
            return
        found.values.append(value)
        if isinstance(value, list):
            for item in value[:MOST_VALUES]:
                if isinstance(item, dict):
                    found.elements = found.elements or Sample()
                    found.elements.add(item)


class Proposed(NamedTuple):
    """The right side of an entry."""

    text: str
    note: str = ""
    path: str = ""
    """Where it is taken from."""


def propose(kind: Kind, collection: str, sample: Sample) -> str:
    """The text of a map file."""
    head = HEAD.format(seen=sample.seen, collection=collection)
    lines = [head, f"kind = {_toml(kind.enum_name)}", f"collection = {_toml(collection)}", ""]
    columns = (*_start(kind), *kind.own_columns)
    lines += ["[columns]", *_lines(columns, sample)]
    used = "\n".join(lines)
    rest = [path for path in sample.paths if f'"{path}"' not in used and path != "_id"]
    if rest:
        lines += ["", "# Fields that no column is taken from:"]
        lines += [f"#   {path}" for path in map(_comment, rest)]
    return "\n".join(lines) + "\n"


def _start(kind: Kind) -> tuple[Column, ...]:
    """The start of a session, where no other column that every session has is a date."""
    dates = [path for path in _leaves(kind.own_columns) if path[-1].type in DATES]
    required = [path for path in dates if not any(column.nullable for column in path)]
    return () if required else (replace(kind.by_name["startedAt"], derived=False),)


def _lines(columns: Sequence[Column], sample: Sample) -> Iterator[str]:
    """One line a column, each path only once but for columns that every session has."""
    taken: set[str] = set()
    for path in _leaves(columns):
        name = ".".join(column.name for column in path)
        found = _proposed(path, sample, taken)
        taken |= {found.path} if found else set()
        key = _toml(name) if "." in name else name
        if found is not None:
            yield f"{key} = {found.text}{found.note and f'  # {found.note}'}"
        elif name in sample.paths:
            yield f"# {key} =   # the field {key} has other values: see docs/existing-data.md"
        else:
            must = not any(column.nullable for column in path) and not path[-1].many
            why = "required: give its source or a constant" if must else "no candidate"
            yield f"# {key} =   # {why}"


def _leaves(
    columns: Sequence[Column], above: tuple[Column, ...] = ()
) -> Iterator[tuple[Column, ...]]:
    """The columns that may have a source, as `resolvers.mapping` knows them, but computed ones."""
    for column in columns:
        path = (*above, column)
        if column.columns and not column.many:
            yield from _leaves(column.columns, path)
        elif not (column.hidden or column.derived):
            yield path


def _proposed(
    path: tuple[Column, ...], sample: Sample, taken: Collection[str] = ()
) -> Proposed | None:
    column = path[-1]
    optional = any(part.nullable for part in path) or column.many
    wanted = words(".".join(part.name for part in path))
    instead = [
        (wanted - {word}) | {other} for word in sorted(wanted) for other in INSTEAD.get(word, ())
    ]
    names = {".".join(one.name for one in path), ".".join(one.path for one in path)}
    alike = _alike(wanted, names, sample, LIKE)
    least = LIKE if column.many else LIKE_INSTEAD
    alike += [path for sought in instead for path in _alike(sought, names, sample, least)]
    alike += [path for path in sample.paths if column.type is ENUM]  # their values may tell
    for place, candidate in enumerate(alike):
        found = _source(column, candidate, sample.paths[candidate])
        certain = place < len(alike) - len(sample.paths) or not (found and found.note)
        if found and certain and not (optional and candidate in taken):
            return found._replace(path=candidate)
    if optional:
        return None
    return _only_date(column, sample) if column.type in DATES else _default(column)


def _only_date(column: Column, sample: Sample) -> Proposed | None:
    """The one path that has dates, whatever it is called; None if there are several."""
    found = [_source(column, path, values) for path, values in sample.paths.items()]
    dates = [one for one in found if one is not None]
    return dates[0]._replace(note="the only dates") if len(dates) == 1 else None


def _alike(
    wanted: frozenset[str], names: Collection[str], sample: Sample, least: float
) -> list[str]:
    """The paths whose names are like the wanted words, the likest first."""
    likeness = {path: _likeness(wanted, names, path) for path in sample.paths}
    found = [path for path, value in likeness.items() if value >= least]
    return sorted(found, key=lambda path: (-likeness[path], len(path)))


def _likeness(wanted: frozenset[str], names: Collection[str], path: str) -> float:
    last = path.rpartition(".")[2]
    if path in names or last in names:
        return 2.0
    return max(
        len(wanted & one) / len(wanted | one) if wanted <= GENERAL or wanted & one - GENERAL else 0
        for one in (words(path), words(last))
    )


def _source(column: Column, path: str, found: Values) -> Proposed | None:
    """The entry, if the values at the path fit the column."""
    start = f"{{ from = {_toml(path)}"
    if column.many:
        lists = [value for value in found.values if isinstance(value, list)]
        if not _enough(len(lists), len(found.values)):
            return None
        if column.type is OBJECT:
            return _elements(column, start, found)
        items = [item for value in lists for item in value]
        return Proposed(_toml(path)) if _fit(column, items) else None
    values = [value for value in found.values if not isinstance(value, list)]
    if not _enough(len(values), len(found.values)):
        return None
    if column.type in DATES:
        format_ = _format(column, values)
        if format_ is None:
            return None
        plain = format_.name == "date"
        text = _toml(path) if plain else f"{start}, format = {_toml(format_.name)} }}"
        return Proposed(text)
    if column.type is ENUM:
        return _names(column, path, values)
    if column.type is BOOLEAN and (flags := _flags(values)):
        return Proposed(f"{start}, values = {{ {flags} }} }}")
    return Proposed(_toml(path)) if _fit(column, values) else None


def _elements(column: Column, start: str, found: Values) -> Proposed | None:
    """A list of objects: the columns of its elements, each with a source; None if one has none."""
    inner = found.elements
    if inner is None:
        return None
    entries = []
    for path in _leaves(column.columns):
        source = _proposed(path, inner)
        name = ".".join(part.name for part in path)
        must = not any(part.nullable for part in path) and not path[-1].many
        if source is None and must and path[-1].name.endswith("Id"):
            source = Proposed(_toml(PLACE))
        if source is None and must:
            return None
        if source is not None:
            entries.append(f"{_toml(name)} = {source.text}")
    return Proposed(f"{start}, columns = {{ {', '.join(entries)} }} }}")


def _names(column: Column, path: str, values: Sequence[Any]) -> Proposed | None:
    """An enum: the stored names that are written otherwise, each with the likest of its own."""
    counts = Counter(value for value in values if isinstance(value, str))
    if not _enough(counts.total(), len(values)) or len(counts) > MOST_NAMES:
        return None
    guessed = {name: _like_name(column, name) for name in counts}
    known = {name: value for name, value in guessed.items() if value}
    if not known:
        return None
    unknown = [name for name in counts if name not in known]
    note = f"unknown: {', '.join(map(_comment, unknown))}" if unknown else ""
    if all(name == value for name, value in known.items()):
        return Proposed(_toml(path), note)
    pairs = ", ".join(f"{_toml(name)} = {_toml(value)}" for name, value in known.items() if value)
    return Proposed(f"{{ from = {_toml(path)}, values = {{ {pairs} }} }}", note)


def _flags(values: Sequence[Any]) -> str:
    """A flag that is written as words, `"Y" = true, "N" = false`; empty if it is none."""
    words = {str(value): str(value).lower() for value in values if not isinstance(value, bool)}
    known = {name: word in YES for name, word in words.items() if word in YES | NO}
    if not known or len(known) < len(words):
        return ""
    return ", ".join(f"{_toml(name)} = {_toml(flag)}" for name, flag in sorted(known.items()))


def _like_name(column: Column, name: str) -> str | None:
    found = fitted(column, name)
    if not isinstance(found, Misfit):
        return str(found)
    plain = re.sub(r"[\W_]", "", name).lower()
    return next((one for one in column.values if plain in ENUM_ALIASES.get(one, ())), None)


def _format(column: Column, values: Sequence[Any]) -> Format | None:
    """The format in which most of the values are; of numbers, by what they would mean."""
    for one in FORMATS.values():
        fits = [not isinstance(fitted(column, value, one), Misfit) for value in values]
        if one.name.startswith("epoch") and any(fits):
            numbers = [abs(value) for value in values if isinstance(value, int | float)]
            is_small = sum(value < EPOCH_SECONDS_END for value in numbers) * 2 > len(numbers)
            if is_small != (one.name == "epoch-seconds"):
                continue
            if sum(value > EPOCH_LEAST for value in numbers) * 2 < len(numbers):
                continue  # a duration rather than a moment
        exact = [fit and _is_of(one, value) for fit, value in zip(fits, values, strict=True)]
        if values and _enough(sum(exact), len(values)):
            return one
    return None


YES, NO = frozenset({"y", "yes", "true", "1", "on"}), frozenset({"n", "no", "false", "0", "off"})
"""How others write flags, in lower case."""
EPOCH_SECONDS_END = 10**11
EPOCH_LEAST = 10**8
"""So many seconds after 1970 is 1973."""


def _is_of(one: Format, value: Any) -> bool:
    """Whether a value has the format's own type: a date fits every format."""
    return one.name == "date" or not hasattr(value, "isoformat")


def _fit(column: Column, values: Sequence[Any]) -> bool:
    fits = sum(_fits(column, value) for value in values)
    return bool(values) and _enough(fits, len(values))


def _fits(column: Column, value: Any) -> bool:
    found = fitted(column, value)
    if isinstance(found, Misfit) or not column.format:
        return not isinstance(found, Misfit)
    try:
        TEXTS[column.format].check(found)
    except Invalid:
        return False
    return True


def _enough(part: int, whole: int) -> bool:
    return part >= whole * ENOUGH


def _default(column: Column) -> Proposed | None:
    """What new sessions have, where that does not depend on the moment; the zone of a clock."""
    if column.format == "timezone":
        return Proposed('{ constant = "UTC" }', "no candidate: is it the zone of these clocks?")
    if column.default is None or column.type in (*DATES, OBJECT) or column.type is TEXT:
        return None
    value = column.default(Context.offline())
    return Proposed(f"{{ constant = {_toml(value)} }}", "no candidate: as new sessions have it")


def _toml(value: Any) -> str:
    """A basic string, a number or a boolean of TOML."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


def _comment(text: str) -> str:
    """A text within a comment: one line without control characters."""
    return re.sub(r"[\x00-\x1f\x7f]", " ", text)[:100]


def sample_of(documents: Iterable[Document]) -> Sample:
    """What these documents have."""
    sample = Sample()
    for document in documents:
        sample.add(document)
    return sample
