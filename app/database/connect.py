"""The database of the settings, opened."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from app.database import memory
from app.settings import Settings
from resolvers.store import driver, probes
from resolvers.store.listeners import Listener
from resolvers.store.mapped import Mapped
from resolvers.store.store import Store

NEARBY = "mongodb://127.0.0.1:27017"
"""Where MongoDB listens by default, for an application that was given no address."""


@asynccontextmanager
async def open_store(
    settings: Settings,
    deadline: float,
    pool: int | None = None,
    listeners: Sequence[Listener] = (),
) -> AsyncIterator[Store]:
    """A store for as long as it is needed; each operation may take `deadline` seconds.

    It has up to `pool` connections to each server; None: as the connection string says.
    """
    maps = settings.collection_maps
    names = {one.kind.name: one.collection for one in maps}
    mapped = {one.kind.name: Mapped(one) for one in maps if one.sources}
    uri, loop = settings.mongodb_uri or NEARBY, asyncio.get_running_loop()
    if uri == memory.URI:
        yield Store(memory.client()[settings.mongodb_database], deadline, names=names, maps=mapped)
        return
    client = driver.connect(uri, settings.mongodb_driver, deadline, loop, pool, listeners)
    try:
        database = driver.database(client, settings.mongodb_database, deadline)
        yield Store(database, deadline, names=names, maps=mapped)
    finally:
        await driver.close(client)


async def learned(store: Store, settings: Settings) -> Store:
    """The store, which knows what its engine can do."""
    found = await probes.learn(store, settings.engine_capabilities)
    return replace(store, capabilities=found)
