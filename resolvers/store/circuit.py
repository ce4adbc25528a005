"""Failures known at once: while the driver knows of no server, few operations are tried.

It opens when an operation found no database and none of the servers in the client's topology is
known. The driver's monitors find that out on connections of their own: a busy pool, a slow
operation or one broken connection does not open it.

While it is open, one task asks for a sign of life again and again, and the first that comes closes
it. An operation is refused unless a server accepts connections by now: then it is tried, since the
driver learns only half a second later that a server is back. A server that accepts connections and
stays silent is given a pause before the next try.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Any, Protocol

from pymongo import AsyncMongoClient, MongoClient
from pymongo.errors import InvalidOperation

from resolvers.errors import Unavailable
from resolvers.store.deadline import Insistent
from resolvers.store.driver import DRIVER_ERRORS, UNREACHABLE

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.25
"""Between a sign of life that did not come and the next question."""
CONNECT_SECONDS = 0.05
"""How long an operation waits to learn whether a server accepts connections."""
LONGEST_PAUSE = 8.0
"""Seconds without a try, where servers accept connections and stay silent; 1 the first time."""


class Asked(Protocol):
    """What is asked for a sign of life: a store."""

    @property
    def database(self) -> Any:
        """The driver's."""

    @property
    def deadline(self) -> float:
        """Seconds that an answer may take."""

    async def ping(self) -> None:
        """The driver's error if there is none."""


class Circuit:
    """Of one database and one process."""

    __slots__ = ("_listening", "_pause", "_probe", "_silent_until", "open")

    def __init__(self) -> None:
        self.open = False
        self._probe: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[bool] | None = None
        self._silent_until = 0.0
        self._pause = 1.0

    async def admit(self, database: Any) -> None:
        """Let an operation begin while the circuit is open; Unavailable if it would be in vain."""
        if reachable(database):
            self._close()
        elif _now() < self._silent_until or not await self._listens(database):
            raise Unavailable(UNREACHABLE)

    def failed(self, store: Asked, tried: bool) -> None:
        """An operation found no database; `tried` says that it began while this was open."""
        if reachable(store.database):
            return
        if not self.open:
            self.open, self._silent_until, self._pause = True, 0.0, 1.0
            log.warning("the database is unreachable: requests are refused until it answers")
            self._probe = asyncio.create_task(self._ask(store))
        elif tried and _now() >= self._silent_until:
            self._silent_until = _now() + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)

    async def _listens(self, database: Any) -> bool:
        """Whether a server accepts connections; those who ask together share the answer."""
        listening = self._listening
        if listening is None or listening.done():
            listening = self._listening = asyncio.create_task(_accepts(database))
        done, _ = await asyncio.wait({listening}, timeout=CONNECT_SECONDS)
        return bool(done) and listening.result()  # who asked meanwhile may have begun another

    async def _ask(self, store: Asked) -> None:
        while self.open:
            try:
                with Insistent(store.deadline):
                    await store.ping()
            except InvalidOperation:  # the client is closed
                return
            except (TimeoutError, *DRIVER_ERRORS):
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                self._close()

    def _close(self) -> None:
        if self.open:
            self.open = False
            log.warning("the database answers again")


def reachable(database: Any) -> bool:
    """Whether the driver knows of a server; true of an engine in memory."""
    servers = _servers(database)
    return servers is None or any(one.is_server_type_known for one in servers.values())


def _servers(database: Any) -> Any:
    """The driver's descriptions of servers by their addresses; None for an engine in memory."""
    client = getattr(database, "client", None)
    if not isinstance(client, AsyncMongoClient):
        client = getattr(client, "delegate", None)  # Motor's client of the other sort
    if isinstance(client, AsyncMongoClient | MongoClient):
        return client.topology_description.server_descriptions()
    return None


async def _accepts(database: Any) -> bool:
    """Whether one of the servers accepts a connection, within the time that a client waits."""
    trials = [asyncio.create_task(_connects(*address)) for address in _servers(database) or ()]
    try:
        for trial in asyncio.as_completed(trials, timeout=1):
            if await trial:
                return True
    except TimeoutError:
        return False
    finally:
        for trial_ in trials:
            trial_.cancel()
    return False


async def _connects(host: str, port: int | None) -> bool:
    with suppress(OSError, UnicodeError):  # the second: a name that cannot be one
        if port is None:
            _, writer = await asyncio.open_unix_connection(host)
        else:
            _, writer = await asyncio.open_connection(host, port)
        writer.close()
        return True
    return False


def _now() -> float:
    return asyncio.get_running_loop().time()
