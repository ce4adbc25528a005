"""Rates hold over all workers, per credential and per bot, and say when to come back."""

import asyncio

import pytest

from app.access.authenticator import Authenticator
from app.access.rates import Rate, UsedUp, Window, headers
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


class Seconds:
    """A clock of Unix time that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_772_357_400.25

    def __call__(self) -> float:
        return self.now

    async def waits(self, rate: Rate, *buckets: str) -> int:
        """Send a request that is refused, wait as it says, and return how long that took."""
        with pytest.raises(RateLimited) as caught:
            await rate.hit("bot", *buckets)
        self.now += caught.value.details["retry_after"]
        return int(caught.value.details["retry_after"])


@pytest.fixture(params=["pymongo", "motor"])
async def counting(request: pytest.FixtureRequest, open_store: OpenStore) -> Store:
    """A store of either driver."""
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


async def test_who_waits_as_told_is_let_through(counting: Store) -> None:
    """Retry-After is the end of the window, in whole seconds, on the gateway's own clock."""
    clock = Seconds()
    rate = Rate(counting, "2/minute", clock)
    await rate.hit("bot", "b")
    clock.now += 17.5
    await rate.hit("bot", "b")
    assert await clock.waits(rate, "b") == 43
    assert await admitted(rate, "b", 3) == 2


async def test_who_comes_earlier_is_refused(wire_store: Store) -> None:
    """The window does not end before its time, and refused requests do not prolong it."""
    clock = Seconds()
    rate = Rate(wire_store, "1/minute", clock)
    await rate.hit("bot", "b")
    clock.now += 59.9
    assert await admitted(rate, "b", 3) == 0
    assert await clock.waits(rate, "b") == 1
    await rate.hit("bot", "b")


async def test_the_last_window_that_is_used_up_counts(wire_store: Store) -> None:
    """Of a minute and an hour that are both used up, Retry-After is the end of the hour."""
    clock = Seconds()
    rate = Rate(wire_store, "1/minute;2/hour", clock)
    await rate.hit("bot", "b")
    assert await clock.waits(rate, "b") == 60
    await rate.hit("bot", "b")
    assert await clock.waits(rate, "b") == 3540
    await rate.hit("bot", "b")


async def test_every_bucket_of_a_request_counts(wire_store: Store) -> None:
    """A request that counts for two bots may come again when both have room."""
    clock = Seconds()
    rate = Rate(wire_store, "1/minute", clock)
    await rate.hit("bot", "b")
    clock.now += 30
    assert await clock.waits(rate, "a", "b") == 60
    await rate.hit("bot", "a", "b")


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
    await authenticator.limit(ANN, ["b"])
    with pytest.raises(RateLimited):
        await authenticator.limit(BOB, ["b"])


async def test_strangers_do_not_use_up_a_bots_rate(wire_store: Store) -> None:
    """A credential of other bots, which will be refused, is not counted."""
    authenticator = Authenticator(wire_store, Settings(bot_rate="1/hour"))
    stranger = Caller("eve", frozenset({"bot:read"}), frozenset({"c"}))
    for _ in range(3):
        await authenticator.limit(stranger, ["b"])
    await authenticator.limit(ANN, ["b"])


async def test_tenants_do_not_use_up_each_others_rates(wire_store: Store) -> None:
    """Two tenants may have a bot of the same id; within a tenant its rate is one."""
    authenticator = Authenticator(wire_store, Settings(bot_rate="1/hour"))
    for tenant in ("acme", "globex"):
        first, second = (
            Caller(name, frozenset({"bot:read"}), tenants=frozenset({tenant})) for name in "ab"
        )
        await authenticator.limit(first, ["b"])
        with pytest.raises(RateLimited):
            await authenticator.limit(second, ["b"])


async def test_rate_is_each_credentials_own(wire_store: Store) -> None:
    """GATEWAY_RATE counts by credential, apart from the bots' counts."""
    authenticator = Authenticator(wire_store, Settings(rate="1/hour", bot_rate="1/hour"))
    for caller in (ANN, BOB):
        await authenticator.limit(caller)
    await authenticator.limit(ANN, ["ann"])
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


async def test_what_is_left(wire_store: Store) -> None:
    """Of each rate, in the bucket that is fullest; the windows of a refusal say so, too."""
    seconds = Seconds()
    rate = Rate(wire_store, "3/minute;100/hour", seconds)
    await rate.hit("bot", "a")
    left = await rate.hit("bot", "a", "b")
    assert left == (Window("bot-60s", 3, 60, 1, 60), Window("bot-3600s", 100, 3600, 98, 3600))
    assert headers(left) == (
        (b"ratelimit-policy", b'"bot-60s";q=3;w=60, "bot-3600s";q=100;w=3600'),
        (b"ratelimit", b'"bot-60s";r=1;t=60, "bot-3600s";r=98;t=3600'),
    )
    seconds.now += 20
    await rate.hit("bot", "a")
    with pytest.raises(UsedUp) as refused:
        await rate.hit("bot", "a")
    assert [(one.left, one.resets) for one in refused.value.windows] == [(0, 40), (97, 3580)]
    assert refused.value.details == {"retry_after": 40}


async def test_nothing_is_said_without_a_rate(wire_store: Store) -> None:
    """And nothing is asked of the database."""
    assert headers(await Rate(wire_store, "").hit("bot", "a")) == ()


async def test_what_is_left_of_a_rate_that_is_counted_alone(wire_store: Store) -> None:
    """In a gateway that writes nothing."""
    (left,) = await Rate(wire_store, "3/minute", alone=True).hit("bot", "a")
    assert (left.left, left.quota) == (2, 3)
