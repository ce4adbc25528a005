"""What travels of a huge list: its part alone, in one command."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient, monitoring

from resolvers.context import Context
from resolvers.kind import Document
from resolvers.store import driver
from resolvers.store.store import Store
from schema.build import Schema, build
from schema.kinds import KINDS
from tests.conftest import DEADLINE, NOW, prepared
from tests.wire.engine import WireEngine

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

MANY = 3_000
LIST = "{ chatSessions(first: 3) { nodes { %s } pageInfo { hasNextPage } } }"


class Replies(monitoring.CommandListener):
    """The rows of every find."""

    def __init__(self) -> None:
        self.rows: list[list[Document]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Nothing to note."""

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        if event.command_name in ("find", "getMore"):
            cursor = event.reply["cursor"]
            self.rows.append(cursor.get("firstBatch", cursor.get("nextBatch")))

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to note."""


@pytest.fixture(scope="module", params=[True, False], ids=["compiled", "plain"])
def schema(request: pytest.FixtureRequest) -> Schema:
    """Both ways read the same."""
    return build(KINDS, compiled=request.param)


@pytest.fixture
def replies() -> Replies:
    """What `context` gets."""
    return Replies()


@pytest.fixture
async def context(
    engine: WireEngine, database_name: str, replies: Replies
) -> AsyncIterator[Context]:
    """Surroundings whose replies are noted, over two chats: a huge one, and one that is damaged."""
    async with AsyncMongoClient[dict[str, Any]](engine.uri, event_listeners=[replies]) as client:
        store = Store(driver.database(client, database_name, DEADLINE), DEADLINE)
        found = Context(store=await prepared(store))
        sent = {"dateTime": NOW, "timeZone": "UTC", "instant": NOW}
        messages = [
            {"id": str(place), "message": "x" * 50, "source": "VISITOR", "sent": sent}
            for place in range(MANY)
        ]
        huge = {"_id": "huge", "status": "ACTIVE", "startedAt": NOW, "messages": messages}
        huge |= {"messageCount": MANY, "lastMessage": messages[-1]}
        damaged = {**huge, "_id": "damaged", "messages": "torn", "messageCount": 2}
        await store.database["chat_sessions"].insert_many(
            [huge, damaged], bypass_document_validation=True
        )
        replies.rows.clear()
        yield found


async def ask(schema: Schema, context: Context, text: str, **variables: Any) -> Any:
    """The second answer to an operation: it is known."""
    await schema.execute(text, variable_values=variables, context_value=context)
    return await schema.execute(text, variable_values=variables, context_value=context)


@pytest.mark.parametrize(
    ("selection", "read"),
    [
        ("messages(first: 5) { nodes { message } }", 5),
        ("messages(last: 1) { nodes { message } totalCount }", 1),
        ("messages { edges { cursor } }", 20),
        ("messages { pageInfo { endCursor } totalCount }", 0),
        ("messageCount lastMessage { message }", 0),
    ],
)
async def test_part_of_a_huge_list(
    schema: Schema, context: Context, replies: Replies, selection: str, read: int
) -> None:
    """A page of sessions is one find, and of their lists it has what is shown."""
    await context.store.database["chat_sessions"].delete_one({"_id": "damaged"})
    result = await ask(schema, context, LIST % selection)
    assert result.errors is None
    assert len(replies.rows) == 2
    for (row,) in replies.rows:
        assert len(row.get("messages", [])) == read


async def test_walking_a_huge_list(schema: Schema, context: Context, replies: Replies) -> None:
    """Each page travels once: pages of 500 are six finds, and three thousand messages."""
    text = """query ($after: String) { chatSession(sessionId: "huge") {
      messages(first: 500, after: $after) {
        nodes { messageId } pageInfo { hasNextPage endCursor } } } }"""
    after, seen = None, []
    while True:
        result = await schema.execute(text, variable_values={"after": after}, context_value=context)
        found = result.data["chatSession"]["messages"]
        seen += [node["messageId"] for node in found["nodes"]]
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert seen == [str(place) for place in range(MANY)]
    assert [len(row["messages"]) for (row,) in replies.rows] == [500] * (MANY // 500)


async def test_a_list_that_is_none(schema: Schema, context: Context) -> None:
    """It is an error in its own place; what stands beside it arrives."""
    text = LIST % "sessionId messages(last: 1) { nodes { messageId } }"
    result = await ask(schema, context, text)
    rows = {row["sessionId"]: row["messages"] for row in result.data["chatSessions"]["nodes"]}
    assert rows == {"huge": {"nodes": [{"messageId": str(MANY - 1)}]}, "damaged": None}
    (error,) = result.errors
    assert error.path[-1] == "messages"
    assert error.original_error.details == {"sessionId": "damaged", "field": "messages"}
