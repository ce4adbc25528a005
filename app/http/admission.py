"""How many requests are served at the same time: beyond that, a refusal costs next to nothing.

A database that has more to do than it can takes longer for every request, until all of them take
too long. So requests beyond a number are refused at once, before anybody is asked who sends them,
and the ones that are served stay as fast as ever.

    in flight ≤ most        beyond: 503
    running   ≤ pace        beyond: wait in order, at most WAIT_SECONDS, then 503

`most` is fixed. `pace` follows what the database can do: it starts at FIRST, shrinks by a quarter
where many answers are late, and grows by one where few are late and requests wait, up to what may
run. More may wait: many clients with one request each are not yet an overload.

A request is in flight from the moment when it is whole: clients who send a body slowly keep nobody
out. It is so until its answer begins: neither do clients who read slowly.
"""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.boundary import headers_of
from app.http.refusal import RefusedError

RETRY: Final = (b"retry-after", b"1")
PAUSE: Final = "gateway.pause"
"""In a refused request's state: the server reads no further from its client for a second."""
MESSAGE: Final = "The gateway has as much to do as it can. Try again in a second."
WAIT_SECONDS: Final = 0.5
FIRST: Final = 16
LEAST: Final = 4
"""Requests that always run."""
WINDOW: Final = 16
"""Answers after which the pace is looked at again."""
MANY: Final = 0.3
"""The share of late answers from which on the pace shrinks."""

Refuse = Callable[[Scope, Receive, Send, RefusedError], Awaitable[None]]


class Admission:
    """ASGI middleware that serves up to `most` requests at once; those to `exempt` paths always."""

    def __init__(
        self,
        app: ASGIApp,
        exempt: Collection[str],
        refuse: Refuse,
        most: int,
        late_seconds: float = math.inf,
    ) -> None:
        """An answer that takes longer than `late_seconds` is late; infinite: the pace is fixed.

        `most` may run, and none may wait besides them: see `allow`.
        """
        self._app = app
        self._exempt = frozenset(exempt)
        self._refuse = refuse
        self._late_seconds = late_seconds
        self.running = 0
        """At this moment."""
        self.refused = 0
        """So far."""
        self._waiting: deque[asyncio.Future[bool]] = deque()
        self.allow(most)

    def allow(self, running: int, waiting: int = 0) -> None:
        """Set how many requests may run, and how many wait besides; forget what was learned."""
        self.most = running + waiting
        self._fastest = running
        self.pace = float(running if self._late_seconds == math.inf else min(running, FIRST))
        self._answers = self._late = 0
        self._full = False

    @property
    def in_flight(self) -> int:
        """Running and waiting requests."""
        return self.running + len(self._waiting)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or refuse it with 503."""
        if scope["type"] != "http" or scope["path"] in self._exempt:
            await self._app(scope, receive, send)
            return
        turn = _Turn(self, scope, receive, send)
        try:
            if self.in_flight >= self.most:
                raise self.refusal(scope)
            if _is_whole(scope):
                await turn.begin()
        except RefusedError as error:
            await self._refuse(scope, receive, send, error)
            return
        try:
            await self._app(scope, turn.receive, turn.send)
        finally:
            turn.end()

    @asynccontextmanager
    async def place(self, scope: Scope) -> AsyncIterator[None]:
        """Admit work that came within a connection; RefusedError if there is no place for it."""
        if self.in_flight >= self.most:
            self.refused += 1
            raise RefusedError(503, "OVERLOADED", MESSAGE, RETRY)
        await self.enter(scope)
        begun = asyncio.get_running_loop().time()
        try:
            yield
        finally:
            self.leave(asyncio.get_running_loop().time() - begun)

    def refusal(self, scope: Scope) -> RefusedError:
        """503, to be sent again in a second; and a client that does not wait is made to."""
        self.refused += 1
        scope.setdefault("state", {})[PAUSE] = True
        return RefusedError(503, "OVERLOADED", MESSAGE, RETRY)

    async def enter(self, scope: Scope) -> None:
        """Wait for a place; RefusedError if there is none soon."""
        if self.running < self._places and not self._waiting:
            self.running += 1
            return
        self._full = True
        if self.in_flight >= self.most or not await self._given():
            raise self.refusal(scope)

    async def _given(self) -> bool:
        """Whether there was a place before the time was over."""
        loop = asyncio.get_running_loop()
        place: asyncio.Future[bool] = loop.create_future()
        self._waiting.append(place)
        timer = loop.call_later(WAIT_SECONDS, self._give_up, place)
        try:
            return await place
        except asyncio.CancelledError:
            if place.cancelled():
                with suppress(ValueError):  # its place came at the same moment
                    self._waiting.remove(place)
            elif place.result():
                self._pass_on()
            raise
        finally:
            timer.cancel()

    def _give_up(self, place: asyncio.Future[bool]) -> None:
        if not place.done():
            self._waiting.remove(place)
            place.set_result(False)

    def leave(self, seconds: float) -> None:
        """Let the next one run, and learn from how long this one took."""
        self._learn(seconds)
        self._pass_on()

    def _pass_on(self) -> None:
        self.running -= 1
        while self._waiting and self.running < self._places:
            place = self._waiting.popleft()
            if not place.done():  # its client went just now
                self.running += 1
                place.set_result(True)

    @property
    def _places(self) -> int:
        return int(self.pace)

    def _learn(self, seconds: float) -> None:
        self._answers += 1
        self._late += seconds > self._late_seconds
        if self._late > MANY * WINDOW:
            self.pace = max(min(LEAST, self._fastest), self.pace * 0.75)
        elif self._answers >= WINDOW:
            if self._full:
                self.pace = min(self._fastest, self.pace + 1)
        else:
            return
        self._answers = self._late = 0
        self._full = False


class _Turn:
    """One request: it begins once its body is there, and ends where its answer begins."""

    def __init__(self, admission: Admission, scope: Scope, receive: Receive, send: Send) -> None:
        self._admission, self._scope = admission, scope
        self._receive, self._send = receive, send
        self._begun: float | None = None
        self._ended = False

    async def begin(self) -> None:
        await self._admission.enter(self._scope)
        self._begun = asyncio.get_running_loop().time()

    def end(self) -> None:
        if self._begun is not None and not self._ended:
            self._admission.leave(asyncio.get_running_loop().time() - self._begun)
        self._ended = True

    async def receive(self) -> Message:
        message = await self._receive()
        whole = message["type"] == "http.request" and not message.get("more_body", False)
        if whole and self._begun is None and not self._ended:
            await self.begin()
        return message

    async def send(self, message: Message) -> None:
        self.end()
        await self._send(message)


def _is_whole(scope: Scope) -> bool:
    """Whether no body is to come, or none that an answer would wait for."""
    if scope["method"] in ("GET", "HEAD"):
        return True
    headers = headers_of(scope)
    length = headers.get(b"content-length", b"").strip(b"0")
    return b"transfer-encoding" not in headers and not length
