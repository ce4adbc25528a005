"""The changes of all kinds' sessions in this process: one change stream, however many listen.

    place = await feed.start(store, kinds)
    async for given in feed.follow(store, kinds, place, choose, most=1000):
        ...

`choose(event)` is what a listener gets of an Event, or None. It is called for every event and
listener, so it is quick. What it gives waits in the listener's queue, which is bounded: one that
reads too slowly ends with SlowReader, and makes nobody wait.

The stream opens when somebody listens, and ends once nobody did for IDLE_SECONDS. When the database
fails, it is opened again where it was, after a pause. The latest events stay in memory, so that a
client which comes back finds them there; older ones are read from a stream of the client's own.
"""

import asyncio
import logging
from bisect import bisect_right
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, suppress
from contextvars import Context
from itertools import islice
from typing import Any, Final

from resolvers.errors import (
    ChangesUnsupported,
    GatewayError,
    HistoryLost,
    LimitExceeded,
    SlowReader,
    Timeout,
    Unavailable,
)
from resolvers.kind import Document, Kind
from resolvers.lists import add_counts
from resolvers.request import EVERYTHING
from resolvers.store import read as reads
from resolvers.store.change_stream import (
    LOOK_MS,
    ChangeAction,
    ChangeStream,
    Event,
    present,
    settled,
    watching,
)
from resolvers.store.driver import DRIVER_ERRORS
from resolvers.store.store import Store
from resolvers.store.stream_marks import StreamMarks
from resolvers.stream_places import StreamPlace

log = logging.getLogger(__name__)

KEPT: Final = 2000
"""Events in memory."""
AT_ONCE: Final = 100
"""Events whose sessions are read together."""
ROUND: Final = 500
"""Listeners that are called before other tasks run."""
CATCHING_UP: Final = 8
"""Streams into the past at the same time."""
IDLE_SECONDS: Final = 30.0
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0

Choose = Callable[[Event], Any]
"""What a listener gets of an event; None: nothing. It may raise what ends the listening."""

SLOW: Final = (
    "More than {most} changes waited for this client, so it was left behind. Read faster, or ask "
    "for less with `filter`; go on with the last `cursor` as `after`."
)


class Listener:
    """One client's queue."""

    __slots__ = ("_choose", "_error", "_most", "_queue", "_woken", "after")

    def __init__(self, choose: Choose, after: StreamPlace, most: int) -> None:
        self._choose = choose
        self.after = after
        """Events up to this place are known to the client."""
        self._most = most
        self._queue: deque[Any] = deque()
        self._woken = asyncio.Event()
        self._error: Exception | None = None

    def offer(self, event: Event) -> None:
        """Let the client know, if it wants to."""
        if self._error is not None or event.place <= self.after:
            return
        try:
            given = self._choose(event)
        except Exception as error:  # its own: nobody else's events stop
            self.end(error)
            return
        if given is None:
            return
        if len(self._queue) >= self._most:
            self.end(SlowReader(SLOW.format(most=self._most)))
            return
        self._queue.append(given)
        self._woken.set()

    def end(self, error: Exception) -> None:
        """Raise this at the client; a slow one is not given what waits for it."""
        self._error = error
        if isinstance(error, SlowReader):
            self._queue.clear()
        self._woken.set()

    async def next(self) -> Any:
        """The next thing that the client gets."""
        while not self._queue:
            if self._error is not None:
                raise self._error
            self._woken.clear()
            await self._woken.wait()
        return self._queue.popleft()


