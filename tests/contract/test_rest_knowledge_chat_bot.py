"""Knowledge, chat and bot sessions tell the same story through GraphQL and the vendors' paths."""

# ruff: noqa: F811
from typing import Any

import pytest

from schema.kinds.bot import BOT
from schema.kinds.knowledge import KNOWLEDGE
from tests.app.rest.legacy import Door, door  # noqa: F401

KEY = {"Authorization": "Bearer root-key"}
PAIR = {"apiKey": "root", "token": "root-key"}
AUTH = {"auth": "jwt.root"}
ID = "83d03970-c959-11e2-857d-082e5f12b9a1"

LINKED = """query ($id: String!) {
  knowledgeSession(sessionId: $id) { sessionId agentId customerId visitId globalVisitId }
}"""
CREATE = "mutation ($input: Create%sInput!) { create%s(input: $input) { errors { message } } }"
UPDATE = """mutation ($id: String!, $input: Update%sInput!) {
  update%s(sessionId: $id, input: $input) { errors { message } }
}"""
DELETE = "mutation ($id: String!) { delete%s(sessionId: $id) { errors { message } } }"


def create(door: Door, type_name: str, given: dict[str, Any]) -> None:
    query = CREATE % (type_name, type_name)
    assert door.graphql(query, input=given) == {"errors": []}


def update(door: Door, type_name: str, session_id: str, given: dict[str, Any]) -> None:
    query = UPDATE % (type_name, type_name)
    assert door.graphql(query, id=session_id, input=given) == {"errors": []}


def delete(door: Door, type_name: str, session_id: str) -> None:
    assert door.graphql(DELETE % type_name, id=session_id) == {"errors": []}


def knowledge(door: Door, method: str = "GET", **headers: str) -> dict[str, Any]:
    answer = door.send(method, f"/gks-server/v1/sessions/{ID}", headers={**KEY, **headers})
    return dict(answer.json())


def test_a_knowledge_session_from_graphql_to_the_path(door: Door) -> None:
    """Created, linked and removed by mutations, each visible by the path at once."""
    create(door, "KnowledgeSession", {"sessionId": ID, "agentId": "a1"})
    empty = {"customerId": None, "visitId": None, "globalVisitId": None}
    assert knowledge(door) == {"sessionId": ID, "agentId": "a1", **empty}
    link = """mutation ($id: String!) {
      linkKnowledgeSession(sessionId: $id, customerId: "c1", visitId: "v1") { errors { message } }
    }"""
    assert door.graphql(link, id=ID) == {"errors": []}
    assert list(knowledge(door).values()) == [ID, "a1", "c1", "v1", None]
    delete(door, "KnowledgeSession", ID)
    door.settings(knowledge_auto_create=False)
    assert knowledge(door) == {"statusCode": 404, "errorMessage": "Session not found"}


@pytest.mark.parametrize("method", ["PUT", "GET", "POST"])
def test_a_knowledge_session_from_the_path_to_graphql(door: Door, method: str) -> None:
    """What any of the three verbs makes is there for GraphQL, with the same five fields."""
    path = "/sessions/new" if method == "PUT" else f"/sessions/{ID}"
    made = door.send(method, path, headers={**KEY, "gkc_customerId": "c1"}).json()
    assert door.graphql(LINKED, id=made["sessionId"]) == made
    assert made["customerId"] == "c1"


def test_both_doors_link_the_same_session(door: Door) -> None:
    """What one door has linked stays when the other links more."""
    knowledge(door, "POST", gkc_agentId="a1")
    update(door, "KnowledgeSession", ID, {"visitId": "v1"})
    knowledge(door, "POST", gkc_customerId="c1")
    assert list(door.graphql(LINKED, id=ID).values()) == [ID, "a1", "c1", "v1", None]
    assert len(door.stored(KNOWLEDGE)) == 1


def test_a_chat_from_graphql_to_the_path(door: Door) -> None:
    """Created, continued, closed and removed by mutations; the path follows."""
    start = {"dateTime": "2026-01-05T12:00:00", "timeZone": "Europe/Paris"}
    create(door, "ChatSession", {"sessionId": "c1", "visitor": {"name": "Jo"}, "start": start})
    append = """mutation ($messages: [ChatMessageInput!]!) {
      appendChatMessages(sessionId: "c1", messages: $messages) { errors { message } }
    }"""
    messages = [
        {"messageId": "m1", "message": "Hello", "source": "VISITOR", "sent": start},
        {
            "messageId": "m2",
            "message": "Good day",
            "source": "OPERATOR",
            "sent": {**start, "dateTime": "2026-01-05T12:00:07.250"},
        },
    ]
    assert door.graphql(append, messages=messages) == {"errors": []}
    path = "/api/2.0/chat/console/history"
    chat = door.send("GET", f"{path}/c1", headers=PAIR).json()
    assert (chat["visitor"]["name"], chat["start"]) == ("Jo", start)
    assert chat["messages"] == [
        {
            "id": message["messageId"],
            "sessionId": "c1",
            "message": message["message"],
            "source": str(message["source"]).lower(),
            "sent": {**message["sent"], "datetime": message["sent"]["dateTime"]},
        }
        for message in messages
    ]
    close = 'mutation { endChatSession(sessionId: "c1") { errors { message } } }'
    assert door.graphql(close) == {"errors": []}
    figures = door.send("GET", path, headers=PAIR).json()["summary"]
    assert figures == {"averageChatSessionDuration": 7.25, "chatSessions": 1}
    asked = door.graphql("{ chatSessionSummary { count averageDurationSeconds } }")
    assert list(asked.values()) == [figures["chatSessions"], figures["averageChatSessionDuration"]]
    delete(door, "ChatSession", "c1")
    assert door.send("GET", f"{path}/c1", headers=PAIR).status_code == 404


