"""How a deadline is kept, and how it tells slow from dead."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from pymongo import errors as driver_errors

from resolvers.errors import GatewayError, NotFound, Timeout, Unavailable
from resolvers.store import deadline
from resolvers.store.deadline import within
from tests.timing import limit

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("type_", [driver_errors.AutoReconnect, driver_errors.DocumentTooLarge])
async def test_nothing_of_the_driver_reaches_the_client(type_: type[Exception]) -> None:
    """Messages are ours."""

    async def work() -> None:
        raise type_("10.0.0.7:27017 secret_collection")

    with pytest.raises(GatewayError) as failure:
        await within(1, answering, work())
    assert "secret" not in failure.value.message
    assert "10.0" not in failure.value.message


async def answering() -> None:
    """A database that is alive."""


async def silent() -> None:
    """A database that is not."""
    await asyncio.Event().wait()


async def broken() -> None:
    """A database that refuses connections."""
    raise driver_errors.AutoReconnect("refused")


@pytest.mark.parametrize(
    ("ping", "expected"), [(answering, Timeout), (silent, Unavailable), (broken, Unavailable)]
)
async def test_late_work(ping: Callable[[], Awaitable[None]], expected: type[Exception]) -> None:
    """Work that does not end is cut; a sign of life decides which error it is."""
    with pytest.raises(expected):
        await within(0.05, ping, silent())


async def test_a_busy_process_does_not_call_the_database_dead() -> None:
    """A sign of life takes a few turns of the event loop, however long each of them takes."""

    async def busy() -> None:
        while True:
            time.sleep(0.02)  # noqa: ASYNC251  # that is what is wrong with it
            await asyncio.sleep(0)

    async def alive_after_some_turns() -> None:
        for _ in range(8):
            await asyncio.sleep(0)

    other = asyncio.create_task(busy())
    with pytest.raises(Timeout):
        await within(0.1, alive_after_some_turns, silent())
    other.cancel()


async def test_own_refusals_pass() -> None:
    """Errors of the core are not the driver's."""

    async def work() -> None:
        raise NotFound("No such session.")

    with pytest.raises(NotFound):
        await within(1, answering, work())


async def test_bugs_pass() -> None:
    """An error that nobody can mean keeps its own class, for the log."""

    async def work() -> None:
        raise driver_errors.InvalidName("x")

    with pytest.raises(driver_errors.InvalidName):
        await within(1, answering, work())


async def test_lost_cancellation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that swallows a cancellation, as the driver can, is cancelled again."""
    monkeypatch.setattr(deadline, "INSIST_SECONDS", 0.02)
    swallowed = 0

    async def work() -> None:
        nonlocal swallowed
        while swallowed < 3:
            try:
                await silent()
            except asyncio.CancelledError:
                swallowed += 1
        await silent()

    started = time.monotonic()
    with pytest.raises(Unavailable):
        await within(0.05, silent, work())
    assert swallowed == 3
    assert time.monotonic() - started < limit(5)


async def test_who_tidies_up_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that was cancelled, and waits for a lock, gets it: the driver counts its places so."""
    monkeypatch.setattr(deadline, "INSIST_SECONDS", 0.01)
    monkeypatch.setattr(deadline, "MOST_SPARED", 1_000_000)
    lock, tidy = asyncio.Lock(), []

    async def work() -> None:
        try:
            await silent()
        finally:
            async with lock:
                tidy.append(True)

    await lock.acquire()
    waiting = asyncio.create_task(within(0.05, answering, work()))
    await asyncio.sleep(0.2)
    lock.release()
    with pytest.raises(Timeout):
        await waiting
    assert tidy == [True]


async def test_nobody_waits_for_a_lock_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is never given back ends the work all the same."""
    monkeypatch.setattr(deadline, "INSIST_SECONDS", 0.001)
    lock = asyncio.Lock()
    await lock.acquire()

    async def work() -> None:
        try:
            await silent()
        finally:
            await lock.acquire()

    with pytest.raises(Timeout):
        await asyncio.wait_for(within(0.05, answering, work()), limit(20))


async def test_cancellation_from_outside() -> None:
    """A request that is given up stays given up; it is no timeout."""
    task = asyncio.create_task(within(limit(60), answering, silent()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_cancellation_from_outside_after_the_deadline() -> None:
    """The same where the deadline has passed already and the work has not noticed."""
    task: asyncio.Task[None]

    async def work() -> None:
        try:
            await silent()
        except asyncio.CancelledError:
            task.cancel()
        await silent()

    task = asyncio.create_task(within(0.05, answering, work()))
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_nothing_is_left_to_cancel() -> None:
    """What the task does afterwards has its own time."""
    with pytest.raises(Timeout):
        await within(0.05, answering, silent())
    task = asyncio.current_task()
    assert task
    assert not task.cancelling()
    await asyncio.sleep(0.05)
