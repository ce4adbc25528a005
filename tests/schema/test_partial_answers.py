"""A root field that is refused is null, with an error at its path; those beside it arrive."""

import pytest

from resolvers.access import Caller
from tests.schema.conftest import Client

BESIDE = "beside: botSessions { totalCount nodes { botId } }"
ROW = {"sessionId": "a", "botId": "st", "channel": "web", "userId": "u"}
CREATE = """mutation ($input: CreateBotSessionInput!) {
  createBotSession(input: $input) { errors { code } }
}"""


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        ("chatSessions { nodes { id } }", "FORBIDDEN"),
        ("chatSessionSummary { count }", "FORBIDDEN"),
        ('chatSession(sessionId: "a") { id }', "FORBIDDEN"),
        ("botSessions(first: 501) { nodes { id } }", "BAD_USER_INPUT"),
        ("botSessions(first: 1, last: 1) { totalCount }", "BAD_USER_INPUT"),
        ('botSessions(after: "x") { nodes { id } }', "BAD_USER_INPUT"),
        ('nodes(ids: ["x"]) { id }', "BAD_USER_INPUT"),
    ],
)
def test_a_refusal_costs_its_own_field(client: Client, refused: str, code: str) -> None:
    """Whichever comes first in the text, and whether the operation is new or known."""
    client.data(CREATE, input=ROW)
    client.context.caller = Caller("bots", frozenset({"bot:read"}))
    expected = {"totalCount": 1, "nodes": [{"botId": "st"}]}
    for text in (f"{{ refused: {refused} {BESIDE} }}", f"{{ {BESIDE} refused: {refused} }}"):
        for _ in range(3):
            response = client(text)
            assert response["data"]["beside"] == expected
            (error,) = response["errors"]
            assert (error["extensions"]["code"], error["path"][0]) == (code, "refused")
            assert response["data"]["refused"] in (None, [None])


UPDATE = 'updateBotSession(sessionId: "a", input: {noOfTasksExecuted: %d}) { session { revision } }'


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        ('updateChatSession(sessionId: "a", input: {}) { errors { code } }', "FORBIDDEN"),
        ("createChatSessions(inputs: []) { errors { code } }", "FORBIDDEN"),
        ('deleteChatSessions(sessionIds: ["a"]) { errors { code } }', "FORBIDDEN"),
        ('endChatSession(sessionId: "a") { errors { code } }', "FORBIDDEN"),
        (
            'linkCustomerIdentifiers(identifiers: [{type: CUSTOMER_ID, value: "a"}, '
            '{type: CUSTOMER_ID, value: "b"}]) { errors { code } }',
            "FORBIDDEN",
        ),
        (
            'eraseCustomer(by: {customerId: "a"}, mode: DELETE, dryRun: true) { errors { code } }',
            "FORBIDDEN",
        ),
        ('updateBotSession(id: "x", input: {}) { errors { code } }', "BAD_USER_INPUT"),
        ("deleteBotSession { errors { code } }", "BAD_USER_INPUT"),
        ('addSessionLabels(id: "x", labels: ["l"]) { errors { code } }', "BAD_USER_INPUT"),
        ('tagBotSession(id: "x") { errors { code } }', "BAD_USER_INPUT"),
    ],
)
def test_a_refused_change_costs_no_other(client: Client, refused: str, code: str) -> None:
    """Those before it are reported, and those after it are made."""
    client.data(CREATE, input=ROW)
    client.context.caller = Caller("bots", frozenset({"bot:read", "bot:write"}))
    response = client(f"mutation {{ one: {UPDATE % 1} refused: {refused} two: {UPDATE % 2} }}")
    (error,) = response["errors"]
    assert (error["extensions"]["code"], error["path"]) == (code, ["refused"])
    assert response["data"] == {
        "one": {"session": {"revision": 2}},
        "refused": None,
        "two": {"session": {"revision": 3}},
    }
