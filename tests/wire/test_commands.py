"""How many commands a read sends: counts hold on any machine, clocks do not."""

from datetime import timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient, monitoring

from resolvers import paging, sessions
from resolvers.context import Context
from resolvers.paging import ordering, sort_paths
from resolvers.request import Read, Window
from resolvers.store import driver
from resolvers.store.store import Store
from tests.conftest import DEADLINE, KINDS_BY_NAME, NOW, prepared
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.anyio

BOT = KINDS_BY_NAME["bot"]


class Commands(monitoring.CommandListener):
    """The names of the commands sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.sent.append(event.command_name)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to note."""


async def test_a_page_is_one_find(engine: WireEngine, database_name: str) -> None:
    """The first page one; the next one more, which looks for ties with the cursor."""
    commands = Commands()
    async with AsyncMongoClient[dict[str, Any]](engine.uri, event_listeners=[commands]) as client:
        store = await prepared(Store(driver.database(client, database_name, DEADLINE), DEADLINE))
        rows = [
            {"_id": str(place), "startedAt": NOW - timedelta(minutes=place)} for place in range(700)
        ]
        await store.collection(BOT).insert_many(rows, bypass_document_validation=True)
        context, first = Context(store=store), Read(BOT, window=Window(first=500))
        commands.sent.clear()
        page = await sessions.list_(context, first)
        assert (commands.sent, len(page.documents), page.has_next) == (["find"], 500, True)
        order = ordering(first)
        tag = paging.cursor_tag(BOT, order)
        after = paging.encode_cursors(tag, sort_paths(order), page.documents[-1:])[0]
        commands.sent.clear()
        page = await sessions.list_(context, Read(BOT, window=Window(first=100, after=after)))
        assert (commands.sent, page.documents[0]["_id"]) == (["find", "find"], "500")
