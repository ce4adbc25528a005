"""A verification notices what was changed, removed or added, and where; the chains stay whole when
their oldest entries go."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from resolvers.audit.entries import Mac, entry_id
from resolvers.audit.proof import Report, problems
from resolvers.audit.pruning import prune
from resolvers.context import utc_now
from resolvers.store import audit as stored
from resolvers.store.store import Store
from tests.conftest import Clock, mock_store
from tests.resolvers.audit.following import KEY, followed, happened, rows, wrong
from tests.timing import limit

pytestmark = pytest.mark.anyio
SOON = limit(20)
NUMBER = 5
"""Entries of a chain, those of the trail itself left out."""


async def filled(store: Store, key: str | None = KEY, **options: Any) -> str:
    """A chain that has ended; its name."""
    async with followed(store, key, **options) as made:
        for _ in range(NUMBER):
            await made.trail.secured({"action": "READ", "outcome": "DONE"}, SOON)
        await happened(lambda: made.trail._seen_at is not None)
    return made.trail.writer


Tamper = Callable[[Any, Any, str], Awaitable[None]]


async def change(entries: Any, _heads: Any, writer: str) -> None:
    """Say that somebody else did it."""
    await entries.update_one({"_id": entry_id(writer, 3)}, {"$set": {"credential": "eve"}})


async def change_with_its_hash(entries: Any, _heads: Any, writer: str) -> None:
    """And make the hash anew, as who has no key can: it is another one."""
    row = await entries.find_one({"_id": entry_id(writer, 3)})
    row["credential"] = "eve"
    await entries.replace_one({"_id": row["_id"]}, {**row, "hash": Mac().of(row)})


async def remove_in_the_middle(entries: Any, _heads: Any, writer: str) -> None:
    """One entry."""
    await entries.delete_one({"_id": entry_id(writer, 3)})


async def remove_the_end(entries: Any, _heads: Any, writer: str) -> None:
    """The last two entries."""
    await entries.delete_many({"_id": {"$gte": entry_id(writer, 6), "$lt": f"{writer};"}})


async def remove_the_beginning(entries: Any, _heads: Any, writer: str) -> None:
    """The first two entries."""
    await entries.delete_many({"_id": {"$gte": entry_id(writer, 0), "$lt": entry_id(writer, 3)}})


async def add_an_entry(entries: Any, _heads: Any, writer: str) -> None:
    """One that never was, at the end."""
    row = await entries.find_one({"_id": entry_id(writer, 7)})
    row |= {"seq": 8, "previous": row["hash"], "_id": entry_id(writer, 8)}
    await entries.insert_one({**row, "hash": Mac().of(row)})


async def swap(entries: Any, _heads: Any, writer: str) -> None:
    """Two entries."""
    third, fourth = [await entries.find_one({"_id": entry_id(writer, n)}) for n in (3, 4)]
    await entries.replace_one({"_id": third["_id"]}, {**fourth, "_id": third["_id"]})
    await entries.replace_one({"_id": fourth["_id"]}, {**third, "_id": fourth["_id"]})


async def remove_the_head(_entries: Any, heads: Any, writer: str) -> None:
    """So that nobody knows how far the chain reached."""
    await heads.delete_one({"_id": writer})


async def move_the_head_back(entries: Any, heads: Any, writer: str) -> None:
    """And remove what it no longer covers."""
    await remove_the_end(entries, heads, writer)
    row = await entries.find_one({"_id": entry_id(writer, 5)})
    await heads.update_one({"_id": writer}, {"$set": {"seq": 5, "hash": row["hash"]}})


async def move_the_beginning(entries: Any, heads: Any, writer: str) -> None:
    """As if it was pruned."""
    row = await entries.find_one({"_id": entry_id(writer, 2)})
    begins = {"seq": 3, "previous": row["hash"], "before": utc_now(), "seal": "0" * 64}
    await heads.update_one({"_id": writer}, {"$set": {"begins": begins}})


async def remove_the_chain(entries: Any, heads: Any, writer: str) -> None:
    """All of it: the other one has named it."""
    await entries.delete_many({"_id": {"$gte": writer, "$lt": f"{writer};"}})
    await heads.delete_one({"_id": writer})


TAMPERS: list[tuple[Tamper, str]] = [
    (change, "entry 3: it was changed"),
    (change_with_its_hash, "entry 3: it was changed"),
    (remove_in_the_middle, "entry 4: the entries from 3 to 3 are missing"),
    (remove_the_end, "entry 6: entries to 7 are missing at the end"),
    (remove_the_beginning, "entry 3: the entries from 1 to 2 are missing"),
    (add_an_entry, "entry 8: it was changed, or made with another key"),
    (swap, "entry 4: its id is that of another place"),
    (remove_the_head, "entry 0: the chain has entries, and no head"),
    (move_the_head_back, "entry 5: the chain's head was changed"),
    (move_the_beginning, "entry 7: the chain's beginning was changed"),
    (remove_the_chain, "entry 7: the whole chain is missing"),
]


@pytest.mark.parametrize(("tamper", "what"), TAMPERS, ids=lambda one: getattr(one, "__name__", ""))
async def test_what_is_not_as_it_was_written_is_named(tamper: Tamper, what: str) -> None:
    """With its chain and place."""
    store = await mock_store()
    first, _second = await filled(store), await filled(store)
    assert await wrong(store) == []
    await tamper(store.database["audit"], store.database["auditHeads"], first)
    found = [str(problem) for problem in await wrong(store)]
    assert any(f"chain {first}, {what}" in one for one in found), found


async def test_a_forged_chain_has_no_key() -> None:
    """Chains without a key are those from before there was one."""
    store = await mock_store()
    await filled(store, key=None)
    await filled(store)
    report = Report()
    assert [one async for one in problems(store, Mac(KEY), report)] == []
    assert report.unkeyed == 1
    forged = await filled(store, key=None)
    (problem,) = await wrong(store)
    assert (problem.writer, problem.what[:20]) == (forged, "the chain has no key")


async def test_another_key_is_noticed() -> None:
    """As if all was changed; without a key, one sentence says what is needed."""
    store = await mock_store()
    await filled(store)
    assert "made with another key" in str(await wrong(store, "another key, of 32 characters or so"))
    assert "set GATEWAY_AUDIT_KEY" in str(await wrong(store, None))


async def test_an_anchor_outside_notices_that_all_went_back() -> None:
    """A database that was set back to an earlier time is whole in itself."""
    store = await mock_store()
    await filled(store)
    earlier = [
        await store.database[name].find({}).to_list(None) for name in ("audit", "auditHeads")
    ]
    await filled(store)
    report = Report()
    assert [one async for one in problems(store, Mac(KEY), report)] == []
    assert await wrong(store, anchor=report.heads) == []
    for name, documents in zip(("audit", "auditHeads"), earlier, strict=True):
        await store.database[name].delete_many({})
        await store.database[name].insert_many(documents)
    assert await wrong(store) == []
    assert "the whole chain is missing: the anchor names it" in str(
        await wrong(store, anchor=report.heads)
    )


async def test_a_verification_goes_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a chain is, a batch is in memory."""
    monkeypatch.setattr(stored, "BATCH", 2)
    store, steps, report = await mock_store(), list[int](), Report()
    await filled(store)
    assert [one async for one in problems(store, Mac(KEY), report, None, steps.append)] == []
    assert (report.entries, report.chains, max(steps)) == (NUMBER + 2, 1, 2)


