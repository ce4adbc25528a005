"""JSON piece by piece: the same values as from the whole text, however it is cut."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.commands.imports import json_stream
from app.commands.imports.encoding import BrokenError
from app.commands.imports.json_stream import JsonStream
from tests.properties import examples

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
).filter(lambda value: "Infinity" not in json.dumps(value))


def streamed(content: bytes, chunk: int) -> list[Any]:
    """Each value of a list, read in chunks of that many bytes."""
    before, json_stream.CHUNK = json_stream.CHUNK, chunk
    try:
        stream = JsonStream(io.BufferedReader(io.BytesIO(content)))  # type: ignore[arg-type]
        found = [stream.value() for _ in stream.items()]
        assert stream.peek() == ""
        return found
    finally:
        json_stream.CHUNK = before


@settings(max_examples=examples(60))
@given(st.lists(VALUES, max_size=3), st.integers(1, 40), st.sampled_from([None, 1]))
def test_any_list_in_any_chunks(values: list[Any], chunk: int, indent: int | None) -> None:
    """Texts, numbers and escapes may be cut anywhere."""
    for ascii_ in (True, False):
        content = json.dumps(values, ensure_ascii=ascii_, indent=indent).encode()
        assert streamed(content, chunk) == values


@settings(max_examples=examples(60))
@given(st.lists(VALUES, min_size=1, max_size=2), st.data())
def test_any_beginning_is_not_complete(values: list[Any], data: st.DataObject) -> None:
    """A file that was cut off is never taken for a shorter one."""
    content = json.dumps(values).encode()
    cut = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises((BrokenError, AssertionError)):
        streamed(content[:cut], 7)


def test_members_of_an_object() -> None:
    """Names come before their values are read."""
    content = io.BufferedReader(io.BytesIO(b'\xef\xbb\xbf{"a": 1, "b": {"c": [2]}}'))  # type: ignore[arg-type]
    stream = JsonStream(content)
    assert {name: stream.value() for name in stream.members()} == {"a": 1, "b": {"c": [2]}}


def test_one_value_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text without an end is not read to the end of the file."""
    monkeypatch.setattr(json_stream, "LARGEST", 1000)
    file = io.BufferedReader(io.BytesIO(b'["' + b"x" * 1_000_000))  # type: ignore[arg-type]
    monkeypatch.setattr(json_stream, "CHUNK", 100)
    stream = JsonStream(file)
    with pytest.raises(BrokenError, match="too large"):
        _ = [stream.value() for _ in stream.items()]
    assert file.tell() < 20_000
