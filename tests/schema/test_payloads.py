"""What payloads have besides the session: `query`, and the session whose id is taken."""

from typing import Any

import pytest

from resolvers.access import Caller
from schema.build import Schema
from schema.execution.run import Run
from tests.kinds import every_kind
from tests.kinds.sample import Sample
from tests.schema.conftest import Client

BOT = {"botId": "st", "channel": "web", "userId": "u"}
BELOW = """query {
  botSessions { totalCount nodes { sessionId } }
  one: botSession(sessionId: "a") { channel }
  two: botSession(sessionId: "b") { channel }
}"""
CREATE = f"""mutation ($input: CreateBotSessionInput!) {{
  createBotSession(input: $input) {{ errors {{ code }} {BELOW} }} }}"""


def test_query_sees_the_change(client: Client) -> None:
    """What is asked below `query` is answered after the change."""
    for number, session_id in enumerate(("a", "b", "c"), start=1):
        below = client.data(CREATE, input={"sessionId": session_id, **BOT})["query"]
        assert below["botSessions"]["totalCount"] == number
        assert below["one"] == {"channel": "web"}
        assert below["two"] == ({"channel": "web"} if number > 1 else None)


def test_query_after_a_refusal(client: Client) -> None:
    """It is answered as well where the change was refused, and after a deletion."""
    client.data(CREATE, input={"sessionId": "a", **BOT})
    payload = client.data(CREATE, input={"sessionId": "a", **BOT})
    assert payload["errors"] == [{"code": "ALREADY_EXISTS"}]
    assert payload["query"]["botSessions"]["totalCount"] == 1
    delete = (
        'mutation { deleteBotSession(sessionId: "a") { query { botSessions { totalCount } } } }'
    )
    assert client.data(delete) == {"query": {"botSessions": {"totalCount": 0}}}


def test_refusal_below_query(client: Client) -> None:
    """A field below `query` that is refused is null, and the change stays made."""
    text = CREATE.replace("botSessions {", "botSessions(first: 501) {")
    response = client(text, input={"sessionId": "a", **BOT})
    assert response["data"]["createBotSession"]["query"]["botSessions"] is None
    (error,) = response["errors"]
    assert error["path"] == ["createBotSession", "query", "botSessions"]
    assert client.stored("bot", "a")


def test_lookups_below_query_are_one_read(client: Client, finds: list[dict[str, Any]]) -> None:
    """Sessions of one kind that are asked for together are read together."""
    client.data(CREATE, input={"sessionId": "c", **BOT})
    by_id = [find for find in finds if "_id" in find["filter"]]
    assert [find["filter"]["_id"] for find in by_id] == [{"$in": ["a", "b"]}]


def test_query_is_charged(client: Client, schema: Schema) -> None:
    """What is selected below `query` costs what it costs at the root."""

    def cost(text: str) -> int:
        run = Run(client.context)
        client.runner.run(schema.execute(text, context_value=run))
        assert run.cost is not None
        return run.cost

    page = "botSessions(first: 50) { nodes { sessionId channel } }"
    below = f'mutation {{ deleteBotSession(sessionId: "a") {{ query {{ {page} }} }} }}'
    assert cost(below) == cost(f"{{ {page} }}") + 2


@every_kind
def test_taken_id(client: Client, kind: Sample) -> None:
    """ALREADY_EXISTS carries the session as it is stored, each time."""
    given = {"sessionId": kind.session_id, **kind.full}
    stored = client.data(kind.create, input=given)["session"]
    for _ in range(3):
        payload = client.data(kind.create, input={**kind.least, "sessionId": kind.session_id})
        assert [error["code"] for error in payload["errors"]] == ["ALREADY_EXISTS"]
        assert payload["session"] == stored


@pytest.mark.parametrize(
    "caller",
    [
        Caller("writer", frozenset({"bot:write"})),
        Caller("another bot's", frozenset({"bot:write", "bot:read"}), frozenset({"other"})),
    ],
)
def test_taken_id_of_what_may_not_be_read(client: Client, caller: Caller) -> None:
    """The session that has the id is not shown to who may not read it."""
    text = CREATE.replace(BELOW, "session { sessionId }")
    client.data(text, input={"sessionId": "a", **BOT})
    client.context.caller = caller
    payload = client.data(text, input={"sessionId": "a", **BOT, "botId": "other"})
    assert payload == {"errors": [{"code": "ALREADY_EXISTS"}], "session": None}
