"""Tokens of an identity provider, which runs on a loopback socket: accepted, mapped, refused."""

import hashlib
import hmac
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.access.authenticator import REFUSAL, Authenticator
from app.access.oidc import MOST_CHARACTERS, NotValidError, Tokens
from app.access.provider_keys import ProviderKeys
from resolvers.access import Caller
from resolvers.credentials import Own
from resolvers.errors import Forbidden, RateLimited, Unauthenticated
from resolvers.store.store import Store
from tests.app.access import Seconds, issue, refusal, request
from tests.app.provider import Provider, elliptic, provider, rs256, rsa

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with provider() as made:
        yield made


@pytest.fixture
def company(running: Provider) -> Provider:
    """The provider with its first keys."""
    running.keys = [rsa("first"), elliptic("curve")]
    running.asked.clear()
    running.instead, running.configuration = None, {}
    return running


class Gateway:
    """Gateways that accept the provider's tokens."""

    def __init__(self, store: Store, company: Provider) -> None:
        self.store, self.company = store, company
        self.made: dict[str, Authenticator] = {}

    async def caller(self, token: str, **settings: Any) -> Caller:
        """Who is asking with a token."""
        key = repr(sorted(settings.items()))
        if key not in self.made:
            self.made[key] = Authenticator(self.store, self.company.settings(**settings))
        return await self.made[key].bearer(request(("Authorization", f"Bearer {token}")))


@pytest.fixture
def gateway(memory: Store, company: Provider) -> Gateway:
    return Gateway(memory, company)


async def test_a_token_names_its_bearer(gateway: Gateway, company: Provider) -> None:
    """With the scopes of its groups, its name, and the time when it ends."""
    ends = int(time.time()) + 60
    token = company.token(exp=ends, name="Ada", groups=["desk", "others"])
    assert await gateway.caller(token) == Caller(
        "oidc:u-1",
        frozenset({"chat:read", "bot:read"}),
        name="Ada",
        expires_at=datetime.fromtimestamp(ends, UTC).replace(tzinfo=None),
    )
    assert company.asked == ["/.well-known/openid-configuration", "/keys"]


@pytest.mark.parametrize("typ", ["at+jwt", "JWT", "application/AT+JWT", None])
async def test_types_of_access_tokens(gateway: Gateway, company: Provider, typ: str | None) -> None:
    """RFC 9068 has one of its own; most providers write JWT, or nothing."""
    assert await gateway.caller(company.token(header={"typ": typ}))


async def test_signed_on_an_elliptic_curve(gateway: Gateway, company: Provider) -> None:
    """ES256 is accepted beside RS256."""
    assert await gateway.caller(company.token(elliptic("curve")))


async def test_an_audience_among_several(gateway: Gateway, company: Provider) -> None:
    """A token may be for several services, and the gateway may have several names."""
    token = company.token(aud=["shop", "gateway"])
    assert await gateway.caller(token, oidc_audience="other,gateway")


async def test_keys_go_on_beside_tokens(gateway: Gateway, memory: Store) -> None:
    """Even one that looks like a token, as a client of a vendor may have."""
    for key in ("k" * 20, "eyJhbGciOiJub25lIn0.eyJpc3MiOiJ2ZW5kb3IifQ.c2lnbmF0dXJl"):
        issued = await issue(memory, own=Own(key=key))
        assert (await gateway.caller(key)).id == issued.credential.id


async def test_a_token_is_no_api_key(company: Provider, memory: Store) -> None:
    """Tokens travel as bearer tokens alone: not in X-API-Key, not as a vendor's KEY."""
    authenticator = Authenticator(memory, company.settings())
    await refusal(authenticator.bearer(request(("X-API-Key", company.token()))))
    await refusal(authenticator.by_key(company.token()))


CLAIMS: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "shop"},
    "no audience": {"aud": None},
    "an audience of another form": {"aud": {"gateway": True}},
    "over": {"exp": int(time.time()) - 60},
    "no end": {"exp": None},
    "an end beyond all calendars": {"exp": 10**18},
    "an end that is no time": {"exp": "soon"},
    "too early": {"nbf": int(time.time()) + 3600},
    "issued in the future": {"iat": int(time.time()) + 3600},
    "no subject": {"sub": None},
    "a subject of another form": {"sub": 7},
}


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS)
async def test_a_claim_makes_a_token_invalid(
    gateway: Gateway, company: Provider, claims: dict[str, Any]
) -> None:
    """The refusal is the one for every wrong key."""
    error = await refusal(gateway.caller(company.token(**claims)))
    assert error.message == REFUSAL


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:1", "", None, 7, ["a"]])
async def test_another_issuer(gateway: Gateway, company: Provider, issuer: Any) -> None:
    """Such a token is like an unknown key, and the provider is not asked."""
    await refusal(gateway.caller(company.token(iss=issuer)))
    assert company.asked == []


async def test_clocks_may_differ(gateway: Gateway, company: Provider) -> None:
    """By the seconds of the setting, and no more."""
    late = company.token(exp=int(time.time()) - 20, nbf=int(time.time()) - 300)
    assert await gateway.caller(late)
    await refusal(gateway.caller(late, oidc_leeway_seconds=10))


