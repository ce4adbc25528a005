"""GraphQL over HTTP against a real engine: hostile requests, writes at once, and all five kinds."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from resolvers.value_types import TEXT, Operator
from tests.contract.whole import Whole, opened
from tests.kinds import every_kind
from tests.kinds.sample import Sample
from tests.wire.engine import WireEngine

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
async def open_to_all(engine: WireEngine) -> AsyncIterator[Whole]:
    """The application without access control."""
    async with opened(engine, auth="off") as made:
        yield made


@pytest.fixture
async def http(open_to_all: Whole) -> AsyncIterator[httpx.AsyncClient]:
    """Its client, over an empty database."""
    async with open_to_all.restored():
        yield open_to_all.http


async def ask(http: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    """A response that is JSON and no failure of the server."""
    return answer(await http.post("/graphql", json={"query": query, "variables": variables}))


def answer(response: httpx.Response) -> Any:
    """The response's JSON."""
    assert response.status_code < 500, response.text
    return response.json()


BOT = 'mutation { createBotSession(input: {sessionId: "b", botId: "st", channel: "c", userId: "u"})'
FIND = "query ($f: BotSessionFilter) { botSessions(filter: $f) { nodes { sessionId } } }"
LOOK = "{ botSessions { nodes { sessionId botId } } }"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"5",
        b"null",
        b"[" * 10_000 + b"]" * 10_000,
        b'{"query": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"query": {"$gt": ""}}',
        b'{"query": "{ __typename }", "variables": [1]}',
        b'{"query": "{ __typename }", "operationName": {"$where": "1"}}',
        b'{"query": "{ __typename }", "operationName": "none"}',
        b'{"query": "{ botSession(sessionId: \\"\\\\ud800\\") { id } }"}',
        b'{"query": "\\ud800"}',
        b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}',
        b'{"query": "\xff\xfe"}',
        b"\x00" * 1000,
        b'{"query": "{ botSessions' + b"{" * 10_000 + b"}" * 10_000 + b'}"}',
        json.dumps({"query": "{ botSession(sessionId: " + "[" * 10_000 + ") { id } }"}).encode(),
        b'{"query": "{ __typename }", "variables": ' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}",
        b'{"query": "{ __typename }", "pad": "' + b"x" * 20_000_000 + b'"}',
    ],
    ids=lambda body: f"{len(body)}-bytes-{body[:12].hex()}",
)
async def test_hostile_body(http: httpx.AsyncClient, body: bytes) -> None:
    """Whatever is sent gets an answer in JSON, and the next request works."""
    found = answer(await http.post("/graphql", content=body, headers=JSON))
    assert "errors" in found or found == {"data": {"__typename": "Query"}}
    assert await ask(http, "{ __typename }") == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("text", ['{"$gt": ""}', "$where", "\0", "\ud800", "' || '1'=='1", ".*"])
