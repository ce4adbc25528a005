"""The verbs of bot sessions: end, tag and untag."""

import pytest

from resolvers.access import Caller
from tests.schema.conftest import Client

CREATE = """mutation ($input: CreateBotSessionInput!) {
  createBotSession(input: $input) { session { sessionId } errors { field } } }"""
END = """mutation ($id: String!, $type: ContainmentType, $time: DateTime) {
  endBotSession(sessionId: $id, containmentType: $type, endedAt: $time) {
    session { status endTime endedAt durationSeconds containmentType updatedAt }
    errors { code field message } } }"""
TAG = """mutation ($id: String!, $user: [BotTagInput!], $session: [BotTagInput!]) {
  tagBotSession(sessionId: $id, userTags: $user, sessionTags: $session) {
    session { tags { userTags { name value } sessionTags { name value } } updatedAt }
    errors { code field message } } }"""

UNTAG = TAG.replace("tagBotSession", "untagBotSession")


@pytest.fixture(autouse=True)
def session(client: Client) -> None:
    """A session `b` that began at 09:30."""
    client.data(
        CREATE, input={"sessionId": "b", "botId": "st-1", "channel": "rtm", "userId": "u-1"}
    )


def test_end(client: Client) -> None:
    """Ending sets the end, the duration and the outcome at once."""
    assert client.data(END, id="b", type="AGENT", time="2026-03-01T09:31:30.5Z") == {
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


def test_end_now(client: Client) -> None:
    """Without a time it ends now; without an outcome it keeps the one it has."""
    client.clock.advance(seconds=2)
    session = client.data(END, id="b")["session"]
    assert session["endTime"] == "2026-03-01T09:30:02.000Z"
    assert session["containmentType"] is None


def test_end_twice(client: Client) -> None:
    """A session can be ended once, and stays as it was."""
    client.data(END, id="b", type="AGENT")
    before = client.stored("bot", "b")
    assert client.refusal(END, id="b", type="DROP_OFF") == {
        "code": "CONFLICT",
        "field": ["sessionId"],
        "message": "The session has ended.",
    }
    assert client.stored("bot", "b") == before


def test_impossible_end(client: Client) -> None:
    """An end before the start, or more than a day from now, is refused."""
    before = client.stored("bot", "b")
    assert client.refusal(END, id="b", time="2026-03-01T09:29:59Z") == {
        "code": "INVALID",
        "field": ["endedAt"],
        "message": "A session cannot end before it starts.",
    }
    late = client.refusal(END, id="b", time="2026-03-02T09:30:01Z")
    assert (late["code"], late["field"]) == ("INVALID", ["endedAt"])
    assert client.stored("bot", "b") == before


@pytest.mark.parametrize("verb", [END, TAG, UNTAG])
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
    client.data(END, id="b")
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


def test_untag(client: Client) -> None:
    """Labels with that name and value go, all others stay; what is not there changes nothing."""
    old, new, bare = {"name": "a", "value": "old"}, {"name": "a", "value": "new"}, {"name": "a"}
    client.data(TAG, id="b", user=[old, new, bare], session=[old])
    tags = client.data(UNTAG, id="b", user=[old, {"name": "b"}])["session"]["tags"]
    assert tags == {"userTags": [new, {"name": "a", "value": None}], "sessionTags": [old]}
    client.clock.advance(seconds=1)
    again = client.data(UNTAG, id="b", user=[old])["session"]
    assert again["updatedAt"] == "2026-03-01T09:30:00.000Z"


def test_tag_and_untag_at_once(client: Client) -> None:
    """Calls at the same time lose neither an addition nor a removal."""
    old = [f"old{number}" for number in range(10)]
    new = [f"new{number}" for number in range(10)]
    client.data(TAG, id="b", user=[{"name": name} for name in old])
    client.together(
        *((UNTAG, {"id": "b", "user": [{"name": name}]}) for name in old),
        *((TAG, {"id": "b", "user": [{"name": name}]}) for name in new),
    )
    stored = client.stored("bot", "b")
    assert stored is not None
    assert sorted(tag["name"] for tag in stored["tags"]["userTags"]) == sorted(new)


@pytest.mark.parametrize(
    ("value", "promised"),
    [("five", "NUMBER"), ("1", "BOOLEAN"), ("[1]", "OBJECT"), ("{}", "LIST"), (None, "NUMBER")],
)
def test_value_must_be_the_json_that_its_type_promises(
    client: Client, value: str | None, promised: str
) -> None:
    """The refusal shows what would be right."""
    tag = {"name": "n", "value": value, "valueType": promised}
    refusal = client.refusal(TAG, id="b", user=[tag])
    assert (refusal["code"], refusal["field"][-2:]) == ("INVALID", ["0", "value"])
    assert "such as" in refusal["message"]


def test_labelling_leaves_the_texts_of_choices_alone(client: Client) -> None:
    """A label is added beside `altText`, and removed beside it."""
    texts = [{"name": "label", "value": "Buy", "valueType": None}]
    update = """mutation ($tags: BotTagsInput) {
      updateBotSession(sessionId: "b", input: {tags: $tags}) { errors { message } } }"""
    assert client.data(update, tags={"altText": texts}) == {"errors": []}
    client.data(TAG, id="b", user=[{"name": "n"}])
    client.data(UNTAG, id="b", user=[{"name": "n"}])
    query = '{ botSession(sessionId: "b") { tags { altText { name value valueType } } } }'
    assert client.data(query) == {"tags": {"altText": texts}}


@pytest.mark.parametrize("name", ["userTags", "sessionTags"])
def test_untag_without_personal_data(client: Client, name: str) -> None:
    """It would confirm a guess: the refusal names the argument that was given."""
    client.context.caller = Caller("writer", frozenset({"bot:read", "bot:write"}))
    for tag in ({"name": "a"}, {"name": "unknown", "value": "b"}):
        refused = client.refusal(UNTAG, id="b", **{name[: -len("Tags")]: [tag]})
        assert (refused["code"], refused["field"]) == ("FORBIDDEN", [name])
        assert "pii:read" in refused["message"]


def test_untag_of_nothing(client: Client) -> None:
    """Nothing is changed, and nothing is refused."""
    client.context.caller = Caller("writer", frozenset({"bot:read", "bot:write"}))
    assert client.data(UNTAG, id="b", user=[], session=None)["errors"] == []
