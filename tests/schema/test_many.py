"""`createChatSessions` and `deleteChatSessions`: an outcome for each session, in few commands."""

from typing import Any

import pytest

from schema.common import global_id
from tests.kinds import every_kind
from tests.kinds.sample import Sample
from tests.schema.conftest import Client


def create(kind: Sample) -> str:
    return (
        f"mutation ($inputs: [Create{kind.type}Input!]!) {{ create{kind.type}s(inputs: $inputs)"
        " { session { sessionId note } errors { code field message } } }"
    )


def delete(kind: Sample) -> str:
    return (
        f"mutation ($ids: [ID!], $sessionIds: [String!]) {{ delete{kind.type}s(ids: $ids,"
        " sessionIds: $sessionIds) { deletedId errors { code field } } }"
    )


@every_kind
def test_creations_by_themselves(client: Client, kind: Sample) -> None:
    """A new one, one with a taken id, one that breaks a rule, one whose id is given twice."""
    client.data(kind.create, input={"sessionId": kind.session_id, **kind.full, "note": "first"})
    least = {**kind.least, **kind.another}
    inputs = [
        {**least, "note": "a"},
        {**kind.least, "sessionId": kind.session_id, "note": "b"},
        {**kind.least, "note": "x" * 5000},
    ]
    made, taken, refused = client.data(create(kind), inputs=inputs)
    assert (made["session"]["note"], made["errors"]) == ("a", [])
    assert taken["session"] == {"sessionId": kind.session_id, "note": "first"}
    assert taken["errors"][0]["code"] == "ALREADY_EXISTS"
    assert taken["errors"][0]["field"] == ["inputs", "1", "sessionId"]
    assert refused["session"] is None
    assert refused["errors"][0]["code"] == "INVALID"
    assert refused["errors"][0]["field"] == ["inputs", "2", "note"]
    assert client.data(f"{{ {kind.name}s {{ totalCount }} }}") == {"totalCount": 2}


@every_kind
def test_as_the_single_verb_stores_them(client: Client, kind: Sample) -> None:
    """The same document."""
    given = {"sessionId": kind.session_id, **kind.full}
    client.data(create(kind), inputs=[given])
    many = client.stored(kind.kind, kind.session_id)
    client.data(kind.delete, id=kind.session_id)
    client.data(kind.create, input=given)
    assert client.stored(kind.kind, kind.session_id) == many


@every_kind
@pytest.mark.parametrize("by", ["ids", "sessionIds"])
def test_deletions_by_themselves(client: Client, kind: Sample, by: str) -> None:
    """One that is there, one that is not, one that is named twice."""
    made = client.data(kind.create, input={"sessionId": kind.session_id, **kind.full})["session"]
    names = {
        "ids": (made["id"], made["id"][:-4] + "eA=="),
        "sessionIds": (kind.session_id, "unknown"),
    }
    there, unknown = names[by]
    done = client.data(delete(kind), **{by: [unknown, there, there]})
    assert [one["deletedId"] for one in done] == [None, made["id"], None]
    codes = [[error["code"] for error in one["errors"]] for one in done]
    assert codes == [["NOT_FOUND"], [], ["NOT_FOUND"]]
    assert done[2]["errors"][0]["field"] == [by, "2"]
    assert client.stored(kind.kind, kind.session_id) is None


def test_a_reserved_value_is_taken_once(client: Client) -> None:
    """Two live sessions of one request with one token: the second is refused; it is free again
    after the first is deleted."""
    query = """mutation ($inputs: [CreateCoBrowseSessionInput!]!) {
      createCoBrowseSessions(inputs: $inputs) { session { id } errors { code field } } }"""
    inputs = [{"sessionToken": "519333886"}] * 2
    first, second = client.data(query, inputs=inputs)
    assert first["errors"] == []
    assert second["errors"] == [
        {"code": "ALREADY_EXISTS", "field": ["inputs", "1", "sessionToken"]}
    ]
    gone = "mutation ($ids: [ID!]) { deleteCoBrowseSessions(ids: $ids) { deletedId } }"
    assert client.data(gone, ids=[first["session"]["id"]]) == [
        {"deletedId": first["session"]["id"]}
    ]
    assert client.data(query, inputs=inputs[:1])[0]["errors"] == []


CHATS = (
    "mutation ($i: [CreateChatSessionInput!]!) { createChatSessions(inputs: $i) { errors {code} } }"
)


@pytest.mark.parametrize("count", [0, 200, 201])
def test_the_limit(client: Client, count: int) -> None:
    """Two hundred at once; one more is refused before anything is stored."""
    response = client(CHATS, i=[{}] * count)
    if count > 200:
        assert response["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert "at most 200" in response["errors"][0]["message"]
    else:
        assert len(response["data"]["createChatSessions"]) == count
    total = client.data("{ chatSessions(first: 0) { totalCount } }")
    assert total == {"totalCount": count % 201}


@pytest.mark.parametrize("given", [{}, {"ids": ["a"], "sessionIds": ["b"]}])
def test_one_list_of_ids(client: Client, given: dict[str, Any]) -> None:
    """Neither none nor both."""
    query = """mutation ($ids: [ID!], $sessionIds: [String!]) {
      deleteChatSessions(ids: $ids, sessionIds: $sessionIds) { deletedId } }"""
    assert client.error(query, **given)["message"].startswith("Give ids or sessionIds")


def test_too_many_deletions(client: Client) -> None:
    """Refused before anything is removed."""
    query = "mutation ($s: [String!]) { deleteChatSessions(sessionIds: $s) { deletedId } }"
    assert "at most 200" in client.error(query, s=["c"] * 201)["message"]


def test_an_id_that_is_none_costs_no_other(client: Client) -> None:
    """Each has its place, and its payload says what is wrong."""
    client.data(CHATS, i=[{"sessionId": "a"}, {"sessionId": "b"}])
    ids = [global_id("ChatSession", "a"), "?", global_id("BotSession", "b")]
    query = """mutation ($i: [ID!]) { deleteChatSessions(ids: $i) {
      deletedId errors { code field message } } }"""
    first, *refused = client.data(query, i=ids)
    assert first == {"deletedId": ids[0], "errors": []}
    for place, payload in enumerate(refused, 1):
        (error,) = payload["errors"]
        assert (error["code"], error["field"]) == ("INVALID", ["ids", str(place)])
        assert "Use the `id` of a" in error["message"]
    assert client.stored("chat", "b")
