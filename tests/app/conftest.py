"""Fixtures of the tests of access: a store in memory with one credential and its authenticator."""

import pytest

from app.access.authenticator import Authenticator
from resolvers.credentials import Issued
from resolvers.store.store import Store
from tests.app.access import Seconds, authenticator_of, issue
from tests.conftest import Clock, mock_store


@pytest.fixture
async def memory() -> Store:
    return await mock_store()


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def authenticator(memory: Store, seconds: Seconds, clock: Clock) -> Authenticator:
    return authenticator_of(memory, seconds, clock)


@pytest.fixture
async def issued(memory: Store) -> Issued:
    return await issue(memory)
