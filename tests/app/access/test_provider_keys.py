"""The keys of an identity provider: cached, rotated, removed, and a provider that misbehaves."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from app.access import provider as asking
from app.access import provider_keys
from app.access.provider import MOST_BYTES, ProviderError
from app.access.provider import Provider as Asked
from app.access.provider_keys import ProviderKeys, usable
from resolvers.errors import Unavailable
from tests.app.access import Seconds
from tests.app.provider import Provider, elliptic, provider, rsa
from tests.timing import limit

pytestmark = pytest.mark.anyio

LIFETIME, MOST_AGE = 300.0, 3600.0


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with provider() as made:
        yield made


@pytest.fixture
def company(running: Provider) -> Provider:
    running.keys = [rsa("first")]
    running.asked.clear()
    running.instead, running.configuration = None, {}
    return running


@pytest.fixture
def asked(company: Provider) -> Asked:
    return Asked(company.url, f"{company.url}/keys")


@pytest.fixture
def keys(asked: Asked, seconds: Seconds) -> ProviderKeys:
    return ProviderKeys(asked.keys, LIFETIME, MOST_AGE, seconds)


async def test_keys_are_asked_for_once(keys: ProviderKeys, company: Provider) -> None:
    """For all who come at the same time, and for all within their lifetime."""
    found = await asyncio.gather(*(keys.find("first") for _ in range(20)))
    assert all(found)
    assert company.asked == ["/keys"]


async def test_a_new_key_is_found(keys: ProviderKeys, company: Provider, seconds: Seconds) -> None:
    """When a token names it, within the lifetime of the others."""
    assert await keys.find("first")
    company.keys = [rsa("second"), rsa("first")]
    seconds.now += provider_keys.RETRY_SECONDS
    assert await keys.find("second")
    assert company.asked == ["/keys"] * 2


async def test_unknown_names_do_not_hammer(
    keys: ProviderKeys, company: Provider, seconds: Seconds
) -> None:
    """The provider is asked once in a while, however many names are tried."""
    for nth in range(100):
        assert await keys.find(f"guess-{nth}") is None
        seconds.now += 0.2
    assert len(company.asked) == 2


async def test_a_removed_key_ends_with_the_lifetime(
    keys: ProviderKeys, company: Provider, seconds: Seconds
) -> None:
    """Not before it, and not after it."""
    company.keys = [rsa("first"), elliptic("curve")]
    assert await keys.find("first")
    company.keys = [elliptic("curve")]
    seconds.now = LIFETIME
    assert await keys.find("first")
    seconds.now += 0.1
    assert await keys.find("first") is None
    assert await keys.find("curve")


async def test_known_keys_go_on_without_the_provider(
    keys: ProviderKeys, company: Provider, seconds: Seconds
) -> None:
    """Until they are too old; from then on the gateway is unavailable, and never says 401."""
    assert await keys.find("first")
    company.instead = Response(status_code=503)
    for now in (LIFETIME + 1, LIFETIME + 2, MOST_AGE):
        seconds.now = now
        assert await keys.find("first")
    assert len(company.asked) == 3
    seconds.now = MOST_AGE + 20
    with pytest.raises(Unavailable, match="identity provider cannot be reached"):
        await keys.find("first")
    company.instead = None
    seconds.now += provider_keys.RETRY_SECONDS
    assert await keys.find("first")


async def test_who_waits_for_a_slow_provider(
    company: Provider, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody who has a key that may still be used; the new ones arrive later."""
    gate, calls = asyncio.Event(), 0

    async def slow() -> list[Any]:
        nonlocal calls
        calls += 1
        if calls > 1:
            await gate.wait()
        return [one.as_dict(private=False) for one in company.keys]

    monkeypatch.setattr(provider_keys, "PATIENCE_SECONDS", 0.01)
    found = ProviderKeys(slow, LIFETIME, MOST_AGE, seconds)
    assert await found.find("first")
    company.keys = [rsa("second")]
    seconds.now = LIFETIME + 1
    assert await found.find("first")
    gate.set()
    async with asyncio.timeout(limit(5)):
        assert await found.find("second")
    assert calls == 2
    await found.close()


