"""Asking an identity provider for its public keys: with a deadline, a limit, and no detours."""

import asyncio
import ssl
from functools import cache
from typing import Any, Final

import httpx
import orjson

from app.settings.oidc import check_url

DEADLINE_SECONDS: Final = 5.0
"""For all that is asked at one time."""
MOST_BYTES: Final = 256 * 1024
"""Of one answer."""
CONFIGURATION: Final = "/.well-known/openid-configuration"
HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity"}


class ProviderError(Exception):
    """The provider did not answer, or not as it must; the text says what is wrong."""


class Provider:
    """Where one provider has its keys."""

    def __init__(self, issuer: str, jwks_url: str | None) -> None:
        """Without `jwks_url`, the issuer's configuration is asked for it."""
        self._issuer = issuer
        self._jwks_url = jwks_url

    async def keys(self) -> list[Any]:
        """The provider's JSON Web Keys, as they are; ProviderError if it does not give them."""
        try:
            async with asyncio.timeout(DEADLINE_SECONDS), _client() as client:
                url = self._jwks_url or await self._discovered(client)
                answer = await _object(client, url)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderError(f"it did not answer ({type(error).__name__})") from error
        found = answer.get("keys")
        if not isinstance(found, list):
            raise ProviderError("its answer has no list of keys")
        return found

    async def _discovered(self, client: httpx.AsyncClient) -> str:
        found = await _object(client, self._issuer.rstrip("/") + CONFIGURATION)
        if found.get("issuer") != self._issuer:
            raise ProviderError("its configuration is of another issuer")
        try:
            return check_url(str(found.get("jwks_uri")))
        except ValueError:
            raise ProviderError("the address of its keys does not begin with https://") from None


def _client() -> httpx.AsyncClient:
    """For a few requests; redirects lead nowhere."""
    return httpx.AsyncClient(timeout=DEADLINE_SECONDS, headers=HEADERS, verify=_trusted())


@cache
def _trusted() -> ssl.SSLContext:
    """Whose certificates are believed; reading them takes long."""
    return httpx.create_ssl_context()


async def _object(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    """The JSON object at an address."""
    body = b""
    async with client.stream("GET", url) as response:
        if response.status_code != 200:
            raise ProviderError(f"it answered with the status {response.status_code}")
        async for part in response.aiter_raw():
            body += part
            if len(body) > MOST_BYTES:
                raise ProviderError(f"its answer is longer than {MOST_BYTES:,} bytes")
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ProviderError("its answer is not JSON") from None
    if not isinstance(found, dict):
        raise ProviderError("its answer is not a JSON object")
    return found
