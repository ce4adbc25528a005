"""Asking a vendor's service: not faster than it allows, again where it fails, never without end."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from tempfile import SpooledTemporaryFile
from typing import IO, NamedTuple, TypeVar

import httpx
from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.commands.imports.encoding import BrokenError

ATTEMPTS = 6
"""How often one request is sent."""
LONGEST_WAIT = 3700
"""Seconds: a service that counts by the hour may ask for one. More is given up at once."""
SECONDS = 120
"""For one answer, its body included."""
LARGEST_ANSWER = 2**30
IN_MEMORY = 2**20
"""Bytes of an answer that are not on disk: answers may be large."""

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[object]]


class RefusedError(Exception):
    """The service does not answer this request, however often it is asked; the text says why."""


class UnansweredError(Exception):
    """All attempts failed; the text is the last one's reason."""


class NotFoundError(RefusedError):
    """404: the service does not know what is asked for."""


class Response(NamedTuple):
    """An answer; its body, unpacked, is in a temporary file."""

    status: int
    headers: Mapping[str, str]
    body: IO[bytes]


class Asker:
    """Sends requests one after the other."""

    def __init__(self, client: httpx.AsyncClient, rates: str, sleep: Sleep = asyncio.sleep) -> None:
        """`rates` are the service's, such as `60/minute;1800/hour`; empty: none is known."""
        self._client, self._sleep = client, sleep
        self._rates = parse_many(rates) if rates else []
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def ask(
        self, request: Callable[[], httpx.Request], read: Callable[[IO[bytes]], T]
    ) -> tuple[IO[bytes], T]:
        """The body of the answer, and what `read` makes of it; the caller closes the body.

        It is asked again where `read` raises ValueError or BrokenError. `request` makes a request
        anew for each attempt: its credential may expire.
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
            except (httpx.RequestError, TimeoutError) as error:
                reason = f"it cannot be reached ({type(error).__name__})"
                continue
            if response.status == 200:
                try:
                    found = _read(response.body, read)
                except (ValueError, BrokenError):
                    reason = "its answer is not complete, or not one of this service"
                    continue
                return response.body, found
            with response.body:
                reason = f"it answers {response.status}"
                wait = max(wait, _retry_after(response))
                if response.status != 429 and response.status < 500:
                    raise _refusal(response)
            if wait > LONGEST_WAIT:
                break
        raise UnansweredError(reason)

    async def _send(self, request: httpx.Request) -> Response:
        response = await self._client.send(request, stream=True)
        body = SpooledTemporaryFile(IN_MEMORY, prefix="session-import-")  # noqa: SIM115  # the caller's
        try:
            async for chunk in response.aiter_bytes():
                body.write(chunk)
                if body.tell() > LARGEST_ANSWER:
                    raise RefusedError(f"An answer is larger than {LARGEST_ANSWER:,} bytes.")
            body.seek(0)
        except BaseException:
            body.close()
            raise
        finally:
            await response.aclose()
        return Response(response.status_code, response.headers, body)

    async def _turn(self) -> None:
        """Wait until the rates allow one more request, and count it."""
        while late := [rate for rate in self._rates if not self._limiter.test(rate)]:
            ends = [self._limiter.get_window_stats(rate).reset_time for rate in late]
            await self._sleep(max(0.01, max(ends) - time.time()))
        for rate in self._rates:
            self._limiter.hit(rate)


def _read(body: IO[bytes], read: Callable[[IO[bytes]], T]) -> T:
    """What is made of a body, which is then at its start again; closed if that fails."""
    try:
        found = read(body)
        body.seek(0)
    except BaseException:
        body.close()
        raise
    return found


def _retry_after(response: Response) -> float:
    """Seconds that the service asks to wait; 0 if it does not say."""
    text = response.headers.get("retry-after", "")
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        return (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return 0.0


def _refusal(response: Response) -> RefusedError:
    text = " ".join(response.body.read(300).decode(errors="replace").split())
    kind = NotFoundError if response.status == 404 else RefusedError
    return kind(f"The service answers {response.status}: {text}")
