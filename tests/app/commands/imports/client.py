"""A client that downloads from a service, and what the service has."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from app.commands.imports.download import download
from app.commands.imports.services import Account, Fetched
from app.rest.exports import Options
from resolvers import bulk
from resolvers.bulk import Draft
from tests.app.commands.imports.service import EXPORTS, Service, service

SINCE, UNTIL = datetime(2026, 1, 1), datetime(2026, 2, 1)
SECRET = "a-secret-of-thirty-two-characters"
Answer = Callable[[httpx.Request], httpx.Response | None]


class Wire(httpx.AsyncBaseTransport):
    """The way to a service; `fault` may answer in its place."""

    def __init__(self, vendor: Service, fault: Answer = lambda _request: None) -> None:
        self.inner, self.fault = httpx.ASGITransport(vendor.app), fault
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.fault(request) or await self.inner.handle_async_request(request)


class Client:
    """Downloads into a folder; nobody really waits."""

    def __init__(self, name: str, vendor: Service, folder: Path) -> None:
        self.name, self.folder, self.waits = name, folder, list[float]()
        self.wire = Wire(vendor)
        self.account: dict[str, Any] = {"url": "http://127.0.0.1", "secret": SECRET}

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def fetch(self, **account: Any) -> Fetched:
        return await download(
            EXPORTS[self.name],
            Account(**self.account | account),
            Options(),
            self.folder,
            self.wire,
            self._sleep,
        )


def rows(name: str, number: int) -> list[Draft]:
    """Sessions over the days of January."""
    kind = EXPORTS[name].kind
    moments = [SINCE + timedelta(hours=17 * place) for place in range(number)]
    if name == "kore":
        least = {"botId": "st-1", "channel": "rtm", "userId": "u"}
        values = [
            least | {"startTime": moment, "sessionId": f"s{place}"}
            for place, moment in enumerate(moments)
        ]
    elif name == "n-able":
        values = [
            {"dateStart": moment, "sessionId": str(place + 1), "answered": place % 3 == 0}
            for place, moment in enumerate(moments)
        ]
    else:
        moment = {"dateTime": SINCE, "timeZone": "UTC"}
        values = [{"sessionId": f"s{place}", "start": moment} for place in range(number)]
    return [Draft(kind, one, {"status": "CLOSED"} if name == "agendize" else {}) for one in values]


async def vendor(name: str, number: int) -> Service:
    found = await service()
    documents = [bulk.prepare(found.context, draft) for draft in rows(name, number)]
    await bulk.create(found.context, EXPORTS[name].kind, documents)
    return found
