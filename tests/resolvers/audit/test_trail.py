"""One process's chain: what waits, what is stored when, and what happens if it cannot be."""

import asyncio
import json
from hashlib import sha256
from typing import Any
from unittest.mock import patch

import pytest

from resolvers import sessions
from resolvers.audit import trail as trails
from resolvers.audit.entries import FIRST, canonical, print_time
from resolvers.errors import Unavailable
from resolvers.store import audit as stored
from resolvers.store.store import Store
from tests.conftest import mock_store
from tests.kinds import BY_KIND
from tests.resolvers.audit.following import followed, happened, rows, wrong
from tests.timing import limit

pytestmark = pytest.mark.anyio
KNOWLEDGE = BY_KIND["knowledge"].definition
ENTRY = {"action": "READ", "outcome": "DONE"}
SOON = limit(20)


async def test_each_entry_has_the_hash_of_the_one_before(store: Store) -> None:
    """From the start of the process to its end, on every driver; a verification agrees."""
    async with followed(store) as made:
        await made.trail.secured(dict(ENTRY), SOON)
        made.trail.note(dict(ENTRY))
    found = await rows(store)
    assert [row["action"] for row in found] == ["STARTED", "READ", "READ", "STOPPED"]
    assert [row["seq"] for row in found] == [1, 2, 3, 4]
    assert [row["previous"] for row in found] == [FIRST, *(row["hash"] for row in found[:-1])]
    head = await store.database["auditHeads"].find_one({})
    assert head is not None
    assert (head["seq"], head["hash"]) == (4, found[-1]["hash"])
    assert await wrong(store) == []


async def test_others_can_compute_the_hashes() -> None:
    """Without a key: SHA-256 over JSON as Python writes it with sorted keys and no blanks."""
    store = await mock_store()
    async with followed(store, key=None) as made:
        made.trail.note({**ENTRY, "name": 'Zoë "\\\x1f\x7f', "shown": ["a"], "removed": 1})
    for row in await rows(store):
        plain = {name: value for name, value in row.items() if name not in ("_id", "hash")}
        plain["at"] = print_time(row["at"])
        text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert text.encode() == canonical(row)
        assert sha256(text.encode()).hexdigest() == row["hash"]


async def test_much_is_stored_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quick process shows more in the time that entries wait for others than may wait."""
    monkeypatch.setattr(trails, "FLUSH_SECONDS", limit(1000))
    store = await mock_store()
    shown = [str(number) for number in range(100)]
    async with followed(store) as made, asyncio.timeout(SOON):
        for _ in range(3 * trails.MOST_WAITING // len(shown)):
            made.trail.note({**ENTRY, "shown": shown})
            await asyncio.sleep(0)
    assert await wrong(store) == []


async def test_what_is_noted_is_stored_soon() -> None:
    """Nobody waits for it."""
    store = await mock_store()
    async with followed(store) as made:
        made.trail.note(dict(ENTRY))
        await happened(lambda: made.trail.waiting == 0)
        assert [row["action"] for row in await rows(store)][:2] == ["STARTED", "READ"]


async def test_many_are_stored_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """In batches, while more of them come."""
    monkeypatch.setattr(stored, "BATCH", 7)
    store = await mock_store()
    async with followed(store) as made:
        work = (made.trail.secured(dict(ENTRY), SOON) for _ in range(50))
        ids = await asyncio.gather(*work)
    assert len(set(ids)) == 50
    assert await wrong(store) == []
    assert len(await rows(store)) == 52


@pytest.mark.parametrize("lost", [False, True], ids=["not stored", "answer lost"])
async def test_a_database_that_fails_loses_and_doubles_nothing(
    lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be stored is tried again, also where it was stored and nobody heard of it."""
    monkeypatch.setattr(trails, "PAUSES", (0.001,))
    store, real, failures = await mock_store(), stored.insert, [3]

    async def insert(store: Store, found: Any) -> None:
        failing = failures[0] > 0
        failures[0] -= 1
        if lost or not failing:
            await real(store, found)
        if failing:
            raise Unavailable("gone")

    with patch.object(stored, "insert", insert):
        async with followed(store) as made:
            await asyncio.gather(*(made.trail.secured(dict(ENTRY), SOON) for _ in range(5)))
    assert len(await rows(store)) == 7
    assert await wrong(store) == []


async def test_a_write_that_cannot_be_noted_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written; later the trail says that it was begun, and not that it was done."""
    monkeypatch.setattr(trails, "PAUSES", (0.001,))
    store, open_ = await mock_store(), asyncio.Event()
    real = stored.insert

    async def insert(store: Store, found: Any) -> None:
        if not open_.is_set():
            raise Unavailable("gone")
        await real(store, found)

    with patch.object(stored, "insert", insert):
        async with followed(store) as made:
            context = made.context()
            object.__setattr__(context.store, "deadline", 0.05)
            with pytest.raises(Unavailable, match="nothing was changed"):
                await sessions.create(context, KNOWLEDGE, {})
            assert await store.collection(KNOWLEDGE).count_documents({}) == 0
            open_.set()
            entries = await made.entries()
    assert [row["outcome"] for row in entries] == ["BEGUN"]


async def test_reads_are_refused_when_too_many_entries_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is dropped in silence: what cannot be noted is not shown."""
    store = await mock_store()
    counted: list[tuple[str, int]] = []
    async with followed(store, observe=lambda *one: counted.append(one)) as made:
        document = await sessions.create(made.context(), KNOWLEDGE, {"note": "personal"})
        monkeypatch.setattr(trails, "MOST_WAITING", 0)
        with pytest.raises(Unavailable, match="nothing is shown"):
            await sessions.get(made.context(), KNOWLEDGE, document["_id"])
    assert ("refused", 1) in counted


async def test_chains_name_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """So one that vanishes, or loses its end, is missed."""
    store = await mock_store()
    async with followed(store) as first:
        await first.trail.secured(dict(ENTRY), SOON)
    async with followed(store) as second:
        await second.trail.secured(dict(ENTRY), SOON)
        await happened(lambda: second.trail._seen_at is not None)
    (seen,) = [row for row in await rows(store) if row["action"] == "SEEN"]
    assert seen["writer"] == second.trail.writer
    (named,) = seen["heads"]
    assert (named["writer"], named["seq"]) == (first.trail.writer, 3)
