"""The audit trail of one process: entries wait for a moment, and are stored together.

A chain is one process's: each entry has the hash of the one before it. Its first entry says what
process it is, its head (a document of its own) how far it reaches. So that a chain cannot vanish,
or lose its end, unnoticed, chains name each other's heads (SEEN).

    trail = Trail(store, Mac())
    async with trail.running():
        trail.note({"action": "READ", …})                             # stored in FLUSH_SECONDS
        await trail.secured({"action": "UPDATED", …}, seconds=2.0)    # stored now
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, Final

from resolvers.audit.entries import FIRST, Act, Entry, Mac, Outcome, entry_id
from resolvers.context import utc_now
from resolvers.errors import GatewayError, Unavailable
from resolvers.store import audit as stored
from resolvers.store.driver import DRIVER_ERRORS
from resolvers.store.store import Store

FLUSH_SECONDS: Final = 0.5
"""How long an entry of a read waits for others, at most; a kill loses what waits."""
HEAD_SECONDS: Final = 1.0
"""How soon after its newest entry a chain's head follows."""
SEEN_AFTER: Final = timedelta(seconds=30)
"""How often, at most, a process names the heads of other chains."""
SKEW: Final = timedelta(minutes=5)
"""By how much the clocks of two machines may differ."""
MOST_SEEN: Final = 100
"""Heads that one entry names: those of the newest chains."""
MOST_WAITING: Final = 50_000
"""Entries and session ids that wait: about 5 MB. More are refused, and with them the requests."""
MANY_WAITING: Final = MOST_WAITING // 4
"""So many are stored at once: half a second of a busy process may have more than can wait."""
PAUSES: Final = (0.1, 0.3, 1.0, 2.0)
"""Seconds until entries that could not be stored are tried again; the last one repeats."""
END_SECONDS: Final = 10.0
"""How long an ending process tries to store the rest."""
FULL = "The audit trail cannot be written at present, so nothing is shown. Try again shortly."
UNSECURED = "The audit trail cannot be written at present, so nothing was changed. Try again soon."

log = logging.getLogger("gateway.audit")

Observe = Callable[[str, int], object]
"""Called with `stored`, `failed` or `refused`, and a number of entries."""


def unobserved(_event: str, _number: int) -> None:
    """Nobody counts."""


def weight(entry: Entry) -> int:
    """How much room an entry takes while it waits: 1, and 1 for each id in it."""
    return 1 + len(entry.get("shown") or entry.get("changed") or ())


