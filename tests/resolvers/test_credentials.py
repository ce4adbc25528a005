"""Credentials are issued, stored without what they protect, listed and revoked."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet

from resolvers import credentials
from resolvers.credentials import Credential, Issued, Sealer, hash_key, known_scopes
from resolvers.errors import BadInput, NotFound
from resolvers.store import credentials as stored
from resolvers.store.store import Store
from tests.conftest import NOW

pytestmark = pytest.mark.anyio

SEALER = Sealer([Fernet.generate_key().decode()])
KEY = "a key that the operator chose"


async def issue(store: Store, **given: Any) -> Issued:
    values = {"name": "Shop", "scopes": ["bot:read"], "now": NOW, **given}
    return await credentials.issue(store, SEALER, **values)


def demo(key: str = KEY) -> Credential:
    return Credential(
        id="demo",
        name="Demo",
        key_hash=hash_key(key),
        sealed_secret=None,
        scopes=("admin",),
        bots=None,
        created_at=NOW,
    )


async def test_issued_credential_is_listed_as_it_was_issued(store: Store) -> None:
    """Every engine gives back what was stored."""
    one = await issue(store, bots=["a"], expires_at=NOW + timedelta(days=1))
    assert await credentials.listed(store) == [one.credential]


async def test_key_and_secret_are_random_and_fit_every_path(store: Store) -> None:
    """256 bits each, in at most the 64 characters that the vendors' `KEY` may have."""
    made = [await issue(store) for _ in range(3)]
    texts = [text for one in made for text in (one.key, one.signing_secret, one.credential.id)]
    assert len(set(texts)) == len(texts)
    assert all(43 <= len(one.key) <= 64 and one.key.isascii() for one in made)


async def test_neither_key_nor_secret_is_stored(store: Store) -> None:
    """The row holds a hash and a ciphertext that only the settings' key opens."""
    one = await issue(store)
    row = await stored.by_id(store, one.credential.id)
    assert row
    assert one.key not in repr(row)
    assert one.signing_secret not in repr(row)
    assert SEALER.open(row["secret"]) == one.signing_secret
    assert Sealer([Fernet.generate_key().decode()]).open(row["secret"]) is None


def test_key_of_the_settings_can_be_changed() -> None:
    """The first of several keys encrypts; each decrypts."""
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    assert Sealer([new, old]).open(Sealer([old]).seal("secret")) == "secret"
    assert Sealer([new]).open(Sealer([new, old]).seal("secret")) == "secret"


@pytest.mark.parametrize("name", ["", "x" * 201, "two\nlines", "\x1b[31m"])
async def test_name_that_is_no_name_is_refused(store: Store, name: str) -> None:
    """Names are printed in lists: no control characters."""
    with pytest.raises(BadInput):
        await issue(store, name=name)


async def test_revoked_credential_stays_revoked(store: Store) -> None:
    """A second revocation keeps the time of the first."""
    one = await issue(store)
    for minutes in (0, 1):
        time = NOW + timedelta(minutes=minutes)
        found = await credentials.revoke(store, one.credential.id, time)
        assert found.revoked_at == NOW
        assert not found.valid_at(NOW)


@pytest.mark.parametrize("credential_id", ["nobody", "", "\ud800", "x" * 999])
async def test_revoking_an_unknown_id_is_refused(store: Store, credential_id: str) -> None:
    """A misspelt id must not look like a success."""
    with pytest.raises(NotFound):
        await credentials.revoke(store, credential_id, NOW)


async def test_fixed_credential_is_stored_once(store: Store) -> None:
    """A second start finds it and leaves it alone."""
    assert await credentials.ensure(store, SEALER, demo(), KEY)
    first = await stored.by_id(store, "demo")
    assert await credentials.ensure(store, SEALER, demo(), KEY)
    assert await stored.by_id(store, "demo") == first


async def test_fixed_credential_takes_a_new_key(store: Store) -> None:
    """The old key is worth nothing afterwards."""
    await credentials.ensure(store, SEALER, demo(), KEY)
    assert await credentials.ensure(store, SEALER, demo("another key"), "another key")
    assert await stored.by_key_hash(store, hash_key(KEY)) is None
    assert await stored.by_key_hash(store, hash_key("another key"))


async def test_fixed_credential_is_sealed_anew_by_a_new_secret_key(store: Store) -> None:
    """After GATEWAY_SECRET_KEY changed, its signing secret can be read again."""
    await credentials.ensure(store, Sealer([Fernet.generate_key().decode()]), demo(), KEY)
    await credentials.ensure(store, SEALER, demo(), KEY)
    row = await stored.by_id(store, "demo")
    assert row
    assert SEALER.open(row["secret"]) == KEY


async def test_revoked_fixed_credential_is_not_revived(store: Store) -> None:
    """What the operator revoked no restart brings back; a new key does."""
    await credentials.ensure(store, SEALER, demo(), KEY)
    await credentials.revoke(store, "demo", NOW)
    assert not await credentials.ensure(store, SEALER, demo(), KEY)
    assert await credentials.ensure(store, SEALER, demo("another key"), "another key")


def test_every_kind_has_two_scopes() -> None:
    """Besides those for all kinds, links, the trail, personal data, the schema and everything."""
    assert known_scopes(["bot"]) == (
        "bot:read",
        "bot:write",
        "*:read",
        "*:write",
        "customer:write",
        "customer:erase",
        "customer:export",
        "audit:read",
        "pii:read",
        "introspection",
        "admin",
    )


def test_unknown_scope_is_refused_with_the_nearest() -> None:
    """A typing error must not become a credential that may nothing."""
    with pytest.raises(BadInput, match="Did you mean bot:read"):
        credentials.check_scopes(["bot:reed"], known_scopes(["bot", "chat"]))
