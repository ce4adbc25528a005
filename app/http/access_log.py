"""One line for each response, for operators who look for a client or watch for abuse.

    203.0.113.9 POST /api/public/bot/st-1/getSessions 200 3.1 ms

Keys of old clients stand in the query, so it is left out, and so are all headers and bodies.
"""

import logging
import sys
import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOGGER: Final = logging.getLogger("gateway.access")


class AccessLog:
    """ASGI middleware that logs each response when it has been sent, or has failed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        if not LOGGER.handlers:
            LOGGER.addHandler(logging.StreamHandler(sys.stderr))
            LOGGER.setLevel(logging.INFO)
            LOGGER.propagate = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how it was answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = "-"  # until a response starts: the client may leave before
        started = time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            spent = (time.perf_counter() - started) * 1000
            client = (scope.get("client") or ("-",))[0]
            line = f"{client} {scope['method']} {_path(scope)} {status} {spent:.1f} ms"
            LOGGER.info("%s", line.encode("ascii", "backslashreplace").decode())


def _path(scope: Scope) -> str:
    """As it was sent, percent-encoded: no line end can stand in it."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0].decode("latin-1")
