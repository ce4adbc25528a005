"""Subscriptions of Apollo Client, urql, Relay and gql for Python, against the live server."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from gql import Client, GraphQLRequest
from gql.transport.websockets import WebsocketsTransport

from tests import node
from tests.clients.conftest import CLIENTS
from tests.gateway import ROOT, Gateway
from tests.timing import limit

JAVASCRIPT = pytest.mark.timeout(node.INSTALL_SECONDS + node.RUN_SECONDS)
LIVE = """
  subscription Live($botId: String!, $after: String) {
    botSessionChanged(filter: {botId: {eq: $botId}}, after: $after) {
      action cursor session { id sessionId channel }
    }
  }
"""
EXPECTED = [("CREATED", "changed"), ("CREATED", "webchat"), ("UPDATED", "changed")]
"""Of two new sessions, the first of which was changed: each is shown as it is now."""


def happened(gateway: Gateway) -> tuple[str, str]:
    """A bot of which two sessions were stored and one was changed, and the cursor before that."""
    start = gateway.ask("{ sessionChanges { pageInfo { endCursor } } }")
    bot = gateway.make_bot_sessions(2)
    read = "query ($bot: String!) { botSessions(filter: {botId: {eq: $bot}, "
    read += "noOfMessagesExchanged: {eq: 0}}) { nodes { sessionId } } }"
    (first,) = gateway.ask(read, bot=bot)["botSessions"]["nodes"]
    change = (
        'mutation ($id: String!) { updateBotSession(sessionId: $id, input: {channel: "changed"})'
    )
    gateway.ask(f"{change} {{ errors {{ message }} }} }}", id=first["sessionId"])
    return bot, start["sessionChanges"]["pageInfo"]["endCursor"]


def check(changes: list[Any]) -> None:
    """What came is what happened, each at a place of its own."""
    assert [(one["action"], one["session"]["channel"]) for one in changes] == EXPECTED
    assert len({one["cursor"] for one in changes}) == len(EXPECTED)


@JAVASCRIPT
@pytest.mark.parametrize("program", ["apollo", "urql", "relay"])
def test_javascript(program: str, gateway: Gateway, clients: Path, tmp_path: Path) -> None:
    """Changes arrive over graphql-ws, and reach the client's cache."""
    project = node.copy(CLIENTS / "live", tmp_path / "live", clients, gateway.environment)
    if program == "relay":
        (project.folder / "artifacts").mkdir()
        schema = (ROOT / "schema" / "schema.graphql").read_text()
        (project.folder / "schema.graphql").write_text(schema)
        project.run("relay-compiler", "relay.config.json")
    found = json.loads(project.run("node", f"{program}.mjs", *happened(gateway)))
    check(found["changes"])
    assert found["cached"] == ["changed", "webchat"]


@pytest.mark.anyio
async def test_gql(gateway: Gateway) -> None:
    """The package gql for Python, over its own WebSocket transport."""
    bot, after = await asyncio.to_thread(happened, gateway)
    transport = WebsocketsTransport(
        url=gateway.url.replace("http", "ws", 1),
        init_payload={"Authorization": f"Bearer {gateway.key}"},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    changes: list[Any] = []
    async with Client(transport=transport) as session, asyncio.timeout(limit(30)):
        asked = GraphQLRequest(LIVE, variable_values={"botId": bot, "after": after})
        async for one in session.subscribe(asked):
            changes.append(one["botSessionChanged"])
            if len(changes) == len(EXPECTED):
                break
    check(changes)
