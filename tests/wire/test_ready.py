"""Readiness: whether sessions can be read, not only whether the database answers."""

from types import SimpleNamespace
from typing import Any

import pytest
from pymongo import MongoClient

from app.main import readyz
from resolvers.store.store import Store

pytestmark = pytest.mark.anyio


async def status(store: Store) -> int:
    """The status of `/readyz` over a store."""
    gateway = SimpleNamespace(store=store)
    request: Any = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(gateway=gateway)))
    return (await readyz(request)).status_code


@pytest.mark.parametrize("code", [14031, 1])
async def test_a_damaged_table(
    wire_store: Store, engine_client: MongoClient[dict[str, Any]], code: int
) -> None:
    """503 where pings are answered and finds fail."""
    assert await status(wire_store) == 200
    fault = {"failCommands": ["find"], "errorCode": code}
    engine_client.admin.command("configureFailPoint", "failCommand", mode="alwaysOn", data=fault)
    try:
        assert await status(wire_store) == 503
    finally:
        engine_client.admin.command("configureFailPoint", "failCommand", mode="off")
    assert await status(wire_store) == 200
