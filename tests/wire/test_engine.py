"""The engines of the tests do what the tests rely on."""

from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from tests.timing import limit
from tests.wire.engine import (  # noqa: F401  fixtures
    MakeEngine,
    WireEngine,
    database_name,
    engine,
    engine_client,
    make_engine,
)

WAIT_MS = int(limit(500))
"""Milliseconds that a client waits for an answer."""


def test_fail_points_are_enabled(
    engine_client: MongoClient[dict[str, Any]],  # noqa: F811
    database_name: str,  # noqa: F811
) -> None:
    """A command can be made to fail once."""
    engine_client.admin.command(
        "configureFailPoint",
        "failCommand",
        mode={"times": 1},
        data={"failCommands": ["count"], "errorCode": 50},
    )
    with pytest.raises(OperationFailure):
        engine_client[database_name].command("count", "things")


def test_killed_engine_comes_back_with_its_data(make_engine: MakeEngine) -> None:  # noqa: F811
    """Port and storage outlive the process, so a client just goes on."""
    own = make_engine()
    with MongoClient[dict[str, Any]](
        own.uri, journal=True, serverSelectionTimeoutMS=WAIT_MS
    ) as client:
        client.shop.things.insert_one({"_id": 1})
        own.kill()
        with pytest.raises(PyMongoError):
            client.shop.things.find_one()
        own.start()
        assert client.shop.things.find_one() == {"_id": 1}


def test_frozen_engine_answers_nothing(make_engine: MakeEngine) -> None:  # noqa: F811
    """A frozen engine lets clients wait; thawed, it goes on."""
    own = make_engine()
    with MongoClient[dict[str, Any]](own.uri, timeoutMS=WAIT_MS) as client:
        client.admin.command("ping")
        own.freeze()
        with pytest.raises(PyMongoError):
            client.admin.command("ping")
        own.thaw()
    with MongoClient[dict[str, Any]](own.uri) as client:
        assert client.admin.command("ping")["ok"] == 1


def test_engines_are_separate(engine: WireEngine, make_engine: MakeEngine) -> None:  # noqa: F811
    """An engine of a test's own is not the shared one."""
    assert make_engine().uri != engine.uri
