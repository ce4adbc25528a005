"""Appends that cost what is new: they leave what a change of the whole session leaves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers import appending, search, sessions
from resolvers.access import Caller
from resolvers.appending import Addition
from resolvers.context import Context
from resolvers.errors import UserError
from resolvers.kind import Document
from resolvers.lists import ListPart, ListWindow
from resolvers.store.store import Store
from resolvers.values import clean
from schema.kinds.chat import set_instants
from tests.conftest import KINDS_BY_NAME, NOW, mock_store
from tests.properties import examples

pytestmark = pytest.mark.anyio

LISTS = {"chat": "messages", "remote_support": "chat", "co_browse": "pages"}
"""The list of each kind that grows."""
NEEDED = {"co_browse": {"sessionToken": "519333886"}}
SECONDS = st.integers(0, 6)
WORDS = st.lists(st.sampled_from(["a", "printer", "jam", "Ünder", "x1", "it's"]), max_size=4)


def zoned(seconds: int) -> Document:
    """A time on the clock."""
    return {"dateTime": NOW + timedelta(seconds=seconds), "timeZone": "UTC"}


ENTRIES: dict[str, st.SearchStrategy[Document]] = {
    "chat": st.fixed_dictionaries(
        {
            "messageId": st.sampled_from("abcdefgh"),
            "message": WORDS.map(" ".join),
            "source": st.sampled_from(["VISITOR", "OPERATOR"]),
            "sent": SECONDS.map(zoned),
        }
    ),
    "remote_support": st.fixed_dictionaries(
        {
            "at": SECONDS.map(lambda seconds: NOW + timedelta(seconds=seconds)),
            "author": st.sampled_from(["Ada", "Mia", "Nobody"]),
            "text": WORDS.map(" ".join),
        }
    ),
    "co_browse": st.fixed_dictionaries(
        {
            "url": st.sampled_from(["https://a.example/", "https://b.example/"]),
            "enteredTimestamp": SECONDS.map(lambda seconds: NOW + timedelta(seconds=seconds)),
        }
    ),
}


def addition(context: Context, name: str, entries: list[Document]) -> Addition:
    """Entries as a verb gives them."""
    kind, column = KINDS_BY_NAME[name], LISTS[name]

    def cleaned(_document: Document) -> list[Document]:
        found: list[Document] = clean(context, (kind.by_name[column],), {column: entries})[column]
        if name == "chat":
            set_instants(found)
        return found

    return Addition(column, cleaned)


async def outcome(work: Any) -> Any:
    """A refusal as a value, or None."""
    try:
        await work
    except UserError as error:
        return type(error), error.message, error.field
    return None


async def both_ways(
    context: Context, name: str, values: Document, batches: list[list[Document]]
) -> None:
    """Append batches by themselves, and in whole changes: documents and refusals are the same."""
    kind, rows = KINDS_BY_NAME[name], context.store.collection(KINDS_BY_NAME[name])
    one = await sessions.create(context, kind, values)
    await rows.delete_many({"_id": {"$ne": one["_id"]}})
    for batch in batches:
        added = addition(context, name, batch)
        before = await rows.find_one({"_id": one["_id"]})
        appended = await outcome(sessions.append(context, kind, one["_id"], added))
        after = await rows.find_one({"_id": one["_id"]})
        await rows.replace_one({"_id": one["_id"]}, before)
        work = sessions.act(context, kind, one["_id"], lambda row: added.change(kind, row))  # noqa: B023
        assert appended == await outcome(work)
        assert after == await rows.find_one({"_id": one["_id"]})


@pytest.fixture
async def memory() -> Store:
    """A store in memory."""
    return await mock_store()


@pytest.mark.parametrize("name", LISTS)
async def test_an_append_leaves_what_a_whole_change_leaves(name: str, memory: Store) -> None:
    """Whatever is appended in whatever order, near the limits of the search, too."""
    context = Context(memory, now=lambda: NOW + timedelta(minutes=1))
    batches = st.lists(st.lists(ENTRIES[name], max_size=3), max_size=5)
    first = st.lists(ENTRIES[name], max_size=3, unique_by=lambda entry: str(entry))
    found: list[tuple[list[Document], list[list[Document]], int, int]] = []

    @settings(max_examples=examples(40))
    @given(first, batches, st.sampled_from([3, 9, 5000]), st.sampled_from([20, 40, 500_000]))
    def collect(start: list[Document], more: list[list[Document]], keys: int, room: int) -> None:
        found.append((start, more, keys, room))

    collect()
    with pytest.MonkeyPatch.context() as patch:
        for start, more, keys, room in found:
            patch.setattr(search, "MOST_KEYS", keys)
            patch.setattr(search, "MOST_CHARACTERS", room)
            values = {**NEEDED.get(name, {}), LISTS[name]: _distinct(name, start)}
            if name == "remote_support":
                values["customerName"] = "Ada"
            await memory.database["claims"].delete_many({})
            await both_ways(context, name, values, more)


def _distinct(name: str, entries: list[Document]) -> list[Document]:
    return (
        list({entry["messageId"]: entry for entry in entries}.values())
        if name == "chat"
        else entries
    )


def message(number: int, source: str = "VISITOR") -> Document:
    """A message, a second after the one before."""
    return {
        "messageId": f"m{number}",
        "message": f"word{number} hello",
        "source": source,
        "sent": zoned(number),
    }


Commands = list[tuple[str, Document]]


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of sessions that are changed as a whole."""
    seen: list[str] = []
    original = sessions.changed

    def noted(context: Context, kind: Any, before: Document, change: Callable[..., None]) -> Any:
        seen.append(before["_id"])
        return original(context, kind, before, change)

    monkeypatch.setattr(sessions, "changed", noted)
    return seen


