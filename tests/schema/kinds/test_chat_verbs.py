"""The verbs of chats: append and end."""

from typing import Any

import pytest

from tests.schema.conftest import Client

CREATE = """mutation ($input: CreateChatSessionInput!) {
  createChatSession(input: $input) { session { sessionId } errors { code field message } } }"""
APPEND = """mutation ($id: String!, $messages: [ChatMessageInput!]!) {
  appendChatMessages(sessionId: $id, messages: $messages) {
    session { updatedAt
      messages(first: 500) {
        nodes { messageId message source sent { dateTime timeZone instant } } } }
    errors { code field message } } }"""
END = """mutation ($id: String!, $at: DateTime) { endChatSession(sessionId: $id, endedAt: $at) {
    session { status endedAt durationSeconds } errors { code field message } } }"""


@pytest.fixture(autouse=True)
def session(client: Client) -> None:
    """A chat `c` that began at 09:30."""
    client.data(CREATE, input={"sessionId": "c"})


def hello(**values: Any) -> dict[str, Any]:
    """A message."""
    return {"message": "Hello", "source": "VISITOR", **values}


def test_append(client: Client) -> None:
    """Messages come after those that are there; what is not given is made or is now."""
    client.data(APPEND, id="c", messages=[hello(messageId="m1")])
    client.clock.advance(seconds=3)
    second = hello(
        messageId="m2",
        source="OPERATOR",
        sent={"dateTime": "2026-03-01T10:30:04", "timeZone": "CET"},
    )
    assert client.data(APPEND, id="c", messages=[second]) == {
        "session": {
            "messages": {
                "nodes": [
                    {
                        "messageId": "m1",
                        "message": "Hello",
                        "source": "VISITOR",
                        "sent": {
                            "dateTime": "2026-03-01T09:30:00",
                            "timeZone": "UTC",
                            "instant": "2026-03-01T09:30:00.000Z",
                        },
                    },
                    {
                        "messageId": "m2",
                        "message": "Hello",
                        "source": "OPERATOR",
                        "sent": {
                            "dateTime": "2026-03-01T10:30:04",
                            "timeZone": "CET",
                            "instant": "2026-03-01T09:30:04.000Z",
                        },
                    },
                ]
            },
            "updatedAt": "2026-03-01T09:30:03.000Z",
        },
        "errors": [],
    }


def test_company_time_zone(client: Client) -> None:
    """Clock times that name no zone are the company's."""
    client.context.company_timezone = "Asia/Tokyo"
    payload = client.data(APPEND, id="c", messages=[hello()])
    assert payload["session"]["messages"]["nodes"][0]["sent"] == {
        "dateTime": "2026-03-01T18:30:00",
        "timeZone": "Asia/Tokyo",
        "instant": "2026-03-01T09:30:00.000Z",
    }


def test_fifty_at_once(client: Client) -> None:
    """Fifty appends at the same time store fifty messages, each once, in one order."""
    ids = [f"m{number}" for number in range(50)]
    responses = client.together(
        *((APPEND, {"id": "c", "messages": [hello(messageId=text)]}) for text in ids)
    )
    assert all(response["data"]["appendChatMessages"]["errors"] == [] for response in responses)
    stored = client.stored("chat", "c")
    assert stored is not None
    order = [message["id"] for message in stored["messages"]]
    assert sorted(order) == sorted(ids)
    for response in responses:
        seen = [
            message["messageId"]
            for message in response["data"]["appendChatMessages"]["session"]["messages"]["nodes"]
        ]
        assert seen == order[: len(seen)]


def test_known_message_id(client: Client) -> None:
    """A message id that the chat has already is refused at its place in the argument."""
    client.data(APPEND, id="c", messages=[hello(messageId="m1"), hello(messageId="m2")])
    refusal = client.refusal(
        APPEND, id="c", messages=[hello(messageId="m3"), hello(messageId="m1")]
    )
    assert (refusal["code"], refusal["field"]) == ("INVALID", ["messages", "1", "messageId"])
    assert "'m1'" in refusal["message"]
    assert len(client.stored("chat", "c")["messages"]) == 2


@pytest.mark.parametrize(
    ("message", "path", "words"),
    [
        (hello(message="x" * 10_001), ["message"], "at most 10000"),
        (hello(message="a\0b"), ["message"], "NUL"),
        (hello(message="\ud800"), ["message"], "surrogate"),
        (
            hello(sent={"dateTime": "2026-03-01T09:00:00", "timeZone": "Mars/Base"}),
            ["sent", "timeZone"],
            "not an IANA time zone",
        ),
        (
            hello(sent={"dateTime": "2026-03-01T09:00:00", "timeZone": "../etc/passwd"}),
            ["sent", "timeZone"],
            "not an IANA time zone",
        ),
    ],
)
def test_refused_message(
    client: Client, message: dict[str, Any], path: list[str], words: str
) -> None:
    """A message that breaks a rule is refused with its path, and no message is stored."""
    refusal = client.refusal(APPEND, id="c", messages=[hello(), message])
    assert (refusal["code"], refusal["field"]) == ("INVALID", ["messages", "1", *path])
    assert words in refusal["message"]
    assert client.stored("chat", "c")["messages"] == []


def test_nothing_to_append(client: Client) -> None:
    """An empty list changes nothing."""
    client.clock.advance(seconds=1)
    assert client.data(APPEND, id="c", messages=[])["session"] == {
        "messages": {"nodes": []},
        "updatedAt": "2026-03-01T09:30:00.000Z",
    }


