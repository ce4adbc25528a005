"""`relatedSessions`: what a session names, and the sessions behind it."""

from typing import Any

import pytest

from resolvers.access import Caller
from tests.conftest import KINDS_BY_NAME
from tests.schema.conftest import NOW, Client

LIST = """{ botSessions { nodes { sessionId relatedSessions {
  kind sessionId session { __typename id sessionId startedAt ... on KnowledgeSession { agentId } }
} } } }"""


def store(client: Client, name: str, session_id: str, **more: Any) -> None:
    """A session as the database has it."""
    client.insert(name, {"_id": session_id, "startedAt": NOW, "labels": [], **more})


def pair(kind: str, session_id: str) -> dict[str, str]:
    return {"kind": kind, "sessionId": session_id}


@pytest.fixture
def filled(client: Client) -> Client:
    """Two bot sessions that name a knowledge session, one another, and one that is not there."""
    names = [pair("KNOWLEDGE", "k"), pair("BOT", "b2"), pair("CHAT", "gone")]
    store(client, "bot", "b1", botId="x", relatedSessions=names)
    store(client, "bot", "b2", botId="y", relatedSessions=names[:1])
    store(client, "knowledge", "k", agentId="mia")
    return client


def joined(client: Client) -> list[Any]:
    """The types and ids of what b1 names."""
    (first,) = [row for row in client.data(LIST)["nodes"] if row["sessionId"] == "b1"]
    return [
        one["session"] and (one["session"]["__typename"], one["session"]["sessionId"])
        for one in first["relatedSessions"]
    ]


def test_joined(filled: Client) -> None:
    """Each with its own type and fields; null where there is none."""
    for _ in range(3):
        assert joined(filled) == [("KnowledgeSession", "k"), ("BotSession", "b2"), None]


def test_one_find_for_a_kind(filled: Client, finds: list[dict[str, Any]]) -> None:
    """However many rows name sessions: one for the rows, one for each kind that is named."""
    for number in range(50):
        store(filled, "bot", f"more{number}", relatedSessions=[pair("BOT", f"more{number + 1}")])
    filled.data("{ botSessions(first: 100) { nodes { relatedSessions { session { id } } } } }")
    assert len(finds) == 4
    assert finds[0]["projection"] == {"relatedSessions": 1, "_id": 1}
    assert all(find["projection"] == {"_id": 1} for find in finds[1:])


def test_only_the_pairs_are_read(filled: Client, finds: list[dict[str, Any]]) -> None:
    """Without `session`, nothing is joined."""
    filled.data("{ botSessions { nodes { relatedSessions { kind __typename } } } }")
    assert [find["projection"] for find in finds] == [{"relatedSessions.kind": 1, "_id": 1}]


def test_kinds_that_one_may_not_read(filled: Client) -> None:
    """Null without an error: the pair says that something is named."""
    filled.context.caller = Caller("a", frozenset({"bot:read"}))
    assert joined(filled) == [None, ("BotSession", "b2"), None]


def test_bots_and_retention(filled: Client) -> None:
    """Sessions of other bots, and expired ones, are not joined."""
    filled.context.caller = Caller("a", frozenset({"*:read"}), bots=frozenset({"x"}))
    assert joined(filled) == [("KnowledgeSession", "k"), None, None]
    filled.context.caller = Caller("a", frozenset({"*:read"}))
    filled.context.retention = {"knowledge": 60}
    filled.clock.advance(hours=1)
    assert joined(filled) == [None, ("BotSession", "b2"), None]


def test_masked(filled: Client) -> None:
    """A joined session is masked as any other."""
    store(filled, "chat", "gone", note="secret")
    text = '{ botSession(sessionId: "b1") { relatedSessions { session { note } } } }'
    assert {"session": {"note": "secret"}} in filled.data(text)["relatedSessions"]
    filled.context.caller = Caller("a", frozenset({"*:read"}))
    assert {"session": {"note": "***"}} in filled.data(text)["relatedSessions"]


def test_the_way_back(filled: Client) -> None:
    """Who names a session is found by the filter, over all kinds."""
    text = """query ($kind: SessionKind!, $id: String!) { sessions(filter: {
      relatedSessions: {some: {kind: {eq: $kind}, sessionId: {eq: $id}}}}) {
      nodes { sessionId } } }"""
    for _ in range(2):
        rows = filled.data(text, kind="KNOWLEDGE", id="k")["nodes"]
        assert sorted(row["sessionId"] for row in rows) == ["b1", "b2"]
    assert filled.data(text, kind="CHAT", id="k")["nodes"] == []


def test_each_once(client: Client) -> None:
    """The same pair again is not stored; the order stays."""
    values = {"botId": "x", "channel": "c", "userId": "u", "sessionId": "b"}
    names = [pair("CHAT", "1"), pair("BOT", "1"), pair("CHAT", "1"), pair("CHAT", "0")]
    text = """mutation ($input: CreateBotSessionInput!) { createBotSession(input: $input) {
      session { relatedSessions { kind sessionId } } errors { code } } }"""
    payload = client.data(text, input={**values, "relatedSessions": names})
    assert payload["session"]["relatedSessions"] == [*names[:2], names[3]]


def test_damaged_pairs(filled: Client) -> None:
    """A pair without an id, or of an unknown kind, is an error in its own field."""
    store(
        filled, "bot", "b3", relatedSessions=[{"kind": "BOAT", "sessionId": "1"}, {"kind": "BOT"}]
    )
    text = '{ botSession(sessionId: "b3") { relatedSessions { session { id } } } }'
    assert filled.data(text)["relatedSessions"] == [{"session": None}] * 2
    errors = filled(text.replace("{ session", "{ kind sessionId session"))["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"CORRUPT_DOCUMENT"}


def test_every_kind_has_an_index() -> None:
    """The way back costs what it finds."""
    for kind in KINDS_BY_NAME.values():
        assert ("relatedSessions.sessionId", "startedAt", "_id") in {
            index.keys for index in kind.indexes
        }
