"""Ten times what a database can do: as much is served as ever, in a time that is made up."""

import asyncio
import selectors
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.admission import Admission
from app.http.protocol import Protocol
from app.http.refusal import RefusedError, respond
from tests.app.live import live
from tests.timing import limit, until

DEADLINE = 2.0
SECONDS = 30.0


class Selector(selectors.SelectSelector):
    """Never waits: whoever waits for a time finds it passed."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready:
            self.now += timeout or 0
        return ready


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose time passes as fast as there is nothing to do."""

    def __init__(self) -> None:
        self._made_up = Selector()
        super().__init__(self._made_up)

    def time(self) -> float:
        return self._made_up.now


class Database:
    """Answers so many questions a second, one after another, also those that nobody waits for."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free = 0.0

    async def ask(self) -> bool:
        """Whether the answer came in time."""
        now = asyncio.get_running_loop().time()
        self._free = max(self._free, now) + 1 / self._rate
        await asyncio.sleep(min(self._free - now, DEADLINE))
        return self._free - now <= DEADLINE


def served_by(database: Database) -> ASGIApp:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await respond(send, 200 if await database.ask() else 504, b"")

    return app


async def refuse(_scope: Scope, _receive: Receive, send: Send, error: RefusedError) -> None:
    await respond(send, error.status, b"")


def guarded(app: ASGIApp) -> ASGIApp:
    return Admission(app, (), refuse, 50, DEADLINE / 2)


async def client(app: ASGIApp, counts: Counter[int]) -> None:
    """Ask again and again; a refusal is waited for as long as it says."""
    loop = asyncio.get_running_loop()

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        status = message.get("status")
        if status is not None:
            counts[status] += 1
            if status == 503:
                await asyncio.sleep(1)

    while loop.time() < SECONDS:
        await app({"type": "http", "path": "/", "method": "GET"}, receive, send)


def goodput(rate: float, clients: int, guard: Callable[[ASGIApp], ASGIApp]) -> float:
    """Good answers a second that so many clients get."""

    async def run() -> Counter[int]:
        counts: Counter[int] = Counter()
        app = guard(served_by(Database(rate)))
        running: list[Awaitable[None]] = [client(app, counts) for _ in range(clients)]
        await asyncio.gather(*running)
        return counts

    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(run())[200] / SECONDS


@pytest.mark.parametrize("rate", [10, 20, 80])
def test_goodput_stays(rate: float) -> None:
    """At 10 and 20 times the clients that suffice, also where 50 at once are far too many."""
    enough = max(2, rate // 10)
    found = {times: goodput(rate, enough * times, guarded) for times in (1, 2, 5, 10, 20)}
    best = max(found.values())
    assert best > 0.8 * rate
    assert min(found[10], found[20]) >= 0.8 * best, found


def test_without_admission_it_collapses() -> None:
    """Which shows that the clients and the database above are what they should be."""
    assert goodput(20, 200, lambda app: app) < 0.2 * goodput(20, 8, guarded)


def test_over_the_wire() -> None:
    """While two are served, everybody else is refused at once; health is answered."""
    go = asyncio.Event()

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["path"] == "/go":
            go.set()
        if scope["path"] == "/":
            await go.wait()
        await respond(send, 200, b"")

    gate = Admission(app, ("/healthz", "/go"), refuse, 2)
    with live(gate, http=Protocol) as port, ThreadPoolExecutor(12) as pool:

        def ask(path: str = "/") -> int:
            with closing(HTTPConnection("127.0.0.1", port, timeout=limit(30))) as connection:
                connection.request("GET", path)
                return connection.getresponse().status

        asked = [pool.submit(ask) for _ in range(12)]
        until(lambda: sum(one.done() for one in asked) == 10, 30)
        assert ask("/healthz") == ask("/go") == 200
        assert sorted(one.result() for one in asked) == [200] * 2 + [503] * 10
