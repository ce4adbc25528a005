"""The gateway's half: asked the same as the vendor, apart from the client, who never waits for it.

What does not fit into the queue is dropped and counted. A gateway that is slow, down or broken
makes lines in the report, and nothing else.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import httpx

from app.commands.shadow.differences import Answer, differences
from app.commands.shadow.names import Names
from app.commands.shadow.report import Report

AT_ONCE: Final = 4
"""Requests to the gateway."""
MOST_WAITING: Final = 64
MOST_BYTES: Final = 4_194_304
"""Of an answer that is compared."""
DRAIN_SECONDS: Final = 5.0
VENDOR_SECONDS: Final = 330.0
"""Longer than a vendor may take: see `relay`."""

trusted = cache(httpx.create_ssl_context)
"""What both clients verify certificates with; loading it takes 0.1 s."""

RawHeaders = list[tuple[bytes, bytes]]


class TooLargeError(Exception):
    """An answer of more than MOST_BYTES."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as both get it."""

    method: str
    target: bytes = field(repr=False)
    """Path and query as they were sent."""
    headers: RawHeaders = field(repr=False)
    """Without those of the connection."""
    body: bytes = field(repr=False)
    shown: Mapping[str, Any]
    """Method, path and names of parameters, for the report."""
    ignored: Collection[str]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and the vendor's answer once it is whole; None if it cannot be compared."""

    number: int
    asked: Asked
    vendor: "asyncio.Future[Answer | None]"


class Mirror:
    """Asks the gateway at `origin`, and reports. `key` stands in for the vendor's credential."""

    def __init__(
        self, origin: str, names: Names, report: Report, seconds: float, key: str | None = None
    ) -> None:
        self._origin = httpx.URL(origin)
        self._names = names
        self._report = report
        self._seconds = seconds
        self._key = key
        self._waiting: asyncio.Queue[Exchange] = asyncio.Queue(MOST_WAITING)

    def add(self, exchange: Exchange) -> None:
        """Ask the gateway as soon as a worker is free, or drop it; never waits."""
        try:
            self._waiting.put_nowait(exchange)
        except asyncio.QueueFull:
            self._report.count("dropped")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work until the block ends, then finish what waits, for DRAIN_SECONDS at most."""
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(
            verify=trusted(), timeout=self._seconds, limits=limits, trust_env=False
        ) as client:
            workers = [asyncio.create_task(self._work(client)) for _ in range(AT_ONCE)]
            try:
                yield
            finally:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._waiting.join(), DRAIN_SECONDS)
                for worker in workers:
                    worker.cancel()
                for _ in range(self._waiting.qsize()):
                    self._report.count("dropped")

    async def _work(self, client: httpx.AsyncClient) -> None:
        while True:
            exchange = await self._waiting.get()
            try:
                await self._compare(client, exchange)
            except asyncio.CancelledError:
                self._report.count("dropped")
                raise
            except Exception as error:  # a fault of this tool ends neither it nor the client
                shown = exchange.asked.shown
                self._report.failed(exchange.number, shown, "not_compared", type(error).__name__)
            finally:
                self._waiting.task_done()

    async def _compare(self, client: httpx.AsyncClient, exchange: Exchange) -> None:
        asked, number = exchange.asked, exchange.number
        try:
            async with asyncio.timeout(self._seconds):
                ours = await self._ask(client, asked)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, TooLargeError) as error:
            self._report.failed(number, asked.shown, "gateway_failed", type(error).__name__)
            return
        async with asyncio.timeout(VENDOR_SECONDS):
            theirs = await exchange.vendor
        if theirs is None:
            self._report.count("not_compared")
        else:
            found = differences(theirs, ours, self._names, asked.ignored)
            self._report.compared(number, asked.shown, found)

    async def _ask(self, client: httpx.AsyncClient, asked: Asked) -> Answer:
        headers = [pair for pair in asked.headers if pair[0] != b"accept-encoding"]
        if self._key is not None:
            own = (b"authorization", b"x-api-key")
            headers = [pair for pair in headers if pair[0] not in own]
            headers.append((b"authorization", b"Bearer " + self._key.encode()))
        request = httpx.Request(
            asked.method,
            self._origin,
            headers=headers,
            content=asked.body or None,
            extensions={"target": asked.target},
        )
        response = await client.send(request, stream=True, follow_redirects=False)
        try:
            parts, size = [], 0
            async for part in response.aiter_bytes():
                parts.append(part)
                size += len(part)
                if size > MOST_BYTES:
                    raise TooLargeError
        finally:
            await response.aclose()
        return Answer(
            response.status_code, response.headers.get("content-type", ""), b"".join(parts)
        )
