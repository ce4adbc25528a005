"""JSON texts: values come back as they were written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.errors import Invalid
from resolvers.json_text import DEEPEST, read, type_name, write

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(VALUES)
def test_any_value_is_written_as_it_was_read(value: object) -> None:
    """Members keep their order and numbers their digits."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if "Infinity" not in text:
        assert write(read(text)) == text


@pytest.mark.parametrize("text", ["1.0", "1e3", "1E+3", "-0", "-0.0", "1e999", "9" * 5000, "0.10"])
def test_numbers_keep_their_spelling(text: str) -> None:
    """However large or small they are."""
    assert write(read(f"[{text}]")) == f"[{text}]"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("5", "NUMBER"),
        ("1e999", "NUMBER"),
        ("true", "BOOLEAN"),
        ('{"a":1}', "OBJECT"),
        ("[]", "LIST"),
        ("null", None),
        ('"a"', None),
        ("NaN", None),
        ("{", None),
        ("[" * 100_000, None),
        (5, None),
    ],
)
def test_type_of_a_text(text: object, name: str | None) -> None:
    """None for texts and null, and for what is not JSON."""
    assert type_name(text) == name


def test_deep_values_are_refused() -> None:
    """Nobody means a thousand lists in each other."""
    value: object = 1
    for _ in range(DEEPEST + 1):
        value = [value]
    with pytest.raises(Invalid, match="levels"):
        write(value)
