"""What a worker remembers of credentials, how soon it forgets, and the uses it counts."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.access.authenticator import Authenticator
from resolvers import credentials
from resolvers.access import Caller
from resolvers.credential_cache import REMEMBERED_SECONDS, CredentialCache
from resolvers.credentials import Issued
from resolvers.errors import Unavailable
from resolvers.store import credentials as stored
from resolvers.store.store import Store
from tests.app.access import (
    Seconds,
    authenticator_of,
    issue,
    refusal,
    token,
)
from tests.conftest import NOW, Clock, opened_store
from tests.timing import limit
from tests.wire.engine import MakeEngine

pytestmark = pytest.mark.anyio


Call = Callable[[Authenticator], Awaitable[Caller]]


@pytest.mark.parametrize("way", ["key", "pair", "jwt"])
async def test_revocation_holds_on_every_worker_within_five_seconds(
    wire_store: Store, clock: Clock, way: str
) -> None:
    """Two workers that have just accepted a credential refuse it five seconds later."""
    one = await issue(wire_store)
    calls: dict[str, Call] = {
        "key": lambda worker: worker.by_key(one.key),
        "pair": lambda worker: worker.by_pair(one.credential.id, one.key),
        "jwt": lambda worker: worker.by_jwt(token(one.signing_secret, iss=one.credential.id)),
    }
    seconds = Seconds()
    workers = [authenticator_of(wire_store, seconds, clock) for _ in range(2)]
    for worker in workers:
        assert await calls[way](worker)
    await credentials.revoke(wire_store, one.credential.id, NOW)
    seconds.now += 5
    for worker in workers:
        await refusal(calls[way](worker))


async def test_worker_remembers_a_credential_meanwhile(
    memory: Store,
    authenticator: Authenticator,
    issued: Issued,
    seconds: Seconds,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A key is looked up once in four seconds."""
    reads = counted(monkeypatch)
    for _ in range(5):
        await authenticator.by_key(issued.key)
    seconds.now += REMEMBERED_SECONDS
    await authenticator.by_key(issued.key)
    assert len(reads) == 2


async def test_slow_lookup_is_not_trusted_for_longer(
    wire_store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A credential that is revoked while its lookup is under way is refused five seconds later."""
    one, seconds = await issue(wire_store), Seconds()
    worker = authenticator_of(wire_store, seconds, clock)
    read = stored.by_key_hash

    async def slow(store: Store, key_hash: str) -> Any:
        found = await read(store, key_hash)
        await credentials.revoke(store, one.credential.id, NOW)
        seconds.now += 3  # on its way from the database
        return found

    with monkeypatch.context() as patch:
        patch.setattr(stored, "by_key_hash", slow)
        assert await worker.by_key(one.key)
    seconds.now += 5 - 3
    await refusal(worker.by_key(one.key))


async def test_unknown_key_is_remembered_too(
    authenticator: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that keeps sending a wrong key does not keep the database busy."""
    reads = counted(monkeypatch)
    for _ in range(5):
        await refusal(authenticator.by_key("unknown"))
    assert len(reads) == 1


async def test_flood_of_wrong_keys_pushes_no_credential_out(
    memory: Store, issued: Issued, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is remembered is bounded, the known and the unknown apart."""
    cache = CredentialCache(memory, Seconds(), size=3)
    await cache.by_key(issued.key)
    for number in range(10):
        await cache.by_key(f"wrong {number}")
    reads = counted(monkeypatch)
    assert await cache.by_key(issued.key)
    assert await cache.by_key("wrong 0") is None
    assert len(reads) == 1


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the hashes that are looked up in the database from now on."""
    reads: list[str] = []
    read = stored.by_key_hash

    async def noted(store: Store, key_hash: str) -> Any:
        reads.append(key_hash)
        return await read(store, key_hash)

    monkeypatch.setattr(stored, "by_key_hash", noted)
    return reads


async def test_missing_database_is_no_wrong_key(make_engine: MakeEngine, clock: Clock) -> None:
    """A client must not throw its key away because the database is down."""
    own = make_engine()
    async with opened_store(own.uri, "sessions", deadline=limit(1)) as store:
        one = await issue(store)
        worker = authenticator_of(store, Seconds(), clock)
        own.kill()
        with pytest.raises(Unavailable):
            await worker.by_key(one.key)


# Uses


@pytest.fixture
async def used(wire_store: Store) -> Issued:
    """A credential whose uses are counted."""
    return await issue(wire_store)


async def stored_uses(store: Store) -> int:
    (found,) = await credentials.listed(store)
    return found.uses


async def test_uses_are_counted_in_memory_and_added_up(
    wire_store: Store, used: Issued, clock: Clock
) -> None:
    """Two workers' counts add up once they are stored, and the latest time stands."""
    workers = [authenticator_of(wire_store, Seconds(), clock) for _ in range(2)]
    for worker in workers:
        clock.advance(minutes=1)
        await worker.by_key(used.key)
        await worker.by_key(used.key)
    assert await stored_uses(wire_store) == 0
    for worker in reversed(workers):
        await worker.flush()
    (found,) = await credentials.listed(wire_store)
    assert (found.uses, found.last_used_at) == (4, clock.time)


async def test_uses_are_stored_at_shutdown(wire_store: Store, used: Issued, clock: Clock) -> None:
    """A worker that ends stores what it has counted."""
    worker = authenticator_of(wire_store, Seconds(), clock)
    async with worker.running():
        await worker.by_key(used.key)
    assert await stored_uses(wire_store) == 1


async def test_uses_outlive_a_missing_database(
    wire_store: Store,
    used: Issued,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What could not be stored is stored the next time, once; the operator reads of it."""

    async def fail(*_arguments: Any) -> None:
        raise Unavailable("away")

    worker = authenticator_of(wire_store, Seconds(), clock)
    await worker.by_key(used.key)
    with monkeypatch.context() as patch:
        patch.setattr(stored, "add_uses", fail)
        await worker.flush()
    assert "could not be stored yet: away" in caplog.text
    for _ in range(2):
        await worker.flush()
    assert await stored_uses(wire_store) == 1


async def test_refused_use_is_not_counted(wire_store: Store, used: Issued, clock: Clock) -> None:
    """Only what let somebody in is a use."""
    worker = authenticator_of(wire_store, Seconds(), clock)
    await refusal(worker.by_pair("wrong", used.key))
    await worker.flush()
    assert await stored_uses(wire_store) == 0
