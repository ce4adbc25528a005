"""The verbs of bot sessions: close and tag."""

import pytest

from tests.schema.conftest import Client

CREATE = """mutation ($input: CreateBotSessionInput!) {
  createBotSession(input: $input) { session { sessionId } errors { field } } }"""
CLOSE = """mutation ($id: String!, $type: ContainmentType, $time: DateTime) {
  closeBotSession(sessionId: $id, containmentType: $type, endTime: $time) {
    session { status endTime endedAt durationSeconds containmentType updatedAt }
    errors { code field message } } }"""
TAG = """mutation ($id: String!, $user: [BotTagInput!], $session: [BotTagInput!]) {
  tagBotSession(sessionId: $id, userTags: $user, sessionTags: $session) {
    session { tags { userTags { name value } sessionTags { name value } } updatedAt }
    errors { code field message } } }"""


@pytest.fixture(autouse=True)
def session(client: Client) -> None:
    """A session `b` that began at 09:30."""
    client.data(
        CREATE, input={"sessionId": "b", "botId": "st-1", "channel": "rtm", "userId": "u-1"}
    )


def test_close(client: Client) -> None:
    """Closing sets the end, the duration and the outcome at once."""
    assert client.data(CLOSE, id="b", type="AGENT", time="2026-03-01T09:31:30.5Z") == {
        "session": {
            "status": "CLOSED",
            "endTime": "2026-03-01T09:31:30.500Z",
            "endedAt": "2026-03-01T09:31:30.500Z",
            "durationSeconds": 90.5,
            "containmentType": "AGENT",
            "updatedAt": "2026-03-01T09:30:00.000Z",
        },
        "errors": [],
    }


def test_close_now(client: Client) -> None:
    """Without a time it ends now; without an outcome it keeps the one it has."""
    client.clock.advance(seconds=2)
    session = client.data(CLOSE, id="b")["session"]
    assert session["endTime"] == "2026-03-01T09:30:02.000Z"
    assert session["containmentType"] is None


def test_close_twice(client: Client) -> None:
    """A closed session cannot be closed again, and stays as it was."""
    client.data(CLOSE, id="b", type="AGENT")
    before = client.stored("bot", "b")
    assert client.refusal(CLOSE, id="b", type="DROP_OFF") == {
        "code": "CONFLICT",
        "field": ["sessionId"],
        "message": "The session is closed already.",
    }
    assert client.stored("bot", "b") == before


def test_end_before_start(client: Client) -> None:
    """A session cannot end before it starts; it stays open."""
    before = client.stored("bot", "b")
    assert client.refusal(CLOSE, id="b", time="2026-03-01T09:29:59Z") == {
        "code": "INVALID",
        "field": ["endTime"],
        "message": "A session cannot end before it starts.",
    }
    assert client.stored("bot", "b") == before


@pytest.mark.parametrize("verb", [CLOSE, TAG])
def test_unknown(client: Client, verb: str) -> None:
    """A verb on an unknown session is NOT_FOUND and creates nothing."""
    assert client.refusal(verb, id="x")["code"] == "NOT_FOUND"
    assert client.stored("bot", "x") is None


def test_tag(client: Client) -> None:
    """Labels are added, each once, in the order they came."""
    client.data(TAG, id="b", user=[{"name": "regular", "value": "new"}])
    again = client.data(
        TAG,
        id="b",
        user=[{"name": "regular", "value": "new"}, {"name": "regular"}],
        session=[{"name": "topic", "value": "bill"}],
    )
    assert again["session"]["tags"] == {
        "userTags": [{"name": "regular", "value": "new"}, {"name": "regular", "value": None}],
        "sessionTags": [{"name": "topic", "value": "bill"}],
    }


def test_tag_repeated_in_one_call(client: Client) -> None:
    """A label given twice in one call is stored once."""
    tags = [{"name": "a", "value": "1"}, {"name": "a", "value": "1"}]
    stored = client.data(TAG, id="b", user=tags)["session"]["tags"]["userTags"]
    assert stored == [{"name": "a", "value": "1"}]


def test_nothing_to_tag(client: Client) -> None:
    """A call that adds nothing changes nothing."""
    client.clock.advance(seconds=1)
    session = client.data(TAG, id="b")["session"]
    assert session["updatedAt"] == "2026-03-01T09:30:00.000Z"


def test_tag_of_closed(client: Client) -> None:
    """A closed session can still be labelled."""
    client.data(CLOSE, id="b")
    payload = client.data(TAG, id="b", user=[{"name": "late"}])
    assert payload["errors"] == []


def test_tag_too_long(client: Client) -> None:
    """A refusal's path leads to the label in the argument."""
    refusal = client.refusal(TAG, id="b", session=[{"name": "a"}, {"name": "x" * 201}])
    assert (refusal["code"], refusal["field"]) == ("INVALID", ["sessionTags", "1", "name"])


def test_tags_at_once(client: Client) -> None:
    """Calls at the same time lose no label."""
    names = [f"t{number}" for number in range(20)]
    client.together(*((TAG, {"id": "b", "user": [{"name": name}]}) for name in names))
    stored = client.stored("bot", "b")
    assert stored is not None
    assert sorted(tag["name"] for tag in stored["tags"]["userTags"]) == sorted(names)
