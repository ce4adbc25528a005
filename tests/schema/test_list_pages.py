"""Messages, chat lines and pages: connections within a session, counted and cut by the core."""

from collections.abc import Iterator
from typing import Any

import pytest

from resolvers.access import Caller
from schema.build import Schema, build
from schema.kinds import KINDS
from tests.schema.conftest import Client

CREATE = """mutation ($input: CreateChatSessionInput!) {
  createChatSession(input: $input) { session { messageCount } errors { code message } } }"""
APPEND = """mutation ($messages: [ChatMessageInput!]!) {
  appendChatMessages(sessionId: "c", messages: $messages) { errors { code } } }"""
PAGE = """query ($first: Int, $after: String, $last: Int, $before: String) {
  chatSession(sessionId: "c") {
    messages(first: $first, after: $after, last: $last, before: $before) {
      edges { cursor node { messageId } } nodes { messageId } totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
RUNS = 3  # the first parses, the second compiles, the third repeats


@pytest.fixture(scope="module", params=[True, False], ids=["compiled", "plain"])
def schema(request: pytest.FixtureRequest) -> Schema:
    """Both ways of rendering tell the same."""
    return build(KINDS, compiled=request.param)


def messages(*ids: int) -> list[dict[str, Any]]:
    return [{"messageId": str(one), "message": f"text {one}", "source": "VISITOR"} for one in ids]


@pytest.fixture(autouse=True)
def chat(client: Client) -> None:
    """A chat `c` of seven messages, and an empty one."""
    client.data(CREATE, input={"sessionId": "c", "messages": messages(*range(7))})
    client.data(CREATE, input={"sessionId": "empty"})


def page(client: Client, **window: Any) -> dict[str, Any]:
    """A page of its messages, the same on every run."""
    found = [client.data(PAGE, **window)["messages"] for _ in range(RUNS)]
    assert found == [found[0]] * RUNS
    assert [edge["node"] for edge in found[0]["edges"]] == found[0]["nodes"]
    return dict(found[0])


def ids(found: dict[str, Any]) -> list[int]:
    return [int(node["messageId"]) for node in found["nodes"]]


def around(found: dict[str, Any]) -> tuple[bool, bool]:
    """Whether pages precede and follow."""
    return found["pageInfo"]["hasPreviousPage"], found["pageInfo"]["hasNextPage"]


def walk(client: Client, size: int, backward: bool) -> Iterator[list[int]]:
    """The pages of a walk through the whole list."""
    count, place, way = ("last", "before", "start") if backward else ("first", "after", "end")
    window: dict[str, Any] = {count: size}
    while True:
        found = page(client, **window)
        yield ids(found)
        if not found["pageInfo"]["hasPreviousPage" if backward else "hasNextPage"]:
            return
        window[place] = found["pageInfo"][f"{way}Cursor"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_walking(client: Client, size: int) -> None:
    """All pages together are the list, in both directions."""
    forward = [one for part in walk(client, size, backward=False) for one in part]
    assert forward == list(range(7))
    parts = list(walk(client, size, backward=True))
    assert [one for part in reversed(parts) for one in part] == list(range(7))


def test_appends_between_pages(client: Client) -> None:
    """Messages that arrive meanwhile are neither skipped nor shown twice."""
    seen: list[int] = []
    for part in walk(client, 3, backward=False):
        seen += part
        if len(seen) < 9:
            client.data(APPEND, messages=messages(7 + len(seen)))
    assert seen[:7] == list(range(7))
    assert seen == [int(one["id"]) for one in (client.stored("chat", "c") or {})["messages"]]


def test_page(client: Client) -> None:
    """A page has its place in the list, cursors and the number of all."""
    found = page(client, first=2, after=page(client, first=2)["pageInfo"]["endCursor"])
    assert (ids(found), around(found), found["totalCount"]) == ([2, 3], (True, True), 7)
    assert found["pageInfo"]["startCursor"] == found["edges"][0]["cursor"]
    assert found["pageInfo"]["endCursor"] == found["edges"][1]["cursor"]
    last = page(client, last=2)
    assert (ids(last), around(last)) == ([5, 6], (True, False))
    between = page(
        client, last=9, after=found["edges"][0]["cursor"], before=last["edges"][0]["cursor"]
    )
    assert (ids(between), around(between)) == ([3, 4], (True, True))


@pytest.mark.parametrize(
    ("window", "previous", "following"), [({"first": 0}, False, True), ({"last": 0}, True, False)]
)
def test_no_rows(client: Client, window: dict[str, int], previous: bool, following: bool) -> None:
    """The counts alone."""
    found = page(client, **window)
    assert (found["nodes"], found["totalCount"]) == ([], 7)
    assert around(found) == (previous, following)
    assert found["pageInfo"]["endCursor"] is None


def test_default_page(client: Client) -> None:
    """Twenty messages, as of any list."""
    client.data(APPEND, messages=messages(*range(7, 30)))
    assert ids(page(client)) == list(range(20))


def test_empty(client: Client) -> None:
    """A chat without messages has none, and no last one."""
    query = """{ chatSession(sessionId: "empty") { messageCount lastMessage { message }
      lastMessageAt firstResponseSeconds
      messages { nodes { message } totalCount pageInfo { hasNextPage startCursor } } } }"""
    for _ in range(RUNS):
        assert client.data(query) == {
            "messageCount": 0,
            "lastMessage": None,
            "lastMessageAt": None,
            "firstResponseSeconds": None,
            "messages": {
                "nodes": [],
                "totalCount": 0,
                "pageInfo": {"hasNextPage": False, "startCursor": None},
            },
        }


@pytest.mark.parametrize("selection", ["edges { cursor }", "nodes { __typename }"])
def test_rows_without_columns(client: Client, selection: str) -> None:
    """There are as many rows as messages, whatever is selected of them."""
    query = f'{{ chatSession(sessionId: "c") {{ messages(last: 3) {{ {selection} }} }} }}'
    for _ in range(RUNS):
        (rows,) = client.data(query)["messages"].values()
        assert len(rows) == 3


def test_cursors_without_rows(client: Client) -> None:
    """The cursors around a page are those of its rows, also where these are not selected."""
    whole = page(client, last=3)["pageInfo"]
    query = """{ chatSession(sessionId: "c") {
      messages(last: 3) { pageInfo { startCursor endCursor } } } }"""
    for _ in range(RUNS):
        assert client.data(query)["messages"]["pageInfo"].items() <= whole.items()


def test_two_windows(client: Client) -> None:
    """Aliases have pages of their own, of one list that is read once."""
    query = """query ($n: Int) { chatSessions(filter: {messageCount: {gt: 0}}) { nodes {
      start: messages(first: 2) { nodes { messageId } }
      end: messages(last: $n) { nodes { messageId } pageInfo { hasPreviousPage } } } } }"""
    for number in (1, 3, 1):
        (row,) = client.data(query, n=number)["nodes"]
        assert ids(row["start"]) == [0, 1]
        assert ids(row["end"]) == list(range(7 - number, 7))
        assert row["end"]["pageInfo"]["hasPreviousPage"]


def test_two_fields_of_one_session(client: Client) -> None:
    """Lookups that are one read have pages of their own, too."""
    query = """{ one: chatSession(sessionId: "c") { messages(first: 1) { nodes { messageId } } }
      other: chatSession(sessionId: "c") { messages(last: 1) { nodes { messageId } } } }"""
    for _ in range(RUNS):
        found = client.data(query)
        assert [ids(found[name]["messages"]) for name in ("one", "other")] == [[0], [6]]


def test_fragments_and_switches(client: Client) -> None:
    """A page is what all its selections together ask for."""
    query = """query ($no: Boolean!) { sessions(kinds: [CHAT]) { nodes { ...on ChatSession {
      messages(last: 1) { ...Ids totalCount @include(if: $no) } ...Other } } } }
      fragment Ids on ChatMessageConnection { nodes { messageId } }
      fragment Other on ChatSession { messages(last: 1) { nodes { source } } }"""
    for _ in range(RUNS):
        rows = client.data(query, no=False)["nodes"]
        assert {"messages": {"nodes": [{"messageId": "6", "source": "VISITOR"}]}} in rows


REFUSED = [
    ({"first": -1}, "first", "out of range"),
    ({"last": 501}, "last", "out of range"),
    ({"first": 1, "last": 1}, "last", "cannot be used together"),
    ({"after": ""}, "after", "not a valid cursor"),
    ({"before": "bogus"}, "before", "not a valid cursor"),
]


@pytest.mark.parametrize(("window", "argument", "words"), REFUSED)
def test_refused(client: Client, window: dict[str, Any], argument: str, words: str) -> None:
    """A window that is refused costs its own field, and names the argument."""
    query = PAGE.replace("messages(", "sessionId status messages(")
    for _ in range(RUNS):
        response = client(query, **window)
        assert response["data"]["chatSession"] == {
            "sessionId": "c",
            "status": "ACTIVE",
            "messages": None,
        }
        (error,) = response["errors"]
        assert error["path"] == ["chatSession", "messages"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": argument}
        assert words in error["message"]


def test_refused_constant(client: Client) -> None:
    """The same where the text itself has the window."""
    query = '{ chatSession(sessionId: "c") { messageCount messages(first: 501) { totalCount } } }'
    for _ in range(RUNS):
        response = client(query)
        assert response["data"]["chatSession"] == {"messageCount": 7, "messages": None}
        assert response["errors"][0]["extensions"]["argument"] == "first"


def test_cursor_of_another_field(client: Client) -> None:
    """It is refused by name, in both directions."""
    query = """query ($c: String) { chatSessions { pageInfo { endCursor } }
      remoteSupportSession(sessionId: "1") { sessionId }
      chatSession(sessionId: "c") { messages(after: $c) { totalCount } } }"""
    cursor = client.data(query)["chatSessions"]["pageInfo"]["endCursor"]
    error = client.error(query, c=cursor)
    assert "belongs to chat sessions ordered by -startedAt" in error["message"]
    inner = page(client, first=1)["pageInfo"]["endCursor"]
    error = client.error("query ($c: String) { chatSessions(after: $c) { totalCount } }", c=inner)
    assert "belongs to the field ChatSession.messages" in error["message"]


def test_masked(client: Client) -> None:
    """Without pii:read texts are masked, in the page and in the last message."""
    client.context.caller = Caller("reader", frozenset({"*:read"}))
    query = """{ chatSession(sessionId: "c") { messageCount lastMessage { messageId message }
      messages(last: 1) { nodes { message } edges { node { message } } totalCount } } }"""
    for _ in range(RUNS):
        assert client.data(query) == {
            "messageCount": 7,
            "lastMessage": {"messageId": "6", "message": "***"},
            "messages": {
                "nodes": [{"message": "***"}],
                "edges": [{"node": {"message": "***"}}],
                "totalCount": 7,
            },
        }
    hidden = '{ chatSessions(filter: {lastMessage: {message: {eq: "text 6"}}}) { totalCount } }'
    assert client.error(hidden)["extensions"]["code"] == "FORBIDDEN"


def test_mutations_show_pages(client: Client) -> None:
    """The session of a payload has all of this."""
    query = """mutation ($n: Int) { appendChatMessages(sessionId: "c", messages: [
      {messageId: "x", message: "new", source: OPERATOR}]) { errors { code } session {
        messageCount lastMessage { message } firstResponseSeconds
        messages(last: $n) { nodes { messageId } pageInfo { hasPreviousPage } totalCount } } } }"""
    client.clock.advance(seconds=9, milliseconds=250)
    assert client.data(query, n=2)["session"] == {
        "messageCount": 8,
        "lastMessage": {"message": "new"},
        "firstResponseSeconds": 9.25,
        "messages": {
            "nodes": [{"messageId": "6"}, {"messageId": "x"}],
            "pageInfo": {"hasPreviousPage": True},
            "totalCount": 8,
        },
    }


def test_orders_and_filters(client: Client) -> None:
    """Chats can be ordered by what is counted, and found by their last message."""
    client.data(CREATE, input={"sessionId": "short", "messages": messages(0, 1)})
    query = "{ chatSessions(orderBy: [{field: MESSAGE_COUNT, direction: DESC}]) { %s } }"
    for _ in range(RUNS):
        rows = client.data(query % "nodes { sessionId }")["nodes"]
        assert [row["sessionId"] for row in rows] == ["c", "short", "empty"]
    for condition, found in (
        ("messageCount: {lte: 2}", {"short", "empty"}),
        ("lastMessage: {source: {eq: VISITOR}}", {"c", "short"}),
        ('messages: {some: {messageId: {eq: "6"}}}', {"c"}),
        ("lastMessageAt: {eq: null}", {"empty"}),
    ):
        answer = client.data(
            f"{{ chatSessions(filter: {{{condition}}}) {{ nodes {{ sessionId }} }} }}"
        )
        assert {row["sessionId"] for row in answer["nodes"]} == found


WHOLE = """{ chatSessions(orderBy: [{field: SESSION_ID}]) { nodes { sessionId messageCount
  lastMessage { messageId } messages { nodes { messageId } totalCount } } } }"""


@pytest.mark.parametrize("count", [..., 5, 9, "seven", None])
def test_sessions_of_earlier_releases(client: Client, count: Any) -> None:
    """Where the count is missing or wrong, it is made good: the list is read as a whole."""
    change: dict[str, Any] = {"$unset": {"lastMessage": ""}}
    if count is ...:
        change["$unset"]["messageCount"] = ""
    else:
        change["$set"] = {"messageCount": count}
    client.runner.run(client.collection("chat").update_one({"_id": "c"}, change))
    for _ in range(RUNS):
        row = client.data(WHOLE)["nodes"][0]
        assert (row["messageCount"], row["lastMessage"]) == (7, {"messageId": "6"})
        assert (len(row["messages"]["nodes"]), row["messages"]["totalCount"]) == (7, 7)


def test_alone_after_an_upgrade(client: Client) -> None:
    """The count alone is right, and so is the last message alone, before anything is rebuilt."""
    stored = ("messageCount", "lastMessage", "lastMessageAt", "firstResponseSeconds")
    client.runner.run(
        client.collection("chat").update_many({}, {"$unset": dict.fromkeys(stored, "")})
    )
    for selection, shown in (
        ("messageCount", 7),
        ("lastMessage { messageId }", {"messageId": "6"}),
        ("messages(first: 0) { totalCount }", {"totalCount": 7}),
        ("lastMessageAt", None),
    ):
        query = f'{{ chatSession(sessionId: "c") {{ {selection} }} }}'
        for _ in range(RUNS):
            assert list(client.data(query).values()) == [shown]


def test_a_change_rebuilds(client: Client) -> None:
    """A verb that changes nothing else stores what an earlier release did not."""
    client.runner.run(client.collection("chat").update_one({}, {"$unset": {"messageCount": ""}}))
    client.data(APPEND, messages=[])
    assert (client.stored("chat", "c") or {})["messageCount"] == 7


def test_a_list_that_became_shorter(client: Client) -> None:
    """A cursor beyond the end: nothing follows it, and what precedes it is found."""
    beyond = page(client, last=1)["pageInfo"]["endCursor"]
    update = """mutation ($m: [ChatMessageInput!]) { updateChatSession(sessionId: "c",
      input: {messages: $m}) { errors { code } } }"""
    client.data(update, m=messages(0, 1, 2))
    after = page(client, first=2, after=beyond)
    assert (ids(after), around(after), after["totalCount"]) == ([], (True, False), 3)
    before = page(client, last=2, before=beyond)
    assert (ids(before), around(before), before["totalCount"]) == ([1, 2], (True, False), 3)


def test_damaged_element(client: Client) -> None:
    """An element that is no message is null in its place; the others arrive."""
    row = client.stored("chat", "c") or {}
    row["messages"][1] = "torn"
    row["messages"][2] = {**row["messages"][2], "message": 5}
    client.runner.run(client.collection("chat").replace_one({"_id": "c"}, row))
    query = (
        '{ chatSession(sessionId: "c") { messages(first: 4) { nodes { message } totalCount } } }'
    )
    for _ in range(RUNS):
        response = client(query)
        assert response["data"]["chatSession"]["messages"] == {
            "nodes": [{"message": "text 0"}, None, None, {"message": "text 3"}],
            "totalCount": 7,
        }
        paths = [error["path"][2:] for error in response["errors"]]
        assert paths == [["nodes", 1], ["nodes", 2, "message"]]
        assert {error["extensions"]["code"] for error in response["errors"]} == {"CORRUPT_DOCUMENT"}


def test_taken_id(client: Client) -> None:
    """The session of an ALREADY_EXISTS payload is counted whoever stored it."""
    client.runner.run(client.collection("chat").update_many({}, {"$unset": {"messageCount": ""}}))
    payload = client.data(CREATE, input={"sessionId": "c"})
    assert payload["errors"][0]["code"] == "ALREADY_EXISTS"
    assert payload["session"] == {"messageCount": 7}


def test_what_is_read(client: Client, finds: list[dict[str, Any]]) -> None:
    """Only the part of the list that is shown; of a count or a last message, no list at all."""
    for selection, read in (
        ("messages(first: 2) { nodes { message } }", {"messages": {"$slice": [0, 2]}}),
        ("messages(last: 1) { edges { node { message } } }", {"messages": {"$slice": -1}}),
        ("messages(last: 1) { edges { cursor } }", {"messages": {"$slice": -1}}),
        ("messages(last: 1) { pageInfo { endCursor hasPreviousPage } totalCount }", {}),
        ("messages { totalCount }", {}),
        ("messageCount", {}),
        ("lastMessage { message }", {"lastMessage.message": 1}),
        ("messages(first: 501) { nodes { message } }", {}),
        (
            "a: messages(first: 2) { nodes { message } } b: messages(last: 2) { nodes { source } }",
            {"messages": 1},
        ),
    ):
        for _ in range(2):
            finds.clear()
            client(f'{{ chatSession(sessionId: "c") {{ {selection} }} }}')
            (found,) = finds
            found["projection"].pop("_id", None)
            assert found["projection"] == {"messageCount": 1, **read}
