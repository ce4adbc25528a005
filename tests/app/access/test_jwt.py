"""JWTs of the bot path: whose they are, and every reason to refuse one."""

from datetime import datetime
from typing import Any

import jwt
import pytest

from app.access.authenticator import Authenticator, MalformedToken
from app.settings import Settings
from resolvers.credentials import Issued
from resolvers.store.store import Store
from tests.app.access import (
    issue,
    refusal,
    token,
)
from tests.conftest import Clock

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("claim", ["appId", "iss", "clientId"])
async def test_jwt_names_the_caller(
    authenticator: Authenticator, issued: Issued, claim: str
) -> None:
    """The client id may stand in each of the vendor's claims."""
    signed = token(issued.signing_secret, **{claim: issued.credential.id})
    assert (await authenticator.by_jwt(signed)).id == issued.credential.id


async def test_app_id_comes_before_the_issuer(authenticator: Authenticator, issued: Issued) -> None:
    """An issuer of another name does no harm beside appId."""
    signed = token(issued.signing_secret, iss="my service", appId=issued.credential.id)
    assert await authenticator.by_jwt(signed)


async def test_bearer_before_a_jwt_is_tolerated(
    authenticator: Authenticator, issued: Issued
) -> None:
    """Some clients write the scheme into the vendor's header."""
    signed = token(issued.signing_secret, appId=issued.credential.id)
    assert await authenticator.by_jwt(f"Bearer {signed}")


async def test_other_claims_are_the_clients_own(
    authenticator: Authenticator, issued: Issued
) -> None:
    """Audience, subject, a number for jti and an issuing time ahead of our clock are no reason."""
    claims = {"aud": "somebody", "sub": 7, "jti": 7, "iat": 9_999_999_999, "isAnonymous": True}
    signed = token(issued.signing_secret, appId=issued.credential.id, **claims)
    assert await authenticator.by_jwt(signed)


@pytest.mark.parametrize(
    "text", ["", "x", "a.b.c", "Bearer", "e30.e30", "e30.W10.x", "é.é.é", "\0"]
)
async def test_what_is_no_jwt_is_malformed(authenticator: Authenticator, text: str) -> None:
    """The vendor tells no JWT at all from a wrong one."""
    with pytest.raises(MalformedToken):
        await authenticator.by_jwt(text)


def forged(kind: str, issued: Issued) -> str:
    """A JWT in the name of the credential with one thing wrong."""
    name, secret = issued.credential.id, issued.signing_secret
    good = token(secret, appId=name)
    head, body, signature = good.split(".")
    payload = {"appId": name}
    unsigned = jwt.encode(payload, "", "none")
    return {
        "no algorithm": unsigned,
        "no algorithm, our signature": f"{unsigned.split('.')[0]}.{body}.{signature}",
        "wrong algorithm": jwt.encode(payload, secret.encode().ljust(64, b"\0"), "HS512"),
        "wrong secret": token("another secret that is long enough for it", appId=name),
        "the key for secret": token(issued.key, appId=name),
        "the stored hash for secret": token(issued.credential.key_hash, appId=name),
        "altered body": f"{head}.{token(secret, appId='x').split('.')[1]}.{signature}",
        "no signature": f"{head}.{body}.",
        "expired": token(secret, appId=name, exp=1),
        "too early": token(secret, appId=name, nbf=9_999_999_999),
        "endless expiry": token(secret, appId=name, exp=float("inf")),
        "expiry that is no number": token(secret, appId=name, exp=[1]),
        "unknown client": token(secret, appId="nobody"),
        "unstorable client": token(secret, appId="\ud800"),
        "operator for client": token(secret, appId={"$ne": 1}),
        "no client": token(secret),
    }[kind]


@pytest.mark.difference("bot.one_algorithm")
@pytest.mark.parametrize(
    "kind",
    [
        "no algorithm",
        "no algorithm, our signature",
        "wrong algorithm",
        "wrong secret",
        "the key for secret",
        "the stored hash for secret",
        "altered body",
        "no signature",
        "expired",
        "too early",
        "endless expiry",
        "expiry that is no number",
        "unknown client",
        "unstorable client",
        "operator for client",
        "no client",
    ],
)
async def test_forged_jwt_is_refused(
    authenticator: Authenticator, issued: Issued, kind: str
) -> None:
    """Each thing that can be wrong, and all with the words of a wrong key."""
    error = await refusal(authenticator.by_jwt(forged(kind, issued)))
    assert str(error) == str(await refusal(authenticator.by_key("unknown")))
    assert not isinstance(error, MalformedToken)


async def test_jwt_of_another_credential_is_refused(
    memory: Store, authenticator: Authenticator, issued: Issued
) -> None:
    """One client's secret signs nothing for another."""
    other = await issue(memory)
    await refusal(authenticator.by_jwt(token(other.signing_secret, appId=issued.credential.id)))


async def test_jwt_expires_to_the_second(
    authenticator: Authenticator, issued: Issued, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second before `exp` it is good, at `exp` it is not."""
    signed = token(issued.signing_secret, appId=issued.credential.id, exp=2_000_000_000)
    stand_at(monkeypatch, 1_999_999_999)
    assert await authenticator.by_jwt(signed)
    stand_at(monkeypatch, 2_000_000_000)
    await refusal(authenticator.by_jwt(signed))


async def test_jwt_begins_to_the_second(
    authenticator: Authenticator, issued: Issued, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second before `nbf` it is refused, at `nbf` it is good."""
    signed = token(issued.signing_secret, appId=issued.credential.id, nbf=2_000_000_000)
    stand_at(monkeypatch, 1_999_999_999)
    await refusal(authenticator.by_jwt(signed))
    stand_at(monkeypatch, 2_000_000_000)
    assert await authenticator.by_jwt(signed)


def stand_at(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    """Stop the JWT library's clock."""

    class Standing(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Standing":
            return cls.fromtimestamp(seconds, tz)

    monkeypatch.setattr("jwt.api_jwt.datetime", Standing)


async def test_jwt_needs_the_secret_key(memory: Store, issued: Issued, clock: Clock) -> None:
    """Without GATEWAY_SECRET_KEY no stored signing secret can be read."""
    blind = Authenticator(memory, Settings(), now=clock)
    await refusal(blind.by_jwt(token(issued.signing_secret, appId=issued.credential.id)))
