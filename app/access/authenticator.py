"""Who calls: a request's credential becomes a Caller, or the request is refused.

All authentication failures return the same message: it does not show whether an id is known.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from starlette.requests import HTTPConnection

from app.access.grants import PREFIX
from app.access.guesses import Guesses
from app.access.jwt import MalformedToken, client_id, is_signed
from app.access.own_keys import unstored
from app.access.rates import Rate, Window
from app.access.sealer import sealer
from app.settings import OPEN_PATHS, Settings
from resolvers.access import EVERYBODY, PERSONAL, Caller
from resolvers.context import utc_now
from resolvers.credential_cache import CredentialCache, Uses
from resolvers.credentials import Credential, hash_key, same
from resolvers.errors import GatewayError, Unauthenticated
from resolvers.store.store import Store
from resolvers.tenants import NOBODYS

if TYPE_CHECKING:
    from app.access.oidc import Tokens

__all__ = ["OPEN", "REFUSAL", "Authenticator", "MalformedToken"]

REFUSAL = "A valid key is needed: send `Authorization: Bearer <key>` or `X-API-Key: <key>`."
OPEN = "open:"
"""What the id of the caller of an open path begins with; no credential's does."""
FLUSH_SECONDS = 10.0
"""How often uses are stored."""

log = logging.getLogger(__name__)


class WrongCredential(Unauthenticated):
    """A credential that was given, and that is nobody's or no longer valid."""


class Presented(NamedTuple):
    """What a request gave as its key."""

    key: str
    bearer: bool
    """Whether it may be a token."""


def presented(request: HTTPConnection) -> Presented:
    """The key by `Authorization: Bearer` or `X-API-Key`; Unauthenticated for none or several."""
    bearers = {_bearer_key(value) for value in request.headers.getlist("authorization")}
    keys = bearers | {value.strip() for value in request.headers.getlist("x-api-key")}
    if len(keys) != 1:  # none, or two that contradict each other
        raise Unauthenticated(REFUSAL)
    return Presented(keys.pop(), bool(bearers))