def test_end(client: Client) -> None:
    """A closed chat ended with its last message; its duration is between first and last."""
    times = ["09:31:10", "09:31:40.250"]
    messages = [hello(sent={"dateTime": f"2026-03-01T{time}"}) for time in times]
    client.data(APPEND, id="c", messages=messages)
    assert client.data(END, id="c") == {
        "session": {
            "status": "CLOSED",
            "endedAt": "2026-03-01T09:31:40.250Z",
            "durationSeconds": 30.25,
        },
        "errors": [],
    }


def test_end_without_messages(client: Client) -> None:
    """A chat without messages ended when it started."""
    assert client.data(END, id="c")["session"] == {
        "status": "CLOSED",
        "endedAt": "2026-03-01T09:30:00.000Z",
        "durationSeconds": 0.0,
    }


def test_end_at(client: Client) -> None:
    """A chat ends when the operator says, not before its last message and not in the future."""
    client.data(APPEND, id="c", messages=[hello(sent={"dateTime": "2026-03-01T09:31:00"})])
    before = client.stored("chat", "c")
    for moment in ("2026-03-01T09:30:59Z", "2026-03-02T09:30:01Z"):
        refusal = client.refusal(END, id="c", at=moment)
        assert (refusal["code"], refusal["field"]) == ("INVALID", ["endedAt"])
    assert client.stored("chat", "c") == before
    session = client.data(END, id="c", at="2026-03-01T09:35:00Z")["session"]
    assert (session["status"], session["endedAt"]) == ("CLOSED", "2026-03-01T09:35:00.000Z")


def test_after_closing(client: Client) -> None:
    """A closed chat takes no messages and cannot be closed again."""
    client.data(END, id="c")
    before = client.stored("chat", "c")
    closed = {"code": "CONFLICT", "field": ["sessionId"], "message": "The session has ended."}
    assert client.refusal(APPEND, id="c", messages=[hello()]) == closed
    assert client.refusal(END, id="c") == closed
    assert client.stored("chat", "c") == before


def test_unknown(client: Client) -> None:
    """Verbs on an unknown chat are NOT_FOUND and create nothing."""
    assert client.refusal(APPEND, id="x", messages=[hello()])["code"] == "NOT_FOUND"
    assert client.refusal(END, id="x")["code"] == "NOT_FOUND"
    assert client.stored("chat", "x") is None


def test_unknown_time_zone_at_creation(client: Client) -> None:
    """A time zone nobody knows is refused with its path."""
    start = {"dateTime": "2026-03-01T09:00:00", "timeZone": "Nowhere"}
    refusal = client.refusal(CREATE, input={"start": start})
    assert (refusal["code"], refusal["field"]) == ("INVALID", ["input", "start", "timeZone"])


KEPT = """{ messageCount lastMessage { messageId } lastMessageAt firstResponseSeconds }"""


def kept(client: Client) -> dict[str, Any]:
    """What is kept of the messages."""
    return dict(client.data(f'{{ chatSession(sessionId: "c") {KEPT} }}'))


def sent(seconds: int, **values: Any) -> dict[str, Any]:
    """A message of some time after half past nine."""
    return hello(sent={"dateTime": f"2026-03-01T09:30:{seconds:02}"}, **values)


def test_what_is_kept(client: Client) -> None:
    """Each way to write messages keeps their number, the last one and the first response."""
    client.data(APPEND, id="c", messages=[sent(1, messageId="greeting", source="OPERATOR")])
    client.data(APPEND, id="c", messages=[sent(5, messageId="question")])
    assert kept(client) == {
        "messageCount": 2,
        "lastMessage": {"messageId": "question"},
        "lastMessageAt": "2026-03-01T09:30:05.000Z",
        "firstResponseSeconds": None,
    }
    client.data(APPEND, id="c", messages=[sent(9, messageId="answer", source="OPERATOR")])
    answered = {
        "messageCount": 3,
        "lastMessage": {"messageId": "answer"},
        "lastMessageAt": "2026-03-01T09:30:09.000Z",
        "firstResponseSeconds": 4.0,
    }
    assert kept(client) == answered
    client.data(END, id="c")
    assert kept(client) == answered
    update = """mutation ($messages: [ChatMessageInput!]) {
      updateChatSession(sessionId: "c", input: {messages: $messages}) { errors { code } } }"""
    client.data(update, messages=[])
    assert kept(client) == {
        "messageCount": 0,
        "lastMessage": None,
        "lastMessageAt": None,
        "firstResponseSeconds": None,
    }


@pytest.mark.parametrize(
    ("messages", "seconds"),
    [
        ([], None),
        ([("VISITOR", 1)], None),
        ([("OPERATOR", 1), ("VISITOR", 2)], None),
        ([("OPERATOR", 1), ("VISITOR", 2), ("VISITOR", 3), ("OPERATOR", 9)], 7.0),
        ([("VISITOR", 2), ("OPERATOR", 2)], 0.0),
        ([("OPERATOR", 2), ("VISITOR", 2)], None),
        ([("OPERATOR", 9), ("VISITOR", 4), ("VISITOR", 1), ("OPERATOR", 3)], 2.0),
        ([("OPERATOR", 1), ("OPERATOR", 2)], None),
    ],
)
def test_first_response(
    client: Client, messages: list[tuple[str, int]], seconds: float | None
) -> None:
    """From the first question to the first answer after it, in the order of their times."""
    given = [sent(at, source=source) for source, at in messages]
    client.data(APPEND, id="c", messages=given)
    assert kept(client)["firstResponseSeconds"] == seconds
