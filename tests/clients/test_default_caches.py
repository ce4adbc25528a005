"""Clients with the caches they have by default, over sessions whose parts have the same ids.

Each reads a list, then its sessions one by one, then the list again from its cache alone: what the
cache has must be what the server said. A normalised cache that took a message's id for a global
one would show one chat's messages in the other.
"""

import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gql import Client, gql
from gql.transport.httpx import HTTPXTransport

from tests import node
from tests.clients.conftest import CLIENTS
from tests.gateway import ROOT, Gateway
from tests.timing import limit

pytestmark = pytest.mark.timeout(node.INSTALL_SECONDS + node.RUN_SECONDS)

FOLDER = CLIENTS / "default_caches"
OPERATIONS = (FOLDER / "sessions.graphql").read_text(encoding="utf-8")
QUERIES = re.compile(r"^(query (\w+).+?^})", re.M | re.S)
CREATE = """
mutation ($chat: CreateChatSessionInput!, $remote: CreateRemoteSupportSessionInput!) {
  createChatSession(input: $chat) { session { sessionId } errors { message } }
  createRemoteSupportSession(input: $remote) { session { sessionId } errors { message } }
}
"""

Variables = dict[str, list[str]]


@pytest.fixture
def sessions(gateway: Gateway) -> Variables:
    """Two chats and two remote-support sessions: equal ids of all parts, different texts."""
    made = [make_pair(gateway, text) for text in ("first", "second")]
    return {"chats": [chat for chat, _ in made], "remote": [remote for _, remote in made]}


def make_pair(gateway: Gateway, text: str) -> tuple[str, str]:
    """The vendors' ids of a new chat and a new remote-support session."""
    messages = [
        {"messageId": str(number), "source": "VISITOR", "message": f"{text} {number}"}
        for number in range(3)
    ]
    chat = {
        "sessionId": f"chat-{uuid.uuid4()}",
        "button": {"buttonId": "7", "name": text},
        "visitor": {"emailAddress": "kim@example.com", "name": text},
        "messages": messages,
    }
    remote = {
        "customerNumber": "C-1",
        "customerName": text,
        "chat": [{"author": "Kim", "text": text, "at": "2026-03-01T09:30:00Z"}],
        "customFields": [{"name": "ticket", "value": text}],
    }
    made = gateway.ask(CREATE, chat=chat, remote=remote)
    assert all(payload["errors"] == [] for payload in made.values()), made
    return chat["sessionId"], made["createRemoteSupportSession"]["session"]["sessionId"]


def said(gateway: Gateway, sessions: Variables) -> Any:
    """The list as the server has it."""
    (text,) = [text for text, name in QUERIES.findall(OPERATIONS) if name == "sessionsListQuery"]
    answer = gateway.ask(text, **sessions)
    for field in answer.values():
        first, second = field["nodes"]
        assert first["customer"]["customerId"] == second["customer"]["customerId"]
        assert first["customer"]["name"] != second["customer"]["name"]
    return answer


def same(cached: Any) -> Any:
    """Data without the members that a client asks for itself."""
    if isinstance(cached, list):
        return [same(one) for one in cached]
    if isinstance(cached, dict):
        return {name: same(one) for name, one in cached.items() if name != "__typename"}
    return cached


Open = Callable[[], node.Project]


@pytest.fixture
def project(tmp_path: Path, clients: Path, gateway: Gateway) -> node.Project:
    """The programs, with the clients' packages."""
    return node.copy(FOLDER, tmp_path / "default_caches", clients, gateway.environment)


def cached(project: node.Project, program: str, sessions: Variables, **environment: str) -> Any:
    """The list as the client's cache has it."""
    return same(json.loads(project.run("node", program, json.dumps(sessions), **environment)))


def test_apollo(project: node.Project, gateway: Gateway, sessions: Variables) -> None:
    """`new InMemoryCache()`."""
    assert cached(project, "apollo.mjs", sessions) == said(gateway, sessions)


@pytest.mark.parametrize("cache", ["document", "normalised"])
def test_urql(project: node.Project, gateway: Gateway, sessions: Variables, cache: str) -> None:
    """`cacheExchange` of urql itself, and Graphcache's without options."""
    assert cached(project, "urql.mjs", sessions, CACHE=cache) == said(gateway, sessions)


def test_relay(project: node.Project, gateway: Gateway, sessions: Variables) -> None:
    """A store without a `getDataID` of its own."""
    relay = project.folder
    for folder in ("src", "artifacts"):
        (relay / folder).mkdir()
    tagged = [
        f"export const {name} = graphql`{text}`;" for text, name in QUERIES.findall(OPERATIONS)
    ]
    imported = 'import { graphql } from "relay-runtime";'
    (relay / "src" / "sessions.js").write_text("\n".join([imported, *tagged]))
    (relay / "schema.graphql").write_text((ROOT / "schema" / "schema.graphql").read_text())
    project.run("relay-compiler", "relay.config.json")
    assert cached(project, "relay.mjs", sessions) == said(gateway, sessions)


def test_gql(gateway: Gateway, sessions: Variables) -> None:
    """gql has no cache: parts stand in their sessions, with the schema's own types."""
    transport = HTTPXTransport(url=gateway.url, headers=gateway.headers, timeout=limit(30))
    document = gql(OPERATIONS)
    document.variable_values = dict(sessions)
    document.operation_name = "sessionsListQuery"
    with Client(
        transport=transport, fetch_schema_from_transport=True, parse_results=True
    ) as session:
        found = session.execute(document)
    assert found == said(gateway, sessions)
