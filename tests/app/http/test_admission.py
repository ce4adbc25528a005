"""What cannot be served is refused at once; what is served stays fast."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.http import admission
from app.http.admission import FIRST, LEAST, PAUSE, WINDOW, Admission
from app.http.refusal import RefusedError, respond

pytestmark = pytest.mark.anyio
CLOSED = (b"content-length", b"5")


class Served:
    """An application that answers when it is let go, and notes what was refused."""

    def __init__(self) -> None:
        self.begun = 0
        self.refusals: list[RefusedError] = []
        self.go = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.begun += 1
        if scope["method"] == "POST":
            while (await receive()).get("more_body"):
                pass
        await self.go.wait()
        await respond(send, 200, b"")

    async def refuse(self, _scope: Scope, _receive: Receive, _send: Send, e: RefusedError) -> None:
        self.refusals.append(e)


async def whole() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def dropped(_message: Message) -> None:
    pass


def scope(path: str = "/", method: str = "GET", *headers: tuple[bytes, bytes]) -> Any:
    return {"type": "http", "path": path, "method": method, "headers": list(headers)}


async def settle(done: Callable[[], bool] = lambda: False) -> None:
    """Let everything run that can."""
    for _ in range(50):
        if done():
            return
        await asyncio.sleep(0)


async def finished(served: Served, *running: Awaitable[Any]) -> None:
    served.go.set()
    await asyncio.gather(*running)


async def test_beyond_the_number_nothing_is_served() -> None:
    """503 with Retry-After and the code, counted, and its connection pauses."""
    served = Served()
    gate = Admission(served, (), served.refuse, 2)
    running = [asyncio.create_task(gate(scope(), whole, dropped)) for _ in range(2)]
    await settle(lambda: served.begun == 2)
    third = scope()
    await gate(third, whole, dropped)
    (refusal,) = served.refusals
    assert (refusal.status, refusal.extensions["code"]) == (503, "OVERLOADED")
    assert refusal.headers == ((b"retry-after", b"1"),)
    assert (served.begun, gate.refused, third["state"]) == (2, 1, {PAUSE: True})
    await finished(served, *running)
    assert gate.in_flight == 0
    await gate(scope(), whole, dropped)
    assert served.begun == 3


async def test_health_is_exempt() -> None:
    """It is served and not counted."""
    served = Served()
    gate = Admission(served, ("/readyz",), served.refuse, 1)
    running = [asyncio.create_task(gate(scope("/readyz"), whole, dropped)) for _ in range(3)]
    await settle(lambda: served.begun == 3)
    assert (served.begun, gate.in_flight) == (3, 0)
    await finished(served, *running)


async def test_a_body_that_is_late_keeps_nobody_out() -> None:
    """A request counts once it is whole; if there is no room then, it is refused."""
    served = Served()
    gate = Admission(served, (), served.refuse, 1)
    arrived = asyncio.Event()

    async def late() -> Message:
        await arrived.wait()
        return await whole()

    slow = asyncio.create_task(gate(scope("/", "POST", CLOSED), late, dropped))
    await settle(lambda: served.begun == 1)
    assert gate.in_flight == 0
    other = asyncio.create_task(gate(scope(), whole, dropped))
    await settle(lambda: gate.in_flight == 1)
    arrived.set()
    with pytest.raises(RefusedError):
        await slow
    await finished(served, other)
    assert gate.in_flight == 0


async def test_a_slow_reader_keeps_nobody_out() -> None:
    """A request is served until its answer begins."""
    served = Served()
    served.go.set()
    gate = Admission(served, (), served.refuse, 1)
    read = asyncio.Event()

    async def slow(_message: Message) -> None:
        await read.wait()

    reading = asyncio.create_task(gate(scope(), whole, slow))
    await settle(lambda: served.begun == 1)
    await gate(scope(), whole, dropped)
    assert served.refusals == []
    read.set()
    await reading


async def test_failures_and_cancellations_leave_no_trace() -> None:
    """Whoever goes, however, makes room: running, waiting, and between the two."""

    async def failing(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ArithmeticError

    gate = Admission(failing, (), Served().refuse, 1)
    with pytest.raises(ArithmeticError):
        await gate(scope(), whole, dropped)
    assert gate.in_flight == 0
    served = Served()
    gate = Admission(served, (), served.refuse, 3)
    gate.pace = 1
    tasks = [asyncio.create_task(gate(scope(), whole, dropped)) for _ in range(3)]
    await settle(lambda: gate.in_flight == 3)
    tasks[1].cancel()
    await settle(lambda: gate.in_flight == 2)
    assert (gate.running, gate.in_flight) == (1, 2)
    tasks[0].cancel()
    await settle(lambda: served.begun == 2)
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert gate.in_flight == 0


async def test_beyond_the_pace_requests_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """In turn, and not for long."""
    served = Served()
    gate = Admission(served, (), served.refuse, 3)
    gate.pace = 1
    running = [asyncio.create_task(gate(scope(), whole, dropped)) for _ in range(2)]
    await settle(lambda: gate.in_flight == 2)
    assert served.begun == 1
    monkeypatch.setattr(admission, "WAIT_SECONDS", 0.01)
    await gate(scope(), whole, dropped)
    assert len(served.refusals) == 1
    await finished(served, *running)
    assert (served.begun, gate.in_flight) == (2, 0)


def learned(gate: Admission, seconds: float, answers: int, full: bool = False) -> float:
    """The pace after so many answers that took so long."""
    for _ in range(answers):
        gate._full = full  # as a request that found no place sets it
        gate._learn(seconds)
    return gate.pace


async def test_the_pace_follows_what_the_database_can_do() -> None:
    """Late answers make it shrink to the least; answers in time let it grow back, if needed."""
    gate = Admission(Served(), (), Served().refuse, 50, late_seconds=1)
    assert learned(gate, 0.9, WINDOW * 4) == FIRST
    assert learned(gate, 1.1, WINDOW) < FIRST
    low = learned(gate, 1.1, WINDOW * 20)
    assert low == LEAST
    assert learned(gate, 0.1, WINDOW * 4) == low
    assert learned(gate, 0.1, WINDOW * 4, full=True) == low + 4
    assert learned(gate, 0.1, WINDOW * 100, full=True) == 50


async def test_some_slow_requests_do_not_matter() -> None:
    """One in eight may be a heavy one."""
    gate = Admission(Served(), (), Served().refuse, 50, late_seconds=1)
    for _ in range(WINDOW * 4):
        assert learned(gate, 5, 1) == learned(gate, 0.1, 7) == FIRST


async def test_a_fixed_number_is_fixed() -> None:
    """Where an operator sets it, nothing is learned."""
    gate = Admission(Served(), (), Served().refuse, 50)
    assert learned(gate, 1e9, WINDOW * 4) == 50


async def test_more_may_wait_than_may_run() -> None:
    """They run as places come free; beyond them, the refusal comes at once."""
    served = Served()
    gate = Admission(served, (), served.refuse, 1)
    gate.allow(2, 3)
    running = [asyncio.create_task(gate(scope(), whole, dropped)) for _ in range(7)]
    await settle(lambda: len(served.refusals) == 2)
    assert (served.begun, gate.running, gate.in_flight) == (2, 2, 5)
    await finished(served, *running)
    assert (served.begun, gate.in_flight, gate.refused) == (5, 0, 2)


async def test_whoever_goes_while_waiting() -> None:
    """Its place in the queue is another one's, also if its turn to run came just then."""
    served = Served()
    gate = Admission(served, (), served.refuse, 1)
    gate.allow(1, 3)
    first, second, third = [asyncio.create_task(gate(scope(), whole, dropped)) for _ in range(3)]
    await settle(lambda: gate.in_flight == 3)
    second.cancel()
    served.go.set()
    await asyncio.gather(first, third)
    assert second.cancelled() or await asyncio.gather(second, return_exceptions=True)
    assert (served.begun, gate.in_flight) == (2, 0)
    served.go.clear()
    running = asyncio.create_task(gate(scope(), whole, dropped))
    waiting = asyncio.create_task(gate(scope(), whole, dropped))
    await settle(lambda: gate.in_flight == 2)
    gate.leave(0)  # the place is given to the one that waits
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    gate.running += 1
    await finished(served, running)
    assert gate.in_flight == 0
