"""A gateway as the vendors' services, over a database in memory, for whoever asks."""

from collections.abc import Awaitable, Sequence
from typing import Any

import httpx
from mongomock_motor import AsyncMongoMockClient
from starlette.applications import Starlette

from app import rest
from app.context import State
from app.rest import VENDORS
from app.rest.exports import Export
from app.rest.remote_support.layout import WORDS
from app.settings import Settings
from resolvers.access import EVERYBODY, Caller
from resolvers.context import Context
from resolvers.store.store import Store
from tests.conftest import DEADLINE, NOW

EXPORTS: dict[str, Export] = {one.export.name: one.export for one in VENDORS if one.export}


class Anybody:
    """Lets everybody in, and notes their credentials."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    async def _admit(self, *credential: Any) -> Caller:
        self.seen.append(credential)
        return EVERYBODY

    by_jwt = by_key = by_pair = bearer = _admit

    async def guarded(self, _request: Any, finding: Awaitable[Caller]) -> Caller:
        return await finding

    async def limit(self, caller: Caller, bucket: str | None = None) -> tuple[()]:
        return ()

    def is_open(self, vendor: str) -> bool:
        return False


class Service:
    """The vendors' URLs, and what they answer from."""

    def __init__(self, store: Store, max_rows: int = 100_000) -> None:
        settings = Settings(open_paths="", remote_support_max_rows=max_rows)
        self.store, self.authenticator = store, Anybody()
        self.context = Context(store, now=lambda: NOW)
        self.app = Starlette(routes=[rest.routes(settings)])
        self.app.state.gateway = State(store, settings, self.authenticator)  # type: ignore[arg-type]

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.request(method, path, **options)

    async def bodies(self, name: str, ids: Sequence[str], as_json: bool = True) -> list[bytes]:
        """What the vendor's own URLs say of these sessions."""
        if name == "kore":
            asked = {"json": {"sessionId": list(ids)}, "headers": {"auth": "jwt"}}
            return [(await self.send("POST", "/api/public/getSessions", **asked)).content]
        if name == "n-able":
            form = {"KEY": "k", "VARS": " ".join(WORDS), "OUTPUT_FORMAT": "JSON" * as_json}
            return [(await self.send("POST", "/get_session_history.php", data=form)).content]
        own = {"headers": {"Authorization": "Bearer k"}}
        answers = [await self.send("GET", f"{PATHS[name]}/{one}", **own) for one in ids]
        assert [answer.status_code for answer in answers] == [200] * len(ids)
        return [answer.content for answer in answers]


PATHS = {
    "agendize": "/api/2.0/chat/console/history",
    "genesys-co-browse": "/history/sessions",
    "genesys-knowledge": "/gks-server/v1/sessions",
}


async def service() -> Service:
    """An empty one."""
    return Service(Store(AsyncMongoMockClient(tz_aware=False)["sessions"], DEADLINE))
