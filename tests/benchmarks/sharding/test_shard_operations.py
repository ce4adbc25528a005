"""Every operation is planned, and the recommended keys serve them as docs/sharding.md says."""

import re
from importlib import import_module
from pathlib import Path

from app.rest import VENDORS
from benchmarks.sharding.operations import SESSIONS, Operation
from benchmarks.sharding.routing import ID, TENANT_ID, WRITES, Route, ShardKey, route
from benchmarks.sharding.table import NOTHING, cell, operations
from tests.client_schema import client_schema

ROOT = Path(__file__).resolve().parents[3]
ALL_TENANTS = {
    "exportCustomer",
    "eraseCustomer",
    "searchSessions for two words",
    "create…Sessions",
    "sessionChanges",
}
"""They look for sessions of an earlier version, count words, seek ids that are taken, whoever's
these are, and ask for the database's time: by their general names."""


def test_every_operation_is_there() -> None:
    """Each field of Query and Mutation, and each operation of each vendor."""
    schema = client_schema()
    assert schema.query_type
    assert schema.mutation_type
    names = {one.name for one in operations()}
    assert {*schema.query_type.fields, *schema.mutation_type.fields} <= names
    for vendor in VENDORS:
        summaries = {(one.method, one.operation.summary) for one in vendor.endpoints}
        own = {f"{one.method} {one.path}" for one in vendor.endpoints}
        assert len(own & names) == len(summaries), vendor.name


def test_every_collection_has_its_key() -> None:
    """The page says how each collection is sharded, or why it is not."""
    named = re.compile(r"database(?:\[|\.get_collection\()([A-Z_]+)\b")
    page = (ROOT / "docs" / "sharding.md").read_text(encoding="utf-8")
    found = set(SESSIONS)
    for path in (ROOT / "resolvers" / "store").glob("*.py"):
        module = import_module(f"resolvers.store.{path.stem}")
        found |= {vars(module)[name] for name in named.findall(path.read_text(encoding="utf-8"))}
    assert {"audit", "claims", "credentials", "customer_links", "rate_counters"} <= found
    for name in found:
        assert f"`{name}`" in page or f'"{name}"' in page, name


def test_a_tenant_is_asked_for_where_there_is_a_limit() -> None:
    """No read of a limited credential goes to shards that have nothing of its tenant."""
    for one in _of_sessions():
        if one.general.split(" by ")[0] not in ALL_TENANTS:
            assert _widest(TENANT_ID, one, limited=True) < Route.ALL, one.name


def test_changes_find_their_shard() -> None:
    """Whoever asks: what was read has the tenant, and the change names it."""
    for key in (ID, TENANT_ID):
        for one in operations():
            for command in (*one.limited, *one.free):
                if command.collection in SESSIONS and command.name in WRITES:
                    assert route(key, command) <= Route.FEW, (key.text, one.name)


def test_a_key_of_time_before_the_id_costs_changes() -> None:
    """Which is why it is not recommended."""
    key = ShardKey((("tenant", 1), ("startedAt", 1)))
    (update,) = (one for one in operations() if one.name == "updateBotSession")
    assert route(key, update.free[-1]) is Route.EVERY


def test_ids_need_no_hash_to_be_found() -> None:
    """`{tenant: 1, _id: 1}` leads where the hashed one does."""
    ranged = ShardKey((("tenant", 1), ("_id", 1)))
    for one in operations():
        if one.general.split(" by ")[0] not in ALL_TENANTS:
            for commands in (one.limited, one.free):
                assert cell(ranged, commands) == cell(TENANT_ID, commands), one.name


def _of_sessions() -> list[Operation]:
    return [one for one in operations() if cell(ID, one.limited) != NOTHING]


def _widest(key: ShardKey, one: Operation, limited: bool) -> Route:
    commands = one.limited if limited else one.free
    return max(route(key, command) for command in commands if command.collection in SESSIONS)
