"""Single writes: the operators of a change, its guard, and what is noted for a whole database."""

from typing import Any

import pytest

from resolvers.kind import Document
from resolvers.store import write
from resolvers.store.store import Store
from tests.conftest import KINDS_BY_NAME

pytestmark = pytest.mark.anyio

BOT = KINDS_BY_NAME["bot"]


@pytest.mark.parametrize(
    ("before", "after", "operators"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": 2}, {"$set": {"a": 2}}),
        ({}, {"a": None}, {"$set": {"a": None}}),
        ({"a": 1, "b": 2}, {"b": 2}, {"$unset": {"a": ""}}),
        ({"a": [1]}, {"a": [1, 2, 3]}, {"$push": {"a": {"$each": [2, 3]}}}),
        ({"a": []}, {"a": [1]}, {"$set": {"a": [1]}}),
        ({"a": [1, 2]}, {"a": [1]}, {"$set": {"a": [1]}}),
        ({"a": [1, 2]}, {"a": [1, 3]}, {"$set": {"a": [1, 3]}}),
        ({"a": [1, 2]}, {"a": [2, 1, 3]}, {"$set": {"a": [2, 1, 3]}}),
        ({"a": 1}, {"a": [1]}, {"$set": {"a": [1]}}),
        (
            {"a": 1, "b": [1], "c": 1},
            {"a": 2, "b": [1, 2]},
            {"$set": {"a": 2}, "$push": {"b": {"$each": [2]}}, "$unset": {"c": ""}},
        ),
    ],
)
def test_operators_of_a_change(before: Document, after: Document, operators: Any) -> None:
    """What changed and nothing else; of a list that grew, only what is new."""
    assert write.difference(before, after) == operators


async def test_change_of_another_state_is_not_applied(store: Store) -> None:
    """A session that was changed or removed meanwhile stays as it is."""
    before = {"_id": "a", "revision": 1, "channel": "x", "sessionLang": ["de"]}
    after = {"_id": "a", "revision": 2, "sessionLang": ["de", "en"]}
    rows = store.collection(BOT)
    await rows.insert_one(dict(before), bypass_document_validation=True)
    assert await write.update(store, BOT, before, after)
    assert await rows.find_one({"_id": "a"}) == after
    assert not await write.update(store, BOT, before, {**after, "channel": "y"})
    assert await rows.find_one({"_id": "a"}) == after
    assert await write.delete(store, BOT, after)
    assert not await write.delete(store, BOT, after)
    assert not await write.update(store, BOT, after, {**after, "revision": 3})


@pytest.mark.parametrize(("stored", "read"), [("acme", "globex"), ("acme", None), (None, "acme")])
async def test_session_of_another_tenant_is_not_changed(
    store: Store, stored: str | None, read: str | None
) -> None:
    """On shards, one that another tenant has may have the same id and the same revision."""
    row = {"_id": "a", "revision": 1, **({"tenant": stored} if stored else {})}
    other = {"_id": "a", "revision": 1, **({"tenant": read} if read else {})}
    rows = store.collection(BOT)
    await rows.insert_one(dict(row), bypass_document_validation=True)
    assert not await write.update(store, BOT, other, {**other, "revision": 2})
    assert not await write.delete(store, BOT, other)
    assert not await write.delete_unchanged(store, BOT, other)
    await write.delete_all(store, BOT, [other])
    assert await rows.find_one({"_id": "a"}) == row
    assert await write.delete_unchanged(store, BOT, row)


async def test_session_with_a_damaged_tenant_can_be_removed(store: Store) -> None:
    """Others may have stored what no tenant is called."""
    row = {"_id": "a", "revision": 1, "tenant": ["acme"]}
    await store.collection(BOT).insert_one(dict(row), bypass_document_validation=True)
    assert await write.delete(store, BOT, row)


async def test_marks_are_noted_for_the_whole_database(store: Store) -> None:
    """The last state counts, and each name has its own."""
    assert await write.mark(store, "demo") is None
    await write.set_mark(store, "demo", "loading")
    await write.set_mark(store, "demo", "loaded")
    await write.set_mark(store, "other", "new")
    assert await write.mark(store, "demo") == "loaded"
    assert await write.mark(store, "other") == "new"
