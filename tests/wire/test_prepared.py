"""A prepared database is as good as a new one for each test that gets it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pymongo import MongoClient

from tests.wire.prepared import PreparedDatabases

pytestmark = pytest.mark.anyio

Client = MongoClient[dict[str, Any]]


@pytest.fixture
def databases(engine_client: Client) -> PreparedDatabases:
    """None yet."""
    return PreparedDatabases(engine_client)


@pytest.fixture
def prepare(engine_client: Client) -> Callable[[str], Awaitable[None]]:
    """One collection with one index and a rule."""

    async def prepare_(name: str) -> None:
        rule = {"$jsonSchema": {"required": ["size"]}}
        collection = engine_client[name].create_collection("things", validator=rule)
        collection.create_index("size", name="size")

    return prepare_


async def test_the_next_test_gets_it_empty(
    engine_client: Client, databases: PreparedDatabases, prepare: Any
) -> None:
    """Documents and further collections are gone."""
    async with databases.lent(prepare) as first:
        engine_client[first].things.insert_one({"size": 1})
        engine_client[first].others.insert_one({})
    async with databases.lent(prepare) as second:
        assert second == first
        assert engine_client[second].list_collection_names() == ["things"]
        assert engine_client[second].things.count_documents({}) == 0


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
