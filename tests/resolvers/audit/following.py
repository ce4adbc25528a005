"""A trail over a store of memory or of an engine, and what is in it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from resolvers.access import EVERYBODY, Caller
from resolvers.audit.entries import Mac
from resolvers.audit.proof import Problem, Report, problems
from resolvers.audit.trail import Trail
from resolvers.audit.witness import RequestWitness
from resolvers.context import Context
from resolvers.request_facts import RequestFacts
from resolvers.store.store import Store
from tests.timing import POLL_SECONDS, limit

KEY = "a key of the tests, of 32 characters or more"
OWN = {"STARTED", "STOPPED", "SEEN", "PRUNED"}


@dataclass
class Followed:
    """A running trail."""

    trail: Trail
    store: Store

    def context(self, caller: Caller = EVERYBODY, request: str = "r-1") -> Context:
        """The surroundings of a new request."""
        facts = RequestFacts(id=request, api="graphql", operation="Mine")
        return Context(
            replace(self.store, witness=RequestWitness(self.trail, caller, facts)), caller=caller
        )

    async def entries(self) -> list[dict[str, Any]]:
        """What requests left in the trail, in its order, once it is stored."""
        await self.trail.secured({"action": "SEEN", "outcome": "DONE"}, 20)
        return [row for row in await rows(self.store) if row["action"] not in OWN]


async def happened(done: Callable[[], bool]) -> None:
    """Return as soon as `done()` is true."""
    async with asyncio.timeout(limit(60)):
        while not done():  # noqa: ASYNC110  # what is awaited has no event
            await asyncio.sleep(POLL_SECONDS)


async def rows(store: Store) -> list[dict[str, Any]]:
    """Every entry."""
    found: list[dict[str, Any]] = (
        await store.database["audit"].find({}).sort("_id", 1).to_list(None)
    )
    return found


@asynccontextmanager
async def followed(store: Store, key: str | None = KEY, **options: Any) -> AsyncIterator[Followed]:
    """A trail while the block runs."""
    trail = Trail(store, Mac(key), **options)
    async with trail.running():
        yield Followed(trail, store)


async def wrong(store: Store, key: str | None = KEY, **options: Any) -> list[Problem]:
    """What a verification finds."""
    return [one async for one in problems(store, Mac(key), Report(), **options)]
