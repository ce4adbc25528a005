"""What everybody may ask often is cheap, also for an engine that reads whole collections."""

import math

import pytest

from app.commands.recording import RecordingDatabase
from resolvers.store import overview, read
from resolvers.store.capabilities import named
from resolvers.store.store import Store
from tests.conftest import KINDS_BY_NAME
from tests.timing import limit

pytestmark = pytest.mark.anyio

KINDS = tuple(KINDS_BY_NAME.values())


@pytest.fixture
def large() -> Store:
    """Many sessions of each kind, in an engine that walks no index."""
    capabilities = named({"secantusVersion": "0.7"})
    store = Store(RecordingDatabase(), limit(2), capabilities=capabilities)
    store.large.update({store.name(kind): (True, math.inf) for kind in KINDS})
    return store


async def test_readiness(large: Store) -> None:
    """A lookup by id for each kind."""
    await read.require_readable(large, KINDS)
    finds = large.database.commands
    assert sorted(one.collection for one in finds) == sorted(kind.collection for kind in KINDS)
    assert all(one.given["filter"] == {"_id": ""} for one in finds)


async def test_arrivals(large: Store) -> None:
    """The newest session is sought in windows, and nothing is counted."""
    for kind in KINDS:
        found = await overview.arrivals(large, kind)
        assert found == overview.Arrivals(None, None)
    assert large.database.commands
    for command in large.database.commands:
        assert command.name != "estimated_document_count"
        if command.collection in {kind.collection for kind in KINDS}:
            assert command.given.get("filter") or command.given.get("pipeline")
