"""What is sent: root fields at the same time, sessions by id together, and nothing twice."""

from typing import Any

import pytest

from schema.common import global_id
from tests.schema.execution.database import Database
from tests.schema.execution.support import Asker
from tests.schema.test_damaged_records import bot


@pytest.fixture(autouse=True)
def stored(asker: Asker) -> None:
    """Two bot sessions."""
    tags = {"userTags": [{"name": "x"}], "sessionTags": []}
    asker.database = Database({"bot_sessions": [bot("a", tags=tags), bot("b")]})


def reads(asker: Asker, text: str) -> list[list[str]]:
    """The commands of three runs of an operation that must succeed."""
    found = []
    for _ in range(3):
        result = asker(text)
        assert result.errors is None
        found.append(asker.sent())
    return found


def test_same_session_twice(asker: Asker) -> None:
    """Two fields asking for one session are one read of what both of them need."""
    text = '{ x: botSession(sessionId: "a") { botId } y: botSession(sessionId: "a") { channel } }'
    for (command,) in reads(asker, text):
        assert "{'_id': 'a'}" in command
        assert "'botId': 1, 'channel': 1" in command


def test_several_sessions_of_a_kind(asker: Asker) -> None:
    """Several ids of one kind are one read, whichever fields ask for them."""
    text = (
        '{ x: botSession(sessionId: "a") { botId } y: botSession(sessionId: "b") { botId }'
        f' node(id: "{global_id("BotSession", "a")}") {{ id }}'
        f' nodes(ids: ["{global_id("BotSession", "c")}"]) {{ id }} }}'
    )
    for (command,) in reads(asker, text):
        assert "{'$in': ['a', 'b', 'c']}" in command


def test_one_session_is_one_plain_find(asker: Asker) -> None:
    """A lookup on its own is a find by one id."""
    for (command,) in reads(asker, '{ botSession(sessionId: "a") { botId } }'):
        assert "('bot_sessions', 'find', {'_id': 'a'}, {'botId': 1}" in command


def test_mutations_are_never_read_together(asker: Asker) -> None:
    """A change reads for itself, after the one before it."""
    change = "{ session { channel } }"
    text = (
        f'mutation {{ x: updateBotSession(sessionId: "a", input: {{channel: "1"}}) {change}'
        f' y: updateBotSession(sessionId: "a", input: {{channel: "2"}}) {change} }}'
    )
    result = asker(text)
    assert [result.data[name]["session"]["channel"] for name in "xy"] == ["1", "2"]


def test_root_fields_run_at_the_same_time(asker: Asker) -> None:
    """All finds are sent before the first is answered."""
    waiting: list[int] = []
    work = type(asker.database["bot_sessions"]).work

    async def note(self: Any, method: str) -> None:
        waiting.append(len(asker.database.commands))
        await work(self, method)

    for name in ("bot_sessions", "chat_sessions", "knowledge_sessions"):
        asker.database[name].work = note.__get__(asker.database[name])  # type: ignore[method-assign]
    text = (
        "{ botSessions { nodes { id } } chatSessions { nodes { id } }"
        " knowledgeSessions { nodes { id } } }"
    )
    for _ in range(3):
        asker(text)
        assert len(asker.sent()) == 3
    assert waiting == [1, 2, 3] * 3


@pytest.mark.parametrize(
    ("selection", "read", "shown"),
    [
        ("tags { __typename }", "'tags.userTags.name': 1", {"__typename": "BotTags"}),
        (
            "tags { userTags { __typename } }",
            "'tags.userTags.name': 1",
            {"userTags": [{"__typename": "BotTag"}]},
        ),
    ],
)
def test_object_without_columns(asker: Asker, selection: str, read: str, shown: Any) -> None:
    """Of an object whose type alone is asked for, enough is read to know that it is there."""
    text = f'{{ botSession(sessionId: "a") {{ {selection} }} }}'
    for (command,) in reads(asker, text):
        assert read in command
    assert asker(text).data["botSession"]["tags"] == shown


def test_fragments_of_other_kinds(asker: Asker) -> None:
    """What a fragment asks of other kinds is not read."""
    text = (
        f'{{ node(id: "{global_id("BotSession", "a")}") {{ ... on BotSession {{ botId }}'
        " ... on ChatSession { startedAt } ... on Session { status } } }"
    )
    for (command,) in reads(asker, text):
        assert "{'botId': 1, 'status': 1}" in command