@pytest.mark.parametrize("name", LISTS)
async def test_an_append_in_order_needs_no_list(
    context: Context, name: str, whole: list[str]
) -> None:
    """On every engine: neither the first entries, nor later ones, nor a refusal, read the list."""
    kind = KINDS_BY_NAME[name]
    one = await sessions.create(context, kind, NEEDED.get(name, {}))
    made: dict[str, Callable[[int], Document]] = {
        "chat": message,
        "remote_support": lambda number: {"at": NOW, "author": "x", "text": f"t{number}"},
        "co_browse": lambda number: {
            "url": "https://a.example/",
            "enteredTimestamp": NOW + timedelta(seconds=number),
        },
    }
    batches = [
        [made[name](0)],
        [made[name](1), made[name](2)],
        [],
        [made[name](2)],
        [made[name](3)],
    ]
    for batch in batches:
        await outcome(sessions.append(context, kind, one["_id"], addition(context, name, batch)))
    assert not whole
    stored = await sessions.get(context, kind, one["_id"])
    assert stored is not None
    rebuilt = dict(stored)
    await sessions.act(context, kind, one["_id"], lambda row: row.update(labels=["x"]))
    again = await sessions.get(context, kind, one["_id"])
    assert {**rebuilt, "labels": ["x"], "revision": stored["revision"] + 1} == again
    assert len(stored[kind.by_name[LISTS[name]].path]) == {"remote_support": 5}.get(name, 4)


async def test_the_limit_of_keys_holds(
    memory: Store, whole: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A word that has no room for its key ends what the search finds, as in a whole change."""
    monkeypatch.setattr(search, "MOST_KEYS", 4)
    context, kind = Context(memory), KINDS_BY_NAME["chat"]
    await sessions.create(context, kind, {"sessionId": "c", "messages": [message(0)]})
    for number in range(1, 4):
        added = addition(context, "chat", [message(number)])
        await sessions.append(context, kind, "c", added)
    stored = await memory.collection(kind).find_one({"_id": "c"})
    assert len(stored["searchKeys"]) == 4
    assert stored["searchRoom"] == 0
    assert not whole


async def test_a_window_shows_old_and_new_entries(context: Context, whole: list[str]) -> None:
    """What is asked of the list after the append, and nothing besides."""
    kind = KINDS_BY_NAME["chat"]
    values = {"sessionId": "c", "messages": [message(n) for n in range(4)]}
    await sessions.create(context, kind, values)
    windows = {
        ListWindow(last=3): ["m3", "m4", "m5"],
        ListWindow(first=2, after=5): ["m6", "m7"],
        ListWindow(first=2, after=0): ["m1", "m2"],
        ListWindow(last=2, before=8): ["m6", "m7"],
        ListWindow(first=0): [],
    }
    for place, (window, shown) in enumerate(windows.items()):
        new = [message(4 + 2 * place), message(5 + 2 * place)]
        columns = frozenset({ListPart(kind.by_name["messages"], window)})
        work = sessions.append(context, kind, "c", addition(context, "chat", new), columns)
        assert [one["id"] for one in (await work)["messages"]] == shown
    assert not whole


async def test_a_long_chat_goes_on(memory: Store, whole: list[str]) -> None:
    """More than a thousand messages, and more entries of the search; the limit is the column's."""
    kind, context = KINDS_BY_NAME["chat"], Context(memory)
    start = [message(number) for number in range(1100)]
    await sessions.create(context, kind, {"sessionId": "c", "messages": start})
    await sessions.append(context, kind, "c", addition(context, "chat", [message(1100)]))
    assert not whole
    await sessions.update(context, kind, "c", {"note": "long"})
    stored = await sessions.get(context, kind, "c")
    assert stored is not None
    assert (stored["messageCount"], len(stored["searchTexts"])) == (1101, 1102)


async def test_writers_of_another_process_are_not_overwritten(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is stored between the reading and the writing of an append stays."""
    kind, writes, original = KINDS_BY_NAME["chat"], 0, appending.appends.append
    await sessions.create(context, kind, {"sessionId": "c"})

    async def late(store: Store, of: Any, asked: Any) -> bool:
        nonlocal writes
        writes += 1
        if writes == 1:
            rows = context.store.collection(kind)
            await rows.update_one({"_id": "c"}, {"$set": {"note": "x"}, "$inc": {"revision": 1}})
        return await original(store, of, asked)

    monkeypatch.setattr(appending.appends, "append", late)
    await sessions.append(context, kind, "c", addition(context, "chat", [message(1)]))
    stored = await sessions.get(context, kind, "c")
    assert stored is not None
    assert (stored["note"], stored["messageCount"], stored["revision"]) == ("x", 1, 3)


async def test_sessions_of_others_are_not_found(context: Context) -> None:
    """Neither written nor confirmed."""
    kind = KINDS_BY_NAME["chat"]
    await sessions.create(context, kind, {"sessionId": "c"})
    reader = Context(context.store, caller=Caller("x", frozenset({"chat:read"})), now=context.now)
    with pytest.raises(Exception, match="chat:write"):
        await sessions.append(reader, kind, "c", addition(context, "chat", [message(1)]))
    with pytest.raises(UserError, match="no ChatSession"):
        await sessions.append(context, kind, "d", addition(context, "chat", [message(1)]))
