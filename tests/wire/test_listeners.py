"""The driver's events, over both drivers and a real engine."""

import asyncio
from typing import Any

import pytest

from resolvers.request_facts import CURRENT, RequestFacts
from resolvers.store import driver
from resolvers.store.driver import Driver
from resolvers.store.listeners import Commands, Pool
from resolvers.store.store import Store
from tests.conftest import DEADLINE

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", ["pymongo", "motor"])
async def test_commands_and_connections(engine: Any, database_name: str, name: Driver) -> None:
    """Each command counts for its own request, by kind and outcome; connections are given back."""
    seen: list[tuple[str, bool]] = []
    pool = Pool()
    commands = Commands(lambda command, succeeded, _seconds: seen.append((command, succeeded)))
    loop = asyncio.get_running_loop()
    client = driver.connect(engine.uri, name, DEADLINE, loop, listeners=[commands, pool])
    database = driver.database(client, database_name, DEADLINE)
    store = Store(database, DEADLINE)

    async def request(count: int) -> int:
        facts = RequestFacts()
        CURRENT.set(facts)
        for _ in range(count):
            await store.run(database["things"].find_one({}))
        return facts.commands

    try:
        assert await asyncio.gather(request(1), request(3)) == [1, 3]
        with pytest.raises(driver.DRIVER_ERRORS):
            await database.command("nonsense")
        assert sorted(set(seen)) == [("find", True), ("nonsense", False)]
        assert pool.open >= 1
        assert (pool.in_use, pool.waiting) == (0, 0)
    finally:
        await driver.close(client)
