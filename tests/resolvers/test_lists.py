"""Pages of lists: windows agree with plain slicing, whatever was read and counted."""

import base64
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers import paging
from resolvers.errors import BadInput
from resolvers.kind import Document
from resolvers.lists import (
    NOTHING,
    ListPart,
    ListWindow,
    add_counts,
    after_adding,
    fits,
    parts,
    settle,
    shown,
)
from resolvers.store.plan import projection
from tests.conftest import KINDS_BY_NAME, NOW
from tests.properties import examples

CHAT = KINDS_BY_NAME["chat"]
MESSAGES = CHAT.by_name["messages"]
TAG = "ChatSession.messages"

COUNTS = st.integers(0, 9)
PLACES = st.integers(0, 9)
AFTER, BEFORE = st.just(-1) | PLACES, st.none() | PLACES
WINDOWS = st.one_of(
    st.builds(ListWindow, COUNTS, AFTER, st.none(), BEFORE),
    st.builds(ListWindow, st.none(), AFTER, COUNTS, BEFORE),
)


def sliced(window: ListWindow, items: list[Any]) -> list[Any]:
    """The elements of a window by plain slicing, as Relay describes it."""
    between = items[window.after + 1 : window.before]
    if window.last is None:
        return between[: window.first]
    return between[max(0, len(between) - window.last) :]


def read(window: ListWindow, items: list[Any]) -> list[Any] | None:
    """What a database gives of a list for a window."""
    reach = window.reach
    if reach is None:
        return None
    return items[reach:] if isinstance(reach, int) else items[reach[0] : sum(reach)]


@given(window=WINDOWS | st.none(), length=st.integers(0, 12), more=st.integers(0, 3))
def test_after_adding(window: ListWindow | None, length: int, more: int) -> None:
    """What was read and added gives the window, or it is known beforehand that it does not."""
    items = [{"place": place} for place in range(length + more)]
    stored, added = items[:length], items[length:]
    found = read(window, stored) if window else stored
    wanted = sliced(window, items) if window else items
    if fits(window, length, found, more):
        assert after_adding(window, length, found or [], added, {}) == wanted
    else:  # the database counts from the place, and the window from the end
        assert window
        assert window.last is not None
        assert window.before is not None


@given(window=WINDOWS, length=st.integers(0, 12))
def test_bounds(window: ListWindow, length: int) -> None:
    """They are those of the elements that plain slicing gives."""
    items = list(range(length))
    start, end = window.bounds(length)
    assert 0 <= start <= end <= length
    assert shown(items, start, end) == sliced(window, items)


@given(
    size=st.integers(1, 4),
    length=st.integers(0, 9),
    appended=st.lists(st.integers(0, 3), max_size=6),
)
def test_walking_while_it_grows(size: int, length: int, appended: list[int]) -> None:
    """Pages forward show every element once, those that are appended meanwhile too."""
    items = list(range(length))
    found: list[int] = []
    after, more = -1, True
    while more or appended:
        start, end = ListWindow(first=size, after=after).bounds(len(items))
        found += items[start:end]
        after, more = max(after, end - 1), end < len(items)
        if appended:
            items += range(len(items), len(items) + appended.pop())
            more = True
    assert found == items


@given(
    size=st.integers(1, 4),
    length=st.integers(0, 9),
    appended=st.lists(st.integers(0, 3), max_size=6),
)
def test_walking_back_while_it_grows(size: int, length: int, appended: list[int]) -> None:
    """Pages backward show every element that was there at first, once."""
    items = list(range(length))
    found: list[int] = []
    before, more = None, True
    while more:
        start, end = ListWindow(last=size, before=before).bounds(len(items))
        found = [*items[start:end], *found]
        before, more = start, start > 0
        if appended:
            items += range(len(items), len(items) + appended.pop())
    assert found == list(range(length))


@settings(max_examples=examples(1000))
@given(window=WINDOWS, length=st.integers(0, 12), wrong=st.sampled_from([0, 0, 0, 1, -1, 3, None]))
def test_what_was_read(window: ListWindow, length: int, wrong: int | None) -> None:
    """It is cut to the window by the right count; by another one, never to what is not there."""
    items = list(range(length))
    count = None if wrong is None else length + wrong
    row: Document = {"messages": read(window, items), "messageCount": count}
    if settle(MESSAGES, window, [row]):
        assert count != length or (window.before or 0) > length  # the list has become shorter
        return
    assert count is not None
    assert shown(row["messages"] or [], *window.bounds(count)) == (row["messages"] or [])
    if count == length:
        assert (row["messages"] or []) == sliced(window, items)


