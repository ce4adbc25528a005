"""What the search finds of a session: its texts, the keys that an index has of them, and the hits.

    {"searchKeys": ["printer:C", "jam:C"], "searchTexts": ["C printer jam "], "searchRoom": 499986}

is stored with a chat in which the customer wrote "Printer jam!". The letter says who wrote it; `-`
stands for nobody. It is a part of the keys, so that a search in what the customers wrote reads no
others. Every write computes both anew (resolvers.changes).

Both end where a session has MOST_KEYS, or MOST_CHARACTERS of plain texts: what comes later is not
found, on any engine. `searchRoom` is the number of characters that are left, 0 after the end. Short
columns come first, then the lists, the longest last.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from resolvers.common_columns import SEARCH_KEYS, SEARCH_ROOM, SEARCH_TEXTS
from resolvers.kind import Column, Document, Kind, Searched, Speaker, stored_value
from resolvers.request import Search
from resolvers.words import keys, plain

MOST_KEYS = 5_000
"""Of a session: its different words; one that two wrote counts twice."""
MOST_CHARACTERS = 500_000
"""Characters of the plain texts of a session."""
LETTERS = {Speaker.CUSTOMER: "C", Speaker.AGENT: "A", Speaker.BOT: "B", None: "-"}
"""How a stored text begins, and a stored key ends."""


class Text(NamedTuple):
    """A text of a session."""

    field: str
    """Where it stands, as GraphQL calls it: `messages.message`."""
    speaker: Speaker | None
    at: datetime | None
    text: str


class Place(NamedTuple):
    """A column that the search finds, with the columns that lead to it."""

    path: tuple[Column, ...]
    note: Searched


@lru_cache(100)
def places(kind: Kind) -> tuple[Place, ...]:
    """The columns of a kind that the search finds; those of longer lists come later.

    Then what is appended to the longest list is appended to the stored texts as well.
    """
    own = [column for column in kind.columns if column.name not in kind.beside]  # no copies
    found = list(_places(own, ()))
    return tuple(sorted(found, key=lambda place: _length(place.path)))


def _places(columns: Iterable[Column], path: tuple[Column, ...]) -> Iterator[Place]:
    for column in columns:
        here = (*path, column)
        if column.searched:
            yield Place(here, column.searched)
        yield from _places(column.columns, here)


def _length(path: tuple[Column, ...]) -> int:
    return max((column.max_items for column in path if column.many), default=0)


def texts(kind: Kind, session: Document) -> Iterator[Text]:
    """The texts of a session that the search finds; a damaged one is left out."""
    return _texts(places(kind), session)


def _texts(found: Iterable[Place], session: Document) -> Iterator[Text]:
    for place in found:
        name = ".".join(column.name for column in place.path)
        for around, text in _values(place.path, session):
            at = stored_value(around, place.note.at.split("."))
            moment = at if isinstance(at, datetime) else None
            yield Text(name, place.note.speaker(session, around), moment, text)


@lru_cache(100)
def columns(kind: Kind) -> frozenset[str]:
    """The stored paths that `texts` looks at."""
    found: set[str] = set()
    for path, note in places(kind):
        around = path[:-1]
        found.add(".".join(column.path for column in (around if around else path)))
        found.update(note.reads)
    return frozenset(found)


def _values(path: tuple[Column, ...], around: Document) -> Iterator[tuple[Document, str]]:
    """Each text at a path, with the object that it stands in."""
    column, *rest = path
    found = around.get(column.path)
    for value in found if isinstance(found, list) else (found,):
        if rest and isinstance(value, dict):
            yield from _values(tuple(rest), value)
        elif not rest and isinstance(value, str):
            yield around, value


def index(kind: Kind, session: Document) -> None:
    """Store the keys and plain texts in the session, and how much room is left."""
    found: dict[str, None] = {}
    stored, room = _take(texts(kind, session), found, MOST_CHARACTERS)
    session[SEARCH_KEYS.path] = list(found)
    session[SEARCH_TEXTS.path] = stored
    session[SEARCH_ROOM.path] = room


class Found(NamedTuple):
    """What the search finds of entries that are added to a session."""

    keys: list[str]
    """Those that the session is not known to have."""
    texts: list[str]
    room: int


def index_added(kind: Kind, column: Column, session: Document) -> Found | None:
    """What `index` would add for the entries of a list, which alone are in the session.

    `searchRoom` is that of the session as it is stored. Its keys may be left out: then it must have
    room for all that are returned. None if other texts would come after those of the list.
    """
    own = [place for place in places(kind) if place.path[0] is column]
    if len(own) > 1 or (own and own[0] is not places(kind)[-1]):
        return None
    known = dict.fromkeys(session.get(SEARCH_KEYS.path) or ())
    found, room = dict(known), session[SEARCH_ROOM.path]
    if not room:
        return Found([], [], 0)
    stored, room = _take(_texts(own, session), found, room)
    return Found(list(found)[len(known) :], stored, room)


def _take(found_texts: Iterable[Text], found: dict[str, None], room: int) -> tuple[list[str], int]:
    """The stored form of texts, and the room they leave: none after one that does not fit.

    Their keys are added to `found`.
    """
    stored: list[str] = []
    for text in found_texts:
        whole = plain(text.text).split()
        row = _within(whole, text.speaker, found, room - len("C "))
        if row:
            stored.append(f"{LETTERS[text.speaker]} {' '.join(row)} ")
            room -= len(stored[-1])
        if len(row) < len(whole):
            return stored, 0
    return stored, room


def _within(
    row: Sequence[str], speaker: Speaker | None, found: dict[str, None], room: int
) -> Sequence[str]:
    """The words as far as there is room for them and for their keys, which are added to `found`."""
    for place, word in enumerate(row):
        room -= len(word) + 1
        added = [key for one in keys(word) if (key := stored_key(one, speaker)) not in found]
        if room < 0 or len(found) + len(added) > MOST_KEYS:
            return row[:place]
        found.update(dict.fromkeys(added))
    return row


def meets(wanted: Search, session: Document) -> bool:
    """Whether a stored session has all terms: what the database says of it, without asking."""
    letters = {LETTERS[speaker] for speaker in wanted.speakers} or {*LETTERS.values()}
    stored = [text for text in session.get(SEARCH_TEXTS.path) or () if text[0] in letters]
    return all(any(term.needle in text for text in stored) for term in wanted.terms)


def stored_key(key: str, speaker: Speaker | None) -> str:
    """A key of a text that this speaker wrote; no word has a colon in it."""
    return f"{key}:{LETTERS[speaker]}"
