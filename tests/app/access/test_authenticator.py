"""Who calls: keys and pairs are accepted or refused, and nothing tells why."""

import logging
from datetime import timedelta

import pytest
from pydantic import SecretStr

from app.access.authenticator import Authenticator
from app.access.own_keys import ensure_demo
from app.context import State
from app.settings import Settings
from resolvers import credentials
from resolvers.access import EVERYBODY, Caller
from resolvers.credentials import Issued
from resolvers.store.store import Store
from resolvers.tenants import NOBODYS
from tests.app.access import (
    SETTINGS,
    issue,
    refusal,
    request,
    token,
)
from tests.conftest import NOW, Clock

pytestmark = pytest.mark.anyio


# Keys


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
async def test_bearer_key_names_the_caller(
    authenticator: Authenticator, issued: Issued, scheme: str
) -> None:
    """The key after the scheme, in whatever case, is the credential's."""
    caller = await authenticator.bearer(request(("Authorization", f"{scheme} {issued.key}")))
    name, expires_at = issued.credential.name, issued.credential.expires_at
    assert caller == Caller(issued.credential.id, frozenset({"bot:read"}), None, name, expires_at)


async def test_api_key_header_names_the_caller(
    authenticator: Authenticator, issued: Issued
) -> None:
    """X-API-Key does what the bearer scheme does."""
    caller = await authenticator.bearer(request(("X-API-Key", issued.key)))
    assert caller.id == issued.credential.id


async def test_same_key_twice_is_accepted(authenticator: Authenticator, issued: Issued) -> None:
    """Both headers may carry one and the same key."""
    both = request(("Authorization", f"Bearer {issued.key}"), ("X-API-Key", issued.key))
    assert (await authenticator.bearer(both)).id == issued.credential.id


@pytest.mark.parametrize(
    "others",
    [
        [("X-API-Key", "another")],
        [("Authorization", "Bearer another")],
        [("Authorization", "Basic dXNlcjpwYXNz")],
        [("X-API-Key", "")],
    ],
)
async def test_contradicting_keys_are_refused(
    authenticator: Authenticator, issued: Issued, others: list[tuple[str, str]]
) -> None:
    """A valid key beside anything else is refused rather than one of them chosen."""
    valid = ("X-API-Key" if others[0][0] == "Authorization" else "Authorization", issued.key)
    valid = valid if valid[0] == "X-API-Key" else (valid[0], f"Bearer {issued.key}")
    await refusal(authenticator.bearer(request(valid, *others)))


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Authorization", "")],
        [("Authorization", "Bearer")],
        [("Authorization", "Bearer \xff")],
        [("Authorization", "Bearer unknown")],
        [("X-API-Key", "unknown")],
    ],
)
async def test_request_without_a_known_key_is_refused(
    authenticator: Authenticator, headers: list[tuple[str, str]]
) -> None:
    """No header, an empty one and an unknown key."""
    await refusal(authenticator.bearer(request(*headers)))


@pytest.mark.parametrize("scheme", ["Basic", "Token", "Bearer:", "JWT"])
async def test_a_key_after_another_scheme_is_none(
    authenticator: Authenticator, issued: Issued, scheme: str
) -> None:
    """Though it is known."""
    await refusal(authenticator.bearer(request(("Authorization", f"{scheme} {issued.key}"))))


async def test_id_is_no_key(authenticator: Authenticator, issued: Issued) -> None:
    """Who knows the id alone, or the stored hash, is nobody."""
    for guess in (issued.credential.id, issued.credential.key_hash):
        await refusal(authenticator.by_key(guess))


async def test_signing_secret_is_no_key(authenticator: Authenticator, issued: Issued) -> None:
    """What signs JWTs opens nothing else."""
    await refusal(authenticator.by_key(issued.signing_secret))


async def test_bots_of_the_credential_are_the_callers(
    memory: Store, authenticator: Authenticator
) -> None:
    """A credential for two bots sees those two."""
    limited = await issue(memory, bots=["a", "b"])
    assert (await authenticator.by_key(limited.key)).bots == frozenset({"a", "b"})


async def test_expired_credential_is_refused_from_its_instant_on(
    memory: Store, authenticator: Authenticator, clock: Clock
) -> None:
    """Valid until the instant, refused at it, though the worker remembers the credential."""
    brief = await issue(memory, expires_at=NOW + timedelta(seconds=2))
    clock.advance(seconds=1.999)
    assert await authenticator.by_key(brief.key)
    clock.advance(seconds=0.001)
    await refusal(authenticator.by_key(brief.key))


