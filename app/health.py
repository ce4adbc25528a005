"""`/healthz` and `/readyz`: whether the process answers, and whether it can serve.

Readiness has connections to the database of its own, so it waits for no request's; and it asks at
most once a second, and everybody gets that answer. A database that is slow and alive is ready: load
is not a failure, and a gateway that was taken out for it would leave more to the others.
"""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.database import memory
from app.http import ending
from app.http.ending import Ending
from resolvers.errors import GatewayError, Timeout
from resolvers.store import read as reads
from resolvers.store.store import Store
from schema.kinds import KINDS

PATHS: Final = ("/healthz", "/readyz")
CONNECTIONS: Final = len(KINDS) + 1
"""Of readiness, to each server of the database: a read of each kind, and a sign of life."""
FRESH_SECONDS: Final = 1.0
"""How long an answer is everybody's."""


class Readiness:
    """Whether sessions can be read from the database."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asked: asyncio.Task[bool] | None = None
        self._stale = 0.0
        """When to ask again, on the clock of the event loop."""

    async def __call__(self) -> bool:
        """Ask the database, or wait for the answer to whoever asked before."""
        now = asyncio.get_running_loop().time()
        if self._asked is None or (self._asked.done() and now >= self._stale):
            self._asked = asyncio.create_task(self._ask())
            self._stale = now + FRESH_SECONDS
        return await asyncio.shield(self._asked)

    async def _ask(self) -> bool:
        try:
            await reads.require_readable(self._store, [entry.kind for entry in KINDS])
        except Timeout:  # and not Unavailable: it gave a sign of life
            return True
        except GatewayError:
            return False
        return True


async def healthz(_request: Request) -> Response:
    """Whether the process answers."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Whether sessions can be read, too, and this process is not about to end."""
    server: Ending | None = request.scope.get("state", {}).get(ending.NAME)
    if server and server.announced:
        return _unready("ending")
    ready = request.app.readiness or Readiness(request.app.state.gateway.store)
    if not await ready():
        return _unready("unavailable")
    in_memory = request.app.state.gateway.settings.mongodb_uri == memory.URI
    return JSONResponse({"status": "ok"} | ({"stored": "in memory"} if in_memory else {}))


def _unready(status: str) -> Response:
    return JSONResponse({"status": status}, 503, {"Retry-After": "1"})
