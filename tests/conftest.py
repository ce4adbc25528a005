"""What all tests share: async tests on asyncio, and stores over every engine.

`store` runs a test three times: PyMongo and Motor over the wire, and mongomock-motor. `wire_store`
is PyMongo over the wire, for what only a real engine does. Each is a database of its own.
"""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from mongomock_motor import AsyncMongoMockClient

from resolvers.context import Context
from resolvers.store import driver, preparation
from resolvers.store.driver import Driver
from resolvers.store.store import Store
from schema.kinds import KINDS
from tests.properties import BY_DEFAULT
from tests.timing import limit
from tests.wire.engine import (  # noqa: F401  fixtures
    database_name,
    engine,
    engine_client,
    make_engine,
)
from tests.wire.prepared import PreparedDatabases

settings.register_profile(
    "suite",
    max_examples=BY_DEFAULT,
    derandomize=True,  # a run depends on the code alone
    database=None,
    deadline=None,
    # Stores are made once for all examples of a test, and each example empties what it uses.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("suite")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Scale pytest-timeout's limit as every other one, and let started processes hear signals."""
    if config.option.timeout is None:  # the workers of xdist get the scaled one
        config.option.timeout = limit(float(config.getini("timeout")))
    # A shell ignores Ctrl-C for what runs in its background, nohup ignores SIGHUP, and processes
    # inherit what is ignored. They do not inherit a handler.
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


SLOW_FIXTURES = {"chromium", "gateway", "make_engine"}
"""Who asks for one of them is slow."""
STORES_OVER_THE_WIRE = ("pymongo", "motor")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that start a gateway, an engine or a browser, or talk to the shared engine."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if SLOW_FIXTURES & fixtures:
            item.add_marker("slow")
        drawn = getattr(item, "callspec", None)
        if "engine" in fixtures or (drawn and drawn.params.get("store") in STORES_OVER_THE_WIRE):
            item.add_marker("wire")
    # The longest test starts first: other workers go on meanwhile. Sorting keeps the others' order.
    items.sort(key=lambda item: item.path.name != "test_drill.py")


def pytest_collection_finish() -> None:
    """Spare the garbage collector what lives as long as the run: a fifth of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


NOW = datetime(2026, 3, 1, 9, 30)
DEADLINE = min(limit(20), 60)
"""Seconds: far more than any operation takes, and not more than the settings allow."""

KINDS_BY_NAME = {entry.kind.name: entry.kind for entry in KINDS}

OpenStore = Callable[..., Awaitable[Store]]


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **amount: float) -> None:
        self.time += timedelta(**amount)


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio."""
    return "asyncio"


@asynccontextmanager
async def opened_store(
    uri: str, name: str, driver_name: Driver = "pymongo", deadline: float = DEADLINE
) -> AsyncIterator[Store]:
    """A store of a driver on a running engine; nothing is prepared."""
    client = driver.connect(uri, driver_name, deadline, asyncio.get_running_loop())
    try:
        yield Store(driver.database(client, name, deadline), deadline)
    finally:
        await driver.close(client)


@pytest.fixture
async def open_store(engine: Any, database_name: str) -> AsyncIterator[OpenStore]:  # noqa: F811
    """Open further stores, with clients of their own, on this test's database."""
    async with AsyncExitStack() as stack:

        async def open_(driver_name: Driver = "pymongo", deadline: float = DEADLINE) -> Store:
            opening = opened_store(engine.uri, database_name, driver_name, deadline)
            return await stack.enter_async_context(opening)

        yield open_


@pytest.fixture(scope="session")
def prepared_databases(engine_client: Any) -> PreparedDatabases:  # noqa: F811
    """The prepared databases of this worker's engine."""
    return PreparedDatabases(engine_client)


@asynccontextmanager
async def lent_name(databases: PreparedDatabases, uri: str) -> AsyncIterator[str]:
    """The name of a prepared database without sessions."""

    async def prepare(name: str) -> None:
        async with opened_store(uri, name) as made:
            await prepared(made)

    async with databases.lent(prepare) as name:
        yield name


@asynccontextmanager
async def lent_store(
    databases: PreparedDatabases, uri: str, driver_name: Driver = "pymongo"
) -> AsyncIterator[Store]:
    """A store of a driver on a prepared database without sessions."""
    async with lent_name(databases, uri) as name, opened_store(uri, name, driver_name) as found:
        yield found


@pytest.fixture
async def prepared_name(engine: Any, prepared_databases: PreparedDatabases) -> AsyncIterator[str]:  # noqa: F811
    """The name of a prepared database, for the clients of this process alone."""
    async with lent_name(prepared_databases, engine.uri) as name:
        yield name


@pytest.fixture
async def wire_store(engine: Any, prepared_databases: PreparedDatabases) -> AsyncIterator[Store]:  # noqa: F811
    """PyMongo over the wire, prepared."""
    async with lent_store(prepared_databases, engine.uri) as found:
        yield found


@pytest.fixture(params=[*STORES_OVER_THE_WIRE, "mock"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """Each driver over the wire, and the mock; prepared."""
    if request.param == "mock":
        yield await mock_store()
        return
    databases = request.getfixturevalue("prepared_databases")
    uri = request.getfixturevalue("engine").uri
    async with lent_store(databases, uri, request.param) as found:
        yield found


async def mock_store() -> Store:
    """A store in memory, prepared."""
    return await prepared(Store(AsyncMongoMockClient(tz_aware=False)["sessions"], DEADLINE))


async def prepared(found: Store) -> Store:
    """The store with the collections and indexes of all kinds."""
    await preparation.prepare(found, KINDS_BY_NAME.values(), {})
    return found


@pytest.fixture
def clock() -> Clock:
    """The clock of `context`."""
    return Clock()


@pytest.fixture
def context(store: Store, clock: Clock) -> Context:
    """A request's surroundings over `store`."""
    return Context(store=store, now=clock)


@pytest.fixture
def wire_context(wire_store: Store, clock: Clock) -> Context:
    """A request's surroundings over `wire_store`."""
    return Context(store=wire_store, now=clock)