# Pairs


async def test_pair_names_the_caller(authenticator: Authenticator, issued: Issued) -> None:
    """Id and key of one credential belong together."""
    caller = await authenticator.by_pair(issued.credential.id, issued.key)
    assert caller.id == issued.credential.id


async def test_halves_of_two_pairs_are_refused(
    memory: Store, authenticator: Authenticator, issued: Issued
) -> None:
    """Another's id, an unknown id and another's key."""
    other = await issue(memory)
    for name, key in [(other.credential.id, issued.key), ("nobody", issued.key), ("", issued.key)]:
        await refusal(authenticator.by_pair(name, key))


# Refusals


async def test_every_refusal_reads_the_same(
    memory: Store, authenticator: Authenticator, issued: Issued, clock: Clock
) -> None:
    """Nothing tells whether the id or the secret was wrong, or that it once was right."""
    expired = await issue(memory, expires_at=NOW)
    revoked = await issue(memory)
    await credentials.revoke(memory, revoked.credential.id, NOW)
    refusals = [
        authenticator.bearer(request()),
        authenticator.by_key("unknown"),
        authenticator.by_key(expired.key),
        authenticator.by_key(revoked.key),
        authenticator.by_pair(issued.credential.id, "wrong"),
        authenticator.by_pair("wrong", issued.key),
    ]
    errors = [await refusal(work) for work in refusals]
    assert len({(error.code, str(error), repr(error.details)) for error in errors}) == 1


# Open paths and AUTH=off


async def test_open_path_needs_no_key(memory: Store) -> None:
    """A path that the settings name is open, the other is not."""
    open_ = Authenticator(memory, Settings(open_paths=frozenset({"knowledge"})))
    assert open_.is_open("knowledge")
    assert open_.open_caller("knowledge").id == "open:knowledge"
    assert not open_.is_open("co_browse")


@pytest.mark.parametrize(
    ("vendor", "scopes"),
    [
        ("co_browse", {"co_browse:read", "pii:read"}),
        ("knowledge", {"knowledge:read", "knowledge:write", "pii:read"}),
    ],
)
async def test_open_path_opens_its_own_kind_only(
    authenticator: Authenticator, vendor: str, scopes: set[str]
) -> None:
    """Its caller does what the vendor's clients do: knowledge sessions are written too.

    No tenant's sessions are open to strangers.
    """
    assert authenticator.open_caller(vendor).scopes == scopes
    assert authenticator.open_caller(vendor).tenants == NOBODYS


async def test_access_off_lets_everybody_in(memory: Store) -> None:
    """Every way in, with whatever credentials, leads to the caller who may do everything."""
    off = Authenticator(memory, Settings(auth="off"))
    ways = [
        off.bearer(request()),
        off.by_key("x"),
        off.by_pair("x", "y"),
        off.by_jwt("x"),
    ]
    assert [await way for way in ways] == [EVERYBODY] * len(ways)
    assert off.is_open("bot")
    assert off.open_caller("bot") == EVERYBODY


# Secrets


async def test_no_secret_shows_in_logs_errors_or_reprs(
    memory: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither a key, a hash, a signing secret, the settings' own keys nor a token."""
    caplog.set_level(logging.DEBUG)
    demo_key = "demo-key-of-this-test-of-32-chars"
    settings = SETTINGS.model_copy(update={"demo_key": SecretStr(demo_key)})
    assert await ensure_demo(memory, settings) == demo_key
    one = await issue(memory)
    signed = token(one.signing_secret, appId=one.credential.id)
    worker = Authenticator(memory, settings, now=clock)
    blind = Authenticator(memory, Settings(), now=clock)
    works = [worker.by_key(one.key + "x"), worker.by_jwt(signed + "x"), blind.by_jwt(signed)]
    errors = [await refusal(work) for work in works]
    state = State(memory, settings, worker)
    shown = " ".join([caplog.text, repr(errors), repr([settings, one, worker, state])])
    shown += repr(await credentials.listed(memory)) + " ".join(map(str, errors))
    assert settings.secret_key
    hidden = [demo_key, one.key, one.signing_secret, one.credential.key_hash, signed]
    for secret in [*hidden, settings.secret_key.get_secret_value()]:
        assert secret not in shown
