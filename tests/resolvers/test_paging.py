"""Cursors come back as they went, and nothing else is taken for one."""

import base64
from datetime import datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers import paging
from resolvers.errors import BadInput
from resolvers.kind import Document
from resolvers.paging import sort_paths
from resolvers.request import Order
from tests.conftest import KINDS_BY_NAME, NOW

BOT = KINDS_BY_NAME["bot"]
ORDER = tuple(
    Order(BOT.by_name[name])
    for name in ("startedAt", "endedAt", "durationSeconds", "noOfMessagesExchanged")
)
TAG = paging.cursor_tag(BOT, ORDER)
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1)
DATES = st.datetimes(datetime(1900, 1, 1), datetime(9998, 12, 31)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)


def encode(row: Document) -> str:
    return paging.encode_cursors(BOT, ORDER, [row])[0]


def packed(values: Any) -> str:
    raw = values if isinstance(values, bytes) else orjson.dumps(values)
    return base64.b64encode(raw).decode()


def refused(text: str) -> str:
    """The message of the refusal, which names the argument."""
    with pytest.raises(BadInput) as refusal:
        paging.decode_cursor(text, BOT, ORDER, "after")
    assert refusal.value.details == {"argument": "after"}
    return refusal.value.message


@given(
    started=DATES,
    ended=st.none() | DATES,
    duration=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    number=st.integers(-(2**31), 2**31 - 1),
    session_id=TEXTS,
)
def test_round_trip(
    started: datetime, ended: datetime | None, duration: float | None, number: int, session_id: str
) -> None:
    """The values of the row, exactly."""
    values = [started, ended, duration, number, session_id]
    row = dict(zip(sort_paths(ORDER), values, strict=True))
    assert paging.decode_cursor(encode(row), BOT, ORDER, "after") == values


def test_missing_values_are_nulls() -> None:
    """A row without a value has the place of a null."""
    place = paging.decode_cursor(encode({"_id": "x", "startedAt": NOW}), BOT, ORDER, "after")
    assert place == [NOW, None, None, None, "x"]


@given(st.text())
def test_any_text_is_refused(text: str) -> None:
    """Text that is no cursor is bad input, whatever it is."""
    assert refused(text)


@given(st.binary())
def test_any_bytes_are_refused(raw: bytes) -> None:
    """So are bytes in a cursor's clothes."""
    assert refused(packed(raw))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
)


@given(st.lists(JSON, max_size=6))
def test_tampered_values_are_refused_or_of_their_types(values: list[Any]) -> None:
    """With the right label, either every value fits its column or the cursor is refused."""
    types = [datetime, datetime, float, int, str]
    try:
        place = paging.decode_cursor(packed([TAG, *values]), BOT, ORDER, "after")
    except BadInput:
        return
    for value, type_ in zip(place, types, strict=True):
        assert value is None or isinstance(value, (type_, int if type_ is float else type_))
        assert not isinstance(value, bool)


@pytest.mark.parametrize(
    "values",
    [
        ["2026-03-01T09:30:00Z", None, None, 2**63, "x"],
        ["2026-03-01T09:30:00Z", None, 2**63, 1, "x"],
        ["2026-03-01T09:30:00Z", None, None, True, "x"],
        ["2026-03-01T09:30:00Z", None, None, 1, None],
        ["2026-03-01T09:30:00Z", None, None, 1, 7],
        ["2026-03-01T09:30:00Z", None, None, 1, {"$gt": ""}],
        ["10000-01-01T00:00:00Z", None, None, 1, "x"],
        [{"$gt": ""}, None, None, 1, "x"],
        [1772357400000, None, None, 1, "x"],
        ["2026-03-01T09:30:00Z", None, None, 1],
        ["2026-03-01T09:30:00Z", None, None, 1, "x", "x"],
        [],
    ],
)
def test_wrong_values_are_refused(values: list[Any]) -> None:
    """Wrong types, numbers too large for the database, too few and too many."""
    assert "not a valid cursor" in refused(packed([TAG, *values]))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"{}",
        b"[]",
        b"[1]",
        b"[" * 100_000,
        orjson.dumps([TAG])[:-1] + b',"\\ud800"]',
        b"[1e999]",
        b"\xff",
    ],
)
def test_broken_json_is_refused(raw: bytes) -> None:
    """Deep nesting, half a surrogate pair, infinity and no JSON at all."""
    assert refused(packed(raw))


def test_other_ordering_is_refused() -> None:
    """A cursor carries its ordering; the message says which it was and which it should be."""
    other = (Order(BOT.by_name["startedAt"], descending=True),)
    text = paging.encode_cursors(BOT, other, [{"_id": "x"}])[0]
    message = refused(text)
    assert "ordered by -startedAt" in message
    assert "ordered by startedAt,endedAt" in message


def test_other_kind_is_refused() -> None:
    """A chat's cursor is none of a bot session's."""
    label = paging.cursor_tag(KINDS_BY_NAME["chat"], ORDER[:1])
    assert "chat sessions" in refused(packed([label, None, "x"]))
