"""Rates hold over all workers, per credential and per bot, and say when to come back."""

import asyncio

import pytest

from app.access.authenticator import Authenticator
from app.access.rates import Rate
from app.settings import Settings
from resolvers.access import Caller
from resolvers.errors import RateLimited, Unavailable
from resolvers.store.store import Store
from tests.conftest import OpenStore, opened_store
from tests.timing import limit
from tests.wire.engine import MakeEngine

pytestmark = pytest.mark.anyio

ANN = Caller("ann", frozenset({"bot:read"}))
BOB = Caller("bob", frozenset({"bot:read"}))


async def admitted(rate: Rate, bucket: str, times: int) -> int:
    """How many of so many requests are let through."""
    count = 0
    for _ in range(times):
        try:
            await rate.hit("bot", bucket)
        except RateLimited:
            continue
        count += 1
    return count


@pytest.fixture(params=["pymongo", "motor"])
async def counting(request: pytest.FixtureRequest, open_store: OpenStore) -> Store:
    """A store of either driver: the library's storage itself knows Motor only."""
    return await open_store(request.param)


async def test_rate_lets_through_what_it_says(counting: Store) -> None:
    """Of five requests three pass at three an hour."""
    assert await admitted(Rate(counting, "3/hour"), "b", 5) == 3


async def test_rate_holds_over_workers(open_store: OpenStore) -> None:
    """Two workers with a client of their own share one count."""
    workers = [Rate(await open_store(), "3/hour") for _ in range(2)]
    assert [await admitted(worker, "b", 2) for worker in workers] == [2, 1]


async def test_a_new_bucket_counts_many_at_once(wire_store: Store) -> None:
    """The first requests for a bot may well come together: each is answered, none is lost."""
    rate = Rate(wire_store, "1000/hour")
    for bucket in map(str, range(20)):
        await asyncio.gather(*(rate.hit("bot", bucket) for _ in range(24)))
    counters = await wire_store.database["rate_counters"].find().to_list()
    assert [counter["count"] for counter in counters] == [24] * 20


async def test_each_bucket_has_its_own_count(wire_store: Store) -> None:
    """One bot's clients do not use up another's."""
    rate = Rate(wire_store, "1/hour")
    assert [await admitted(rate, bucket, 2) for bucket in ("a", "b", "\ud800", "x" * 9000)] == [
        1
    ] * 4


async def test_refusal_says_when_the_window_ends(wire_store: Store) -> None:
    """Retry-After counts whole seconds to the end of the window, at least one."""
    rate = Rate(wire_store, "1/hour")
    await rate.hit("bot", "b")
    with pytest.raises(RateLimited) as caught:
        await rate.hit("bot", "b")
    assert 3500 < caught.value.details["retry_after"] <= 3600


async def test_retry_after_is_at_least_a_second(wire_store: Store) -> None:
    """A window that ends just now still asks for a second."""
    late = Rate(wire_store, "1/hour", clock=lambda: 9e9)
    await late.hit("bot", "b")
    with pytest.raises(RateLimited) as caught:
        await late.hit("bot", "b")
    assert caught.value.details["retry_after"] == 1


async def test_longer_window_refuses_too(wire_store: Store) -> None:
    """Of two rates the stricter decides, whichever is written first."""
    assert await admitted(Rate(wire_store, "2/hour;100/minute"), "b", 4) == 2


async def test_empty_rate_limits_nothing(wire_store: Store) -> None:
    """And does not ask the database."""
    assert await admitted(Rate(wire_store, ""), "b", 10) == 10
    assert "rate_counters" not in await wire_store.database.list_collection_names()


async def test_bot_rate_is_the_bots_whoever_calls(wire_store: Store) -> None:
    """Two credentials of one bot share its rate."""
    authenticator = Authenticator(wire_store, Settings(bot_rate="1/hour"))
    await authenticator.limit(ANN, "b")
    with pytest.raises(RateLimited):
        await authenticator.limit(BOB, "b")


async def test_strangers_do_not_use_up_a_bots_rate(wire_store: Store) -> None:
    """A credential of other bots, which will be refused, is not counted."""
    authenticator = Authenticator(wire_store, Settings(bot_rate="1/hour"))
    stranger = Caller("eve", frozenset({"bot:read"}), frozenset({"c"}))
    for _ in range(3):
        await authenticator.limit(stranger, "b")
    await authenticator.limit(ANN, "b")


async def test_rate_is_each_credentials_own(wire_store: Store) -> None:
    """GATEWAY_RATE counts by credential, apart from the bots' counts."""
    authenticator = Authenticator(wire_store, Settings(rate="1/hour", bot_rate="1/hour"))
    for caller in (ANN, BOB):
        await authenticator.limit(caller)
    await authenticator.limit(ANN, "ann")
    with pytest.raises(RateLimited):
        await authenticator.limit(ANN)


async def test_missing_database_is_unavailable(make_engine: MakeEngine) -> None:
    """Where nothing can be counted nothing is let through: the sessions are away as well."""
    own = make_engine()
    async with opened_store(own.uri, "sessions", deadline=limit(1)) as store:
        rate = Rate(store, "1/hour")
        own.kill()
        with pytest.raises(Unavailable):
            await rate.hit("bot", "b")


async def test_counters_expire_in_the_database(wire_store: Store) -> None:
    """A TTL index removes windows that are over."""
    await Rate(wire_store, "1/hour").hit("bot", "b")
    indexes = await wire_store.database["rate_counters"].index_information()
    assert any(index.get("expireAfterSeconds") == 0 for index in indexes.values())
