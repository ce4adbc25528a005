"""Text of clients: UTF-8, or Windows-1252 as old ones write it."""

from urllib.parse import quote_from_bytes, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.text import as_windows, decoded, pairs

WINDOWS = "Söhne € „x“ – Œ"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_text_in_either_encoding(encoding: str) -> None:
    """Percent-encoded or raw, it is the same text."""
    raw = WINDOWS.encode(encoding)
    assert decoded(raw) == WINDOWS
    assert list(pairs(b"name=" + quote_from_bytes(raw).encode())) == [("name", WINDOWS)]
    assert list(pairs(b"name=" + raw.replace(b" ", b"+"))) == [("name", WINDOWS)]


def test_each_value_is_read_by_itself() -> None:
    """One value in Windows-1252 does not spoil its neighbour in UTF-8."""
    assert list(pairs(b"a=\xfc&b=\xc3\xbc")) == [("a", "ü"), ("b", "ü")]


def test_a_charset_that_is_named_counts() -> None:
    """What says that it is Windows-1252 is read as that, even if it could be UTF-8."""
    assert list(pairs(b"a=\xc3\xbc", "iso-8859-1")) == [("a", "Ã¼")]


def test_bytes_that_windows_1252_lacks_stay() -> None:
    """No text is refused, and nothing becomes a replacement character."""
    assert decoded(b"\x81\xff") == "\x81ÿ"


def test_latin_text_is_completed() -> None:
    """What a library read as Latin-1 gets its quotation marks and dashes."""
    assert as_windows(WINDOWS.encode("cp1252").decode("latin-1")) == WINDOWS


@given(
    st.lists(
        st.tuples(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
    )
)
def test_what_is_encoded_comes_back(given_pairs: list[tuple[str, str]]) -> None:
    """Every form in UTF-8, empty values included."""
    form = urlencode(given_pairs).encode()
    assert list(pairs(form)) == [pair for pair in given_pairs if form]


def test_a_byte_order_mark_is_skipped() -> None:
    """The first name of a form has none."""
    assert list(pairs(b"\xef\xbb\xbfKEY=k")) == [("KEY", "k")]
