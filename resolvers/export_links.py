"""One-time links to an export: a browser follows them without a key.

A link works once, within SECONDS, for one address, and as the credential that asked for it. The
address is not stored, since a filter may have personal values: only what it hashes to.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from resolvers.access import Caller
from resolvers.context import Context
from resolvers.errors import Unauthenticated
from resolvers.store import export_links as stored
from resolvers.store.store import Store

SECONDS: Final = 60
REFUSAL: Final = (
    f"This link was used, is older than {SECONDS} seconds, or belongs to another address. Ask for "
    "a new one: send the same address by POST, with a key."
)


@dataclass(frozen=True, slots=True)
class Link:
    """A new one."""

    code: str
    expires_at: datetime


async def issue(context: Context, address: str) -> Link:
    """A link to `address`; ReadOnly where nothing is written."""
    context.caller.require_writable()
    link = Link(secrets.token_urlsafe(24), context.now() + timedelta(seconds=SECONDS))
    caller = context.caller
    row = {
        "_id": _hash(link.code),
        "asked": _hash(address),
        "credential": {
            "id": caller.id,
            "name": caller.name,
            "scopes": sorted(caller.scopes),
            "bots": None if caller.bots is None else sorted(caller.bots),
            "tenants": None if caller.tenants is None else sorted(caller.tenants),
            "expiresAt": caller.expires_at,
        },
        "expireAt": link.expires_at,
    }
    await stored.add(context.store, row)
    return link


async def redeem(store: Store, code: str, address: str, now: datetime) -> Caller:
    """Who asked for the link, which does not work again; Unauthenticated if it does not work."""
    row = await stored.take(store, _hash(code))
    if row is None or row["asked"] != _hash(address) or now >= row["expireAt"]:
        raise Unauthenticated(REFUSAL)
    given = row["credential"]
    return Caller(
        id=given["id"],
        name=given["name"],
        scopes=frozenset(given["scopes"]),
        bots=None if given["bots"] is None else frozenset(given["bots"]),
        tenants=None if given["tenants"] is None else frozenset(given["tenants"]),
        expires_at=given["expiresAt"],
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
