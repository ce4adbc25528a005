"""What the tests of access share: credentials in memory, clocks that stand, requests, tokens."""

from collections.abc import Awaitable
from typing import Any

import jwt
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from starlette.requests import Request

from app.access.authenticator import Authenticator
from app.access.sealer import sealer
from app.settings import Settings
from resolvers import credentials
from resolvers.access import Caller
from resolvers.credential_cache import CredentialCache
from resolvers.credentials import Issued
from resolvers.errors import Unauthenticated
from resolvers.store.store import Store
from tests.conftest import NOW, Clock

SETTINGS = Settings(secret_key=SecretStr(Fernet.generate_key().decode()))


class Seconds:
    """A monotonic clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def authenticator_of(store: Store, seconds: Seconds, clock: Clock) -> Authenticator:
    return Authenticator(store, SETTINGS, CredentialCache(store, seconds), clock)


async def issue(store: Store, **given: Any) -> Issued:
    seals = sealer(SETTINGS)
    assert seals
    values = {"name": "Shop", "scopes": ("bot:read",), "now": NOW, **given}
    return await credentials.issue(store, seals, **values)


def request(*headers: tuple[str, str]) -> Request:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw})


def token(secret: str, **claims: Any) -> str:
    return jwt.encode(claims, secret, "HS256")


async def refusal(work: Awaitable[Caller]) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as caught:
        await work
    return caught.value
