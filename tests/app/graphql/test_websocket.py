"""graphql-transport-ws: its messages, the codes that close a connection, and who may use it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.graphql import streams
from app.http.ending import NAME, Ending
from app.observing import requests
from resolvers import credentials
from resolvers.context import utc_now
from tests.app.graphql.sockets import ClosedByServerError, Socket, connected
from tests.app.graphql_client import Door, open_door
from tests.timing import limit

pytestmark = pytest.mark.anyio

VIEWER = "{ viewer { name } }"
FOLLOWED = "subscription { sessionChanged { action } }"


@pytest.fixture(scope="module")
def door() -> Door:
    """Over a database in memory, which reports no changes."""
    return open_door(max_subscriptions=2)


async def closed(socket: Socket) -> int:
    """The code with which the server closes it."""
    with pytest.raises(ClosedByServerError) as found:
        await socket.get()
    return found.value.code


async def test_a_query_and_a_mutation(door: Door) -> None:
    """Each is answered once, then complete."""
    async with connected(door.app) as socket:
        assert await socket.init(door.key) == {"type": "connection_ack"}
        answer = await socket.ask(VIEWER)
        assert (answer["type"], answer["id"]) == ("next", "1")
        assert set(answer["payload"]) == {"data"}
        assert await socket.get() == {"id": "1", "type": "complete"}
        answer = await socket.ask('mutation { deleteBotSession(sessionId: "x") { deletedId } }')
        assert answer["payload"]["data"] == {"deleteBotSession": {"deletedId": None}}


async def test_what_is_not_valid_is_an_error(door: Door) -> None:
    """With its code and the id of its own request; the connection stays."""
    async with connected(door.app) as socket:
        await socket.init(door.key)
        for query, code in (
            ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
            ("{", "GRAPHQL_PARSE_FAILED"),
            (" ", "BAD_USER_INPUT"),
            (FOLLOWED, "CHANGES_UNSUPPORTED"),
        ):
            answer = await socket.ask(query)
            assert (answer["type"], answer["id"]) == ("error", "1")
            extensions = answer["payload"][0]["extensions"]
            assert extensions["code"] == code
            assert extensions["requestId"]


@pytest.fixture
def measured() -> Door:
    """One whose requests are counted."""
    return open_door(metrics_port=0)


async def test_operations_are_noted(measured: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """As requests are: counted by name and code, and a failure is a line in the log."""
    door = measured
    metrics: Any = door.app.entrance._metrics  # type: ignore[attr-defined]  # Gateway's own
    lines: list[Any] = []
    monkeypatch.setattr(requests.log, "log", lambda *line, **more: lines.append((line, more)))

    def broken(*_: Any) -> Any:
        raise RuntimeError("secret")

    async with connected(door.app) as socket:
        await socket.init(door.key)
        await socket.ask("query Mine { viewer { name } }")
        await socket.get()
        for query in ("{ nothing }", FOLLOWED):
            await socket.ask(query)
        with monkeypatch.context() as patched:
            patched.setattr(streams.Streams, "_subscribes", broken)
            await socket.ask(VIEWER)
    asked = [
        ("graphql", "Mine", "200", ""),
        ("graphql", "other", "200", "GRAPHQL_VALIDATION_FAILED"),
        ("graphql-stream", "", "200", "CHANGES_UNSUPPORTED"),
        ("graphql", "", "500", "INTERNAL"),
    ]
    found = {
        (one.labels["api"], one.labels["operation"], one.labels["status"], one.labels["code"])
        for family in metrics.collectors.collect()
        for one in family.samples
        if one.name == "gateway_requests_total"
    }
    assert {(api, status, code) for api, _, status, code in asked} <= {
        (api, status, code) for api, _, status, code in found
    }
    assert asked[0] in found
    assert [more["extra"]["codes"] for _, more in lines] == ["INTERNAL"]
    assert "secret" not in str(lines)


async def test_ping(door: Door) -> None:
    """It is answered at any time, with its payload."""
    async with connected(door.app) as socket:
        await socket.send(type="ping", payload={"a": 1})
        assert await socket.get() == {"type": "pong", "payload": {"a": 1}}
        await socket.send(type="pong")
        assert (await socket.init(door.key))["type"] == "connection_ack"


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([{"type": "subscribe", "id": "1", "payload": {"query": VIEWER}}], 4401),
        ([{"type": "nothing"}], 4400),
        ([{"id": "1"}], 4400),
        ([{"type": "connection_init", "payload": 1}], 4400),
        ([{"type": "connection_init", "payload": {"apiKey": "nobody's"}}], 4403),
        ([{"type": "connection_init"}], 4403),
    ],
)
async def test_what_closes_a_connection(door: Door, messages: list[Any], code: int) -> None:
    """Before it is known who calls."""
    async with connected(door.app) as socket:
        for message in messages:
            await socket.send(**message)
        assert await closed(socket) == code


async def test_what_closes_it_later(door: Door) -> None:
    """A second init, an id that is in use, a message that is not JSON, and a binary one."""
    subscribe = {"type": "subscribe", "id": "1", "payload": {"query": VIEWER}}
    for messages, code in (
        ([{"type": "connection_init"}], 4429),
        ([subscribe, subscribe], 4409),
        ([{"type": "subscribe", "id": "", "payload": {}}], 4400),
    ):
        async with connected(door.app) as socket:
            await socket.init(door.key)
            for message in messages:
                await socket.send(**message)
            assert await closed(socket) == code
    for frame in ({"text": "{"}, {"text": None, "bytes": b"{}"}):
        async with connected(door.app) as socket:
            await socket.init(door.key)
            await socket.raw(**frame)
            assert await closed(socket) == 4400


async def test_other_protocols(door: Door) -> None:
    """The older protocol of that name, and none at all."""
    for protocols in (("graphql-ws",), ()):
        async with connected(door.app, protocols) as socket:
            assert await closed(socket) == 4406


async def test_init_in_time() -> None:
    """A connection that says nothing is closed after a while."""
    quick = await asyncio.to_thread(open_door, head_seconds=0.1)
    async with connected(quick.app) as socket:
        assert await closed(socket) == 4408


async def test_the_key_in_the_headers(door: Door) -> None:
    """It is as good as one in the payload; two different ones are refused."""
    headers = {"authorization": f"Bearer {door.key}"}
    async with connected(door.app, headers=headers) as socket:
        assert (await socket.init(None))["type"] == "connection_ack"
    async with connected(door.app, headers=headers) as socket:
        with pytest.raises(ClosedByServerError, match="4403"):
            await socket.init("another")


async def test_foreign_pages(door: Door) -> None:
    """A page of another site is refused before the connection is accepted; one's own is not."""
    for origin, host in (
        ("https://evil.example", "localhost"),
        ("http://localhost", "evil.example"),
    ):
        with pytest.raises(ClosedByServerError, match="1008"):
            async with connected(door.app, headers={"origin": origin, "host": host}):
                pass
    async with connected(door.app, headers={"origin": "http://localhost"}) as socket:
        assert (await socket.init(door.key))["type"] == "connection_ack"


