"""The public keys of an identity provider, as this worker knows them.

They are asked for again when they are older than their lifetime, and when a token names an unknown
one. Neither happens more often than every RETRY_SECONDS, so that nobody can make the gateway hammer
the provider. While the provider does not answer, known keys go on until they are too old.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from app.access.provider import ProviderError
from resolvers.errors import Unavailable

RETRY_SECONDS: Final = 10.0
PATIENCE_SECONDS: Final = 1.0
MOST_KEYS: Final = 100
LEAST_BITS: Final = 2048
"""Of an RSA key (NIST SP 800-131A)."""
FITTING: Final[Mapping[tuple[str, str | None], tuple[str, ...]]] = {
    ("RSA", None): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
"""The algorithms for keys of a type and curve: never one that signs with what is public."""

log = logging.getLogger(__name__)


class Key(NamedTuple):
    """A public key, and how it may have signed."""

    key: Any
    algorithms: frozenset[str]


class ProviderKeys:
    """One worker's view of the keys of a provider."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[list[Any]]],
        lifetime: float,
        most_age: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`fetch` raises ProviderError; lifetime and age are in seconds."""
        self._fetch = fetch
        self._lifetime = lifetime
        self._most_age = most_age
        self._clock = clock
        self._keys: Mapping[str | None, Key] = {}
        self._fetched = self._tried = -float("inf")
        self._asking: asyncio.Task[None] | None = None

    async def find(self, name: str | None) -> Key | None:
        """The key of that name (`kid`); None if the provider has none.

        A token that names none was signed with the only key there is. Unavailable if the keys are
        not known, or known for too long.
        """
        if self._age > self._lifetime:
            await self._ask()
        if self._age > self._most_age:
            raise Unavailable(
                "The identity provider cannot be reached, so tokens are not accepted."
            )
        if name not in self._keys:
            await self._ask()
        return self._keys.get(name)

    async def close(self) -> None:
        """Stop asking."""
        if self._asking is not None:
            self._asking.cancel()

    @property
    def _age(self) -> float:
        return self._clock() - self._fetched

    async def _ask(self) -> None:
        """Ask the provider, once for all who wait; not again soon, whatever it answers.

        Who has keys that may still be used does not wait long for new ones.
        """
        if self._asking is None or self._asking.done():
            if self._clock() - self._tried < RETRY_SECONDS:
                return
            self._tried = self._clock()
            self._asking = asyncio.create_task(self._renew())
        known = self._age <= self._most_age
        left = max(0.0, self._tried + PATIENCE_SECONDS - self._clock())
        await asyncio.wait({self._asking}, timeout=left if known else None)

    async def _renew(self) -> None:
        started = self._clock()
        try:
            self._keys = usable(await self._fetch())
            self._fetched = started
        except ProviderError as error:
            log.warning("The identity provider gave no keys: %s.", error)


def usable(given: Iterable[Any]) -> Mapping[str | None, Key]:
    """The keys for signatures by their names; the only one of all also without a name."""
    found: dict[str | None, Key] = {}
    for row in list(given)[:MOST_KEYS]:
        name = row.get("kid") if isinstance(row, dict) else None
        if (key := _key(row)) and (name is None or isinstance(name, str)):
            found.setdefault(name, key)
    if len(found) == 1:
        (only,) = found.values()
        found[None] = only
    elif len(found) > 1:
        found.pop(None, None)  # it would be in doubt which one is meant
    return found


def _key(row: Any) -> Key | None:
    """The key, if it is one for signatures, whole and strong enough."""
    if not isinstance(row, dict) or row.get("use", "sig") != "sig":
        return None
    kty, curve = row.get("kty"), row.get("crv")
    fitting = FITTING.get((str(kty), None if kty == "RSA" else str(curve)), ())
    if (named := row.get("alg")) is not None:
        fitting = tuple(one for one in fitting if one == named)
    if not fitting or "d" in row:
        return None
    try:
        key = jwt.PyJWK(row, fitting[0]).key
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        return None
    if isinstance(key, RSAPublicKey) and key.key_size < LEAST_BITS:
        return None
    return Key(key, frozenset(fitting))
