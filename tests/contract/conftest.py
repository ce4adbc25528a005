"""The whole application, opened once a module; what a test stores is taken away after it."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.stocked import stock
from tests.contract.whole import Whole, opened
from tests.wire.engine import WireEngine


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One event loop a module: an application lives on the loop that it was opened on."""
    return "asyncio"


@pytest.fixture(scope="module")
async def application(engine: WireEngine) -> AsyncIterator[Whole]:
    """Over a database of its own."""
    async with opened(engine) as made:
        yield made


@pytest.fixture
async def whole(application: Whole) -> AsyncIterator[Whole]:
    """Over an empty database."""
    async with application.restored():
        yield application


@pytest.fixture(scope="module")
async def stock_application(application: Whole) -> Whole:
    """With the sessions of `stock`."""
    await stock(application)
    return application


@pytest.fixture
async def stocked(stock_application: Whole) -> AsyncIterator[Whole]:
    """With one session of each kind, and one of another bot; not beside `whole` in a module."""
    async with stock_application.restored():
        yield stock_application