class Feed:
    """Of one database and one process."""

    def __init__(self) -> None:
        self._listeners: dict[Listener, None] = {}
        self._kept: deque[Event] = deque()
        self._floor = self._place = self._began = StreamPlace(0, 0, 0)
        """All events after the floor are in memory; the place is that of the last one. What came
        before it began is not news."""
        self._running: asyncio.Task[None] | None = None
        self._starting: asyncio.Lock | None = None
        self._past: asyncio.Semaphore | None = None
        self._unheard = 0.0
        self._marks = StreamMarks()

    def __len__(self) -> int:
        """How many listen."""
        return len(self._listeners)

    async def follow(
        self, store: Store, kinds: Sequence[Kind], after: StreamPlace, choose: Choose, most: int
    ) -> AsyncGenerator[Any, None]:
        """What a client gets of all events after a place, without end; the feed has started.

        While the database fails, it waits.
        """
        place, pause = after, FIRST_PAUSE
        while place < self._place:
            try:
                async with aclosing(self._since(store, kinds, place)) as batches:
                    async for batch, reached in batches:
                        for event in batch:
                            if (given := choose(event)) is not None:
                                yield given
                        place, pause = max(place, reached), FIRST_PAUSE
            except (Timeout, Unavailable):
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        listener = Listener(choose, place, most)
        self._listeners[listener] = None
        try:
            while True:
                yield await listener.next()
        finally:
            self._listeners.pop(listener, None)
            self._unheard = asyncio.get_running_loop().time()

    async def ended(self) -> None:
        """Return once the stream is closed because nobody listens."""
        if self._running is not None:
            await asyncio.wait({self._running})

    async def close(self) -> None:
        """End the stream."""
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    async def _since(
        self, store: Store, kinds: Sequence[Kind], place: StreamPlace
    ) -> AsyncGenerator[tuple[list[Event], StreamPlace], None]:
        """Events after a place, in batches with how far they reach: up to those in memory."""
        if place >= self._floor:
            first = bisect_right(self._kept, place, key=lambda event: event.place)
            batch = list(islice(self._kept, first, first + AT_ONCE))
            end = batch[-1].place if batch else self._place
            async for found in parts(store, batch, end):
                yield found
            return
        if self._past is None:
            self._past = asyncio.Semaphore(CATCHING_UP)
        async with (
            self._past,
            aclosing(self.past(store, kinds, place, lambda: self._floor)) as older,
        ):
            async for found in older:
                yield found

    async def present(self, store: Store, kinds: Sequence[Kind]) -> StreamPlace:
        """The place after all changes until now; ChangesUnsupported where there is no stream."""
        return await present(store, kinds, self._marks)

    async def past(
        self,
        store: Store,
        kinds: Sequence[Kind],
        place: StreamPlace,
        goal: Callable[[], StreamPlace],
    ) -> AsyncGenerator[tuple[list[Event], StreamPlace], None]:
        """Events after a place, up to a goal that may move; in batches, and how far each is.

        The last batch may go beyond the goal, and may be empty.
        """
        if place >= goal():
            return
        async with watching(store, kinds, place, self._marks, LOOK_MS) as stream:
            mark = goal()
            async with aclosing(batched(stream)) as batches:
                async for batch in batches:
                    if batch:
                        place = batch[-1].place
                    elif stream.has_reached(mark):
                        place = max(place, mark)
                    async for found in parts(store, batch, place):
                        yield found
                    if place >= (mark := goal()):
                        return

    async def start(self, store: Store, kinds: Sequence[Kind]) -> StreamPlace:
        """Follow the stream, if nobody does yet; the place of the last event that went out."""
        if self._starting is None:
            self._starting = asyncio.Lock()
        async with self._starting:
            self._unheard = asyncio.get_running_loop().time()
            if self._running is None or self._running.done():
                await self._begin(store, kinds)
                self._running = asyncio.create_task(self._run(store, kinds), context=Context())
            return max(self._place, self._began)

    async def _begin(self, store: Store, kinds: Sequence[Kind]) -> None:
        self._began = await self.present(store, kinds)
        self._kept.clear()
        self._floor = self._place = settled(store, self._began)

    async def _run(self, store: Store, kinds: Sequence[Kind]) -> None:
        """Follow the stream, over all failures of the database, as long as somebody listens."""
        pause = FIRST_PAUSE
        try:
            while True:
                before = self._place
                try:
                    async with watching(store, kinds, self._place, self._marks) as stream:
                        await self._follow(store, stream)
                        return
                except HistoryLost as error:
                    self._end_all(error)
                    await self._begin(store, kinds)
                except ChangesUnsupported:
                    raise
                except (GatewayError, *DRIVER_ERRORS) as error:
                    log.warning(
                        "the change stream ended (%s): it is opened again", type(error).__name__
                    )
                    pause = FIRST_PAUSE if self._place != before else min(2 * pause, LONGEST_PAUSE)
                    await asyncio.sleep(pause)
        except Exception as error:
            self._end_all(error)
            if not isinstance(error, GatewayError):
                log.exception("the change feed failed")

    async def _follow(self, store: Store, stream: ChangeStream) -> None:
        """Until nobody has listened for a while."""
        async with aclosing(batched(stream)) as batches:
            async for batch in batches:
                async for part, _ in parts(store, batch, self._place):
                    for event in part:
                        await self._dispatch(event)
                idle = asyncio.get_running_loop().time() - self._unheard
                if not self._listeners and idle > IDLE_SECONDS:
                    return

    async def _dispatch(self, event: Event) -> None:
        self._kept.append(event._replace(document=None))
        self._place = event.place
        if len(self._kept) > KEPT:
            self._floor = self._kept.popleft().place
        for number, listener in enumerate(list(self._listeners), 1):
            listener.offer(event)
            if number % ROUND == 0:
                await asyncio.sleep(0)

    def _end_all(self, error: Exception) -> None:
        for listener in self._listeners:
            listener.end(error)


