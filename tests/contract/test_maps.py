"""GATEWAY_MAPS: another application's collection behind every door, and never changed."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.contract.whole import Whole, opened, signed
from tests.resolvers.store.test_mapped import MAP, foreign
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.anyio

TABLE = """
kind = "BOT"
collection = "conversations"

[columns]
"""


def toml(columns: dict[str, Any]) -> str:
    """The map of the store's tests as a file."""

    def value(one: Any) -> str:
        if isinstance(one, dict):
            return "{" + ", ".join(f"{name} = {value(item)}" for name, item in one.items()) + "}"
        return json.dumps(one)

    return TABLE + "\n".join(f"{json.dumps(name)} = {value(one)}" for name, one in columns.items())


@pytest.fixture(scope="module")
async def mapped(
    engine: WireEngine, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Whole]:
    """Twelve conversations of another application, served as bot sessions."""
    path = tmp_path_factory.mktemp("maps") / "bot.toml"
    path.write_text(toml({**MAP["columns"], "customer.customerId": "data.user.id"}))  # type: ignore[dict-item]
    async with opened(engine, maps=str(path)) as whole:
        rows = whole.context.store.database["conversations"]
        await rows.insert_many([foreign(number) for number in range(12)])
        yield whole


@pytest.fixture(scope="module")
async def everything(mapped: Whole) -> Any:
    """A credential that may read and write everything."""
    return await mapped.issue("*:read", "*:write", "pii:read", "customer:write")


async def ask(whole: Whole, issued: Any, query: str) -> Any:
    answer = await whole.graphql(issued, query)
    assert "errors" not in answer, answer
    return answer["data"]


async def test_lists_of_one_kind_and_of_all(mapped: Whole, everything: Any) -> None:
    """By the kind's own field, and merged with the other kinds."""
    query = """{
      botSessions(first: 2, filter: {userId: {eq: "u1"}}) {
        totalCount nodes { sessionId botId userId startedAt durationSeconds status }
      }
      sessions(first: 3) { totalCount nodes { __typename sessionId } }
    }"""
    data = await ask(mapped, everything, query)
    assert data["botSessions"]["totalCount"] == 3
    assert data["botSessions"]["nodes"][0] == {
        "sessionId": f"{9:024x}",
        "botId": "shop",
        "userId": "u1",
        "startedAt": "2026-03-01T09:34:00.000Z",
        "durationSeconds": None,
        "status": "ACTIVE",
    }
    assert [node["sessionId"] for node in data["sessions"]["nodes"]] == [
        f"{number:024x}" for number in (11, 10, 9)
    ]


async def test_statistics(mapped: Whole, everything: Any) -> None:
    """Groups, time, numbers and shares, computed by the database from the other shape."""
    query = """{
      botSessionStatistics(
        groupBy: [SESSION_TYPE], every: DAY, orderBy: [{field: COUNT}]
        rateOf: {userId: {eq: "u1"}}
      ) {
        groups {
          key { sessionType periodStart } count rate
          durationSeconds { average maximum percentile(p: 0.5) }
          noOfMessagesExchanged { maximum }
        }
      }
    }"""
    data = await ask(mapped, everything, query)
    few, many = data["botSessionStatistics"]["groups"]
    day = "2026-03-01T00:00:00.000Z"
    assert few["key"] == {"sessionType": "NON_INTERACTIVE", "periodStart": day}
    assert many["key"] == {"sessionType": "INTERACTIVE", "periodStart": day}
    assert [(group["count"], group["rate"]) for group in (few, many)] == [(4, 0.25), (8, 0.25)]
    assert few["durationSeconds"]["average"] == many["durationSeconds"]["maximum"] == 90.0
    assert few["durationSeconds"]["percentile"] == pytest.approx(90, rel=0.01)
    assert few["noOfMessagesExchanged"] == {"maximum": 11.0}


async def test_a_customer_of_several_systems(mapped: Whole, everything: Any) -> None:
    """By what the map names as the customer's id."""
    query = """{ customer(by: {customerId: "u1"}) { sessions(first: 9) {
      totalCount nodes { sessionId }
    } } }"""
    found = (await ask(mapped, everything, query))["customer"]["sessions"]
    assert found["totalCount"] == 3
    assert found["nodes"][0] == {"sessionId": f"{9:024x}"}


async def test_a_search_says_that_it_cannot(mapped: Whole, everything: Any) -> None:
    """No words are stored there: nothing found would be wrong."""
    query = '{ searchSessions(text: "hello") { totalCount } }'
    answer = await mapped.graphql(everything, query)
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "BotSession" in error["message"]
    others = '{ searchSessions(text: "hello", kinds: [CHAT]) { totalCount } }'
    assert (await ask(mapped, everything, others))["searchSessions"] == {"totalCount": 0}


async def test_the_vendors_url(mapped: Whole) -> None:
    """The vendor's own body, from the other application's documents."""
    issued = await mapped.issue("bot:read", "pii:read")
    body = {"sessionId": [f"{10:024x}"]}
    answer = await mapped.http.post(
        "/api/public/bot/shop/getSessions", json=body, headers=signed(issued)
    )
    (row,) = answer.json()["sessions"]
    assert (row["sessionId"], row["sessionType"], row["userId"]) == (
        f"{10:024x}",
        "interactive",
        "u2",
    )
    assert row["start_time"] == "2026-03-01T09:35:00.000Z"
    assert row["tags"]["userTags"] == [{"value": "10", "name": "vip"}]


async def test_scopes_bots_tenants_and_masks(mapped: Whole) -> None:
    """A credential sees of it what it would see of stored sessions."""
    other = await mapped.issue("bot:read", bots=["another"])
    shop = await mapped.issue("bot:read", bots=["shop"])
    count = "{ botSessions { totalCount } }"
    assert (await ask(mapped, other, count))["botSessions"]["totalCount"] == 0
    assert (await ask(mapped, shop, count))["botSessions"]["totalCount"] == 12
    acme = await mapped.issue("bot:read", tenants=["acme"])
    assert (await ask(mapped, acme, count))["botSessions"]["totalCount"] == 0
    refused = await mapped.graphql(await mapped.issue("chat:read"), count)
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_nothing_is_changed(mapped: Whole, everything: Any) -> None:
    """Mutations of the kind are refused, by name; those of other kinds are not."""
    rows = mapped.context.store.database["conversations"]
    before = await rows.find({}).sort("_id", 1).to_list(None)
    change = 'mutation { endBotSession(sessionId: "x") { errors { code } } }'
    answer = await mapped.graphql(everything, change)
    assert answer["errors"][0]["extensions"]["code"] == "READ_ONLY"
    assert await rows.find({}).sort("_id", 1).to_list(None) == before
    assert set(await rows.index_information()) == {"_id_"}
