"""One UUID is one session through every API, in upper and in lower case."""

# ruff: noqa: F811
from typing import Any

import pytest

from schema.common import global_id
from schema.kinds.knowledge import KNOWLEDGE
from tests.app.rest.legacy import Door, door  # noqa: F401

KEY = {"Authorization": "Bearer root-key"}
ID = "83d03970-c959-11e2-857d-082e5f12b9a1"
SPELLINGS = (ID, ID.upper(), "83d03970-C959-11e2-857D-082e5f12b9a1")


@pytest.mark.difference("knowledge.one_case")
def test_capitals_make_no_second_session(door: Door) -> None:
    """Whoever created it, no other customer can be linked to it by another spelling."""
    first = door.send("POST", f"/sessions/{SPELLINGS[1]}", headers={**KEY, "gkc_customerId": "c1"})
    assert first.json()["sessionId"] == ID
    for spelling in SPELLINGS:
        shown = door.send("GET", f"/gks-server/v1/sessions/{spelling}", headers=KEY).json()
        assert (shown["sessionId"], shown["customerId"]) == (ID, "c1")
        other = {**KEY, "gkc_customerId": "c2"}
        assert door.send("POST", f"/sessions/{spelling}", headers=other).status_code == 400
    assert [row["_id"] for row in door.stored(KNOWLEDGE)] == [ID]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_graphql_takes_each_spelling(door: Door, spelling: str) -> None:
    """In arguments, global ids, inputs and filters; it shows the one in lower case."""
    shown = {"sessionId": ID, "id": global_id("KnowledgeSession", ID)}
    created = door.graphql(
        """mutation ($id: String!) {
          createKnowledgeSession(input: {sessionId: $id}) { session { sessionId id } }
        }""",
        id=spelling,
    )
    assert created["session"] == shown
    one = "query ($id: String!) { knowledgeSession(sessionId: $id) { sessionId id } }"
    assert door.graphql(one, id=spelling) == shown
    named = global_id("KnowledgeSession", spelling)
    by_id = "query ($id: ID!) { knowledgeSession(id: $id) { sessionId id } }"
    assert door.graphql(by_id, id=named) == shown
    node = "query ($id: ID!) { node(id: $id) { ... on KnowledgeSession { sessionId id } } }"
    assert door.graphql(node, id=named) == shown
    nodes = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = [global_id("KnowledgeSession", one) for one in SPELLINGS]
    assert door.graphql(nodes, ids=ids) == [{"id": shown["id"]}] * 3


FILTERS: list[tuple[dict[str, Any], bool]] = [
    *(({"eq": spelling}, True) for spelling in SPELLINGS),
    *(({"ne": spelling}, False) for spelling in SPELLINGS),
    *(({"in": ["x", spelling]}, True) for spelling in SPELLINGS),
    *(({"nin": [spelling]}, False) for spelling in SPELLINGS),
    *(({"startsWith": spelling[:12]}, True) for spelling in SPELLINGS),
    ({"contains": "C959"}, True),
    ({"endsWith": "B9A1"}, True),
    ({"ne": None}, True),
]


@pytest.mark.parametrize(("condition", "found"), FILTERS)
def test_filters_take_each_spelling(door: Door, condition: dict[str, Any], found: bool) -> None:
    """Of one kind."""
    door.create(KNOWLEDGE, {"sessionId": ID})
    query = """query ($is: StringFilter!) {
      knowledgeSessions(filter: {sessionId: $is}) { nodes { sessionId } }
    }"""
    nodes = door.graphql(query, **{"is": condition})["nodes"]
    assert nodes == ([{"sessionId": ID}] if found else [])


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_kind_and_related_sessions(door: Door, spelling: str) -> None:
    """In the list of all kinds, and in the pairs that a session names."""
    door.create(KNOWLEDGE, {"sessionId": ID})
    everywhere = """query ($id: String!) {
      sessions(filter: {sessionId: {eq: $id}}) { nodes { sessionId } }
    }"""
    assert door.graphql(everywhere, id=spelling)["nodes"] == [{"sessionId": ID}]
    pair = {"kind": "KNOWLEDGE", "sessionId": spelling}
    made = door.graphql(
        """mutation ($pairs: [RelatedSessionInput!]) {
          createChatSession(input: {sessionId: "c", start: {dateTime: "2026-03-01T09:30:00"},
            relatedSessions: $pairs}) {
            session { relatedSessions { sessionId session { sessionId } } } errors { message }
          }
        }""",
        pairs=[pair, {"kind": "KNOWLEDGE", "sessionId": ID}],
    )
    assert made["session"]["relatedSessions"] == [{"sessionId": ID, "session": {"sessionId": ID}}]
    naming = """query ($id: String!) {
      chatSessions(filter: {relatedSessions: {some: {sessionId: {eq: $id}}}}) {
        nodes { sessionId }
      }
    }"""
    assert door.graphql(naming, id=spelling)["nodes"] == [{"sessionId": "c"}]


def test_texts_keep_their_case_among_pairs(door: Door) -> None:
    """The id of a chat is what it is, in capitals too."""
    pair = {"kind": "CHAT", "sessionId": ID.upper()}
    made = door.graphql(
        """mutation ($pairs: [RelatedSessionInput!]) {
          createKnowledgeSession(input: {relatedSessions: $pairs}) {
            session { relatedSessions { kind sessionId } }
          }
        }""",
        pairs=[pair],
    )
    assert made["session"]["relatedSessions"] == [pair]
