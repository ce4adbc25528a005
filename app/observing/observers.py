"""Everything that the settings want seen, put together for one process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence, Sized
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol

from starlette.types import ASGIApp

from app.observing.exposition import exposed
from app.observing.logs import without_values
from app.observing.metrics import Metrics
from app.observing.requests import Observed
from app.observing.traces import Traces, sending
from app.observing.worker_sums import written
from app.settings.observing import Observing
from resolvers.audit.trail import Trail
from resolvers.store.listeners import Commands, Listener, Pool


class Streams(Sized, Protocol):
    """All subscriptions of the process."""

    told: Callable[[str], object]


class Observers:
    """What is off is not there: no listener, no package of OpenTelemetry, no measuring."""

    def __init__(self, settings: Observing, folder: Path | None = None) -> None:
        """`folder` is where a worker writes its metrics; without it, this process serves them."""
        self._settings = settings
        self._folder = folder
        self.metrics = Metrics() if settings.metrics_port is not None else None
        self.traces: Traces | None = sending(settings.traces_url) if settings.traces_url else None
        self.listeners: Sequence[Listener] = list(self._listeners())

    def _listeners(self) -> list[Listener]:
        """Of the driver."""
        metrics = self.metrics if self._settings.metrics_database else None
        done = [watcher.command for watcher in (metrics, self.traces) if watcher]
        listeners: list[Listener] = []
        if done:
            listeners.append(Commands(*done))
        if metrics:
            pool = Pool()
            metrics.pool(pool)
            listeners.append(pool)
        return listeners

    def cache(self, name: str, cache: Sized) -> None:
        """Show how many entries a cache has."""
        if self.metrics:
            self.metrics.cache(name, cache)

    def refused(self, status: int, code: str) -> None:
        """Count a refusal that no application has seen."""
        if self.metrics:
            self.metrics.refused(status, code)

    def streams(self, streams: Streams) -> None:
        """Count subscriptions, and the changes that they are sent."""
        if self.metrics:
            self.metrics.subscriptions(streams)
            streams.told = self.metrics.change

    def audit(self, event: str, number: int) -> None:
        """Count entries of the audit trail: `stored`, `failed` or `refused`."""
        if self.metrics:
            self.metrics.audit(event, number)

    def trail(self, trail: Trail | None) -> None:
        """Show how many entries wait."""
        if self.metrics and trail:
            self.metrics.waiting(lambda: trail.waiting)

    def around(self, app: ASGIApp) -> Observed:
        """The application, each of its requests observed."""
        return Observed(
            app,
            self.metrics,
            self.traces.span if self.traces else None,
            slow_seconds=self._settings.slow_seconds,
            access_log=self._settings.access_log,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Show the metrics meanwhile, and send the last spans at the end."""
        asyncio.get_running_loop().set_exception_handler(without_values)
        async with AsyncExitStack() as stack:
            if self.traces:
                stack.callback(self.traces.close)
            if self.metrics and self._folder:
                await stack.enter_async_context(written(self.metrics.collectors, self._folder))
            elif self.metrics and self._settings.metrics_port is not None:
                host, port = self._settings.metrics_host, self._settings.metrics_port
                stack.enter_context(exposed(self.metrics.collectors, host, port))
            yield
