"""By-id reads of one request: those that are asked for at the same time are one find a kind."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from resolvers import sessions
from resolvers.context import Context
from resolvers.kind import Document, Kind
from resolvers.request import Paths


@dataclass(slots=True)
class _Batch:
    """What is asked for until the read begins."""

    ids: list[str] = field(default_factory=list)
    columns: Paths = frozenset()
    read: asyncio.Task[dict[str, Document]] | None = None


class Loader:
    """Remembers nothing beyond a batch, so that no write is ever hidden."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._batches: dict[str, _Batch] = {}
        self._reading: set[asyncio.Task[dict[str, Document]]] = set()

    def get(
        self, kind: Kind, session_id: str, columns: Paths
    ) -> Coroutine[Any, Any, Document | None]:
        """The session with that id, or None; it may have more than these stored paths.

        It is asked for by the call already. Others get the same object: it is not to be changed.
        """
        batch = self._batches.get(kind.name)
        if batch is None:
            batch = self._batches[kind.name] = _Batch()
            # It begins in the next round of the event loop, after all that are ready to ask.
            batch.read = asyncio.create_task(self._read(kind, batch))
            self._reading.add(batch.read)
            batch.read.add_done_callback(self._reading.discard)
        batch.ids.append(session_id)
        batch.columns |= columns
        assert batch.read is not None
        return _one(batch.read, session_id)

    def cancel(self) -> None:
        """End what is read now: nobody waits for it any longer."""
        for read in self._reading:
            read.cancel()

    async def _read(self, kind: Kind, batch: _Batch) -> dict[str, Document]:
        del self._batches[kind.name]
        return await sessions.get_many(self._context, kind, batch.ids, batch.columns)


async def _one(read: asyncio.Task[dict[str, Document]], session_id: str) -> Document | None:
    # Whoever gives up leaves the read to the others.
    return (await asyncio.shield(read)).get(session_id)
