"""The vendors' paths and GraphQL over one database in memory, with a clock that stands.

Credentials are made with `admit`: the key of `anna` is `anna-key`, her JWT `jwt.anna`.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import orjson
import pytest
from mongomock_motor import AsyncMongoMockClient
from starlette.applications import Starlette
from starlette.requests import Request

from app.access.authenticator import MalformedToken
from app.context import KnownBot
from app.rest.bot.endpoint import VENDOR as BOT
from app.rest.chat.endpoint import VENDOR as CHAT
from app.rest.knowledge.endpoint import VENDOR as KNOWLEDGE
from app.rest.routing import VendorRoutes
from app.settings import Settings
from resolvers import sessions
from resolvers.access import EVERYBODY, Caller
from resolvers.context import Context
from resolvers.errors import RateLimited, Unauthenticated
from resolvers.kind import Kind
from resolvers.request_facts import RequestFacts
from resolvers.store.store import Store
from schema.build import Schema, build
from tests.timing import limit

NOW = datetime(2026, 3, 1, 9, 30)
SCHEMA: Schema = build()


@dataclass
class Authenticator:
    """Who may come in, without a database."""

    callers: dict[str, Caller] = field(default_factory=dict)
    open: frozenset[str] = frozenset()
    full: set[str | None] = field(default_factory=set)
    """Buckets that let nobody through."""
    counted: list[tuple[str, str | None]] = field(default_factory=list)

    async def bearer(self, request: Request) -> Caller:
        return await self.by_key(request.headers.get("authorization", "").removeprefix("Bearer "))

    async def guarded(self, _request: Request, finding: Awaitable[Caller]) -> Caller:
        return await finding

    async def by_key(self, key: str) -> Caller:
        return self._known(key.removesuffix("-key") if key.endswith("-key") else "")

    async def by_pair(self, id: str, key: str) -> Caller:  # noqa: A002
        return self._known(id if key == f"{id}-key" else "")

    async def by_jwt(self, token: str) -> Caller:
        scheme, _, rest = token.strip().partition(" ")
        token = rest.strip() if scheme.lower() == "bearer" else token.strip()
        if not token.startswith("jwt."):
            raise MalformedToken("no token")
        return self._known(token.removeprefix("jwt."))

    async def limit(self, caller: Caller, bots: Iterable[str] | None = None) -> tuple[()]:
        for bucket in (None,) if bots is None else bots:
            self.counted.append((caller.id, bucket))
            if bucket in self.full:
                raise RateLimited("Too often.", retry_after=17)
        return ()

    def is_open(self, vendor: str) -> bool:
        return vendor in self.open

    def open_caller(self, _vendor: str) -> Caller:
        return EVERYBODY

    def _known(self, id_: str) -> Caller:
        if id_ not in self.callers:
            raise Unauthenticated("secret details")
        return self.callers[id_]


@dataclass
class State:
    """What the application keeps, with a clock of its own."""

    store: Store
    settings: Settings
    authenticator: Authenticator
    time: datetime = NOW
    known_bots: set[KnownBot] = field(default_factory=set)

    def context(self, caller: Caller = EVERYBODY, facts: RequestFacts | None = None) -> Context:
        return Context(
            store=self.store,
            company_timezone=self.settings.company_timezone,
            now=lambda: self.time,
            caller=caller,
            retention=self.settings.retention,
            facts=facts or RequestFacts(),
        )


@dataclass
class Door:
    """Sends requests to the vendors' paths, and operations to GraphQL beside them."""

    runner: asyncio.Runner
    state: State
    app: Starlette

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str | bytes] | None = None,
    ) -> httpx.Response:
        """One request; a body that is not bytes is sent as JSON, None as no body at all."""
        content = body if isinstance(body, bytes | None) else orjson.dumps(body)
        url = httpx.URL(f"http://gateway{path}")

        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport) as client:
                return await client.request(method, url, content=content, headers=headers)

        return self.runner.run(run())

    def admit(
        self,
        id_: str,
        *scopes: str,
        bots: frozenset[str] | None = None,
        tenants: frozenset[str] | None = None,
    ) -> None:
        """Make a credential; `admin` if no scope is named."""
        caller = Caller(id_, frozenset(scopes or {"admin"}), bots, tenants=tenants)
        self.state.authenticator.callers[id_] = caller

    def settings(self, **changed: Any) -> None:
        """Start anew with other settings, over the same data."""
        self.state.settings = Settings(_env_file=None, **changed)

    def create(self, kind: Kind, values: Mapping[str, Any], status: str | None = None) -> str:
        """Store a session through the resolvers; its id."""
        context = self.state.context()
        return str(self.runner.run(sessions.create(context, kind, values, status))["_id"])

    def graphql(self, query: str, **variables: Any) -> Any:
        """The value of an operation's only root field; it must have no error."""
        context = self.state.context()
        result = self.runner.run(SCHEMA.execute(query, variables, context_value=context))
        assert not result.errors, result.errors
        assert result.data is not None
        (value,) = result.data.values()
        return value

    def alter(self, kind: Kind, session_id: str, change: Mapping[str, Any]) -> None:
        """Update a stored session behind the resolvers' back."""
        self.runner.run(self.state.store.collection(kind).update_one({"_id": session_id}, change))

    def stored(self, kind: Kind) -> list[dict[str, Any]]:
        """All sessions of a kind, as they are stored."""
        return list(self.runner.run(self.state.store.collection(kind).find({}).to_list(None)))


@pytest.fixture
def door() -> Iterator[Door]:
    """Over an empty database; `root` may do everything."""
    with asyncio.Runner() as runner:

        async def connect() -> Any:
            return AsyncMongoMockClient(tz_aware=False)["sessions"]

        store = Store(runner.run(connect()), deadline=limit(5))
        state = State(store, Settings(_env_file=None), Authenticator())
        app = Starlette(routes=[VendorRoutes([KNOWLEDGE, CHAT, BOT])])
        app.state.gateway = state
        opened = Door(runner, state, app)
        opened.admit("root")
        yield opened
