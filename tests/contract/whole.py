"""The whole application over an engine of its own database, with credentials that are real."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import httpx
import jwt
from cryptography.fernet import Fernet
from fastapi import FastAPI
from pydantic import SecretStr

from app.access.sealer import sealer
from app.main import create_app
from app.settings import Settings
from resolvers import credentials, rebuild
from resolvers.context import Context, utc_now
from resolvers.credentials import Issued
from resolvers.store import preparation
from tests.app.graphql_client import build_once
from tests.conftest import DEADLINE, KINDS_BY_NAME
from tests.wire.engine import WireEngine
from tests.wire.written import WRITTEN

SECRET = SecretStr(Fernet.generate_key().decode())
EVERYTHING = ("*:read", "*:write", "pii:read", "customer:erase", "customer:export")


@dataclass
class Whole:
    """Sends requests to every door, and looks at what is stored."""

    app: FastAPI
    http: httpx.AsyncClient
    settings: Settings
    kept: dict[str, list[Any]] | None = None
    """What the database has before each test, by collection; read before the first one."""

    @property
    def context(self) -> Context:
        """A request's surroundings that may do everything."""
        found: Context = self.app.state.gateway.context()
        return found

    async def issue(
        self,
        *scopes: str,
        bots: list[str] | None = None,
        tenants: list[str] | None = None,
        expires_at: datetime | None = None,
        revoked: bool = False,
    ) -> Issued:
        """A new credential."""
        seals, now = sealer(self.settings), utc_now()
        assert seals
        given: dict[str, Any] = {"scopes": scopes, "bots": bots, "expires_at": expires_at}
        given["tenants"] = tenants
        issued = await credentials.issue(self.context.store, seals, name="Test", now=now, **given)
        if revoked:
            await credentials.revoke(self.context.store, issued.credential.id, now)
        return issued

    async def expired(self, *scopes: str) -> Issued:
        """A credential whose time was over a second ago."""
        return await self.issue(*scopes, expires_at=utc_now() - timedelta(seconds=1))

    async def graphql(self, issued: Issued | None, query: str, **variables: Any) -> Any:
        """The whole answer."""
        headers = bearer(issued) if issued else {}
        body = {"query": query, "variables": variables}
        return (await self.http.post("/graphql", json=body, headers=headers)).json()

    async def stored(self) -> dict[str, list[Any]]:
        """Every session there is, by kind."""
        store = self.context.store
        return {
            name: await store.run(store.collection(kind).find({}).sort("_id", 1).to_list(None))
            for name, kind in KINDS_BY_NAME.items()
        }

    @asynccontextmanager
    async def restored(self) -> AsyncIterator[None]:
        """Afterwards the database has again what it had before."""
        self.kept = kept = self.kept or await self._everything()
        database = self.context.store.database
        WRITTEN.forget(database.name)
        yield
        for name in WRITTEN.rows(database.name):
            await database[name].delete_many({})
            if kept.get(name):
                await database[name].insert_many(kept[name])

    async def _everything(self) -> dict[str, list[Any]]:
        """The documents of every collection."""
        database = self.context.store.database
        names = await database.list_collection_names()
        return {name: await database[name].find({}).to_list(None) for name in names}


@asynccontextmanager
async def opened(engine: WireEngine, **given: Any) -> AsyncIterator[Whole]:
    """The application over a new database; no rate is limited, and no number of requests."""
    settings = Settings(
        mongodb_uri=engine.uri,
        mongodb_database=f"whole_{uuid.uuid4().hex}",
        deadline_seconds=DEADLINE,
        secret_key=SECRET,
        bot_rate="",
        max_in_flight=1000,
        guess_rate="",
        **given,
    )
    # The run has settled its heap (tests/conftest.py), and goes on with it afterwards.
    with patch("app.main.build", build_once), patch("app.main.settled_heap", nullcontext):
        app = create_app(settings)
        async with app.router.lifespan_context(app):
            store = app.state.gateway.store
            await preparation.prepare(store, KINDS_BY_NAME.values(), {})
            await rebuild.outdated(store, KINDS_BY_NAME.values())
            transport = httpx.ASGITransport(app)
            # One id for all requests: answers are compared to the byte.
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1", headers={"x-request-id": "whole"}
            ) as http:
                yield Whole(app, http, settings)
            await store.database.client.drop_database(settings.mongodb_database)


def bearer(issued: Issued) -> dict[str, str]:
    """The header of paths that have no scheme of their own."""
    return {"Authorization": f"Bearer {issued.key}"}


def pair(issued: Issued) -> dict[str, str]:
    """The chat vendor's headers."""
    return {"apiKey": issued.credential.id, "token": issued.key}


def signed(issued: Issued, **claims: Any) -> dict[str, str]:
    """The bot vendor's header."""
    given = {"appId": issued.credential.id, **claims}
    return {"auth": jwt.encode(given, issued.signing_secret, "HS256")}