HEADERS: dict[str, dict[str, Any]] = {
    "crit": {"crit": ["exp"], "exp": 1},
    "b64": {"b64": True},
    "typ of another kind of token": {"typ": "logout+jwt"},
    "typ of another form": {"typ": ["JWT"]},
    "kid of another form": {"kid": 7},
    "unknown kid": {"kid": "second"},
    "kid that is a path": {"kid": "../../../dev/null"},
    "kid that is a query": {"kid": "' OR 1=1 --"},
    "an algorithm that is not allowed": {"alg": "RS512"},
    "an algorithm of other keys": {"alg": "ES256"},
    "no algorithm": {"alg": None},
    "an algorithm of another form": {"alg": ["RS256"]},
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
async def test_a_header_makes_a_token_invalid(
    gateway: Gateway, company: Provider, header: dict[str, Any]
) -> None:
    """Though it is signed with the provider's own key."""
    whole = {"alg": "RS256", "kid": "first", **header}
    assert await gateway.caller(
        company.forged({"alg": "RS256", "kid": "first"}, rs256(rsa("first")))
    )
    await refusal(gateway.caller(company.forged(whole, rs256(rsa("first")))))


@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
async def test_unsigned_tokens(gateway: Gateway, company: Provider, alg: str) -> None:
    """However `none` is spelled, with a signature and without."""
    for signature in (b"", b"x"):
        token = company.forged({"alg": alg, "kid": "first"}, lambda _data, s=signature: s)
        await refusal(gateway.caller(token))


async def test_the_public_key_signs_nothing(gateway: Gateway, company: Provider) -> None:
    """HS256 with what everybody knows of the provider's key."""
    public = rsa("first").public_key
    forms = [
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ]
    for form in forms:
        token = company.forged(
            {"alg": "HS256", "kid": "first"},
            lambda data, key=form: hmac.new(key, data, hashlib.sha256).digest(),
        )
        await refusal(gateway.caller(token))


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c"])
async def test_keys_that_a_token_brings_are_ignored(
    gateway: Gateway, company: Provider, name: str
) -> None:
    """Neither fetched nor used: the forger's key stays unknown."""
    forger = rsa("forger")
    brought: Any = {
        "jku": f"{company.url}/forger",
        "x5u": f"{company.url}/forger",
        "jwk": forger.as_dict(private=False),
        "x5c": ["MIIB"],
    }[name]
    header = {"alg": "RS256", "kid": "first", name: brought}
    await refusal(gateway.caller(company.forged(header, rs256(forger))))
    assert company.asked == ["/.well-known/openid-configuration", "/keys"]
    assert await gateway.caller(company.forged(header, rs256(rsa("first"))))


async def test_huge_tokens_are_not_looked_at(gateway: Gateway, company: Provider) -> None:
    """One with many groups is accepted up to a limit."""
    assert await gateway.caller(company.token(groups=["desk", *(f"group-{n}" for n in range(800))]))
    huge = company.token(groups=["desk", "x" * MOST_CHARACTERS])
    await refusal(gateway.caller(huge))
    deep = company.forged({"alg": "RS256", "kid": "first"}, lambda data: data, deep="[" * 5000)
    await refusal(gateway.caller(deep))


@pytest.mark.parametrize(
    ("settings", "claims", "scopes"),
    [
        ({}, {"groups": "desk"}, {"chat:read", "bot:read"}),
        ({}, {"groups": ["desk", "chiefs"]}, {"chat:read", "bot:read", "admin"}),
        ({"oidc_scopes_claim": "scope"}, {"scope": "openid desk"}, {"chat:read", "bot:read"}),
        (
            {"oidc_scopes_claim": "realm_access.roles"},
            {"realm_access": {"roles": ["chiefs"]}},
            {"admin"},
        ),
        (
            {"oidc_scopes_claim": "https://example.com/roles"},
            {"https://example.com/roles": ["chiefs"]},
            {"admin"},
        ),
        ({"oidc_scopes": "Second Level=chat:read"}, {"groups": ["Second Level"]}, {"chat:read"}),
    ],
)
async def test_claims_are_mapped_to_scopes(
    gateway: Gateway,
    company: Provider,
    settings: dict[str, Any],
    claims: dict[str, Any],
    scopes: set[str],
) -> None:
    """As the providers write them: lists, texts, within objects, with addresses for names."""
    assert (await gateway.caller(company.token(**claims), **settings)).scopes == scopes


@pytest.mark.parametrize(
    "groups", [None, [], "", ["admin", "*:read"], {"desk": True}, 7, [["desk"]]]
)
async def test_what_is_not_mapped_gives_nothing(
    gateway: Gateway, company: Provider, groups: Any
) -> None:
    """Not even the name of a scope; the refusal says what is missing."""
    with pytest.raises(Forbidden, match="nothing in its JWT claim groups is mapped to a scope"):
        await gateway.caller(company.token(groups=groups))


TENANT: dict[str, Any] = {"oidc_tenant_claim": "org"}


@pytest.mark.parametrize(
    ("settings", "org", "tenants"),
    [
        ({}, "acme", {"acme"}),
        ({}, ["acme", "globex"], {"acme", "globex"}),
        (
            {"oidc_tenants": "17=acme;18=globex initech"},
            ["17", "18"],
            {"acme", "globex", "initech"},
        ),
        ({"oidc_tenants": "17=acme"}, ["17", "19"], {"acme"}),
        ({"oidc_tenants": "17=acme;staff=*"}, ["17", "staff"], None),
    ],
)
async def test_a_claim_limits_to_tenants(
    gateway: Gateway,
    company: Provider,
    settings: dict[str, str],
    org: Any,
    tenants: set[str] | None,
) -> None:
    """By its values, or by what they stand for."""
    found = await gateway.caller(company.token(org=org), **TENANT, **settings)
    assert found.tenants == tenants


@pytest.mark.parametrize("org", [None, "", [], "*", ["*"], "a b", ["acme", "a b"], {"acme": 1}, 7])
async def test_without_a_tenant_there_is_no_access(
    gateway: Gateway, company: Provider, org: Any
) -> None:
    """Where the claim is asked for: nothing must never mean everything."""
    with pytest.raises(Forbidden, match="its JWT claim org names no tenant"):
        await gateway.caller(company.token(org=org), **TENANT)


async def test_unmapped_tenants_give_no_access(gateway: Gateway, company: Provider) -> None:
    """The value itself is no tenant once there is a mapping."""
    with pytest.raises(Forbidden):
        await gateway.caller(company.token(org="acme"), **TENANT, oidc_tenants="17=acme")


async def test_a_claim_limits_to_bots(gateway: Gateway, company: Provider) -> None:
    """Likewise, and a token without the claim gets nothing."""
    settings = {"oidc_bots_claim": "bots"}
    assert (await gateway.caller(company.token(bots=["st-1"]), **settings)).bots == {"st-1"}
    with pytest.raises(Forbidden, match="its JWT claim bots names no bot"):
        await gateway.caller(company.token(), **settings)


@pytest.mark.parametrize("subject", ["ada@example.org", "x" * 300, "a b", "a\nb", "", "ü"])
async def test_a_subject_that_no_log_should_have(
    gateway: Gateway, company: Provider, subject: str
) -> None:
    """An address, or a text that is long or strange, is there as its hash."""
    found = await gateway.caller(company.token(sub=subject))
    assert found.id == f"oidc:{hashlib.sha256(subject.encode()).hexdigest()[:32]}"


async def test_rates_count_by_subject(company: Provider, wire_store: Store) -> None:
    """A new token of the same person starts no new count; another person has one of their own."""
    authenticator = Authenticator(wire_store, company.settings(rate="2/minute"))

    async def ask(**claims: Any) -> None:
        token = company.token(**claims)
        caller = await authenticator.bearer(request(("Authorization", f"Bearer {token}")))
        await authenticator.limit(caller)

    for jti in ("a", "b"):
        await ask(jti=jti)
    with pytest.raises(RateLimited):
        await ask(jti="c")
    await ask(sub="u-2")


async def test_no_provider_no_tokens(company: Provider, memory: Store) -> None:
    """Without the setting a token is an unknown key."""
    authenticator = Authenticator(
        memory, company.settings().model_copy(update={"oidc_issuer": None})
    )
    with pytest.raises(Unauthenticated):
        await authenticator.bearer(request(("Authorization", f"Bearer {company.token()}")))
    assert company.asked == []


async def test_accepted_tokens_are_remembered(company: Provider, seconds: Seconds) -> None:
    """Until they are over, and no longer than the provider has the key."""
    now = time.time()
    settings = company.settings()
    ends = int(now) + 300

    async def fetch() -> list[Any]:
        company.asked.append("fetch")
        return [key.as_dict(private=False) for key in company.keys]

    keys = ProviderKeys(
        fetch, settings.oidc_keys_seconds, settings.oidc_keys_max_age_seconds, seconds
    )
    tokens = Tokens(settings, keys, lambda: now)
    token = company.token(exp=ends)
    with patch("app.access.oidc.jwt.decode", wraps=jwt.decode) as verified:
        assert await tokens.caller(token) == await tokens.caller(token)
        assert verified.call_count == 1
        now = ends + settings.oidc_leeway_seconds
        assert await tokens.caller(token)
        assert verified.call_count == 2  # by the system's clock it is valid, and verified anew
    now = time.time()
    company.keys = [elliptic("curve")]
    seconds.now = settings.oidc_keys_seconds + 1
    with pytest.raises(NotValidError):
        await tokens.caller(token)
    assert company.asked == ["fetch"] * 2


async def test_a_changed_token_is_not_a_remembered_one(gateway: Gateway, company: Provider) -> None:
    """Neither with other claims, nor with a part of another's signature."""
    token, other = company.token(), company.token(groups=["chiefs"])
    for valid in (token, other):
        assert await gateway.caller(valid)
    (head, _claims, signature), claims = token.split("."), other.split(".")[1]
    await refusal(gateway.caller(".".join((head, claims, signature))))
