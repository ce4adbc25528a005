"""Where the terms of a search occur in a text as it was written.

    parts("Die Drücker-Störung", terms("stor*"))   is   [("Die Drücker-", False), ("Störung", True)]

The terms are found in the plain text, with the needles that the database is asked for
(`resolvers.words`), and each plain character knows which characters it was made of.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from resolvers.words import PLAIN, RUN, Term, plain, shortened, words

MOST_HITS = 1000
"""Occurrences of a term that are marked in one text."""


class Part(NamedTuple):
    """A piece of a text."""

    text: str
    is_hit: bool


class _Word(NamedTuple):
    """A word or run: where it begins in the plain text, and its characters in the original."""

    begin: int
    text: str
    spans: list[tuple[int, int]]


def parts(text: str, terms: Iterable[Term]) -> list[Part]:
    """The text in pieces, in order: those that a term found, and those between them.

    There is no hit in a text without one of the terms.
    """
    found: list[Part] = []
    done = 0
    for begin, end in _merged(sorted(_hits(text, terms))):
        if done < begin:
            found.append(Part(text[done:begin], False))
        found.append(Part(text[begin:end], True))
        done = end
    if done < len(text) or not found:
        found.append(Part(text[done:], False))
    return found


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans without overlaps."""
    last: tuple[int, int] | None = None
    for begin, end in spans:
        if last is None or begin > last[1]:
            if last:
                yield last
            last = begin, end
        else:
            last = last[0], max(last[1], end)
    if last:
        yield last


def _hits(text: str, terms: Iterable[Term]) -> Iterator[tuple[int, int]]:
    """The span of each occurrence: whole words, and the very characters of runs."""
    seen = plain(text)
    terms = [term for term in terms if term.needle in seen]
    if not terms:  # mostly: places are worked out for texts that have some
        return
    row = list(_words(text))
    owners = [word for word in row for _ in range(len(word.text) + 1)]  # and the space after it
    for term in terms:
        needle = term.needle
        trimmed = needle.strip(" ")
        for place in islice(_places(seen, needle), MOST_HITS):
            begin = place + needle.index(trimmed)
            first, last = owners[begin - 1], owners[begin + len(trimmed) - 2]
            yield (
                _span(first, begin, begin + 1)[0],
                _span(last, begin + len(trimmed) - 1, begin + len(trimmed))[1],
            )


def _places(text: str, needle: str) -> Iterator[int]:
    """Where it occurs, overlaps included."""
    place = text.find(needle)
    while place >= 0:
        yield place
        place = text.find(needle, place + 1)


def _span(word: _Word, begin: int, end: int) -> tuple[int, int]:
    if not RUN.match(word.text):
        return word.spans[0][0], word.spans[-1][1]
    return word.spans[begin - word.begin][0], word.spans[end - 1 - word.begin][1]


def _words(text: str) -> Iterator[_Word]:
    """The words as `resolvers.words.plain` has them, which puts a space before each."""
    flat, spans = _flat(text)
    begin = 1
    for match in words(flat):
        word = shortened(match[0])
        yield _Word(begin, word, spans[match.start() : match.end()])
        begin += len(word) + 1


def _flat(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Plain characters, and for each the span of what it was made of."""
    if text.isascii():
        return text.translate(PLAIN), [(place, place + 1) for place in range(len(text))]
    flat: list[str] = []
    spans: list[tuple[int, int]] = []
    for begin, end in _clusters(text):
        made = unicodedata.normalize("NFC", text[begin:end].translate(PLAIN))
        flat.append(made)
        spans += [(begin, end)] * len(made)
    return "".join(flat), spans


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Spans of characters that do not depend on one another: each letter with its marks."""
    begin = 0
    for place, character in enumerate(text):
        if place > begin and not _joins(PLAIN[ord(character)]):
            yield begin, place
            begin = place
    if text:
        yield begin, len(text)


def _joins(made: str) -> bool:
    """Whether characters belong to those before them: marks, and vowels of Hangul syllables."""
    if not made:
        return True
    return unicodedata.category(made[0]).startswith("M") or "\u1160" <= made[0] <= "\u11ff"
