"""A database that does not answer at the start: what it enforces is learned once it does."""

import asyncio
from unittest.mock import patch

import pytest

from app import main
from app.main import create_app
from app.settings import Settings
from tests.conftest import KINDS_BY_NAME, opened_store, prepared
from tests.timing import limit, until
from tests.wire.engine import MakeEngine

pytestmark = pytest.mark.anyio


# The driver leaves a connection open that it is making when its time is over.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.filterwarnings("ignore:unclosed transport:ResourceWarning")
async def test_rules_are_learned_late(make_engine: MakeEngine) -> None:
    """Until then no collection counts as ruled, so that no list is short; afterwards all do."""
    engine = make_engine()
    async with opened_store(engine.uri, "late") as store:
        await prepared(store)
    engine.kill()
    settings = Settings(
        mongodb_uri=engine.uri, mongodb_database="late", deadline_seconds=limit(0.5)
    )
    app = create_app(settings)
    with patch.object(main, "LEARN_SECONDS", 0.05):
        async with app.router.lifespan_context(app):
            assert app.state.gateway.store.unruled == KINDS_BY_NAME.keys()
            engine.start()
            await asyncio.to_thread(until, lambda: not app.state.gateway.store.unruled)