@pytest.mark.parametrize("count", [None, "3", True, -1, 2.0])
def test_a_count_that_is_none(count: Any) -> None:
    """The whole list is read, and counted."""
    row = {"messages": [{}, {}], "messageCount": count}
    assert settle(MESSAGES, ListWindow(first=2), [row]) == [row]


@given(window=WINDOWS)
def test_projection(window: ListWindow) -> None:
    """The list's part and its count are read, or the count alone; never an empty part."""
    found = projection(frozenset({"status", ListPart(MESSAGES, window)})) or {}
    assert found.pop("messageCount") == found.pop("status") == 1
    if window.reach is None:
        assert found == {}
    else:
        part = found["messages"]["$slice"]
        most = window.first if window.last is None else window.last
        assert most is not None
        if isinstance(part, int):
            assert part == -most < 0
        else:
            assert 0 < part[1] <= most
            assert window.before is None or sum(part) <= window.before


def test_windows_of_one_list() -> None:
    """The same window twice is one, no window adds nothing, and two make the whole list."""
    one, other = ListPart(MESSAGES, ListWindow(first=2)), ListPart(MESSAGES, ListWindow(last=2))
    assert parts(frozenset({one, ListPart(MESSAGES)})) == ((MESSAGES, one.window),)
    assert parts(frozenset({ListPart(MESSAGES), "status"})) == ((MESSAGES, NOTHING),)
    assert parts(frozenset({one, other})) == ((MESSAGES, None),)
    assert projection(frozenset({one, other})) == {"messages": 1, "messageCount": 1}


@pytest.mark.parametrize(
    ("messages", "kept"),
    [
        ([{"id": "1"}, {"id": "2"}], {"messageCount": 2, "lastMessage": {"id": "2"}}),
        ([], {"messageCount": 0}),
        (None, {"messageCount": 0}),
        ([{}, "damaged"], {"messageCount": 2}),
        ("no list", {}),
    ],
)
def test_kept(messages: Any, kept: Document) -> None:
    """Beside a list are its count and its last element, and what no longer applies is gone."""
    document = {"messages": messages, "messageCount": 7, "lastMessage": {"id": "old"}}
    add_counts(CHAT.columns, document)
    assert document == {"messages": messages, **kept}


@given(place=st.integers(0, 2**31 - 2))
def test_cursors(place: int) -> None:
    """A place comes back as it went."""
    assert paging.decode_place(paging.place_cursor(TAG, place), TAG, "after") == place


def forged(place: Any) -> str:
    return base64.b64encode(orjson.dumps([TAG, place])).decode()


def cursors() -> list[tuple[str, str]]:
    """Texts that are no cursor of a chat's messages, with a word of their refusal."""
    order = paging.default_order(CHAT)
    row = {"_id": "a", "startedAt": NOW}
    (session,) = paging.encode_cursors(CHAT, order, [row])
    return [
        ("bogus", "not a valid cursor"),
        (session, "belongs to chat sessions ordered by -startedAt, not to the field ChatSession.m"),
        (
            paging.place_cursor("RemoteSupportSession.chat", 1),
            "belongs to the field RemoteSupportSession.chat, not to the field ChatSession.messages",
        ),
        (paging.place_cursor(TAG, -1), "not a valid cursor"),
        (paging.place_cursor(TAG, 2**31), "not a valid cursor"),
        (forged("1"), "not a valid cursor"),
        (forged(True), "not a valid cursor"),
    ]


@pytest.mark.parametrize(("text", "words"), cursors())
def test_other_cursors(text: str, words: str) -> None:
    """What is no cursor of this list is refused, by the argument; that of another, by its name."""
    with pytest.raises(BadInput) as refusal:
        paging.decode_place(text, TAG, "before")
    assert refusal.value.details == {"argument": "before"}
    assert refusal.value.message.startswith("before: ")
    assert words in refusal.value.message


def test_a_list_cursor_elsewhere() -> None:
    """A list of sessions refuses the cursor of a list within them, by name."""
    text = paging.place_cursor(TAG, 3)
    with pytest.raises(BadInput) as refusal:
        paging.decode_cursor(text, CHAT, paging.default_order(CHAT), "after")
    assert "belongs to the field ChatSession.messages, not to chat" in refusal.value.message
