"""Reads that arrive together are one; each caller has what it would have had alone."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.errors import GatewayError, LimitExceeded, Timeout
from resolvers.kind import Document
from resolvers.store.coalescing import MOST_IDS, Coalescer
from resolvers.store.store import Store
from tests.properties import examples
from tests.timing import limit

pytestmark = pytest.mark.anyio

TOO_LARGE = "large"


class Reader:
    """Documents by id, each read noted."""

    def __init__(self) -> None:
        self.reads: list[list[str]] = []
        self.stored = 0

    async def __call__(self, ids: Sequence[str]) -> dict[str, Document]:
        """What is stored at the moment when it is asked."""
        self.reads.append([*ids])
        if TOO_LARGE in ids:
            raise LimitExceeded("too large", limit="read_bytes")
        found: dict[str, Document] = {one: {"_id": one, "seen": [self.stored]} for one in ids}
        await asyncio.sleep(0)
        return {one: found[one] for one in ids if not one.startswith("unknown")}


def store(deadline: float = limit(10)) -> Store:
    """One without a database, which no read here asks."""
    return Store(None, deadline)


async def test_one_alone_begins_at_once() -> None:
    """Nothing is waited for."""
    reader, coalescer = Reader(), Coalescer()
    coming = asyncio.ensure_future(coalescer.by_ids(store().run, "k", ["a"], reader))
    await asyncio.sleep(0)
    assert reader.reads == [["a"]]
    assert await coming == {"a": {"_id": "a", "seen": [0]}}


async def test_those_that_come_together() -> None:
    """One reads at once; the next waits for the rest of the batch, and reads for them."""
    reader, coalescer = Reader(), Coalescer()
    asked = [
        coalescer.by_ids(store().run, "k", ids, reader) for ids in (["a"], ["b"], ["b", "c"], ["d"])
    ]
    found = await asyncio.gather(*asked)
    assert reader.reads == [["a"], ["b", "c", "d"]]
    assert [[*one] for one in found] == [["a"], ["b"], ["b", "c"], ["d"]]
    found[1]["b"]["seen"].append("changed")
    assert found[2]["b"]["seen"] == [0]


async def test_other_keys_are_other_reads() -> None:
    """Whoever asks with another filter, or for other columns."""
    reader, coalescer = Reader(), Coalescer()
    await asyncio.gather(*(coalescer.by_ids(store().run, key, [key], reader) for key in "abcd"))
    assert sorted(reader.reads) == [["a"], ["b"], ["c"], ["d"]]


async def test_a_key_without_hash_is_read_alone() -> None:
    """A filter may have a list in it."""
    reader, coalescer = Reader(), Coalescer()
    key: Any = ("k", ["x"])
    await asyncio.gather(*(coalescer.by_ids(store().run, key, ["a"], reader) for _ in range(3)))
    assert reader.reads == [["a"]] * 3


async def test_nobody_gets_less_than_was_there_when_asking() -> None:
    """The read begins after all that share it came."""
    reader, coalescer = Reader(), Coalescer()

    async def written_then_read(number: int) -> tuple[int, Any]:
        for _ in range(number % 5):
            await asyncio.sleep(0)
        reader.stored = written = reader.stored + 1
        found = await coalescer.by_ids(store().run, "k", ["a"], reader)
        return written, found["a"]["seen"][0]

    done = await asyncio.gather(*map(written_then_read, range(60)))
    assert all(seen >= written for written, seen in done)
    assert len(reader.reads) < 60


async def test_what_is_too_large_is_its_own() -> None:
    """A session that cannot be read with the others costs those who did not ask for it nothing."""
    reader, coalescer = Reader(), Coalescer()
    ids = ["first", "a", TOO_LARGE, "b"]
    asked = [coalescer.by_ids(store().run, "k", [one], reader) for one in ids]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(found.pop(2), LimitExceeded)
    assert [[*one] for one in found if isinstance(one, dict)] == [["first"], ["a"], ["b"]]


async def test_many_ids_are_several_reads() -> None:
    """No command has more than MOST_IDS of several callers."""
    reader, coalescer = Reader(), Coalescer()
    asked = [
        coalescer.by_ids(store().run, "k", [f"{n} {m}" for m in range(30)], reader)
        for n in range(9)
    ]
    found = await asyncio.gather(*asked)
    assert [len(one) for one in found] == [30] * 9
    assert max(map(len, reader.reads)) <= MOST_IDS


@pytest.mark.parametrize("gone", [1, 2, 3])
async def test_a_client_that_goes(gone: int) -> None:
    """Whether it reads for others or waits for one who does: they get theirs."""
    coalescer, reader, held = Coalescer(), Reader(), asyncio.Event()

    async def slow(ids: Sequence[str]) -> dict[str, Document]:
        await held.wait()
        return await reader(ids)

    tasks = [
        asyncio.ensure_future(coalescer.by_ids(store().run, "k", [str(n)], slow)) for n in range(4)
    ]
    for _ in range(3):
        await asyncio.sleep(0)
    tasks.pop(gone).cancel()
    await asyncio.sleep(0)
    held.set()
    async with asyncio.timeout(limit(10)):
        found = await asyncio.gather(*tasks)
    assert [[*one] for one in found] == [[str(n)] for n in range(4) if n != gone]


async def test_who_waits_has_its_own_deadline() -> None:
    """A read that lasts too long ends for each at its time."""

    async def silent(_: Sequence[str]) -> dict[str, Document]:
        await asyncio.Event().wait()
        return {}

    class Alive(Store):
        async def ping(self) -> None:
            """It answers."""

    coalescer, quick = Coalescer(), Alive(None, deadline=limit(0.05))
    leading = [asyncio.ensure_future(coalescer.by_ids(store().run, "k", [n], silent)) for n in "ab"]
    await asyncio.sleep(0)
    with pytest.raises(Timeout):
        await coalescer.by_ids(quick.run, "k", ["c"], silent)
    for one in leading:
        one.cancel()
    await asyncio.gather(*leading, return_exceptions=True)
    assert not coalescer._open


async def test_results_that_are_the_same() -> None:
    """One read and one object for all that ask the same."""
    coalescer, reads = Coalescer(), []

    async def read() -> object:
        reads.append(1)
        await asyncio.sleep(0)
        return object()

    found = await asyncio.gather(*(coalescer.same(store().run, "k", read) for _ in range(9)))
    assert (len(reads), len({*found})) == (2, 2)


@settings(max_examples=examples(50))
@given(
    asked=st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from("kl"),
            st.lists(st.sampled_from(["a", "b", "unknown", "unknown 2", TOO_LARGE]), max_size=3),
        ),
        max_size=12,
    )
)
async def test_each_has_what_it_would_have_alone(asked: list[tuple[int, str, list[str]]]) -> None:
    """Whenever they come, whatever they ask for, and whoever of them fails."""
    reader, coalescer = Reader(), Coalescer()

    async def ask(pause: int, key: str, ids: list[str]) -> Any:
        for _ in range(pause):
            await asyncio.sleep(0)
        return await coalescer.by_ids(store().run, key, [*dict.fromkeys(ids)], reader)

    together = await asyncio.gather(*(ask(*one) for one in asked), return_exceptions=True)
    for (_, _, ids), found in zip(asked, together, strict=True):
        expected = await _alone(ids)
        assert type(found) is type(expected)
        assert found == expected or isinstance(found, GatewayError)
    assert not coalescer._open
    assert not coalescer._reading


async def _alone(ids: list[str]) -> Any:
    try:
        return await Reader()([*dict.fromkeys(ids)])
    except GatewayError as error:
        return error
