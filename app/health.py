"""`/healthz` and `/readyz`: whether the process answers, and whether it can serve.

Readiness has a connection to the database of its own, so it waits for no request's; and it asks one
question at a time, whose answer everybody gets who asked meanwhile.
"""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.http import ending
from app.http.ending import Ending
from resolvers.errors import GatewayError
from resolvers.store import read as reads
from resolvers.store.store import Store
from schema.kinds import KINDS

PATHS: Final = ("/healthz", "/readyz")
CONNECTIONS: Final = 1
"""Of readiness, to each server of the database."""


class Readiness:
    """Whether sessions can be read from the database."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asked: asyncio.Task[bool] | None = None

    async def __call__(self) -> bool:
        """Ask the database, or wait for the answer to whoever asked before."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asked)

    async def _ask(self) -> bool:
        try:
            await reads.require_readable(self._store, [entry.kind for entry in KINDS])
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
    return JSONResponse({"status": "ok"}) if await ready() else _unready("unavailable")


def _unready(status: str) -> Response:
    return JSONResponse({"status": status}, 503, {"Retry-After": "1"})
