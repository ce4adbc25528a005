"""What the tests of statistics share: who asks, and small stocks of sessions."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from resolvers import statistics
from resolvers.access import Caller
from resolvers.context import Context
from resolvers.groups import (
    Question,
    groupable,
    measurable,
)
from resolvers.kind import Document
from resolvers.request import Compare, Operator
from resolvers.statistics import Statistics
from tests.conftest import KINDS_BY_NAME
from tests.resolvers.test_time_buckets import CHANGES

BOT = KINDS_BY_NAME["bot"]
KEYS = groupable(BOT.columns)
BY_BOT = (KEYS["botId"],)
DURATION = measurable(BOT.columns)["durationSeconds"]


def started(operator: Operator, moment: datetime) -> Compare:
    """When a bot session started, compared with a moment."""
    return Compare((BOT.by_name["startedAt"],), operator, moment)


def sessions(count: int, **more: Any) -> list[Document]:
    """Sessions a minute apart."""
    start = CHANGES[4]
    return [
        {"startedAt": start + timedelta(minutes=place), "botId": f"b{place:05}", **more}
        for place in range(count)
    ]


class Asker:
    """Asks on one loop, over collections that each question fills anew."""

    def __init__(self, runner: asyncio.Runner, context: Context) -> None:
        self.runner, self.context = runner, context

    def store(self, documents: list[Document], kind: str = "bot") -> None:
        """Only these are stored."""
        collection = self.context.store.database[f"{kind}_sessions"]

        async def store() -> None:
            await collection.delete_many({})
            if documents:
                await collection.insert_many(
                    [{"_id": str(place), **one} for place, one in enumerate(documents)]
                )

        self.runner.run(store())

    def __call__(self, question: Question, caller: Caller | None = None) -> Statistics:
        """The answer over bot sessions."""
        context = self.context
        if caller is not None:
            context = Context(context.store, caller=caller)
        return self.runner.run(statistics.of_kind(context, BOT, question))