async def test_a_provider_that_never_answers(
    asked: Asked, company: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is a deadline for all that is asked at one time, also while bytes arrive."""

    async def drop_by_drop() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    company.instead = StreamingResponse(drop_by_drop())
    monkeypatch.setattr(asking, "DEADLINE_SECONDS", 0.1)
    with pytest.raises(ProviderError, match="did not answer"):
        await asked.keys()


ANSWERS = {
    "is longer than": lambda: Response(b" " * (MOST_BYTES + 1)),
    "the status 500": lambda: Response(status_code=500),
    "the status 307": lambda: RedirectResponse("/keys"),
    "is not JSON": lambda: Response("<html>"),
    "is not a JSON object": lambda: JSONResponse([]),
    "has no list of keys": lambda: JSONResponse({"keys": {}}),
}


@pytest.mark.parametrize("problem", ANSWERS)
async def test_an_answer_that_has_no_keys(asked: Asked, company: Provider, problem: str) -> None:
    """Each is named in the log; redirects are not followed."""
    company.instead = ANSWERS[problem]()
    with pytest.raises(ProviderError, match=problem):
        await asked.keys()
    assert company.asked == ["/keys"]


@pytest.mark.parametrize(
    ("configuration", "problem"),
    [
        ({"issuer": "https://another.example"}, "is of another issuer"),
        ({"jwks_uri": "http://example.com/keys"}, "does not begin with https"),
        ({"jwks_uri": "file:///etc/passwd"}, "does not begin with https"),
        ({"jwks_uri": None}, "does not begin with https"),
    ],
)
async def test_a_configuration_that_is_not_believed(
    company: Provider, configuration: dict[str, Any], problem: str
) -> None:
    """Of another issuer, or with keys that anybody on the way could change."""
    company.configuration = configuration
    discovering = Asked(company.url, None)
    with pytest.raises(ProviderError, match=problem):
        await discovering.keys()


async def test_nobody_listens(company: Provider) -> None:
    """A provider that is down is an answer that did not come."""
    gone = Asked("http://127.0.0.1:1", "http://127.0.0.1:1/keys")
    with pytest.raises(ProviderError, match="did not answer"):
        await gone.keys()


def public(key: Any, **more: Any) -> dict[str, Any]:
    """A key as a provider shows it."""
    return {**key.as_dict(private=False), **more}


UNUSABLE: dict[str, Callable[[], Any]] = {
    "no object": lambda: "first",
    "empty": lambda: {},
    "for encryption": lambda: public(rsa("a"), use="enc"),
    "symmetric": lambda: {"kty": "oct", "kid": "a", "k": "c2VjcmV0", "alg": "HS256"},
    "an algorithm that it cannot have": lambda: public(rsa("a"), alg="HS256"),
    "private": lambda: rsa("a").as_dict(private=True),
    "short": lambda: public(rsa("short", 1024)),
    "of an unknown curve": lambda: {**public(elliptic("c")), "crv": "secp256k1"},
    "damaged": lambda: public(rsa("a"), n="!"),
    "without its parts": lambda: {"kty": "RSA", "kid": "a"},
    "named by a number": lambda: public(rsa("a"), kid=7),
}


@pytest.mark.parametrize("row", UNUSABLE.values(), ids=UNUSABLE)
def test_keys_that_are_not_used(row: Callable[[], Any]) -> None:
    """The others of the same answer are."""
    assert set(usable([row(), public(rsa("first"))])) == {"first", None}


def test_a_key_without_a_name_is_the_only_one() -> None:
    """Of several it would be in doubt which one a token means."""
    nameless = {name: value for name, value in public(rsa("first")).items() if name != "kid"}
    assert set(usable([nameless])) == {None}
    assert set(usable([nameless, public(rsa("second"))])) == {"second"}
    assert set(usable([public(rsa("first")), public(rsa("second"))])) == {"first", "second"}


def test_a_key_signs_by_its_own_algorithms() -> None:
    """By that which it names, else by those of its type and curve."""
    assert usable([public(rsa("first"), alg="RS512")])["first"].algorithms == {"RS512"}
    assert usable([public(elliptic("p384", "P-384"))])["p384"].algorithms == {"ES384"}
