"""Credentials: what they are, and how they are issued and revoked.

A key is 256 random bits, so one SHA-256 hides it: slow hashes exist for passwords, which can be
guessed one after the other, and would only let strangers make the server work.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from resolvers.access import ADMIN, INTROSPECTION, LINKING, PERSONAL, Action, Caller
from resolvers.errors import BadInput, NotFound, nearest
from resolvers.kind import Document
from resolvers.store import credentials as stored
from resolvers.store.store import Store

ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
NAME_LENGTH = 200


def known_scopes(kinds: Iterable[str]) -> tuple[str, ...]:
    """Every scope there is, given the names of the kinds."""
    subjects = (*kinds, "*")
    pairs = tuple(f"{subject}:{action}" for subject in subjects for action in Action)
    return (*pairs, LINKING, PERSONAL, INTROSPECTION, ADMIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A stored credential. Times are UTC without an offset."""

    id: str
    name: str = ""
    key_hash: str = field(repr=False)
    sealed_secret: bytes | None = field(default=None, repr=False)
    """The signing secret of bot JWTs, encrypted."""
    scopes: tuple[str, ...] = ()
    bots: tuple[str, ...] | None = None
    """The only bots it may see; None for all."""
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    uses: int = 0
    last_used_at: datetime | None = None

    def valid_at(self, now: datetime) -> bool:
        """Whether it was neither revoked nor has expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def caller(self) -> Caller:
        """Its bearer, as decisions see it."""
        bots = None if self.bots is None else frozenset(self.bots)
        return Caller(self.id, frozenset(self.scopes), bots, self.name, self.expires_at)


@dataclass(frozen=True, slots=True)
class Issued:
    """A new credential with what is never shown again."""

    credential: Credential
    key: str = field(repr=False)
    signing_secret: str = field(repr=False)


class Sealer:
    """Encrypts signing secrets: by the first of the Fernet keys, and decrypts by any."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, secret: str) -> bytes:
        """The secret, encrypted."""
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str | None:
        """The secret; None if it was encrypted by another key."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            return None


def hash_key(key: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, in a time that does not show where they differ."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in (one, other)]
    return hmac.compare_digest(*encoded)


async def issue(
    store: Store,
    sealer: Sealer,
    *,
    name: str,
    scopes: Sequence[str],
    now: datetime,
    bots: Sequence[str] | None = None,
    expires_at: datetime | None = None,
) -> Issued:
    """Store a new credential with a random id, key and signing secret; BadInput if misnamed."""
    if not (0 < len(name) <= NAME_LENGTH and name.isprintable()):
        raise BadInput(f"A name has 1 to {NAME_LENGTH} visible characters.")
    key, secret = f"gw_{secrets.token_urlsafe(32)}", secrets.token_urlsafe(32)
    credential = Credential(
        id=secrets.token_hex(8),
        name=name,
        key_hash=hash_key(key),
        sealed_secret=sealer.seal(secret),
        scopes=tuple(dict.fromkeys(scopes)),
        bots=tuple(dict.fromkeys(bots)) if bots is not None else None,
        created_at=now,
        expires_at=expires_at,
    )
    await stored.put(store, _row(credential))
    return Issued(credential, key, secret)


def check_scopes(scopes: Iterable[str], allowed: Sequence[str]) -> None:
    """BadInput, naming the nearest, if a scope does not exist."""
    for scope in scopes:
        if scope not in allowed:
            raise BadInput(f"{scope!r} is not a scope. {nearest(scope, allowed)}")


async def ensure(store: Store, sealer: Sealer | None, wanted: Credential, secret: str) -> bool:
    """Store `wanted` under its fixed id unless it is there already; whether it is valid.

    A revoked one stays revoked for as long as its key is the same.
    """
    row = await stored.by_id(store, wanted.id)
    present = from_row(row) if row else None
    if present and same(present.key_hash, wanted.key_hash):
        readable = sealer and present.sealed_secret and sealer.open(present.sealed_secret)
        if readable or sealer is None:
            return present.valid_at(wanted.created_at)
        wanted = present
    sealed = sealer.seal(secret) if sealer else None
    await stored.put(store, {**_row(wanted), "secret": sealed})
    return wanted.valid_at(wanted.created_at)


async def listed(store: Store) -> list[Credential]:
    """Every credential, the oldest first."""
    return [from_row(row) for row in await stored.listed(store)]


async def revoke(store: Store, credential_id: str, now: datetime) -> Credential:
    """Make a credential invalid for good; NotFound if there is none with that id."""
    known = ID.fullmatch(credential_id)
    row = await stored.revoke(store, credential_id, now) if known else None
    if row is None:
        raise NotFound(f"There is no credential with the id {credential_id!r}.")
    return from_row(row)


STORED: Mapping[str, str] = {
    "id": "_id",
    "name": "name",
    "key_hash": "keyHash",
    "sealed_secret": "secret",
    "scopes": "scopes",
    "bots": "bots",
    "created_at": "createdAt",
    "expires_at": "expiresAt",
    "revoked_at": "revokedAt",
    "uses": "uses",
    "last_used_at": "lastUsedAt",
}
"""The name under which each field of a Credential is stored."""


def _row(credential: Credential) -> Document:
    return {stored: getattr(credential, name) for name, stored in STORED.items()}


def from_row(row: Document) -> Credential:
    """A credential as it is stored."""
    given = {name: row[stored] for name, stored in STORED.items() if row.get(stored) is not None}
    lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    return Credential(**given | lists)
