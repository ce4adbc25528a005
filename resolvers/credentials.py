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

from resolvers.access import (
    ADMIN,
    AUDITING,
    ERASING,
    EXPORTING,
    INTROSPECTION,
    LINKING,
    PERSONAL,
    Action,
    Caller,
)
from resolvers.audit.entries import Act
from resolvers.errors import AlreadyExists, BadInput, NotFound, nearest
from resolvers.kind import Document
from resolvers.store import credentials as stored
from resolvers.store.store import Store
from resolvers.store.witness import witnessed
from resolvers.tenants import checked

ID = re.compile(r"[!-~]{1,128}")
"""Visible ASCII: whatever a vendor's client sends as its id."""
KEY = re.compile(r"[!-~]{1,4096}")
"""A key travels in headers and in URLs, where anything else arrives in several encodings."""
NAME_LENGTH = 200
STRONG_LENGTH = 16
"""Characters below which a key or secret of a client's own can be guessed."""


def known_scopes(kinds: Iterable[str]) -> tuple[str, ...]:
    """Every scope there is, given the names of the kinds."""
    subjects = (*kinds, "*")
    pairs = tuple(f"{subject}:{action}" for subject in subjects for action in Action)
    return (*pairs, LINKING, ERASING, EXPORTING, AUDITING, PERSONAL, INTROSPECTION, ADMIN)


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
    tenants: tuple[str, ...] | None = None
    """The only tenants it may see; None for all."""
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
        bots, tenants = (
            None if limit is None else frozenset(limit) for limit in (self.bots, self.tenants)
        )
        return Caller(
            self.id,
            frozenset(self.scopes),
            bots,
            self.name,
            self.expires_at,
            tenants=tenants,
        )


@dataclass(frozen=True, slots=True)
class Issued:
    """A new credential with what is never shown again."""

    credential: Credential
    key: str = field(repr=False)
    signing_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What a client has already and goes on using; None where a random one is made."""

    id: str | None = None
    key: str | None = field(default=None, repr=False)
    signing_secret: str | None = field(default=None, repr=False)


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
    tenants: Sequence[str] | None = None,
    expires_at: datetime | None = None,
    own: Own = Own(),
) -> Issued:
    """Store a new credential; id, key and secret are random unless `own` has them.

    BadInput if it is misnamed; AlreadyExists if another one, valid or not, has its id or key.
    """
    if not (0 < len(name) <= NAME_LENGTH and name.isprintable()):
        raise BadInput(f"A name has 1 to {NAME_LENGTH} visible characters.")
    key = own.key or f"gw_{secrets.token_urlsafe(32)}"
    secret = own.signing_secret or secrets.token_urlsafe(32)
    credential = Credential(
        id=own.id or secrets.token_hex(8),
        name=name,
        key_hash=hash_key(key),
        sealed_secret=sealer.seal(secret),
        scopes=tuple(dict.fromkeys(scopes)),
        bots=tuple(dict.fromkeys(bots)) if bots is not None else None,
        tenants=checked(tenants) if tenants is not None else None,
        created_at=now,
        expires_at=expires_at,
    )
    details = {"scopes": list(credential.scopes)}
    async with witnessed(store, Act.KEY_ISSUED, None, [credential.id], details=details):
        if not await stored.insert(store, _row(credential)):
            # Whose it is stays untold: a key may be somebody else's.
            known = await stored.by_id(store, credential.id)
            taken = f"the id {credential.id!r}" if known else "this key"
            raise AlreadyExists(f"There is a credential with {taken} already.")
    return Issued(credential, key, secret)


def check_own(own: Own, weak: bool = False) -> None:
    """BadInput if what a client brings cannot be sent, or is short and not allowed to be `weak`."""
    if own.id is not None and not ID.fullmatch(own.id):
        raise BadInput("An id has 1 to 128 visible ASCII characters without spaces.")
    if own.key is not None and not KEY.fullmatch(own.key):
        raise BadInput("A key has visible ASCII characters without spaces.")
    secret = own.signing_secret
    if secret is not None and not (secret.isprintable() and secret == secret.strip()):
        raise BadInput("A signing secret has visible characters, and no space at its ends.")
    for what, text in (("key", own.key), ("signing secret", secret)):
        if text is not None and len(text) < STRONG_LENGTH and not weak:
            raise BadInput(
                f"The {what} has fewer than {STRONG_LENGTH} characters, so it can be guessed. Give "
                "the client a longer one, or allow it with --weak."
            )


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
    async with witnessed(store, Act.KEY_ISSUED, None, [wanted.id]):
        await stored.put(store, {**_row(wanted), "secret": sealed})
    return wanted.valid_at(wanted.created_at)


async def listed(store: Store) -> list[Credential]:
    """Every credential, the oldest first."""
    return [from_row(row) for row in await stored.listed(store)]


async def revoke(store: Store, credential_id: str, now: datetime) -> Credential:
    """Make a credential invalid for good; NotFound if there is none with that id."""
    known = ID.fullmatch(credential_id)
    async with witnessed(store, Act.KEY_REVOKED, None, [credential_id]):
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
    "tenants": "tenants",
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
