"""The time of a request for all its operations."""

import asyncio
from dataclasses import replace

import pytest

from resolvers.errors import Timeout
from resolvers.store.budget import Budget
from resolvers.store.store import Store

pytestmark = pytest.mark.anyio


async def nothing(ran: list[str]) -> int:
    """An operation."""
    ran.append("ran")
    return 1


async def test_operations_begin_while_there_is_time() -> None:
    """Afterwards none begins, and the refusal says so."""
    store, ran = Store(None, 2.0).within(60), list[str]()
    assert await store.run(nothing(ran)) == 1
    assert store.budget is not None
    assert store.budget.end()
    with pytest.raises(Timeout, match=r"had 60 s, .* not begun"):
        await store.run(nothing(ran))
    assert ran == ["ran"]


async def test_a_write_that_may_not_begin_is_not_called() -> None:
    """Motor's begin when they are called."""
    store, called = Store(None, 2.0).within(60), list[str]()

    def write(name: str) -> asyncio.Future[int]:
        called.append(name)
        done = asyncio.get_running_loop().create_future()
        done.set_result(1)
        return done

    assert await store.change(write, "one") == 1
    assert store.budget is not None
    assert store.budget.end()
    with pytest.raises(Timeout):
        await store.change(write, "other")
    assert called == ["one"]


async def test_an_operation_gets_what_is_left() -> None:
    """The shorter of its own deadline and the rest of the request's time, the server too."""
    store = Store(None, 2.0)
    assert (store.left, store.time_ms) == (2.0, 1600)
    assert (store.within(60).left, store.within(60).time_ms) == (2.0, 1600)
    short = store.within(0.5)
    assert 0 < short.left <= 0.5
    assert 1 <= short.time_ms <= 400
    assert replace(short, max_time_ms=2).time_ms == 2


async def test_a_write_that_is_under_way_goes_on() -> None:
    """Only it counts, while it lasts."""
    budget = Budget(60)
    store, seen = replace(Store(None, 2.0), budget=budget), list[bool]()

    async def write() -> None:
        seen.append(budget.end())

    await store.change(write)
    assert (seen, budget.end()) == ([False], True)
