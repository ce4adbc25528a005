"""Writers to one session take locks, and nobody waits longer than one deadline."""

import asyncio

import pytest

from resolvers.errors import Contended, Unavailable
from resolvers.store.write_locks import WriteLocks

pytestmark = pytest.mark.anyio


async def test_one_after_the_other() -> None:
    """Whoever holds a turn is alone; other keys are free."""
    locks, order = WriteLocks(), []

    async def write(name: str, key: str) -> None:
        async with locks.hold(key, 1):
            order.append(name)
            await asyncio.sleep(0.01)
            order.append(name)

    await asyncio.gather(write("a", "x"), write("b", "x"), write("c", "y"))
    assert [name for name in order if name != "c"] == ["a", "a", "b", "b"]
    assert "c" in order[:2]


async def test_no_turn_in_time() -> None:
    """A turn that does not come is Unavailable."""
    locks = WriteLocks()
    async with locks.hold("x", 1):
        with pytest.raises(Unavailable, match="Too many writes"):
            async with locks.hold("x", 0.01):
                pytest.fail("two held one turn")


async def test_database_found_dead_meanwhile() -> None:
    """Those who waited are told what the holder met; those who come later ask anew."""
    locks, asked = WriteLocks(), []

    async def write(name: str) -> None:
        async with locks.hold("x", 1):
            asked.append(name)
            await asyncio.sleep(0.01)
            if name == "a":
                raise Unavailable("dead")

    met = await asyncio.gather(*map(write, "abc"), return_exceptions=True)
    assert [str(error) for error in met] == [
        "dead",
        *["The database is unreachable. Try again shortly."] * 2,
    ]
    await write("d")
    assert asked == ["a", "d"]


async def test_others_keep_changing_it() -> None:
    """The database lives: who waited tries."""
    locks, asked = WriteLocks(), []

    async def write(name: str) -> None:
        async with locks.hold("x", 1):
            asked.append(name)
            await asyncio.sleep(0)
            raise Contended("again and again")

    await asyncio.gather(*map(write, "ab"), return_exceptions=True)
    assert asked == ["a", "b"]
