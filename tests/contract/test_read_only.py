"""GATEWAY_READ_ONLY=true: sessions are served, and nothing at all is written."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from app.main import create_app
from resolvers import credentials
from tests.contract.stocked import IDS, stock
from tests.contract.test_access_scan_graphql import SCHEMA, operation
from tests.contract.whole import Whole, opened
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.anyio

LOOPBACK = "http://127.0.0.1"
DEMO = SecretStr("demo-key-of-a-reader-32-characters")
AUTHORIZED = {"Authorization": f"Bearer {DEMO.get_secret_value()}"}
assert SCHEMA.mutation_type
MUTATIONS = sorted(SCHEMA.mutation_type.fields)
LINKED = [{"type": "CUSTOMER_ID", "value": "somebody"}]


@pytest.fixture(scope="module")
async def reader(engine: WireEngine) -> AsyncIterator[Whole]:
    """A gateway that may not write, on a database with one session of each kind."""
    async with opened(engine, demo_key=DEMO, rate="1000/minute") as writer:
        await stock(writer)
        settings = writer.settings.model_copy(update={"read_only": True})
        app = create_app(settings)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url=LOOPBACK) as http:
                yield Whole(app, http, settings)


async def everything(whole: Whole) -> dict[str, list[Any]]:
    """The documents of every collection, and so which collections there are."""
    database = whole.context.store.database
    names = sorted(await database.list_collection_names())
    return {name: await database[name].find({}).sort("_id", 1).to_list(None) for name in names}


@pytest.mark.parametrize("field", MUTATIONS)
async def test_mutations_are_refused(reader: Whole, field: str) -> None:
    """Every one, by name, with the code READ_ONLY; nothing is stored."""
    query, variables = operation(field)
    if "identifiers" in variables:
        variables["identifiers"] = LINKED
    before = await everything(reader)
    body = {"query": query, "variables": variables}
    answer = (await reader.http.post("/graphql", json=body, headers=AUTHORIZED)).json()
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "READ_ONLY"
    assert "read-only" in error["message"]
    assert await everything(reader) == before


async def test_vendors_writes_are_refused(reader: Whole) -> None:
    """In the vendor's shape; a GET of an unknown session makes none."""
    before = await everything(reader)
    made = await reader.http.put("/sessions/new", headers=AUTHORIZED)
    linked = await reader.http.post(f"/sessions/{IDS['knowledge']}", headers=AUTHORIZED)
    for answer in (made, linked):
        assert answer.status_code == 403
        assert answer.json().keys() == {"statusCode", "errorMessage"}
        assert "read-only" in answer.json()["errorMessage"]
    unknown = await reader.http.get(f"/sessions/{IDS['co_browse']}", headers=AUTHORIZED)
    assert unknown.status_code == 404
    assert await everything(reader) == before


async def test_sessions_are_served(reader: Whole) -> None:
    """Reads, counts and statistics; the rate is counted in memory, and uses are not stored."""
    before = await everything(reader)
    query = "{ sessions { totalCount nodes { id } } sessionStatistics { groups { count } } }"
    answer = await reader.http.post("/graphql", json={"query": query}, headers=AUTHORIZED)
    assert answer.json()["data"]["sessions"]["totalCount"] == len(IDS) + 1
    found = await reader.http.get(f"/sessions/{IDS['knowledge']}", headers=AUTHORIZED)
    assert found.json()["sessionId"] == IDS["knowledge"]
    assert await everything(reader) == before


async def test_rates_are_limited_all_the_same(engine: WireEngine) -> None:
    """Without a collection of counters."""
    async with opened(engine, demo_key=DEMO, rate="2/minute", read_only=True) as whole:
        before = await everything(whole)
        body = {"query": "{ __typename }"}
        answers = [
            await whole.http.post("/graphql", json=body, headers=AUTHORIZED) for _ in range(3)
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert await everything(whole) == before


async def test_stored_keys_open_it_too(reader: Whole) -> None:
    """Those that a gateway which may write has issued."""
    issued = await reader.issue("bot:read")
    answer = await reader.graphql(issued, "{ viewer { scopes } }")
    assert answer["data"]["viewer"]["scopes"] == ["bot:read"]
    await credentials.revoke(reader.context.store, issued.credential.id, reader.context.now())
