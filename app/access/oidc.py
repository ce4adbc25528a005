"""Bearer tokens of a company's identity provider (OpenID Connect, RFC 9068).

A token is three parts with dots between them whose JWT claim `iss` is the configured issuer.
Whatever else is sent as a bearer's key is looked for among the keys. Of the header only `alg`,
`kid` and `typ` are read: keys come from the provider, never from where a token says (`jku`, `x5u`,
`jwk`).
"""

import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import jwt
from jwt.types import Options

from app.access import grants
from app.access.jwt import BROKEN
from app.access.provider import Provider
from app.access.provider_keys import Key, ProviderKeys
from app.settings import Settings
from resolvers.access import Caller
from resolvers.credential_cache import REMEMBERED_COUNT
from resolvers.credentials import hash_key
from schema.bounded import Bounded

MOST_CHARACTERS: Final = 16_384
"""Of a token: one with two hundred groups has some 10,000."""
TYPES: Final = frozenset({"", "jwt", "at+jwt", "application/at+jwt"})
"""Of access tokens, in lower case; tokens for logging out, and others, are refused."""
REQUIRED: Final[Options] = {"require": ["exp", "iss", "aud", "sub"]}


class NotValidError(Exception):
    """A token that is forged, expired, early, for somebody else, or signed with no known key."""


class OverError(NotValidError):
    """A token with a good signature whose time is over."""


class _Unverified(NamedTuple):
    header: dict[str, Any]
    issuer: Any


class _Accepted(NamedTuple):
    """What is remembered of a token, because verifying one costs as much as a small request."""

    caller: Caller
    ends: float
    """Unix time."""
    key_name: str | None
    key: Key


class Tokens:
    """Accepts or refuses the tokens of one provider."""

    def __init__(
        self,
        settings: Settings,
        keys: ProviderKeys | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`now` is Unix time; the checks of a token's own times go by the system's clock."""
        assert settings.oidc_issuer
        self._settings = settings
        self._issuer = settings.oidc_issuer
        self._keys = keys or ProviderKeys(
            Provider(self._issuer, settings.oidc_jwks_url).keys,
            settings.oidc_keys_seconds,
            settings.oidc_keys_max_age_seconds,
        )

        self._now = now
        self._accepted: Bounded[_Accepted] = Bounded(REMEMBERED_COUNT)

    async def caller(self, text: str) -> Caller | None:
        """The bearer; None if the text does not say that it is a token of this provider.

        NotValidError if it is none that is valid now. Forbidden if it is, and allows nothing.
        Unavailable if the provider's keys are not known.
        """
        digest = hash_key(text)
        if (known := self._accepted.get(digest)) and await self._still(known):
            return known.caller
        found = await self._verified(text)
        if found is None:
            return None
        self._accepted.put(digest, found, 1)  # each counts as one
        return found.caller

    async def close(self) -> None:
        """End what goes on with the provider."""
        await self._keys.close()

    async def _still(self, known: _Accepted) -> bool:
        """Whether a token is not over, and the provider still has the key that it is signed with.

        Keys are new objects each time they were asked for: then the signature is verified anew.
        """
        return self._now() < known.ends and await self._keys.find(known.key_name) is known.key

    async def _verified(self, text: str) -> _Accepted | None:
        unverified = _unverified(text)
        if unverified.issuer != self._issuer:
            return None
        if not self._may_be(unverified.header):
            raise NotValidError
        algorithm = str(unverified.header["alg"])
        found = await self._keys.find(unverified.header.get("kid"))
        if found is None or algorithm not in found.algorithms:
            raise NotValidError
        try:
            verified = jwt.decode(
                text,
                found.key,
                algorithms=[algorithm],
                audience=self._settings.oidc_audience,
                issuer=self._issuer,
                leeway=self._settings.oidc_leeway_seconds,
                options=REQUIRED,
            )
            bearer = grants.caller(self._settings, verified)
            ends = int(verified["exp"]) + self._settings.oidc_leeway_seconds
        except jwt.ExpiredSignatureError:
            raise OverError from None
        except (*BROKEN, OSError):  # a time that no calendar has
            raise NotValidError from None
        return _Accepted(bearer, ends, unverified.header.get("kid"), found)

    def _may_be(self, header: dict[str, Any]) -> bool:
        """Whether a header is one of tokens that are accepted: nothing critical in it is unknown,
        because nothing critical is known."""
        algorithm, type_ = header.get("alg"), header.get("typ", "")
        return (
            isinstance(algorithm, str)
            and algorithm in self._settings.oidc_algorithms
            and isinstance(header.get("kid", ""), str)
            and isinstance(type_, str)
            and type_.lower() in TYPES
            and not {"crit", "b64"} & header.keys()
        )


def _unverified(text: str) -> _Unverified:
    """What a text says of itself, if it is a JSON Web Token."""
    if text.count(".") != 2 or len(text) > MOST_CHARACTERS:
        return _Unverified({}, None)
    try:
        parts = jwt.decode_complete(text, options={"verify_signature": False})
    except BROKEN:
        return _Unverified({}, None)
    return _Unverified(parts["header"], parts["payload"].get("iss"))
