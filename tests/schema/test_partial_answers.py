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