class Authenticator:
    """Finds the caller of a request; Unavailable or Timeout where the database does not answer."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        credentials: CredentialCache | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._off = settings.auth == "off"
        self._open_paths = settings.open_paths
        self._read_only = settings.read_only
        self.credentials = (
            CredentialCache(store, unstored=unstored(settings))
            if credentials is None
            else credentials
        )
        self._now = now
        self._sealer = sealer(settings)
        self._demo_key = settings.demo_key
        self._uses = Uses(store)
        self._guesses = Guesses(store, settings.guess_rate, self._seconds)
        self._tokens = _tokens(settings)
        alone = settings.read_only
        self._rate = Rate(store, settings.rate, self._seconds, alone=alone)
        self._bot_rate = Rate(store, settings.bot_rate, self._seconds, alone=alone)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Store the counted uses every ten seconds, and once more at the end; if it may write."""
        flushing = None if self._read_only else asyncio.create_task(self._flush_often())
        try:
            yield
        finally:
            if self._tokens:
                await self._tokens.close()
            if flushing:
                flushing.cancel()
                await self.flush()

    async def flush(self) -> None:
        """Store the uses counted since the last time; if that fails, they are stored next time."""
        try:
            await self._uses.flush()
        except GatewayError as error:
            log.warning("The uses of credentials could not be stored yet: %s", error.message)

    async def bearer(self, request: HTTPConnection) -> Caller:
        """The caller by `Authorization: Bearer <key>` or `X-API-Key`; Unauthenticated else, and
        RateLimited once too many wrong keys came from the same address.

        A bearer's key may be a token of the company's identity provider: Forbidden if it allows
        nothing here.
        """
        if self._off:
            return EVERYBODY
        given = presented(request)
        return await self.guarded(request, self._by_bearer(*given))

    async def _by_bearer(self, key: str, may_be_token: bool) -> Caller:
        found = await self._by_token(key) if self._tokens and may_be_token else None
        return found or await self.by_key(key)

    async def guarded(self, request: HTTPConnection, finding: Awaitable[Caller]) -> Caller:
        """The caller that was found; RateLimited where this address gave too many wrong ones."""
        try:
            return await finding
        except WrongCredential:
            await self._guesses.failed(request)
            raise

    async def by_key(self, key: str) -> Caller:
        """The caller whose key this is; Unauthenticated if nobody's."""
        if self._off:
            return EVERYBODY
        return self._accepted(await self.credentials.by_key(key))

    async def by_pair(self, id: str, key: str) -> Caller:  # noqa: A002  the vendors' word
        """The caller with that id and key; Unauthenticated if either is wrong."""
        if self._off:
            return EVERYBODY
        found = await self.credentials.by_key(key)
        return self._accepted(found if found and same(found.id, id) else None)

    async def by_jwt(self, token: str) -> Caller:
        """The caller who signed this JWT; MalformedToken if it is not a JWT, else Unauthenticated.

        A `Bearer ` before the token is tolerated.
        """
        if self._off:
            return EVERYBODY
        scheme, _, rest = token.strip().partition(" ")
        token = rest.strip() if scheme.lower() == "bearer" else token.strip()
        claimed = client_id(token)
        found = await self.credentials.by_id(claimed) if claimed is not None else None
        secret = self._signing_secret(found) if found else None
        # An unknown id costs a verification as well, so that its time shows nothing.
        signed = is_signed(token, secret or secrets.token_urlsafe(32))
        return self._accepted(found if secret and signed else None)

    async def current(self, caller: Caller) -> Caller:
        """The same caller as it may ask now, for what takes long: exports and streams.

        Unauthenticated once it has expired or was revoked. Asking does not count as a use. A token
        of the identity provider is valid until it expires.
        """
        if self._off or caller.id.startswith(OPEN):
            return caller
        now = self._now()
        if caller.expires_at is not None and caller.expires_at <= now:
            raise Unauthenticated(REFUSAL)
        if self._tokens and caller.id.startswith(PREFIX):
            return caller
        found = await self.credentials.by_id(caller.id)
        if found is None or not found.valid_at(now):
            raise Unauthenticated(REFUSAL)
        return found.caller()

    async def limit(self, caller: Caller, bots: Iterable[str] | None = None) -> tuple[Window, ...]:
        """Count one request: of the caller (GATEWAY_RATE), or of each of these bots that it may
        see (GATEWAY_BOT_RATE); to be called once a path has admitted the caller.

        What is left of each rate; UsedUp, with `details["retry_after"]` in whole seconds, if that
        is one too many.
        """
        if bots is None:
            return await self._rate.hit("credential", caller.id)
        own = caller.bots
        seen = (bot for bot in bots if own is None or bot in own)
        return await self._bot_rate.hit("bot", *(_within(caller, bot) for bot in seen))

    def is_open(self, vendor: str) -> bool:
        """Whether the paths of `vendor` (`co_browse`, `knowledge`) need no credential."""
        return self._off or vendor in self._open_paths

    def open_caller(self, vendor: str) -> Caller:
        """Who calls an open path: may do on it what the vendor's clients do, and nothing else.

        It sees the sessions that no tenant has.
        """
        if self._off:
            return EVERYBODY
        scopes = {f"{vendor}:{action}" for action in OPEN_PATHS[vendor]}
        return Caller(f"{OPEN}{vendor}", frozenset({*scopes, PERSONAL}), tenants=NOBODYS)

    async def _by_token(self, text: str) -> Caller | None:
        """The bearer of a token of the identity provider; None if the text is none."""
        from app.access.oidc import NotValidError, OverError

        assert self._tokens
        try:
            return await self._tokens.caller(text)
        except OverError:  # it was issued: nobody guesses
            raise Unauthenticated(REFUSAL) from None
        except NotValidError:
            raise WrongCredential(REFUSAL) from None

    def _seconds(self) -> float:
        """Unix time."""
        return self._now().replace(tzinfo=UTC).timestamp()

    def _accepted(self, found: Credential | None) -> Caller:
        now = self._now()
        if found is None:
            raise WrongCredential(REFUSAL)
        if not found.valid_at(now):  # it was issued: nobody guesses
            raise Unauthenticated(REFUSAL)
        self._uses.count(found.id, now)
        return found.caller()

    def _signing_secret(self, credential: Credential) -> str | None:
        opened = None
        if self._sealer and credential.sealed_secret:
            opened = self._sealer.open(credential.sealed_secret)
        demo = self._demo_key.get_secret_value() if self._demo_key else None
        if opened is None and demo and same(hash_key(demo), credential.key_hash):
            return demo  # its key and its signing secret are the same
        if opened is None:
            log.warning(
                "The signing secret of credential %s cannot be read: GATEWAY_SECRET_KEY is not "
                "the one it was encrypted with.",
                credential.id,
            )
        return opened

    async def _flush_often(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()


def _tokens(settings: Settings) -> "Tokens | None":
    """What accepts tokens, if a provider is set: what asks it costs a start without one nothing."""
    if settings.oidc_issuer is None:
        return None
    from app.access.oidc import Tokens

    return Tokens(settings)


def _within(caller: Caller, bot: str) -> str:
    """A bot's name among rates: no tenant uses up what another one may ask about its bot."""
    return bot if caller.tenants is None else f"{','.join(sorted(caller.tenants))}\0{bot}"


def _bearer_key(header: str) -> str:
    scheme, _, key = header.strip().partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
