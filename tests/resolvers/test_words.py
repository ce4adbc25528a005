"""The words of texts in any script, and what a searched text asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.errors import BadInput, LimitExceeded
from resolvers.words import (
    LONGEST_SEARCH,
    LONGEST_WORD,
    MOST_TERMS,
    RUN,
    Term,
    keys,
    plain,
    terms,
)

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The printer, again!", "the printer again"),
        ("Zoë CAFÉ Cafe\u0301 coöperate", "zoe cafe cafe cooperate"),
        ("Straße STRASSE ﬁne İstanbul Ærø Σίσυφος", "strasse strasse fine istanbul ærø σισυφοσ"),
        ("ada@example.com 4.2 +49-30-123 don’t snake_case", "ada example com 4 2 49 30 123 don t "
         "snake case"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("１２ ② ٤٢", "12 2 42"),
        ("打印机坏了，怎么办", "打印机坏了 怎么办"),
        ("ﾃﾞｰﾀ か\u3099 が か", "データ が が か"),
        ("iPhone手机15", "iphone 手机 15"),
        ("\u1112\u1161\u11ab 한", "한 한"),
        ("हिन्दी में लिखा", "हिन्दी में लिखा"),
        ("שָׁלוֹם سَلَام", "שלום سلام"),
        ("مُحـــمَّد", "محمد"),
        ("👍 — …", ""),
        ("", ""),
        ("x" * 50, "x" * LONGEST_WORD),
    ],
)  # fmt: skip
def test_plain(text: str, expected: str) -> None:
    """Case, accents, signs and forms of the same character do not matter; letters do."""
    assert plain(text).strip() == expected


@given(ANY_TEXT, ANY_TEXT)
def test_plain_is_final(text: str, other: str) -> None:
    """What is plain stays as it is, and texts do not change one another across a space."""
    once = plain(text)
    assert plain(once) == once
    assert plain(f"{text} \n{other}").split() == [*once.split(), *plain(other).split()]


@given(ANY_TEXT)
def test_case_does_not_matter(text: str) -> None:
    """A text is found by its words in capitals and without."""
    assert plain(text.casefold()).split() == plain(text).split()


def test_keys() -> None:
    """A word itself; each pair of a run, and how it ends."""
    assert list(keys("printer")) == ["printer"]
    assert list(keys("打印机")) == ["打印", "印机", "机"]
    assert list(keys("机")) == ["机"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Printer", Term(("printer",), " printer ", True)),
        ("print*", Term(("print*",), " print", True)),
        ("the-pri*", Term(("the", "pri*"), " the pri", False)),
        ('"Printer, jam"', Term(("printer", "jam"), " printer jam ", False)),
        ("“printer jam”", Term(("printer", "jam"), " printer jam ", False)),
        ('"printer jam', Term(("printer", "jam"), " printer jam ", False)),
        ('"printer*"', Term(("printer",), " printer ", True)),
        ("4.2", Term(("4", "2"), " 4 2 ", False)),
        ("ada@e*", Term(("ada", "e*"), " ada e", False)),
        ("印", Term(("印*",), "印", True)),
        ("印机", Term(("印机",), "印机", True)),
        ("打印机*", Term(("打印", "印机"), "打印机", False)),
        ("iphone手机", Term(("iphone", "手机"), " iphone 手机", False)),
    ],
)
def test_one_term(text: str, expected: Term) -> None:
    """A word, a beginning, a phrase, words that signs join, a run."""
    assert terms(text) == (expected,)


def test_several_terms() -> None:
    """Pieces between spaces and quotation marks are terms of their own, each once."""
    found = terms('the printer "paper jam" the — ')
    assert [term.needle for term in found] == [" the ", " printer ", " paper jam "]


@given(ANY_TEXT)
def test_a_text_finds_itself(text: str) -> None:
    """Each term of a text has its needle in the text, and its keys among the text's keys."""
    try:
        found = terms(text.replace('"', " ").replace("*", " "))
    except (BadInput, LimitExceeded):
        return
    has = {key for word in plain(text).split() for key in keys(word)}
    for term in found:
        for key in term.keys:
            begins = key.endswith("*") and any(one.startswith(key[:-1]) for one in has)
            assert begins or key in has
        if not RUN.search(term.needle):
            assert term.needle in plain(text)


@pytest.mark.parametrize("text", ["", "  ", "…", '""', "*", "👍"])
def test_no_word(text: str) -> None:
    """A search without a word is refused by name."""
    with pytest.raises(BadInput, match="search: there is no word"):
        terms(text)


@pytest.mark.parametrize("text", ["p*", "printer j*"])
def test_short_beginning(text: str) -> None:
    """One character begins too many words."""
    with pytest.raises(BadInput, match="too short"):
        terms(text)


@pytest.mark.parametrize(
    "text",
    ["x" * (LONGEST_SEARCH + 1), "ﷺ" * 100, " ".join(f"w{n}" for n in range(MOST_TERMS + 1))],
)
def test_too_long(text: str) -> None:
    """Also of few characters that stand for many."""
    with pytest.raises(LimitExceeded, match="search: "):
        terms(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [("ışık", "IŞIK"), ("ᾀδω", "ἈΙΔΩ"), ("ﬁ", "FI"), ("™", "tm"), ("Straße", "STRASSE")],
)
def test_case_of_any_letter(one: str, other: str) -> None:
    """Both cases of a letter are one, whatever their lengths are."""
    assert plain(one) == plain(other)


@pytest.mark.parametrize(("one", "other"), [("มุม", "มมม"), ("กู", "กุ"), ("ກຸ", "ກ"), ("ཀི", "ཀུ")])
def test_vowels_are_no_accents(one: str, other: str) -> None:
    """Marks that are vowels tell words apart."""
    assert plain(one) != plain(other)