async def batched(stream: ChangeStream) -> AsyncGenerator[list[Event], None]:
    """What has arrived, whenever something has; an empty list where nothing came for a while."""
    async with aclosing(stream.events()) as events:
        coming: asyncio.Task[Event | None] = _ahead(events)
        try:
            while True:
                batch = [await coming]
                coming = _ahead(events)
                while batch[-1] is not None and len(batch) < AT_ONCE:
                    await asyncio.sleep(0)
                    if not coming.done() or coming.exception() is not None:
                        break
                    batch.append(coming.result())
                    coming = _ahead(events)
                yield [event for event in batch if event is not None]
        finally:
            coming.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await coming


def _ahead(events: AsyncIterator[Event | None]) -> "asyncio.Task[Event | None]":
    return asyncio.ensure_future(anext(events))


async def parts(
    store: Store, events: Sequence[Event], end: StreamPlace
) -> AsyncGenerator[tuple[list[Event], StreamPlace], None]:
    """The events with their sessions as they are now, and how far each part reaches: to the end.

    There are several parts where the sessions are too large to be read together.
    """
    try:
        found = await completed(store, events)
    except LimitExceeded:
        if len(events) == 1:
            raise
    else:
        yield found, end
        return
    half = len(events) // 2
    for some, reached in ((events[:half], events[half - 1].place), (events[half:], end)):
        async for part in parts(store, some, reached):
            yield part


async def completed(store: Store, events: Sequence[Event]) -> list[Event]:
    """The events with their sessions as they are now; None of those that are gone.

    LimitExceeded where the sessions are too large together.
    """
    wanted: dict[str, tuple[Kind, list[str]]] = {}
    for event in events:
        if event.action is not ChangeAction.DELETED:
            wanted.setdefault(event.kind.name, (event.kind, []))[1].append(event.session_id)
    found = {name: await _documents(store, *pair) for name, pair in wanted.items()}
    return [
        event
        if event.action is ChangeAction.DELETED
        else event._replace(document=found[event.kind.name].get(event.session_id))
        for event in events
    ]


async def _documents(store: Store, kind: Kind, session_ids: list[str]) -> dict[str, Document]:
    """The sessions by their ids, as `resolvers.sessions` reads whole ones."""
    rows = await reads.get_many(store, kind, session_ids, EVERYTHING, None)
    for row in rows.values():
        add_counts(kind.columns, row)
    return rows
