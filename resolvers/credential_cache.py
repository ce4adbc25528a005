"""How a worker finds credentials without asking the database each time, and counts their uses."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from resolvers.credentials import ID, Credential, from_row, hash_key, same
from resolvers.kind import Document
from resolvers.store import credentials as stored
from resolvers.store.store import Store

REMEMBERED_SECONDS = 4.0
"""How long a worker caches a credential: a revocation takes effect within 5 seconds."""
REMEMBERED_COUNT = 1024

_Place = tuple[str, str]
_Memory = OrderedDict[_Place, tuple[float, Credential | None]]
_Read = Callable[[Store, str], Awaitable[Document | None]]


class CredentialCache:
    """One worker's view of the credentials; each answer is trusted for at most `seconds`.

    Known and unknown ones are remembered apart, so that a flood of wrong keys pushes none out.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float] = time.monotonic,
        seconds: float = REMEMBERED_SECONDS,
        size: int = REMEMBERED_COUNT,
        unstored: Sequence[Credential] = (),
    ) -> None:
        """`unstored` are credentials that are valid without being stored."""
        self._store = store
        self._clock = clock
        self._seconds = seconds
        self._size = size
        self._unstored = {
            place: one for one in unstored for place in (("key", one.key_hash), ("id", one.id))
        }
        self._known: _Memory = OrderedDict()
        self._unknown: _Memory = OrderedDict()

    def __len__(self) -> int:
        """How many answers are remembered."""
        return len(self._known) + len(self._unknown)

    async def by_key(self, key: str) -> Credential | None:
        """The credential that this key belongs to, valid or not."""
        digest = hash_key(key)
        found = await self._find(("key", digest), stored.by_key_hash)
        return found if found and same(found.key_hash, digest) else None

    async def by_id(self, credential_id: str) -> Credential | None:
        """The credential with this id, valid or not."""
        if not ID.fullmatch(credential_id):
            return None
        return await self._find(("id", credential_id), stored.by_id)

    async def _find(self, place: _Place, read: _Read) -> Credential | None:
        if place in self._unstored:
            return self._unstored[place]
        for memory in (self._known, self._unknown):
            if place in memory and self._clock() < memory[place][0]:
                memory.move_to_end(place)
                return memory[place][1]
        until = self._clock() + self._seconds  # counted from before the read
        row = await read(self._store, place[1])
        found = from_row(row) if row else None
        self._remember(place, until, found)
        return found

    def _remember(self, place: _Place, until: float, found: Credential | None) -> None:
        for memory in (self._known, self._unknown):
            memory.pop(place, None)
        memory = self._known if found else self._unknown
        memory[place] = (until, found)
        if len(memory) > self._size:
            memory.popitem(last=False)


class Uses:
    """Counts uses in memory; `flush` adds them to the database, one command for all."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counts: dict[str, tuple[int, datetime]] = {}

    def count(self, credential_id: str, now: datetime, number: int = 1) -> None:
        """Note uses of a credential, the last of them at `now`."""
        before, last = self._counts.get(credential_id, (0, now))
        self._counts[credential_id] = (before + number, max(last, now))

    async def flush(self) -> None:
        """Store what was counted; Unavailable or Timeout keeps it for the next time."""
        counts, self._counts = self._counts, {}
        if not counts:
            return
        try:
            await stored.add_uses(self._store, counts)
        except BaseException:
            for credential_id, (number, last) in counts.items():
                self.count(credential_id, last, number)
            raise
