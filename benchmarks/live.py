"""What subscribers cost: CPU and memory of a gateway while sessions are stored beside them.

    scripts/bench live [--subscribers 1000] [--events 200]

A gateway over the embedded engine is followed over WebSockets, with one connection each. Sessions
of one bot are stored. CPU is that of the gateway's process, from which the same creations with one
subscriber are taken away: what is left is what each further one costs.
"""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import websockets

ROOT = Path(__file__).resolve().parent.parent
KEY = "key-of-the-benchmark-of-32-characters"
START_SECONDS = 60
CREATE = (
    'mutation { createBotSession(input: {botId: "one", channel: "rtm", userId: "u"}) '
    "{ errors { code } } }"
)
FOLLOW = (
    "subscription ($bot: String!) { botSessionChanged(filter: {botId: {eq: $bot}}) "
    "{ action cursor session { sessionId botId status startedAt } } }"
)


@contextmanager
def gateway(subscribers: int) -> Any:
    """Its address and its process."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        settings = {
            "GATEWAY_DEMO_KEY": KEY,
            "GATEWAY_DATA_DIR": f"{folder}/data",
            "GATEWAY_RATE": "",
            "GATEWAY_DEADLINE_SECONDS": "30",
            "GATEWAY_REQUEST_SECONDS": "60",
            "GATEWAY_HEAD_SECONDS": "60",
            "GATEWAY_MAX_CONNECTIONS": str(2 * subscribers + 100),
            "GATEWAY_MAX_SUBSCRIPTIONS": str(2 * subscribers + 100),
        }
        command = [sys.executable, "-m", "app.cli", "serve", "--no-demo", "--port", "0"]
        with log.open("w") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **settings},
                stdout=output,
                stderr=output,
            )
        try:
            yield _origin(process, log), psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait()


def _origin(process: "subprocess.Popen[bytes]", log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"Health +(https?://\S+)/readyz", log.read_text())
        if found:
            return found[1]
        time.sleep(0.1)
    raise SystemExit(log.read_text())


class Subscriber:
    """One connection, which counts what comes."""

    def __init__(self, origin: str, bot: str) -> None:
        self._origin = origin
        self._bot = bot
        self.received = 0
        self.last = 0.0

    async def open(self) -> Any:
        """Connect and subscribe."""
        url = self._origin.replace("http", "ws", 1) + "/graphql"
        connection = await websockets.connect(
            url, subprotocols=[websockets.Subprotocol("graphql-transport-ws")], compression=None
        )
        init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {KEY}"}}
        await connection.send(json.dumps(init))
        await connection.recv()
        payload = {"query": FOLLOW, "variables": {"bot": self._bot}}
        await connection.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        return connection

    async def read(self, connection: Any) -> None:
        """Until it is cancelled."""
        async for _ in connection:
            self.received += 1
            self.last = time.monotonic()


@asynccontextmanager
async def subscribed(origin: str, number: int, bot: str) -> AsyncIterator[list[Subscriber]]:
    """So many that follow one bot."""
    async with AsyncExitStack() as stack:
        subscribers = [Subscriber(origin, bot) for _ in range(number)]
        for one in subscribers:
            connection = await one.open()
            stack.push_async_callback(connection.close)
            reading = asyncio.create_task(one.read(connection))
            stack.callback(reading.cancel)
        await asyncio.sleep(1)
        yield subscribers


async def created(origin: str, process: psutil.Process, events: int) -> float:
    """CPU seconds of the gateway while so many sessions are stored, one after the other."""
    before = sum(process.cpu_times()[:2])
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(timeout=30) as client:
        for _ in range(events):
            answer = await client.post(f"{origin}/graphql", json={"query": CREATE}, headers=headers)
            assert answer.json()["data"]["createBotSession"]["errors"] == [], answer.text
    await asyncio.sleep(2)
    return float(sum(process.cpu_times()[:2]) - before)


async def measured(origin: str, process: psutil.Process, number: int, events: int) -> None:
    """Print a table, line by line."""
    tell("subscribers", f"{number}")
    each = 1e6 / number
    async with subscribed(origin, 1, "another"):
        await created(origin, process, events)  # everything is warm
        alone = await created(origin, process, events)
    idle = process.memory_info().rss
    async with subscribed(origin, number, "another") as subscribers:
        memory = (process.memory_info().rss - idle) / number
        tell("memory of one", f"{memory / 1024:.0f} KiB")
        started = sum(process.cpu_times()[:2])
        await asyncio.sleep(10)
        waiting = (sum(process.cpu_times()[:2]) - started) / 10
        tell("CPU while nothing happens", f"{waiting * 100:.1f} % of a core")
        dropped = await created(origin, process, events) - alone
        assert not any(one.received for one in subscribers)
        tell("CPU for a change that its filter drops", f"{dropped / events * each:.1f} µs")
    async with subscribed(origin, number, "one") as subscribers:
        sent = await created(origin, process, events // 10) - alone / 10
        deadline = time.monotonic() + 120
        while sum(one.received for one in subscribers) < number * (events // 10):
            if time.monotonic() > deadline:
                raise SystemExit("not every change arrived")
            await asyncio.sleep(0.1)
    tell("CPU for a change that is sent to it", f"{sent / (events // 10) * each:.0f} µs")


def tell(name: str, value: str) -> None:
    """Print a line of the table."""
    print(f"{name:<40} {value}", flush=True)


def main() -> None:
    """Start a gateway and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, default=1000)
    parser.add_argument("--events", type=int, default=200)
    given = parser.parse_args()
    with gateway(given.subscribers) as (origin, process):
        asyncio.run(measured(origin, process, given.subscribers, given.events))


if __name__ == "__main__":
    main()