async def test_hostile_text(http: httpx.AsyncClient, text: str) -> None:
    """A text in a variable finds only what has it, and changes no query."""
    assert (await ask(http, BOT + " { errors { code } } }"))["data"]["createBotSession"] == {
        "errors": []
    }
    for operator in set(TEXT.operators) - {Operator.NE, Operator.IN, Operator.NIN}:
        query = (
            f"query ($f: BotSessionFilter) {LOOK.replace('botSessions', 'botSessions(filter: $f)')}"
        )
        body = json.dumps({"query": query, "variables": {"f": {"botId": {operator: text}}}})
        found = answer(await http.post("/graphql", content=body.encode(), headers=JSON))
        if "errors" in found:
            assert found["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        else:
            assert found["data"]["botSessions"]["nodes"] == []
    assert len((await ask(http, LOOK))["data"]["botSessions"]["nodes"]) == 1


@every_kind
async def test_every_kind(http: httpx.AsyncClient, kind: Sample) -> None:
    """The full session is stored, found, listed, changed and deleted on a real engine."""
    created = await ask(http, kind.create, input={"sessionId": kind.session_id, **kind.full})
    payload = created["data"][f"create{kind.type}"]
    assert payload["errors"] == []
    moving = ("createdAt", "updatedAt", "startedAt")
    shown = {name: value for name, value in payload["session"].items() if name in kind.full_shown}
    for name in set(kind.full_shown) - set(moving):
        assert shown[name] == kind.full_shown[name]
    found = await ask(http, kind.get, id=kind.session_id)
    assert found["data"][kind.name] == payload["session"]
    page = (await ask(http, kind.list))["data"][f"{kind.name}s"]
    assert [edge["node"] for edge in page["edges"]] == [payload["session"]]
    changed = await ask(http, kind.update, id=kind.session_id, input=kind.change)
    assert changed["data"][f"update{kind.type}"]["errors"] == []
    deleted = await ask(http, kind.delete, id=kind.session_id)
    assert deleted["data"][f"delete{kind.type}"]["deletedId"] == payload["session"]["id"]
    assert (await ask(http, kind.get, id=kind.session_id))["data"][kind.name] is None


async def test_fifty_messages_at_once(http: httpx.AsyncClient) -> None:
    """Fifty appends at the same time store fifty messages, each once, in one order."""
    await ask(http, 'mutation { createChatSession(input: {sessionId: "c"}) { errors { code } } }')
    append = (
        'mutation ($m: [ChatMessageInput!]!) { appendChatMessages(sessionId: "c", messages: $m)'
        " { errors { code message } } }"
    )
    ids = [f"m{number}" for number in range(50)]
    done = await asyncio.gather(
        *(ask(http, append, m=[{"messageId": i, "message": "x", "source": "VISITOR"}]) for i in ids)
    )
    assert all(one["data"]["appendChatMessages"]["errors"] == [] for one in done)
    read = '{ chatSession(sessionId: "c") { messages(first: 50) { nodes { messageId } } } }'
    orders = [(await ask(http, read))["data"]["chatSession"]["messages"]["nodes"] for _ in "ab"]
    assert orders[0] == orders[1]
    assert sorted(message["messageId"] for message in orders[0]) == sorted(ids)


@pytest.mark.parametrize("count", ["first", "last"])
async def test_paging_with_ties_and_nulls(http: httpx.AsyncClient, count: str) -> None:
    """Walking through all pages shows every session once, in the ordering, either way."""
    create = (
        "mutation ($i: CreateBotSessionInput!) { createBotSession(input: $i) { errors { code } } }"
    )
    for number in range(23):
        ended = f"2026-03-01T10:00:{number % 3:02}Z" if number % 4 else None
        values = {"sessionId": f"s{number:02}", "botId": "st", "channel": "c", "userId": "u"}
        values |= {"startTime": "2026-03-01T09:00:00Z", **({"endTime": ended} if ended else {})}
        await ask(http, create, i=values)
    order = "[{field: ENDED_AT, direction: DESC}]"
    whole = await ask(
        http, f"{{ botSessions(orderBy: {order}, first: 100) {{ nodes {{ sessionId }} }} }}"
    )
    cursor, way = ("after", "endCursor") if count == "first" else ("before", "startCursor")
    query = (
        f"query ($c: String) {{ botSessions(orderBy: {order}, {count}: 5, {cursor}: $c)"
        f" {{ nodes {{ sessionId }} pageInfo {{ {way} hasNextPage hasPreviousPage }} }} }}"
    )
    pages, place, more = [], None, True
    while more:
        page = (await ask(http, query, c=place))["data"]["botSessions"]
        info = page["pageInfo"]
        pages.append([node["sessionId"] for node in page["nodes"]])
        place, more = info[way], info["hasNextPage" if count == "first" else "hasPreviousPage"]
    if count == "last":
        pages.reverse()
    walked = [session_id for page in pages for session_id in page]
    assert walked == [node["sessionId"] for node in whole["data"]["botSessions"]["nodes"]]
    assert len(set(walked)) == 23
