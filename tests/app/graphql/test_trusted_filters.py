"""Optional filters in a trusted document: an absent variable is an absent condition."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.app.graphql_client import Door, open_door

CREATE = """
mutation Create($bot: String!) {
  createBotSession(input: {botId: $bot, channel: "web", userId: "u"}) { errors { message } }
}
"""
LIST = """
query List($bot: String, $channels: [String!], $from: DateTime) {
  botSessions(
    filter: {
      botId: { eq: $bot }
      startedAt: { gte: $from }
      or: [{ channel: { in: $channels } }, { userId: { in: $channels } }]
    }
    orderBy: [{ field: BOT_ID }]
  ) { nodes { botId } }
}
"""


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Door:
    """A gateway that runs these two documents and no other, with a session of two bots each."""
    folder: Path = tmp_path_factory.mktemp("documents")
    (folder / "manifest.json").write_text(json.dumps({"create": CREATE, "list": LIST}))
    door = open_door(persisted_queries="trusted", persisted_documents=folder)
    for bot in ("st-1", "st-2"):
        made = door.post(None, documentId="create", variables={"bot": bot}).json()
        assert made["data"]["createBotSession"]["errors"] == []
    return door


@pytest.mark.parametrize(
    ("variables", "bots"),
    [
        ({}, ["st-1", "st-2"]),
        ({"bot": "st-2"}, ["st-2"]),
        ({"bot": None}, []),
        ({"channels": ["web"]}, ["st-1", "st-2"]),
        ({"channels": ["rtm"]}, []),
        ({"bot": "st-1", "channels": ["web"]}, ["st-1"]),
        ({"from": "2999-01-01T00:00:00Z"}, []),
        ({"from": "2000-01-01T00:00:00Z", "bot": "st-1"}, ["st-1"]),
    ],
    ids=str,
)
def test_one_document_serves_every_choice(
    door: Door, variables: dict[str, Any], bots: list[str]
) -> None:
    """What is given filters; what is left out does not; null means without a value."""
    answer = door.post(None, documentId="list", variables=variables).json()
    assert [one["botId"] for one in answer["data"]["botSessions"]["nodes"]] == bots


def test_a_form_without_any_variables(door: Door) -> None:
    """A client that sends no `variables` at all gets everything, too."""
    answer = door.post(None, documentId="list").json()
    assert len(answer["data"]["botSessions"]["nodes"]) == 2
