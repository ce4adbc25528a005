"""Asking a vendor's service: not faster than it allows, again where it fails, never without end."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

ATTEMPTS = 6
"""How often one request is sent."""
LONGEST_WAIT = 3700
"""Seconds: a service that counts by the hour may ask for one. More is given up at once."""
SECONDS = 120
"""For one answer, its body included."""
LARGEST_ANSWER = 128 * 2**20

Sleep = Callable[[float], Awaitable[object]]


class RefusedError(Exception):
    """The service does not answer this request, however often it is asked; the text says why."""


class UnansweredError(Exception):
    """All attempts failed; the text is the last one's reason."""


class NotFoundError(RefusedError):
    """404: the service does not know what is asked for."""


class Asker:
    """Sends requests one after the other."""

    def __init__(self, client: httpx.AsyncClient, rates: str, sleep: Sleep = asyncio.sleep) -> None:
        """`rates` are the service's, such as `60/minute;1800/hour`; empty: none is known."""
        self._client, self._sleep = client, sleep
        self._rates = parse_many(rates) if rates else []
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def ask(
        self, request: Callable[[], httpx.Request], read: Callable[[bytes], Any] = bytes
    ) -> Any:
        """What `read` makes of the body of the answer, asked again where it raises ValueError.

        `request` makes a request anew for each attempt: its credential may expire.
        """
        reason, wait = "", 0.0
        for attempt in range(ATTEMPTS):
            if attempt:
                await self._sleep(wait)
            await self._turn()
            wait = float(2**attempt)
            try:
                async with asyncio.timeout(SECONDS):
                    response = await self._send(request())
                if response.status_code == 200:
                    return read(response.content)
                reason = f"it answers {response.status_code}"
            except (httpx.RequestError, TimeoutError) as error:
                reason = f"it cannot be reached ({type(error).__name__})"
                continue
            except ValueError:
                reason = "its answer is not complete"
                continue
            wait = max(wait, _retry_after(response))
            if response.status_code != 429 and response.status_code < 500:
                raise _refusal(response)
            if wait > LONGEST_WAIT:
                break
        raise UnansweredError(reason)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        response = await self._client.send(request, stream=True)
        try:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LARGEST_ANSWER:
                    raise RefusedError(f"An answer is larger than {LARGEST_ANSWER:,} bytes.")
        finally:
            await response.aclose()
        return httpx.Response(response.status_code, headers=_plain(response), content=bytes(body))

    async def _turn(self) -> None:
        """Wait until the rates allow one more request, and count it."""
        while late := [rate for rate in self._rates if not self._limiter.test(rate)]:
            ends = [self._limiter.get_window_stats(rate).reset_time for rate in late]
            await self._sleep(max(0.01, max(ends) - time.time()))
        for rate in self._rates:
            self._limiter.hit(rate)


def _plain(response: httpx.Response) -> dict[str, str]:
    """The headers that are needed; the body is unpacked already."""
    names = ("retry-after", "content-type")
    return {name: response.headers[name] for name in names if name in response.headers}


def _retry_after(response: httpx.Response) -> float:
    """Seconds that the service asks to wait; 0 if it does not say."""
    text = response.headers.get("retry-after", "")
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        return (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return 0.0


def _refusal(response: httpx.Response) -> RefusedError:
    text = " ".join(response.text[:300].split())
    kind = NotFoundError if response.status_code == 404 else RefusedError
    return kind(f"The service answers {response.status_code}: {text}")
