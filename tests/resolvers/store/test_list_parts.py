"""Parts of lists on every engine: what is read, and what a stored count that is wrong becomes."""

from typing import Any

import pytest

from resolvers.kind import Document
from resolvers.lists import ListPart, ListWindow
from resolvers.request import EVERYTHING, Read, Window
from resolvers.store import read
from resolvers.store.store import Store
from tests.conftest import KINDS_BY_NAME, NOW

pytestmark = pytest.mark.anyio

CHAT = KINDS_BY_NAME["chat"]
MESSAGES = CHAT.by_name["messages"]
WINDOWS = [
    ListWindow(first=2),
    ListWindow(first=9),
    ListWindow(first=2, after=2),
    ListWindow(first=2, after=7),
    ListWindow(first=4, before=1),
    ListWindow(last=2),
    ListWindow(last=9),
    ListWindow(last=2, after=3),
    ListWindow(last=2, before=4),
    ListWindow(last=2, before=8),
    ListWindow(first=0),
]


def chat(length: int, count: Any = ..., **values: Any) -> Document:
    """A stored chat with that many messages, and a count."""
    row = {
        "_id": str(length),
        "startedAt": NOW,
        "messages": [{"id": str(place)} for place in range(length)],
        "messageCount": length if count is ... else count,
        **values,
    }
    return {name: value for name, value in row.items() if value is not None}


async def pages(store: Store, *parts: ListPart) -> dict[str, Document]:
    """What is read of all chats, as a page and one by one: the same."""
    columns = frozenset(parts)
    page = await read.list_(store, Read(CHAT, window=Window(first=9), columns=columns))
    rows = {row["_id"]: row for row in page.documents}
    for session_id, row in rows.items():
        found = await read.get_many(store, CHAT, [session_id], EVERYTHING, columns)
        assert found == {session_id: row}
    return rows


@pytest.mark.parametrize("window", WINDOWS)
async def test_window(store: Store, window: ListWindow) -> None:
    """Exactly the window's elements are there, whatever is known of the list's length."""
    rows = [chat(length) for length in (0, 1, 3, 5)]
    rows += [chat(4, None), chat(6, "many"), chat(2, None, messages=None)]
    await store.collection(CHAT).insert_many(rows, bypass_document_validation=True)
    found = await pages(store, ListPart(MESSAGES, window))
    assert len(found) == len(rows)
    for row in rows:
        items, shown = row.get("messages", []), found[row["_id"]]
        start, end = window.bounds(len(items))
        assert shown["messageCount"] == len(items)
        part = shown.get("messages") or []
        assert (part if len(part) == end - start else part[start:end]) == items[start:end]


async def test_two_windows(store: Store) -> None:
    """The whole list is read, and counted anew."""
    await store.collection(CHAT).insert_one(chat(4, 9), bypass_document_validation=True)
    parts = (ListPart(MESSAGES, ListWindow(first=1)), ListPart(MESSAGES, ListWindow(last=1)))
    (found,) = (await pages(store, *parts)).values()
    assert (len(found["messages"]), found["messageCount"]) == (4, 4)
    assert found["lastMessage"] == {"id": "3"}
