"""What the page at `/` shows of the database: its engine, and how many sessions it has."""

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Final

from resolvers.errors import GatewayError
from resolvers.kind import Document, Kind
from resolvers.store import overview
from resolvers.store.driver import DRIVER_ERRORS
from resolvers.store.overview import Arrivals
from resolvers.store.store import Store
from schema.kinds import KINDS

FRESH_SECONDS: Final = 5.0
"""How long figures are shown before they are asked for again."""
UNANSWERED: Final = (GatewayError, *DRIVER_ERRORS)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DatabaseFigures:
    """What the page shows of the database: None for what did not answer."""

    engine: str | None
    kinds: tuple[tuple[Kind, Arrivals | None], ...] = ()


class Latest:
    """The figures of the last seconds; however many ask, the database is asked once."""

    def __init__(self, fresh: float = FRESH_SECONDS) -> None:
        self._fresh = fresh
        self._until = 0.0
        self._figures = DatabaseFigures(None)
        self._asking = asyncio.Lock()

    async def of(self, store: Store) -> DatabaseFigures:
        """The figures, which are never older than they may be."""
        async with self._asking:
            if time.monotonic() >= self._until:
                self._figures = await look(store)
                self._until = time.monotonic() + self._fresh
        return self._figures


async def look(store: Store) -> DatabaseFigures:
    """Ask the database; it may be away, or too slow for one of the figures."""
    try:
        engine = engine_name(await overview.engine(store))
    except UNANSWERED:
        return DatabaseFigures(None)
    kinds = [entry.kind for entry in KINDS]
    found = await asyncio.gather(*(_arrivals(store, kind) for kind in kinds))
    return DatabaseFigures(engine, tuple(zip(kinds, found, strict=True)))


async def _arrivals(store: Store, kind: Kind) -> Arrivals | None:
    try:
        return await overview.arrivals(store, kind)
    except UNANSWERED as error:
        log.warning("Sessions of %s could not be counted: %s", kind.name, type(error).__name__)
        return None


def engine_name(info: Document) -> str:
    """The engine by what it answers to `buildInfo`."""
    spoken = str(info.get("version", "of an unknown version"))
    if "secantusVersion" in info:
        return f"SecantusDB {info['secantusVersion']}, embedded (speaks MongoDB {spoken})"
    if "ferretdb" in info:
        return f"FerretDB (speaks MongoDB {spoken})"
    return f"MongoDB {spoken}"
