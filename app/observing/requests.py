"""Each request, seen from outside: counted, timed, traced and logged once it is answered."""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.observing.facts import facts_of
from app.observing.metrics import Metrics
from resolvers.request_facts import CURRENT, RequestFacts

FAILURES: Final = frozenset({"INTERNAL", "CORRUPT_DOCUMENT", "TIMEOUT", "UNAVAILABLE"})
"""Codes of errors that an operator looks into, also where the status is 200."""
STREAM: Final = "graphql-stream"
"""The `api` of what goes on until its client leaves: it is never slow."""
SHED: Final = "OVERLOADED"
"""Counted, never logged: lines would be one more burden."""

log = logging.getLogger("gateway.requests")
access = logging.getLogger("gateway.access")

Span = Callable[[Scope], AbstractContextManager[Callable[[RequestFacts, int], None]]]
"""Opens a request's span; what it gives is called with the facts and the status at the end."""


class Observed:
    """ASGI middleware around everything else."""

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics | None = None,
        span: Span | None = None,
        *,
        slow_seconds: float = 0.0,
        access_log: bool = False,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._span = span
        self._slow = slow_seconds or float("inf")
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how it was answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._span is None:
            await self._watched(scope, receive, send)
        else:
            with self._span(scope) as end:
                end(facts_of(scope), await self._watched(scope, receive, send))

    async def _watched(self, scope: Scope, receive: Receive, send: Send) -> int:
        """The status of the response; 0 if none was started, as when the client leaves before."""
        status = 0
        facts = facts_of(scope)
        CURRENT.set(facts)
        metrics = self._metrics
        started = time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        if metrics:
            metrics.in_flight += 1
        try:
            await self._app(scope, receive, noted)
        finally:
            seconds = time.perf_counter() - started
            if facts.api == "pages":
                facts.operation = getattr(scope.get("endpoint"), "__name__", "")
            if metrics:
                metrics.in_flight -= 1
                metrics.request(facts, status, seconds)
            self._log(facts, status, seconds)
            if self._access_log:
                access.info("answered", extra=_answer(scope, facts, status, seconds))
        return status

    def operation(self, facts: RequestFacts, status: int, seconds: float) -> None:
        """Note an operation that came over a WebSocket, as if it had been a request."""
        if self._metrics:
            self._metrics.request(facts, status, seconds)
        self._log(facts, status, seconds)

    def _log(self, facts: RequestFacts, status: int, seconds: float) -> None:
        failed = status >= 500 or not FAILURES.isdisjoint(facts.codes)
        if failed and SHED not in facts.codes:
            unexpected = status == 500 or "INTERNAL" in facts.codes
            level = logging.ERROR if unexpected else logging.WARNING
            log.log(level, "failed", extra=_summary(facts, status, seconds))
        elif seconds >= self._slow and facts.api != STREAM:
            log.warning("slow", extra=_summary(facts, status, seconds))


def _summary(facts: RequestFacts, status: int, seconds: float) -> dict[str, Any]:
    return {
        "request_id": facts.id,
        "api": facts.api,
        "operation": facts.operation,
        "credential": facts.credential,
        "status": status,
        "codes": ",".join(dict.fromkeys(facts.codes)),
        "milliseconds": round(seconds * 1000, 1),
        "commands": facts.commands,
    }


def _answer(scope: Scope, facts: RequestFacts, status: int, seconds: float) -> dict[str, Any]:
    """The path without its query: old clients send keys in it."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    path = raw.partition(b"?")[0].decode("ascii", "backslashreplace")
    return {
        "client": (scope.get("client") or ("-",))[0],
        "method": scope["method"],
        "path": path,
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
        "request_id": facts.id,
    }
