"""The words of a text as the search sees them, and what a searched text asks for.

    plain("Drücker-Stau: 打印机 4.2")     is  " drucker stau 打印机 4 2 "
    terms('drucker "stau 打印" prin*')    is  three terms: a word, a phrase, a beginning of a word

A word is a run of letters and digits. Case, accents and the signs between words do not matter.
Scripts that are written without spaces, such as Chinese, Japanese, Korean and Thai, have no words
here: any run of characters can be found. Every engine stores and compares what this module made,
so that all of them find the same.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from resolvers.errors import BadInput, LimitExceeded

LONGEST_WORD = 40
"""Characters of a word that are compared; what follows does not matter."""
SHORTEST_BEGINNING = 2
"""Characters before the `*` of `pr*`."""
LONGEST_SEARCH = 200
"""Characters of a searched text."""
MOST_TERMS = 20
"""Words, phrases and beginnings of words in a searched text."""

_STRETCH = "\u0640"
"""Arabic words are drawn out with it, as others are spaced."""
_CODE_POINTS = 20_000
"""How many characters are remembered."""
_LETTERS = frozenset({7, 8, 9, 84, 91, 103, 118, 129, 130, 132})
"""Combining classes of marks that belong to their letter: they make another one (nuktas, Japanese
voicing, viramas), or are vowels (Telugu, Thai, Lao, Tibetan)."""
_RUN = (
    "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf"
    "\u3005-\u3007\u3041-\u309f\u30a1-\u30ff\u3100-\u312f\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7ff\U00020000-\U0003ffff"
)
RUN = re.compile(f"[{_RUN}]+")
"""Characters of scripts without spaces between words."""
_PART = re.compile(rf"[{_RUN}]+|[^\s{_RUN}]+")


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that must occur in a session: a word, a beginning, or words in a row."""

    keys: tuple[str, ...]
    """Keys of the index that a session with it has, all of them; `prin*`: one that begins so."""
    needle: str
    """What stands in the plain text of a session with it."""
    exact: bool
    """Whether a session that has the key has the term, so that no text need be looked at."""


class _Plain(dict[int, str]):
    """What stands for each character, for `str.translate`."""

    def __missing__(self, point: int) -> str:
        found = _plain_character(chr(point))
        if len(self) < _CODE_POINTS:
            self[point] = found
        return found


def _plain_character(character: str) -> str:
    folded = unicodedata.normalize("NFKD", character.casefold())  # an iota below a letter is one
    folded = unicodedata.normalize("NFKD", folded.casefold()).replace("ı", "i")  # of İ and I, too
    return "".join(map(_of_a_word, filter(_is_no_accent, folded)))


def _is_no_accent(character: str) -> bool:
    combining = unicodedata.combining(character)
    return combining == 0 or combining in _LETTERS


def _of_a_word(character: str) -> str:
    """The character if it belongs to a word; nothing for an invisible one, a space for a sign."""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    category = unicodedata.category(character)
    if character == _STRETCH:
        return ""
    if character.isalnum() or category.startswith("M"):
        return character
    return "" if category == "Cf" else " "


PLAIN = _Plain()


def plain(text: str) -> str:
    """The words of a text, each between spaces; empty if there are none."""
    normal = unicodedata.normalize("NFC", text.translate(PLAIN))
    found = [shortened(word[0]) for word in words(normal)]
    return f" {' '.join(found)} " if found else ""


def words(normal: str) -> Iterator[re.Match[str]]:
    """The words and runs of a text whose characters are plain already, with their places."""
    return _PART.finditer(normal)


def shortened(word: str) -> str:
    """A word as far as it is compared."""
    return word if len(word) <= LONGEST_WORD or RUN.match(word) else word[:LONGEST_WORD]


def keys(word: str) -> Iterator[str]:
    """What the index has of a word or run.

    Of `printer` the word itself; of the run 打印机 its pairs and how it ends: 打印, 印机 and 机.
    """
    if RUN.match(word):
        yield from (word[place : place + 2] for place in range(len(word)))
    else:
        yield word


_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
_PIECE = re.compile(r'"([^"]*)"?|[^\s"]+')


@lru_cache(1000)
def terms(text: str, at: str = "search") -> tuple[Term, ...]:
    """What a searched text asks for; BadInput where it has no word, LimitExceeded if it is long.

    `at` is where it was given, for errors: `filter.search`.
    """
    rows = []
    for piece in _PIECE.finditer(text[: LONGEST_SEARCH + 1].translate(_QUOTES)):
        phrase = piece[1] is not None
        if row := plain(piece[1] if phrase else piece[0]).split():
            rows.append((row, not phrase and piece[0].endswith("*")))
    _check_lengths(text, rows, at)
    return tuple(dict.fromkeys(_term(row, begins, at) for row, begins in rows))


def _check_lengths(text: str, rows: list[tuple[list[str], bool]], at: str) -> None:
    """Refuse what is empty or too long, in characters as they are given and as they are stored."""
    argument = at.partition(".")[0]
    for length in (len(text), sum(len(word) + 1 for row, _ in rows for word in row) // 2):
        if length > LONGEST_SEARCH:
            raise LimitExceeded(
                f"{at}: a text of {length} characters is too long: at most {LONGEST_SEARCH}.",
                argument=argument,
            )
    if len(rows) > MOST_TERMS:
        raise LimitExceeded(
            f"{at}: {len(rows)} words and phrases are too many: at most {MOST_TERMS}.",
            argument=argument,
        )
    if not rows:
        raise BadInput(
            f"{at}: there is no word in this text. Give at least one letter or digit.",
            argument=argument,
        )


def _term(row: list[str], begins: bool, at: str) -> Term:
    """The term of words in a row; with `begins` the last one may go on."""
    last = row[-1]
    begins = begins and not RUN.match(last)
    if begins and len(last) < SHORTEST_BEGINNING and len(row) == 1:
        raise BadInput(
            f"{at}: {last!r} is too short a beginning of a word: give at least "
            f"{SHORTEST_BEGINNING} characters before the *.",
            argument=at.partition(".")[0],
        )
    found = [key for word in (row[:-1] if begins else row) for key in _sought(word)]
    if begins:
        found.append(f"{last}*")
    needle = "" if RUN.match(row[0]) else " "
    needle += " ".join(row)
    needle += "" if begins or RUN.match(last) else " "
    return Term(tuple(dict.fromkeys(found)), needle, exact=len(row) == len(found) == 1)


def _sought(word: str) -> list[str]:
    """The keys that a session with this word or run has, as few as say it."""
    if not RUN.match(word):
        return [word]
    return [*keys(word)][:-1] or [f"{word}*"]
