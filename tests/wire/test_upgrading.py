"""A database that an earlier version filled is brought up to date by the next start."""

import dataclasses

import pytest

from resolvers import sessions
from resolvers.common_columns import TENANT
from resolvers.context import Context
from resolvers.kind import Document
from resolvers.request import Compare, Operator, Read
from resolvers.store import preparation
from tests.conftest import KINDS_BY_NAME

pytestmark = pytest.mark.anyio

KNOWLEDGE = KINDS_BY_NAME["knowledge"]
BEFORE = dataclasses.replace(KNOWLEDGE, ended="status")
"""As 0.1 had it: every kind had a status, stored by the write path and demanded by the rules."""


@pytest.fixture(autouse=True)
def batches_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that five sessions need more than one."""
    monkeypatch.setattr(preparation, "BATCH", 2)


async def filled(context: Context) -> list[Document]:
    """Five sessions as 0.1 stored them."""
    await preparation.prepare(context.store, [BEFORE], {})
    stored = [await sessions.create(context, BEFORE, {"customerId": str(n)}) for n in range(5)]
    assert {document["status"] for document in stored} == {"ACTIVE"}
    return stored


async def test_status_is_removed(context: Context) -> None:
    """Nothing else changes, however often the gateway starts; new sessions have none either."""
    stored = await filled(context)
    for _ in range(2):
        await preparation.prepare(context.store, [KNOWLEDGE], {})
        found = await sessions.get_many(context, KNOWLEDGE, [row["_id"] for row in stored])
        for row in stored:
            assert found[row["_id"]] == {n: value for n, value in row.items() if n != "status"}
    await sessions.create(context, KNOWLEDGE, {})
    for operator, number in ((Operator.EQ, 6), (Operator.NE, 0)):
        where = Compare((KNOWLEDGE.by_name["status"],), operator, None)
        assert len((await sessions.list_(context, Read(KNOWLEDGE, where))).documents) == number


async def test_change_during_the_start_is_kept(context: Context) -> None:
    """A process of the earlier version that changes a session meanwhile loses nothing."""
    (first, *_) = await filled(context)

    def change(document: Document) -> None:
        document["agentId"] = "mia"

    await preparation.prepare(context.store, [KNOWLEDGE], {})
    changed = await sessions.act(context, BEFORE, first["_id"], change)
    assert (changed["agentId"], changed["revision"]) == ("mia", 2)
    await preparation.prepare(context.store, [KNOWLEDGE], {})
    found = await sessions.get(context, KNOWLEDGE, first["_id"])
    assert found is not None
    assert (found["agentId"], "status" in found) == ("mia", False)


WITHOUT = dataclasses.replace(
    KNOWLEDGE,
    columns=tuple(column for column in KNOWLEDGE.columns if column is not TENANT),
    indexes=tuple(index for index in KNOWLEDGE.indexes if TENANT.path not in index.keys),
)
"""As versions had it that knew no tenants."""


async def test_sessions_from_before_tenants(context: Context) -> None:
    """They have none: who has no limit sees them, and a tenant's credential does not. What is new
    has one, also before the next start."""
    await preparation.prepare(context.store, [WITHOUT], {})
    old = await sessions.create(context, WITHOUT, {"customerId": "old"})
    acme = dataclasses.replace(context.caller, tenants=frozenset({"acme"}))
    own = Context(context.store, now=context.now, caller=acme)
    made = await sessions.create(own, KNOWLEDGE, {})
    await preparation.prepare(context.store, [KNOWLEDGE], {})
    built = await context.store.collection(KNOWLEDGE).index_information()
    assert "tenant_startedAt__id" in built
    made_later = await sessions.create(own, KNOWLEDGE, {})
    for who, seen in (
        (context, {old["_id"], made["_id"], made_later["_id"]}),
        (own, {made["_id"], made_later["_id"]}),
    ):
        page = await sessions.list_(who, Read(KNOWLEDGE))
        assert {row["_id"] for row in page.documents} == seen
    assert (await sessions.update(context, KNOWLEDGE, old["_id"], {"agentId": "mia"}))["agentId"]
