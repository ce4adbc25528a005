"""Relay, Apollo Client and urql as published, with their caches, against the live server.

Each pages through twelve sessions of a new bot, five at a time, changes the third of them, and
reads what its cache then has. The programs are in the folders beside this file.
"""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import node
from tests.clients.conftest import CLIENTS
from tests.gateway import ROOT, Gateway

pytestmark = pytest.mark.timeout(node.INSTALL_SECONDS + node.RUN_SECONDS)

TEXTS = (["Hello?", "Good day!"], ["My order is late.", "Which one?", "This one."])
NUMBERS = list(range(12))
CHANGED = ["webchat"] * 2 + ["changed"] + ["webchat"] * 9
SIZES = [5, 10, 12]
"""How many rows the cache has after each page."""

Open = Callable[[str], node.Project]


@pytest.fixture
def project(tmp_path: Path, clients: Path, gateway: Gateway) -> Open:
    """Open one client's project by the name of its folder."""
    return lambda name: node.copy(CLIENTS / name, tmp_path / name, clients, gateway.environment)


@pytest.fixture
def bot(gateway: Gateway) -> str:
    """A bot with twelve sessions."""
    return gateway.make_bot_sessions(len(NUMBERS))


@pytest.fixture
def chats(gateway: Gateway) -> list[str]:
    """Two chats whose messages have the same ids, and whose visitors have the same name."""
    return [make_chat(gateway, texts) for texts in TEXTS]


def make_chat(gateway: Gateway, texts: list[str]) -> str:
    session_id = f"chat-{uuid.uuid4()}"
    messages = [
        {"messageId": str(number), "message": text, "source": "VISITOR"}
        for number, text in enumerate(texts)
    ]
    made = gateway.ask(
        "mutation ($input: CreateChatSessionInput!) {"
        " createChatSession(input: $input) { errors { message } } }",
        input={"sessionId": session_id, "visitor": {"name": "Kim"}, "messages": messages},
    )
    assert made["createChatSession"]["errors"] == []
    return session_id


def run(project: node.Project, program: str, *arguments: str) -> Any:
    """What a program prints, parsed."""
    return json.loads(project.run("node", program, *arguments))


def test_apollo(project: Open, bot: str) -> None:
    """Three pages merge into one list without doubles; a change by id reaches it."""
    found = run(project("apollo"), "pages.mjs", bot)
    assert found["sizes"] == SIZES
    assert found["requests"] == len(SIZES)
    assert found["numbers"] == NUMBERS
    assert (found["objects"], found["cursors"], found["totalCount"]) == (12, 12, 12)
    assert found["pageInfo"]["hasNextPage"] is False
    assert found["errors"] == []
    assert found["channels"] == CHANGED
    assert found["again"] is True


def test_apollo_parts(project: Open, chats: list[str]) -> None:
    """Parts with the same ids stay with their sessions, in a cache without configuration."""
    assert run(project("apollo"), "chats.mjs", *chats) == list(TEXTS)


def test_urql(project: Open, bot: str, chats: list[str]) -> None:
    """relayPagination merges the pages; parts stay with their sessions."""
    found = run(project("urql"), "pages.mjs", bot, *chats)
    assert found == {
        "sizes": SIZES,
        "errors": [],
        "numbers": NUMBERS,
        "channels": CHANGED,
        "hasNextPage": False,
        "chats": list(TEXTS),
    }


def test_relay(project: Open, bot: str, chats: list[str]) -> None:
    """The compiler accepts the schema, and the runtime pages, refetches, changes and deletes."""
    relay = project("relay")
    (relay.folder / "artifacts").mkdir()
    (relay.folder / "schema.graphql").write_text((ROOT / "schema" / "schema.graphql").read_text())
    relay.run("relay-compiler", "relay.config.json")
    found = run(relay, "run.mjs", bot, *chats)
    assert found["sizes"] == SIZES
    assert found["numbers"] == NUMBERS
    assert found["again"]["type"] == "BotSession"
    assert found["again"]["customer"] == {"customerId": "user-1", "name": None}
    assert (found["errors"], found["channels"]) == ([], CHANGED)
    assert found["refused"]["errors"][0]["code"] == "NOT_FOUND"
    assert found["left"] == [number for number in NUMBERS if number != 2]
    assert found["chats"] == list(TEXTS)