class Trail:
    """One process's chain; it belongs to the event loop of the thread that runs it."""

    def __init__(
        self,
        store: Store,
        mac: Mac,
        *,
        reads: bool = True,
        about: Mapping[str, Any] | None = None,
        now: Callable[[], datetime] = utc_now,
        observe: Observe = unobserved,
    ) -> None:
        """`reads` says whether reads are noted, `about` what process this is."""
        self.writer = secrets.token_hex(8)
        self.reads = reads
        self._mac = mac
        self._store = store
        self._about = about or {}
        self._now = now
        self._observe = observe
        self._waiting: list[Entry] = []
        self._weight = 0
        self._seq = self._stored = self._head = 0
        """The places of the last entry, the last stored one, and the one that the head names."""
        self._hash = FIRST
        """Of the last stored one."""
        self._started = self._at = now()
        self._secured: deque[tuple[int, asyncio.Future[None]]] = deque()
        """Who waits until the entry at a place is stored, in the order of the places."""
        self._some, self._urgent = asyncio.Event(), asyncio.Event()
        self._unsure = False
        """Whether entries that wait may be stored already, because nobody saw the answer."""
        self._seen_at: datetime | None = None
        self._seen: dict[str, int] = {}
        self._news = False
        """Whether anything but SEEN was noted since the last SEEN."""

    @property
    def waiting(self) -> int:
        """How many entries are not stored yet."""
        return len(self._waiting)

    def note(self, entry: Entry, *, must: bool = False) -> str:
        """Let an entry be stored soon; its id.

        Unavailable if too many wait; one that `must` be noted is taken all the same.
        """
        added = weight(entry)
        if self._weight + added > MOST_WAITING and not must:
            self._observe("refused", 1)
            raise Unavailable(FULL)
        self._seq += 1
        self._at = max(self._at, self._now())
        entry["seq"], entry["at"] = self._seq, self._at
        self._waiting.append(entry)
        self._weight += added
        if not self._news:
            self._news = entry["action"] != Act.SEEN
        self._some.set()
        if self._weight > MANY_WAITING:
            self._urgent.set()
        return entry_id(self.writer, self._seq)

    async def secured(self, entry: Entry, seconds: float) -> str:
        """Store an entry now; its id. Unavailable if that takes longer: it may be stored later."""
        try:
            noted = self.note(entry)
            stored_ = asyncio.get_running_loop().create_future()
            self._secured.append((self._seq, stored_))
            self._urgent.set()
            async with asyncio.timeout(seconds):
                await stored_
        except (TimeoutError, Unavailable):
            self._observe("refused", 1)
            raise Unavailable(UNSECURED) from None
        return noted

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Store entries meanwhile, and the rest at the end."""
        self.note({**self._own(Act.STARTED), **self._about, "keyed": self._mac.keyed}, must=True)
        writing = asyncio.create_task(self._write_often())
        try:
            yield
        finally:
            self.note(self._own(Act.STOPPED), must=True)
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing
            await self._end()

    def _own(self, act: Act) -> Entry:
        """An entry about the trail itself."""
        return {"action": act.value, "outcome": Outcome.DONE.value}

    async def _end(self) -> None:
        try:
            async with asyncio.timeout(END_SECONDS):
                await self._write()
                await self._put_head()
        except (TimeoutError, GatewayError, *DRIVER_ERRORS):
            log.error("%s entries of the audit trail could not be stored", len(self._waiting))

    async def _write_often(self) -> None:
        while True:
            await _set(self._some, HEAD_SECONDS if self._head < self._stored else None)
            if self._some.is_set():
                await _set(self._urgent, FLUSH_SECONDS)
                await self._going_on(self._write)
                await self._going_on(self._see)
            else:
                await self._going_on(self._put_head)

    async def _going_on(self, work: Callable[[], Awaitable[None]]) -> None:
        """Go on whatever happens: the trail must not end before its process."""
        try:
            await work()
        except (GatewayError, *DRIVER_ERRORS) as error:
            log.warning("the audit trail waits for the database: %s", type(error).__name__)
        except Exception:
            log.exception("the audit trail failed")

    async def _write(self) -> None:
        """Store what waits, each entry as often as it takes: nothing is left out of the chain."""
        self._some.clear()
        self._urgent.clear()
        failures = 0
        while self._waiting:
            rows = self._chained(self._waiting[: stored.BATCH])
            try:
                await self._store_rows(rows)
            except (GatewayError, *DRIVER_ERRORS) as error:
                self._observe("failed", len(rows))
                log.warning("the audit trail cannot be written: %s", type(error).__name__)
                await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
                failures += 1
            else:
                self._done(rows)

    async def _store_rows(self, rows: list[Entry]) -> None:
        if not self._stored:
            await self._put_head()  # a chain without a head is nobody's
        ids = [row["_id"] for row in rows]
        known = await stored.stored(self._store, ids) if self._unsure else set[str]()
        self._unsure = True
        if missing := [row for row in rows if row["_id"] not in known]:
            await stored.insert(self._store, missing)
        self._unsure = False

    def _chained(self, rows: list[Entry]) -> list[Entry]:
        """The entries with their hashes; one that has its hash already gets the same."""
        previous = self._hash
        for row in rows:
            row["writer"], row["previous"] = self.writer, previous
            row["_id"] = entry_id(self.writer, row["seq"])
            previous = row["hash"] = self._mac.of(row)
        return rows

    def _done(self, rows: list[Entry]) -> None:
        self._stored, self._hash = rows[-1]["seq"], rows[-1]["hash"]
        del self._waiting[: len(rows)]
        self._weight -= sum(map(weight, rows))
        self._observe("stored", len(rows))
        while self._secured and self._secured[0][0] <= self._stored:
            _, future = self._secured.popleft()
            if not future.done():
                future.set_result(None)

    async def _put_head(self) -> None:
        """Say how far the chain reaches."""
        stored_ = self._stored
        reached = {"seq": stored_, "hash": self._hash, "at": self._at}
        seal = self._mac.of({"writer": self.writer, **reached})
        more = {"startedAt": self._started, "keyed": self._mac.keyed, "seal": seal}
        await stored.put_head(self._store, self.writer, {**reached, **more})
        self._head = stored_

    async def _see(self) -> None:
        """Name the heads of other chains that have moved."""
        if not self._news or (self._seen_at and self._at - self._seen_at < SEEN_AFTER):
            return
        since = self._seen_at and self._seen_at - SKEW
        found = await stored.heads(self._store, since, MOST_SEEN)
        self._seen_at, self._news = self._at, False
        others = [row for row in found if row["_id"] != self.writer and row["seq"]]
        moved = [row for row in others if row["seq"] != self._seen.get(row["_id"])]
        self._seen = {row["_id"]: row["seq"] for row in others}
        if moved:
            heads = [
                {"writer": row["_id"], "seq": row["seq"], "hash": row["hash"]} for row in moved
            ]
            self.note({**self._own(Act.SEEN), "heads": heads}, must=True)


async def _set(event: asyncio.Event, seconds: float | None) -> None:
    """Wait until an event is set, or for so long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