async def test_old_entries_go_and_the_chain_stays_whole(store: Store) -> None:
    """Only those from the oldest end; the trail says that they went, and since when it reaches."""
    clock = Clock()
    clock.time = utc_now() - timedelta(days=100)
    old = await filled(store, now=clock)
    clock.time = utc_now() - timedelta(days=20)
    middle = await filled(store, now=clock)
    async with followed(store) as made:
        assert await prune(store, Mac(KEY), 30, made.trail) == NUMBER + 1
        assert await prune(store, Mac(KEY), 30, made.trail) == 0
    left = [row["seq"] for row in await rows(store) if row["writer"] == old]
    assert left == [NUMBER + 2]
    assert len([row for row in await rows(store) if row["writer"] == middle]) > NUMBER
    (pruned,) = [row for row in await rows(store) if row["action"] == "PRUNED"]
    assert pruned["removed"] == NUMBER + 1
    report = Report()
    assert [one async for one in problems(store, Mac(KEY), report)] == []
    assert report.removed_before is not None
    assert report.removed_before < utc_now() - timedelta(days=29)


async def test_a_growing_chain_is_pruned_and_grows_on() -> None:
    """Its writer knows nothing of it."""
    store, clock = await mock_store(), Clock()
    clock.time = datetime(2026, 1, 1)
    async with followed(store, now=clock) as made:
        for _ in range(3):
            await made.trail.secured({"action": "READ", "outcome": "DONE"}, SOON)
        clock.time = utc_now()
        await made.trail.secured({"action": "READ", "outcome": "DONE"}, SOON)
        await made.trail._put_head()
        assert await prune(store, Mac(KEY), 30) == 4
        await made.trail.secured({"action": "READ", "outcome": "DONE"}, SOON)
        assert await wrong(store) == []
    assert await wrong(store) == []


async def test_a_prune_that_was_killed_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The head says where the chain begins before anything is removed."""
    store, clock = await mock_store(), Clock()
    clock.time = datetime(2026, 1, 1)
    await filled(store, now=clock)

    async def killed(*_: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(stored, "remove_before", killed)
        with pytest.raises(KeyboardInterrupt):
            await prune(store, Mac(KEY), 30)
    assert await wrong(store) == []
    assert await prune(store, Mac(KEY), 30) == NUMBER + 1
    assert await wrong(store) == []
