"""Who calls: a request's credential becomes a Caller, or the request is refused.

Every refusal reads the same, whatever was wrong: nothing tells whether an id is known.
"""

from starlette.requests import Request

from app.settings import Settings
from resolvers.access import EVERYBODY, Caller
from resolvers.errors import Unauthenticated
from resolvers.store.store import Store

REFUSAL = "A valid key is needed: send `Authorization: Bearer <key>` or `X-API-Key: <key>`."


class MalformedToken(Unauthenticated):
    """What was sent as a JWT is none."""


class Authenticator:
    """Finds the caller of a request; Unavailable where the database cannot be asked."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    async def bearer(self, request: Request) -> Caller:
        """The caller by `Authorization: Bearer <key>` or `X-API-Key`; Unauthenticated else."""
        raise Unauthenticated(REFUSAL)

    async def by_key(self, key: str) -> Caller:
        """The caller whose key this is; Unauthenticated if nobody's."""
        raise Unauthenticated(REFUSAL)

    async def by_pair(self, id: str, key: str) -> Caller:  # noqa: A002
        """The caller with that id and key; Unauthenticated if either is wrong."""
        raise Unauthenticated(REFUSAL)

    async def by_jwt(self, token: str) -> Caller:
        """The caller who signed this JWT; MalformedToken if it is none, else Unauthenticated."""
        raise Unauthenticated(REFUSAL)

    async def limit(self, caller: Caller, bucket: str | None = None) -> None:
        """Count one request of the caller, or for the bot `bucket`.

        RateLimited, with `details["retry_after"]` in whole seconds, if that is one too many.
        """

    def is_open(self, vendor: str) -> bool:
        """Whether the paths of `vendor` (`co_browse`, `knowledge`) need no credential."""
        return self._settings.auth == "off" or vendor in self._settings.open_paths

    def open_caller(self, vendor: str) -> Caller:
        """Who calls an open path: may do on it what the vendor's clients do, and nothing else."""
        if self._settings.auth == "off":
            return EVERYBODY
        actions = {"co_browse": ("read",), "knowledge": ("read", "write")}[vendor]
        scopes = {f"{vendor}:{action}" for action in actions} | {"pii:read"}
        return Caller(f"open:{vendor}", frozenset(scopes))

    async def caller(self, vendor: str, request: Request) -> Caller:
        """The caller of a path that has no scheme of its own: open, or by bearer."""
        return self.open_caller(vendor) if self.is_open(vendor) else await self.bearer(request)
