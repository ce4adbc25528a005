"""What a search found, shown in the text as it was written."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.errors import BadInput, LimitExceeded
from resolvers.highlights import MOST_HITS, _flat, parts
from resolvers.words import PLAIN, plain, terms

COMPOSING = (
    "가각\u1100\u1161\u11a8ㄱㅏかが\u3099ｶﾞe\u0301é\u0323\u09c7\u09be\u0b47\u0b56\u1025\u102e\u00ad "
)
"""Characters that become one with those beside them."""
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.text(COMPOSING)


def marked(text: str, sought: str) -> str:
    """The text with its hits in brackets."""
    return "".join(
        f"[{part.text}]" if part.is_hit else part.text for part in parts(text, terms(sought))
    )


@pytest.mark.parametrize(
    ("text", "sought", "expected"),
    [
        ("The printer prints.", "printer", "The [printer] prints."),
        ("The printer prints.", "prin*", "The [printer] [prints]."),
        ("A printer, jam! jam", '"printer jam"', "A [printer, jam]! jam"),
        ("jam the PRINTER", "printer jam", "[jam] the [PRINTER]"),
        ("Die Drücker-Sto\u0308rung", "storung", "Die Drücker-[Sto\u0308rung]"),
        ("Mail ada@example.com, v4.2", "example.com 4.2", "Mail ada@[example.com], v4.2"),
        ("版本 4.2.1", "4.2", "版本 [4.2].1"),
        ("我的打印机坏了", "打印机", "我的[打印机]坏了"),
        ("我的打印机坏了", "坏", "我的打印机[坏]了"),
        ("打印机", "打印 印机", "[打印机]"),
        ("my iPhone手机 case", "iphone手", "my [iPhone手]机 case"),
        ("soft\u00adhyphen", "softhyphen", "[soft\u00adhyphen]"),
        ("a a a", '"a a"', "[a a a]"),
        ("ﬁne Straße", "fine strasse", "[ﬁne] [Straße]"),
        ("각\u1100\u1161\u11a8", "각", "[각\u1100\u1161\u11a8]"),
        ("👍 ok", "ok", "👍 [ok]"),
        ("x" * 60 + " y", "x" * 50, f"[{'x' * 60}] y"),
        ("nothing here", "printer", "nothing here"),
        ("", "printer", ""),
    ],
)  # fmt: skip
def test_marked(text: str, sought: str, expected: str) -> None:
    """Whole words, with their accents; a phrase with the signs in it; the characters of a run."""
    assert marked(text, sought) == expected


@given(ANY_TEXT, st.data())
def test_parts_are_the_text(text: str, data: st.DataObject) -> None:
    """Joined, the parts are the text; a hit is there exactly if the plain text has a needle."""
    words = text.split() or ["a"]
    sought = data.draw(st.sampled_from(words)) + " " + data.draw(st.sampled_from(words))
    try:
        wanted = terms(sought)
    except (BadInput, LimitExceeded):
        return
    found = parts(text, wanted)
    assert "".join(part.text for part in found) == text
    assert any(part.is_hit for part in found) == any(term.needle in plain(text) for term in wanted)
    assert all(part.text for part in found) or text == ""


@given(ANY_TEXT)
def test_characters_know_their_origin(text: str) -> None:
    """The plain characters are those of the whole text, and their spans go on in its order."""
    flat, spans = _flat(text)
    assert flat == unicodedata.normalize("NFC", text.translate(PLAIN))
    assert len(flat) == len(spans)
    assert spans == sorted(spans)


def test_endless_repetitions() -> None:
    """Marks are bounded, and the text is whole all the same."""
    text = "あ" * 10_000
    found = parts(text, terms('"ああああ"'))
    assert "".join(part.text for part in found) == text
    assert sum(len(part.text) for part in found if part.is_hit) < 2 * MOST_HITS
