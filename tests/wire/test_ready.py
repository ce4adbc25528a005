"""Readiness: whether sessions can be read, not only whether the database answers."""

from typing import Any

import pytest
from pymongo import MongoClient

from app.health import Readiness
from resolvers.store.store import Store

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("code", [14031, 1])
async def test_a_damaged_table(
    wire_store: Store, engine_client: MongoClient[dict[str, Any]], code: int
) -> None:
    """It is not ready where pings are answered and finds fail."""
    assert await Readiness(wire_store)()
    fault = {"failCommands": ["find"], "errorCode": code}
    engine_client.admin.command("configureFailPoint", "failCommand", mode="alwaysOn", data=fault)
    try:
        assert not await Readiness(wire_store)()
    finally:
        engine_client.admin.command("configureFailPoint", "failCommand", mode="off")
    assert await Readiness(wire_store)()