async def test_other_addresses(door: Door) -> None:
    """There is a WebSocket at /graphql alone."""
    with pytest.raises(ClosedByServerError):
        async with connected(door.app, path="/nowhere"):
            pass


async def test_a_revoked_key() -> None:
    """Its connections end within five seconds, and no others."""
    fresh = await asyncio.to_thread(open_door)
    store = fresh.app.state.gateway.store
    async with connected(fresh.app) as socket:
        await socket.init(fresh.key)
        viewer = await socket.ask("{ viewer { name } }")
        assert viewer["type"] == "next"
        await socket.get()
        (row,) = await store.database["credentials"].find({}).to_list(None)
        started = asyncio.get_running_loop().time()
        await credentials.revoke(store, row["_id"], utc_now())
        assert await closed(socket) == 4403
        assert asyncio.get_running_loop().time() - started < limit(5)


async def test_an_expired_key() -> None:
    """Its connections end at its end."""
    fresh = await asyncio.to_thread(open_door)
    store = fresh.app.state.gateway.store
    soon = utc_now() + timedelta(seconds=1)
    await store.database["credentials"].update_many({}, {"$set": {"expiresAt": soon}})
    async with connected(fresh.app) as socket:
        await socket.init(fresh.key)
        assert await closed(socket) == 4403
        assert utc_now() >= soon


async def test_the_end_of_the_server(door: Door) -> None:
    """Clients are asked to come back."""
    ending = Ending()
    async with connected(door.app, **{NAME: ending}) as socket:
        await socket.init(door.key)
        ending.closing = True
        assert await closed(socket) == 1012
