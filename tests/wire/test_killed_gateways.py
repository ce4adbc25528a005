"""Gateways and engines that are killed while somebody follows: nothing is lost or repeated."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets import Subprotocol
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.gateway import KEY, ROOT, without_settings
from tests.timing import limit, until
from tests.wire.engine import MakeEngine, WireEngine, reserve_port

pytestmark = pytest.mark.anyio

FOLLOW = """
  subscription ($after: String) {
    botSessionChanged(filter: {channel: {eq: "rtm"}}, after: $after) {
      action cursor sessionId session { channel revision: updatedAt }
    }
  }
"""
PLACE = "{ sessionChanges { pageInfo { endCursor } } }"
LIST = '{ botSessions(first: 500, filter: {channel: {eq: "rtm"}}) { nodes { sessionId } } }'
STEPS = 40
WAIT = 0.05
LAST = "f" * 24
"""The session that is stored at the end: once it is seen, everything is."""


class Killed:
    """A gateway that is started again on its port."""

    def __init__(self, engine: WireEngine, folder: Path) -> None:
        self._reserved = reserve_port()
        self.port = self._reserved.getsockname()[1]
        self._log = folder / "log"
        self._settings = {
            "GATEWAY_MONGODB_URI": engine.uri,
            "GATEWAY_MONGODB_DATABASE": "killed",
            "GATEWAY_DEMO_KEY": KEY,
            "GATEWAY_RATE": "",
        }

    @property
    def url(self) -> str:
        """The GraphQL address."""
        return f"http://127.0.0.1:{self.port}/graphql"

    def start(self) -> None:
        """Return once it answers."""
        command = [sys.executable, "-m", "app.cli", "serve", "--no-demo", "--port", str(self.port)]
        environment = {**without_settings(), **self._settings}
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        until(self._answers, 90)

    def _answers(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz").status_code == 200
        return False

    def kill(self) -> None:
        """As the kernel does where memory is short."""
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        """End it."""
        self.kill()
        self._reserved.close()


@contextmanager
def running(engine: WireEngine, folder: Path) -> Iterator[Killed]:
    """A gateway over an engine."""
    gateway = Killed(engine, folder)
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.close()


class Follower:
    """A client that connects again after its last cursor, whatever happens."""

    def __init__(self, gateway: Killed, after: str) -> None:
        self._gateway = gateway
        self.after = after
        self.cursors: list[str] = []
        self.sessions: set[str] = set()

    async def run(self) -> None:
        """Until the last session has come."""
        while LAST not in self.sessions:
            with suppress(OSError, WebSocketException, TimeoutError):
                await self._connected()
            await asyncio.sleep(WAIT)

    async def _connected(self) -> None:
        url = self._gateway.url.replace("http", "ws", 1)
        async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
            init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {KEY}"}}
            await socket.send(json.dumps(init))
            await socket.recv()
            payload = {"query": FOLLOW, "variables": {"after": self.after}}
            await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "error":
                    codes = [one["extensions"]["code"] for one in message["payload"]]
                    assert set(codes) <= {"UNAVAILABLE", "TIMEOUT"}, message
                    return
                self._apply(message["payload"]["data"]["botSessionChanged"])
                if LAST in self.sessions:
                    return

    def _apply(self, change: Any) -> None:
        self.after = change["cursor"]
        self.cursors.append(change["cursor"])
        if change["session"] is None:
            self.sessions.discard(change["sessionId"])
        else:
            self.sessions.add(change["sessionId"])


class Writer:
    """Stores, changes and deletes sessions, each step until it is known to be done."""

    def __init__(self, gateway: Killed) -> None:
        self._gateway = gateway
        self._client = httpx.AsyncClient(timeout=limit(20))

    async def ask(self, query: str) -> Any:
        """The data of an answer, however long it takes to get one."""
        headers, body = {"Authorization": f"Bearer {KEY}"}, {"query": query}
        async with asyncio.timeout(limit(120)):
            while True:
                with suppress(httpx.TransportError):
                    sent = await self._client.post(self._gateway.url, json=body, headers=headers)
                    answer = sent.json()
                    if "errors" not in answer:
                        return answer["data"]
                await asyncio.sleep(WAIT)

    async def step(self, number: int) -> None:
        """One of three things, with one of seven sessions."""
        session_id = f"{number % 7:024}"
        given = f'sessionId: "{session_id}"'
        create = f'createBotSession(input: {{{given}, botId: "b", channel: "rtm", userId: "u"}})'
        change = f'updateBotSession({given}, input: {{channel: "{("rtm", "sms")[number % 2]}"}})'
        delete = f"deleteBotSession({given})"
        chosen = (create, change, create, delete)[number % 4]
        await self.ask(f"mutation {{ {chosen} {{ errors {{ code }} }} }}")

    async def last(self) -> None:
        """Store the session that shows the end."""
        given = f'sessionId: "{LAST}", botId: "b", channel: "rtm", userId: "u"'
        await self.ask(
            f"mutation {{ createBotSession(input: {{{given}}}) {{ errors {{ code }} }} }}"
        )


@pytest.mark.slow
async def test_everything_is_killed(make_engine: MakeEngine, tmp_path: Path) -> None:
    """Who resumes has exactly what the database has, and no change twice."""
    engine = make_engine()
    with running(engine, tmp_path) as gateway:
        writer = Writer(gateway)
        place = (await writer.ask(PLACE))["sessionChanges"]["pageInfo"]["endCursor"]
        follower = Follower(gateway, place)
        following = asyncio.create_task(follower.run())
        for number in range(STEPS):
            await writer.step(number)
            if number == STEPS // 4:
                await asyncio.to_thread(_again, gateway)
            if number in (STEPS // 2, STEPS * 3 // 4):
                engine.kill()
                engine.start()
        await writer.last()
        async with asyncio.timeout(limit(90)):
            await following
        listed = (await writer.ask(LIST))["botSessions"]["nodes"]
    assert follower.sessions == {one["sessionId"] for one in listed}
    assert len(follower.cursors) == len(set(follower.cursors))


def _again(gateway: Killed) -> None:
    gateway.kill()
    gateway.start()