def sample(**values: Any) -> dict[str, Any]:
    """A row as the vendor's page shows it, and `sessionStatus`, which its list samples lack."""
    row = {
        "sessionId": "xxxxaxxexxxaxexdxxxdxxxe",
        "botId": "st-ffeffxxx-xxxc-xexa-axxx-cxxabxxxxcxx",
        "channel": "rtm",
        "userId": "u-xxfexxxd-xxex-xdxe-xaec-xeaxbxxxxfxx",
        "start_time": "2021-04-26T11:27:25.977Z",
        "end_time": "2021-04-26T11:27:26.145Z",
        "session_lang": ["en"],
        "sessionType": "interactive",
        "containmentType": "dropOff",
        "isDeveloper": False,
        "sessionStatus": "closed",
        "tags": {"userTags": [], "sessionTags": [], "altText": []},
        "noOfMessagesExchanged": 1,
        "noOfTasksExecuted": 0,
    }
    return {**row, **values}


TAGGED = {
    "userTags": [{"value": "newuser", "name": "regular"}],
    "sessionTags": [],
    "altText": [],
}
DROP_OFF = [sample(tags=TAGGED)]
AGENT = [sample(containmentType="agent", noOfMessagesExchanged=7, noOfTasksExecuted=2)]
SELF_SERVICE = [
    sample(
        sessionId=f"xxxxaxxexxxaxexdxxxdxxx{last}",
        sessionType="non-interactive",
        containmentType="selfService",
        tags=TAGGED,
        noOfMessagesExchanged=messages,
    )
    for last, messages in (("e", 6), ("f", 8))
]
BY_IDS = sample(
    sessionId="6465cf6e4769ed4e822b82a1",
    botId="st-dc600cf5-b1c5-581e-a2c3-eb81fe39c927",
    userId="u-8c4ca335-3152-5622-9cbb-51c6daf6c12f",
    start_time="2023-05-18T07:10:38.695Z",
    end_time="2023-05-18T07:10:39.201Z",
    containmentType="selfService",
    noOfMessagesExchanged=3,
    noOfTasksExecuted=1,
)
WORDS = {"dropOff": "DROP_OFF", "selfService": "SELF_SERVICE", "agent": "AGENT"}


def as_input(row: dict[str, Any]) -> dict[str, Any]:
    """A vendor's row as GraphQL's input."""
    renamed = {"start_time": "startTime", "end_time": "endTime", "session_lang": "sessionLang"}
    given = {
        renamed.get(name, name): value for name, value in row.items() if name != "sessionStatus"
    }
    type_ = row["sessionType"].replace("-", "_").upper()
    return {**given, "sessionType": type_, "containmentType": WORDS[row["containmentType"]]}


@pytest.mark.parametrize("rows", [DROP_OFF, SELF_SERVICE, AGENT])
def test_the_vendors_list_samples_come_back(door: Door, rows: list[dict[str, Any]]) -> None:
    """Field for field, and in the order of the vendor's page."""
    for row in rows:
        create(door, "BotSession", as_input(row))
    word = rows[0]["containmentType"]
    path = f"/api/public/bot/{rows[0]['botId']}/getSessions?containmentType={word}"
    body = {"skip": 0, "limit": 100, "dateFrom": "2021-04-26", "dateTo": "2021-04-27"}
    answer = door.send("POST", path, body, AUTH).json()
    assert answer == {"total": len(rows), "moreAvailable": False, "sessions": rows}
    assert [list(row) for row in answer["sessions"]] == [list(row) for row in rows]


def test_the_vendors_sample_by_ids_comes_back(door: Door) -> None:
    """Its fields, in the order of the list samples, and the id that is none."""
    create(door, "BotSession", as_input(BY_IDS))
    path = f"/api/public/bot/{BY_IDS['botId']}/getSessions"
    body = {"sessionId": ["6465cf6e4769ed4e822b82a1", "6465cf6e47Q9ed4e822b82a1"]}
    assert door.send("POST", path, body, AUTH).json() == {
        "total": 1,
        "moreAvailable": False,
        "sessions": [BY_IDS],
        "invalidSessions": ["6465cf6e47Q9ed4e822b82a1"],
    }


def test_a_bot_session_from_graphql_to_the_path(door: Door) -> None:
    """Created, tagged, closed and removed by mutations; the path follows."""
    create(door, "BotSession", {"sessionId": "s1", "botId": "b1", "channel": "rtm", "userId": "u1"})

    def rows() -> list[dict[str, Any]]:
        sessions: list[dict[str, Any]] = door.send(
            "POST", "/api/public/bot/b1/getSessions", headers=AUTH
        ).json()["sessions"]
        return sessions

    (row,) = rows()
    assert (row["sessionStatus"], row["start_time"]) == ("active", "2026-03-01T09:30:00.000Z")
    assert "end_time" not in row
    tag = """mutation { tagBotSession(sessionId: "s1", userTags: [{name: "plan", value: "gold"}]) {
      errors { message }
    } }"""
    assert door.graphql(tag) == {"errors": []}
    close = """mutation { endBotSession(sessionId: "s1", containmentType: AGENT) {
      errors { message }
    } }"""
    assert door.graphql(close) == {"errors": []}
    (row,) = rows()
    assert (row["sessionStatus"], row["containmentType"]) == ("closed", "agent")
    assert row["tags"]["userTags"] == [{"value": "gold", "name": "plan"}]
    update(door, "BotSession", "s1", {"botId": "b2"})
    assert rows() == []
    delete(door, "BotSession", "s1")
    assert door.stored(BOT) == []
