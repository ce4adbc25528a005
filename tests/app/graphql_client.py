"""A client of the whole application over a database in memory, with one credential's key."""

import asyncio
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from app.access.authenticator import Authenticator
from app.context import State
from app.main import create_app
from app.settings import Settings
from resolvers.credentials import Issued
from schema.build import build
from tests.app.access import SETTINGS, issue
from tests.conftest import mock_store

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
TYPENAME = "{ __typename }"
CORRECT = {"data": {"__typename": "Query"}}


build_once = cache(build)
"""Schemas are the same for doors with the same limits."""


@dataclass
class Door:
    """Sends requests to `/graphql`, with the key unless told otherwise."""

    app: FastAPI
    key: str

    def request(
        self, method: str = "POST", path: str = "/graphql", **options: Any
    ) -> httpx.Response:
        """One request; `headers` of None are left out."""
        headers = {"authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        given = {name: value for name, value in headers.items() if value is not None}
        return asyncio.run(self._request(method, path, headers=given, **options))

    def post(self, query: Any = TYPENAME, accept: str = GRAPHQL, **members: Any) -> httpx.Response:
        """A well-formed POST; other members of the body by name, headers by `headers`."""
        headers = {"accept": accept, **members.pop("headers", {})}
        body = {"query": query, **members} if query is not None else members
        return self.request(json=body, headers=headers)

    def get(self, **parameters: Any) -> httpx.Response:
        """A query by address."""
        headers = {"accept": GRAPHQL, **parameters.pop("headers", {})}
        return self.request("GET", params=parameters, headers=headers)

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, **options)


def open_door(scopes: tuple[str, ...] = ("*:read", "*:write"), **settings: Any) -> Door:
    """The application with these settings, and a credential with these scopes."""
    return asyncio.run(_open_door(scopes, Settings(secret_key=_secret(), **settings)))


async def _open_door(scopes: tuple[str, ...], settings: Settings) -> Door:
    store = await mock_store()
    issued: Issued = await issue(store, scopes=scopes)
    with patch("app.main.build", build_once):
        app = create_app(settings)
    app.state.gateway = State(store, settings, Authenticator(store, settings))
    return Door(app, issued.key)


def _secret() -> SecretStr:
    assert SETTINGS.secret_key
    return SETTINGS.secret_key


def error(response: httpx.Response) -> dict[str, Any]:
    """The only error of a response that has nothing else."""
    body = response.json()
    assert list(body) == ["errors"], body
    (only,) = body["errors"]
    return {"message": only["message"], **only["extensions"]}


def code(response: httpx.Response) -> tuple[int, str]:
    """Status and error code."""
    return response.status_code, error(response)["code"]
