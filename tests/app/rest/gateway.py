"""The vendors' paths over an in-memory database, with credentials made up by the test."""

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from typing import Any

import httpx
from mongomock_motor import AsyncMongoMockClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import BaseRoute

from app import rest
from app.access.rates import Window
from app.context import State
from app.settings import Settings
from resolvers import sessions
from resolvers.access import EVERYBODY, Caller
from resolvers.context import Context
from resolvers.errors import RateLimited, Unauthenticated
from resolvers.kind import Document, Kind
from resolvers.store.store import Store

KEY = "a-good-key"
MASKED_KEY = "a-key-without-pii"
FOREIGN_KEY = "a-key-for-bots-only"
TIRED_KEY = "a-key-used-too-often"

CALLERS = {
    KEY: EVERYBODY,
    MASKED_KEY: Caller("masked", frozenset({"*:read"})),
    FOREIGN_KEY: Caller("foreign", frozenset({"bot:read", "pii:read"})),
    TIRED_KEY: Caller("tired", frozenset({"admin"})),
}


class FakeAuthenticator:
    """The interface of app.access.authenticator.Authenticator over a fixed list of keys."""

    def __init__(self, open_paths: frozenset[str] = frozenset()) -> None:
        self._open_paths = open_paths

    async def bearer(self, request: Request) -> Caller:
        return await self.by_key(request.headers.get("authorization", "").removeprefix("Bearer "))

    async def by_key(self, key: str) -> Caller:
        if key not in CALLERS:
            raise Unauthenticated("A valid key is needed.")
        return CALLERS[key]

    async def by_jwt(self, token: str) -> Caller:
        return await self.by_key(token)

    async def guarded(self, _request: Request, finding: Awaitable[Caller]) -> Caller:
        return await finding

    async def limit(self, caller: Caller, bots: Iterable[str] | None = None) -> tuple[Window, ...]:
        if caller.id == "tired":
            raise RateLimited("Too many requests.", retry_after=7)
        return ()

    def is_open(self, vendor: str) -> bool:
        return vendor in self._open_paths

    def open_caller(self, vendor: str) -> Caller:
        return Caller(f"open:{vendor}", frozenset({f"{vendor}:read", "pii:read"}))


class Gateway:
    """An application of the vendors' paths alone; `settings` are the gateway's."""

    def __init__(self, routes: Sequence[BaseRoute] | None = None, **settings: Any) -> None:
        self.settings = Settings(**settings)
        self.store = Store(AsyncMongoMockClient()["test"], 5.0)
        authenticator: Any = FakeAuthenticator(self.settings.open_paths)
        self.app = Starlette(routes=routes or [rest.routes(self.settings)])
        self.state = State(self.store, self.settings, authenticator)
        self.app.state.gateway = self.state

    @property
    def context(self) -> Context:
        return self.state.context()

    def create(self, kind: Kind, **values: Any) -> Document:
        return asyncio.run(sessions.create(self.context, kind, values))

    def insert(self, kind: Kind, documents: list[Document]) -> None:
        """Store documents as they are, many at once."""
        asyncio.run(self.store.run(self.store.collection(kind).insert_many(documents)))

    def damage(self, kind: Kind, session_id: str, values: Document) -> None:
        """Overwrite stored columns as no client can."""
        change = self.store.collection(kind).update_one({"_id": session_id}, {"$set": values})
        asyncio.run(self.store.run(change))

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._request(method, url, **options))

    def get(self, url: str, key: str | None = KEY, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return self.request("GET", url, headers=headers, **options)

    async def _request(self, method: str, url: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.request(method, url, **options)
