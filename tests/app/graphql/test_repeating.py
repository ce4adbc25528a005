"""Idempotency keys: the same mutation is carried out once, whatever carries it."""

from typing import Any

import pytest

from tests.app.graphql.sockets import connected, streaming
from tests.app.graphql_client import Door, code, open_door

pytestmark = pytest.mark.anyio

CREATE = "mutation { createChatSession(input: {}) { session { sessionId } errors { code } } }"
KEY = {"idempotencyKey": "8e03978e"}


@pytest.fixture
def door() -> Door:
    return open_door()


async def count(door: Door) -> int:
    return int(await door.app.state.gateway.store.database["chat_sessions"].count_documents({}))


async def over_socket(door: Door, query: str = CREATE, **members: Any) -> Any:
    """The message that answers."""
    async with connected(door.app) as socket:
        await socket.init(door.key)
        return await socket.ask(query, **members)


async def over_events(door: Door, query: str = CREATE, **members: Any) -> Any:
    """What the first event has."""
    async with streaming(door.app, door.key, query, members) as events:
        name, data = await events.get()
        assert (name, await events.get()) == ("next", ("complete", None))
        return data


async def over_http(door: Door, query: str = CREATE, **members: Any) -> Any:
    """The body, by POST."""
    headers = {"authorization": f"Bearer {door.key}"}
    answer = await door._request(
        "POST", "/graphql", json={"query": query, **members}, headers=headers
    )
    return answer.json()


async def test_a_key_over_a_websocket(door: Door) -> None:
    """The repetition has the same answer, also over another connection."""
    first, second = [await over_socket(door, extensions=KEY) for _ in range(2)]
    assert first["type"] == "next"
    assert second == first
    assert await count(door) == 1


async def test_the_transport_does_not_matter(door: Door) -> None:
    """Whoever repeats it over another one has the same answer."""
    first = await over_http(door, extensions=KEY)
    assert first["data"]["createChatSession"]["errors"] == []
    assert (await over_socket(door, extensions=KEY))["payload"] == first
    assert await over_events(door, extensions=KEY) == first
    assert await count(door) == 1


async def test_a_refusal_is_repeated(door: Door) -> None:
    """As an error, with the first request's id."""
    query = "mutation { createChatSession { errors { code } } }"
    first, second = [await over_socket(door, query, extensions=KEY) for _ in range(2)]
    assert first["type"] == "error"
    assert second == first


async def test_another_request_with_the_key(door: Door) -> None:
    """It is refused by name, and nothing is done."""
    await over_socket(door, extensions=KEY)
    refused = await over_socket(door, CREATE + " ", extensions=KEY)
    assert refused["type"] == "error"
    assert refused["payload"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    refused = await over_events(door, CREATE + " ", extensions=KEY)
    assert refused["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert await count(door) == 1


@pytest.mark.parametrize("given", [1, "", "two words", ["a"], None])
async def test_what_is_no_key(door: Door, given: Any) -> None:
    """Named, and nothing is changed; null is none."""
    answer = await over_socket(door, extensions={"idempotencyKey": given})
    assert answer["type"] == ("next" if given is None else "error")
    assert await count(door) == (given is None)


def test_the_header_and_the_member(door: Door) -> None:
    """Both may be sent if they are the same key."""
    same = door.post(CREATE, extensions=KEY, headers={"idempotency-key": '"8e03978e"'})
    again = door.post(CREATE, headers={"idempotency-key": "8e03978e"})
    assert again.content == same.content
    other = door.post(CREATE, extensions=KEY, headers={"idempotency-key": "other"})
    assert code(other) == (400, "BAD_USER_INPUT")


async def test_queries_need_none(door: Door) -> None:
    """What is sent with one is not looked at."""
    answer = await over_socket(door, "{ __typename }", extensions={"idempotencyKey": 1})
    assert answer["payload"] == {"data": {"__typename": "Query"}}
