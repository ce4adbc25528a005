"""Exports over the wire: a file that is not whole does not look whole."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from functools import partial

import pytest

from app.export import endpoint
from app.export.endpoint import Running
from resolvers import export
from resolvers.context import Context
from resolvers.errors import Timeout, Unavailable
from resolvers.export import Part
from tests.app.graphql_client import Door, open_door
from tests.app.live import live
from tests.conftest import NOW
from tests.timing import limit, until

LAST_CHUNK = b"\r\n0\r\n\r\n"


class Endless:
    """In the place of what is stored: parts without end, until something happens."""

    def __init__(self) -> None:
        self.parts = 0
        self.happens: Callable[[], Awaitable[object]] = partial(asyncio.sleep, 0)

    async def part(self, context: Context) -> Part | None:
        assert context.store.left > 1  # each part has a time of its own
        self.parts += 1
        if self.parts == 3:
            await self.happens()
        await asyncio.sleep(0.01)
        document = {"_id": "a", "createdAt": NOW, "startedAt": NOW}
        return Part([document], ["W10="])


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Endless:
    made = Endless()
    monkeypatch.setattr(export.Exporting, "part", lambda _self, context: made.part(context))
    return made


@pytest.fixture
def door() -> Door:
    return open_door(export_seconds=3600)


@pytest.fixture
def connection(door: Door) -> Iterator[socket.socket]:
    with live(door.app) as port, closing(connect(port)) as made:
        yield made


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=limit(20))


def ask(connection: socket.socket, door: Door, version: str = "1.1") -> None:
    text = f"GET /export/bot.csv?columns=sessionId HTTP/{version}\r\nHost: localhost\r\n"
    connection.sendall(f"{text}Authorization: Bearer {door.key}\r\n\r\n".encode())


def everything(connection: socket.socket) -> bytes:
    found = b""
    while data := connection.recv(65536):
        found += data
    return found


def test_a_whole_file_has_its_last_chunk(door: Door, connection: socket.socket) -> None:
    """With which the other tests compare."""
    ask(connection, door)
    found = b""
    while not found.endswith(LAST_CHUNK):
        found += connection.recv(65536)
    assert found.startswith(b"HTTP/1.1 200")


async def fail() -> None:
    raise Unavailable("The database is away.")


def test_a_failure_cuts_it_off(
    door: Door, connection: socket.socket, endless: Endless, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came before it stays readable; no last chunk follows."""
    monkeypatch.setattr(endpoint, "PATIENCE_SECONDS", 0)
    endless.happens = fail
    ask(connection, door)
    found = everything(connection)
    assert found.startswith(b"HTTP/1.1 200")
    assert found.count(b"a,W10=,\r\n") == 2
    assert not found.endswith(LAST_CHUNK)


def test_a_database_that_comes_back(
    door: Door, connection: socket.socket, endless: Endless, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file goes on where it was: nothing is missing, and nothing is there twice."""
    monkeypatch.setattr(endpoint, "FIRST_PAUSE", 0.01)
    failures = iter((Unavailable("It is away."), Timeout("It is slow.")))

    async def fail_twice() -> None:
        if failure := next(failures, None):
            endless.parts -= 1
            raise failure

    endless.happens = fail_twice
    ask(connection, door)
    found = b""
    while found.count(b"a,W10=,\r\n") < 5:
        found += connection.recv(65536)
    assert next(failures, None) is None


def test_a_revoked_key_ends_it(door: Door, connection: socket.socket, endless: Endless) -> None:
    """Each part is read as the credential may read then."""
    state = door.app.state.gateway

    async def revoke() -> None:
        rows = state.store.database["credentials"]
        await rows.update_many({}, {"$set": {"revokedAt": NOW}})
        state.authenticator.credentials._known.clear()

    endless.happens = revoke
    ask(connection, door)
    assert not everything(connection).endswith(LAST_CHUNK)
    assert endless.parts == 3


def test_it_has_an_end(endless: Endless) -> None:
    """Also for a client that reads on and on."""
    door = open_door(export_seconds=0.05)
    with live(door.app) as port, closing(connect(port)) as connection:
        ask(connection, door)
        assert not everything(connection).endswith(LAST_CHUNK)


def test_who_has_gone_is_read_nothing_for(
    door: Door, connection: socket.socket, endless: Endless, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And leaves a place to the next one."""
    begin = Running.begin

    def noted(running: Running) -> None:
        begin(running)
        numbers.append(running)

    numbers: list[Running] = []
    monkeypatch.setattr(Running, "begin", noted)
    ask(connection, door)
    until(lambda: endless.parts > 3)
    connection.close()
    until(lambda: numbers[0].number == 0)


def test_http_1_0_is_refused(door: Door, connection: socket.socket) -> None:
    """There, the end of the connection is the end of the file, whatever the reason."""
    ask(connection, door, "1.0")
    found = everything(connection)
    assert found.startswith(b"HTTP/1.1 400")
    assert b"proxy_http_version 1.1" in found
