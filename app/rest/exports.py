"""What a vendor's exports look like, and how their rows become sessions."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.rest.layout import Layout
from app.rest.reading import ExportRules, Given, differences, read, vendors_path
from resolvers import bulk
from resolvers.bulk import Draft
from resolvers.context import Context
from resolvers.errors import Invalid, UserError
from resolvers.json_text import write
from resolvers.kind import Document, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What whoever imports says because the rows do not."""

    containment_type: str | None = None
    """The stored name, of closed bot sessions."""
    answered: bool | None = None
    start_method: str | None = None
    time_zone: str | None = None
    created_at: datetime | None = None
    row: str | None = None
    """Another name for the XML element of a row."""
    ignored: frozenset[str] = frozenset()


LONGEST_SHOWN = 100
"""Characters of a value that a message repeats."""

Note = Callable[[str, str], object]
"""Called with a sentence about a row that is stored all the same, and what is so in this one."""
Finish = Callable[[Given, dict[str, Any], Options, Note], Mapping[str, Any]]
"""Completes the values of a row in place, and gives what only imports know: status, createdAt.
Invalid, with the vendor's path, for a row that contradicts itself."""


def _unheard(_sentence: str, _here: str) -> None:
    """Nobody asks for notes."""


def _nothing_more(
    _given: Given, _values: dict[str, Any], _options: Options, _note: Note
) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A vendor's exports: answers with rows, or rows alone."""

    name: str
    """As in `--from`."""
    layout: Layout
    rows: str = ""
    """The member of an answer that has its rows, or the one row; empty: an answer is a row."""
    xml: str = ""
    """The element of a row, for vendors that write XML."""
    required: frozenset[str] = frozenset()
    """What each row must have, as in `ExportRules`."""
    options: frozenset[str] = frozenset()
    """The options that say something about its rows."""
    finish: Finish = _nothing_more
    refusal: tuple[str | int, ...] = ()
    """Where an answer without rows says why: members, and places in lists."""
    unshown: tuple[str, ...] = ()
    """Columns that rows may have under their own names, although the vendor's URL has none."""
    counted: tuple[str, str] | None = None
    """The members of a page that say how many rows there are, and whether more follow; the second
    is empty where no page says that."""
    own_columns: tuple[str, ...] = field(init=False)
    """Stored paths of what an import says of a session, and may replace."""

    def __post_init__(self) -> None:
        """The columns of the table that nobody computes, and those of the options."""
        said = [one.column.path for one in self.layout.members if not one.column.derived]
        given = {"answered": "answered", "start_method": "startMethod"}
        said += self.unshown
        said += [given[option] for option in given if option in self.options]
        object.__setattr__(self, "own_columns", tuple(dict.fromkeys(said)))

    @property
    def kind(self) -> Kind:
        """The kind of its sessions."""
        return self.layout.kind

    def refused(self, answer: Given) -> str | None:
        """The vendor's own message, if an answer is a refusal."""
        found: Any = answer
        for part in self.refusal:
            try:
                found = found[part]
            except (LookupError, TypeError):
                return None
        return found if isinstance(found, str) else None

    @property
    def id(self) -> str:
        """The vendor's name for the session's id."""
        by_id = self.kind.by_name["sessionId"]
        return next(one.field.name for one in self.layout.members if one.column is by_id)

    def document(
        self, context: Context, given: Any, options: Options, note: Note | None = None
    ) -> Document:
        """The session of a row, ready to be stored; Invalid, with the vendor's path.

        Without a `note`, nothing is worked out that is only to be said.
        """
        unshown = {name: self.kind.by_name[name] for name in self.unshown}
        rules = ExportRules(self.required | {self.id}, options.ignored, unshown)
        values = read(self.layout, given, rules)
        known = self.finish(given, values, options, note or _unheard)
        try:
            document = bulk.prepare(context, Draft(self.kind, values, known))
        except UserError as error:
            raise self.translated(given, error) from None
        if note:
            self._compare(given, document, options, note)
        return document

    def _compare(self, given: Any, document: Document, options: Options, note: Note) -> None:
        """Say what was missing, and what the vendor's URL will show otherwise."""
        for sentence in self._missing(given, document):
            note(sentence, "")
        for path, was, shown in differences(given, self.layout.row(document)):
            if path not in options.ignored:
                note(f"{path} does not come back as it came", f"{_short(shown)} for {_short(was)}")

    def translated(self, given: Any, error: UserError) -> Invalid:
        """A refusal in GraphQL's names in the vendor's."""
        names = {one.column.name: one.field.name for one in reversed(self.layout.members)}
        message = re.sub(r"\w+", lambda word: names.get(word[0], word[0]), error.message)
        return Invalid(message, vendors_path(self.layout.members, given, error.field))

    def _missing(self, given: Given, document: Document) -> Iterator[str]:
        """The fields that a session must have, and the row does not."""
        for one in self.layout.members:
            codec, name = one.field.shown, one.field.name
            if not (one.nullable or one.optional or one.column.many or given.get(name) is not None):
                shown = document.get(one.column.path)
                if codec.found and not one.members:
                    word = codec.show[shown] if isinstance(codec.show, Mapping) else shown
                    yield f"{name} is missing, and stored as {write(word)}"


def _short(value: Any) -> str:
    text = write(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
