"""Ranges of time behind an equality: an index changes the speed of an answer, never the answer."""

from datetime import timedelta

import pytest
from pymongo import MongoClient

from resolvers.kind import Document
from resolvers.request import All, Compare, Operator
from resolvers.store import preparation
from resolvers.store.operators import query
from schema.kinds import bot
from tests.conftest import NOW, opened_store
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.anyio

COLUMNS = bot.BOT.by_name
ROWS: list[Document] = [
    {
        "_id": f"{place:02}",
        "botId": "ab"[place % 2],
        "userId": "u",
        "startedAt": NOW + timedelta(seconds=place // 4),
    }
    for place in range(16)
]
HOLDS = {
    Operator.GT: lambda one, other: one > other,
    Operator.GTE: lambda one, other: one >= other,
    Operator.LT: lambda one, other: one < other,
    Operator.LTE: lambda one, other: one <= other,
}


@pytest.mark.parametrize("operator", HOLDS)
@pytest.mark.parametrize("prefix", [{}, {"botId": "a"}, {"botId": "a", "userId": "u"}])
async def test_bounds_behind_equalities(
    operator: Operator,
    prefix: dict[str, str],
    engine: WireEngine,
    engine_client: MongoClient[Document],
    database_name: str,
) -> None:
    """Each bound finds the rows on its edge exactly as it should."""
    async with opened_store(engine.uri, database_name) as store:
        await preparation.prepare(store, [bot.BOT], {})
    collection = engine_client[database_name][bot.BOT.collection]
    collection.insert_many(ROWS, bypass_document_validation=True)
    edge = NOW + timedelta(seconds=2)
    equal = [Compare((COLUMNS[name],), Operator.EQ, value) for name, value in prefix.items()]
    bound = Compare((COLUMNS["startedAt"],), operator, edge)
    found = {row["_id"] for row in collection.find(query(All((*equal, bound))))}
    assert found == {
        row["_id"]
        for row in ROWS
        if HOLDS[operator](row["startedAt"], edge)
        and all(row[name] == value for name, value in prefix.items())
    }
