"""A prepared database is as good as a new one for each test that gets it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pymongo import MongoClient

from tests.wire.engine import WireEngine
from tests.wire.prepared import PreparedDatabases
from tests.wire.test_commands import Commands
from tests.wire.written import WRITTEN

pytestmark = pytest.mark.anyio

Client = MongoClient[dict[str, Any]]


@pytest.fixture
def databases(engine_client: Client) -> PreparedDatabases:
    """None yet."""
    return PreparedDatabases(engine_client)


@pytest.fixture
def prepare(engine_client: Client) -> Callable[[str], Awaitable[None]]:
    """One collection with one index and a rule, and one with marks."""

    async def prepare_(name: str) -> None:
        rule = {"$jsonSchema": {"required": ["size"]}}
        collection = engine_client[name].create_collection("things", validator=rule)
        collection.create_index("size", name="size")
        engine_client[name].marks.insert_many([{"_id": "ready"}, {"_id": "own"}])

    return prepare_


async def test_the_next_test_gets_it_as_it_was(
    engine_client: Client, databases: PreparedDatabases, prepare: Any
) -> None:
    """Documents and further collections are gone; those it was made ready with are back."""
    async with databases.lent(prepare) as first:
        engine_client[first].things.insert_one({"size": 1})
        engine_client[first].others.insert_one({})
        engine_client[first].marks.delete_one({"_id": "own"})
        engine_client[first].marks.update_one({"_id": "ready"}, {"$set": {"by": "a test"}})
    async with databases.lent(prepare) as second:
        assert second == first
        assert sorted(engine_client[second].list_collection_names()) == ["marks", "things"]
        assert list(engine_client[second].things.find({})) == []
        assert list(engine_client[second].marks.find({})) == [{"_id": "ready"}, {"_id": "own"}]


async def test_what_nobody_wrote_to_is_not_looked_at(engine: WireEngine, prepare: Any) -> None:
    """One write costs one command afterwards, reads none."""
    noted = Commands()
    with Client(engine.uri, event_listeners=[noted]) as client:
        watched = PreparedDatabases(client)
        WRITTEN.failing_off(client)  # another test may have asked for a failure
        async with watched.lent(prepare) as name:
            client[name].things.insert_one({"size": 1})
            assert client[name].marks.count_documents({}) == 2
            noted.sent.clear()
        assert noted.sent == ["delete"]


async def test_two_at_a_time_differ(databases: PreparedDatabases, prepare: Any) -> None:
    """What is lent is nobody else's."""
    async with databases.lent(prepare) as first, databases.lent(prepare) as second:
        assert first != second


def drop_index(database: Any) -> None:
    database.things.drop_index("size")


def change_index(database: Any) -> None:
    drop_index(database)
    database.things.create_index([("size", -1)], name="size")


def drop_collection(database: Any) -> None:
    database.things.drop()


def change_rule(database: Any) -> None:
    database.command({"collMod": "things", "validator": {}})


@pytest.mark.parametrize("change", [drop_index, change_index, drop_collection, change_rule])
async def test_changed_one_is_not_lent_again(
    engine_client: Client,
    databases: PreparedDatabases,
    prepare: Any,
    change: Callable[[Any], None],
) -> None:
    """It is dropped, whatever the test changed of what was prepared."""
    async with databases.lent(prepare) as first:
        change(engine_client[first])
    assert first not in engine_client.list_database_names()
    async with databases.lent(prepare) as second:
        assert second != first
