"""The trail as the settings want it: off, it costs nothing and is nowhere."""

import asyncio
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from app import auditing
from app.settings import Settings
from resolvers import sessions
from resolvers.store.store import Store
from tests.conftest import mock_store
from tests.contract.whole import opened
from tests.kinds import BY_KIND
from tests.resolvers.audit.following import happened, rows
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.anyio
KNOWLEDGE = BY_KIND["knowledge"].definition


async def test_off_is_the_default_and_sends_no_command(engine: WireEngine) -> None:
    """No request has a witness, and the collection stays empty."""
    async with opened(engine, auth="off") as whole:
        context = whole.context
        assert context.store.witness is None
        assert whole.app.state.gateway.trail is None
        await sessions.create(context, KNOWLEDGE, {"note": "x"})
        assert context.store.budget is not None
        assert await rows(context.store) == []


@pytest.mark.parametrize(("audit", "more"), [("off", 0), ("writes", 1), ("all", 1)])
async def test_what_a_write_costs(engine: WireEngine, audit: str, more: int) -> None:
    """One command that is waited for; its outcome goes with others."""
    body = {"query": "mutation { createKnowledgeSession(input: {}) { session { sessionId } } }"}
    async with opened(engine, audit=audit, auth="off") as whole:
        await whole.http.post("/graphql", json=body)
        trail = whole.app.state.gateway.trail
        if trail:
            await happened(lambda: trail.waiting == 0)
        found = await rows(whole.context.store)
    assert [row["outcome"] for row in found if row["action"] == "CREATED"] == [
        *["BEGUN"] * more,
        *["DONE"] * more,
    ]


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"audit": "all", "read_only": True}, "GATEWAY_READ_ONLY"),
        ({"audit_key": SecretStr("short")}, "fewer than 32 characters"),
        ({"audit": "reads"}, "audit"),
        ({"audit_retention_days": 0}, "audit_retention_days"),
    ],
)
def test_wrong_settings(given: dict[str, Any], what: str) -> None:
    """Abort the start, and are named."""
    with pytest.raises(ValidationError, match=what):
        Settings(**given)


async def test_old_entries_go_while_the_gateway_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """At its start, and then every hour."""
    store, pruned = await mock_store(), asyncio.Event()
    asked: list[int] = []

    async def prune(_store: Store, _mac: Any, days: int, _trail: Any) -> int:
        asked.append(days)
        pruned.set()
        return 0

    monkeypatch.setattr(auditing, "prune", prune)
    settings = Settings(audit="all", audit_retention_days=30)
    async with (
        auditing.opened(settings, store, "test") as trail,
        auditing.pruning(settings, store, trail),
    ):
        await pruned.wait()
    assert asked == [30]
    found = await rows(store)
    assert [row["action"] for row in found] == ["STARTED", "STOPPED"]
    assert (found[0]["program"], found[0]["keyed"]) == ("test", False)


async def test_a_metric_counts_entries(engine: WireEngine) -> None:
    """Those that were stored, and those that wait."""
    async with opened(engine, audit="all", auth="off", metrics_port=0) as whole:
        body = {"query": "{ botSessions { nodes { note } } }"}
        answer: httpx.Response = await whole.http.post("/graphql", json=body)
        assert answer.status_code == 200
        collectors = whole.app.entrance._metrics.collectors

        def stored() -> float | None:
            return collectors.get_sample_value("gateway_audit_entries_total", {"event": "stored"})

        await happened(lambda: bool(stored()))
        assert collectors.get_sample_value("gateway_audit_waiting") == 0
