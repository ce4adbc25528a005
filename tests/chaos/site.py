"""An engine, a bad network, a gateway with workers, and clients that write: what faults are for."""

import asyncio
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import psutil
from pymongo import MongoClient

from tests.chaos.clients import HANGING, Client, Ledger
from tests.chaos.proxy import Mode, Proxy
from tests.gateway import KEY, ROOT, SERVE, without_settings
from tests.timing import limit, until
from tests.wire.engine import WireEngine, reserve_port

DATABASE = "chaos"
FULL_DISK = 14031
"""MongoDB's code OutOfDiskSpace."""
COMMANDS = ["insert", "update", "delete", "find", "aggregate", "findAndModify"]


class Site:
    """All of it, with one method for each thing that can be done to it."""

    options = "directConnection=true"
    """Of the gateway's connections to the database."""

    def __init__(self, folder: Path, workers: int, clients: int, seed: int) -> None:
        self.folder, self.workers, self.seed, self.count = folder, workers, seed, clients
        self.engine = WireEngine(folder)
        self.ledger = Ledger()
        self._reserved = reserve_port()
        self.port = self._reserved.getsockname()[1]
        self._gateway: subprocess.Popen[bytes] | None = None
        self._ready, self._go, self._stop = Event(), Event(), Event()
        self._clients = Thread(target=lambda: asyncio.run(self._serve_clients()), daemon=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Everything at work."""
        self.engine.start()
        try:
            self._clients.start()
            assert self._ready.wait(limit(10))
            self.start_gateway()
            self._go.set()
            yield
        finally:
            self._go.set()
            self._stop.set()
            self.kill_gateway()
            self.engine.close()
            self._reserved.close()

    def finish(self) -> None:
        """Let the clients complete what they began."""
        self._stop.set()
        self._clients.join(limit(90))
        assert not self._clients.is_alive(), ("a client never ended", *self.state())

    def state(self) -> Iterator[str]:
        """How it stands, for who looks into a failure."""
        yield from self.ledger.wrong[:5]
        yield str(dict(self.ledger.outcomes))
        yield str({process.pid: process.status() for process in self.processes()})
        for name, last in self.ledger.last.items():
            ago = time.monotonic() - self.ledger.acknowledged.get(name, 0)
            yield f"{name} had a write acknowledged {ago:.0f} s ago; the last one was {last}"
        yield self.log()[-4000:]

    async def _serve_clients(self) -> None:
        """The thread of the network and the clients."""
        self._loop = asyncio.get_running_loop()
        self.proxy = Proxy(self.engine.port or 0)
        await self.proxy.open()
        self._ready.set()
        await asyncio.to_thread(self._go.wait)
        address, headers = (
            f"http://127.0.0.1:{self.port}",
            {"Authorization": f"Bearer {KEY}"},
        )
        async with httpx.AsyncClient(
            base_url=address, headers=headers, timeout=limit(HANGING)
        ) as http:
            clients = [self._client(number, http) for number in range(self.count)]
            running = asyncio.gather(*(client.run() for client in clients))
            await asyncio.to_thread(self._stop.wait)
            for client in clients:
                client.stopping = True
            await running
        await self.proxy.close()

    def _client(self, number: int, http: httpx.AsyncClient) -> Client:
        return Client(f"chat-{number}", http, self.ledger, f"{self.seed} {number}")

    def start_gateway(self) -> None:
        """Start it, and return once it is ready."""
        settings = {
            "GATEWAY_MONGODB_URI": f"mongodb://127.0.0.1:{self.proxy.port}/?{self.options}",
            "GATEWAY_MONGODB_DATABASE": DATABASE,
            "GATEWAY_DEMO_KEY": KEY,
        }
        options = ("--port", str(self.port), "--workers", str(self.workers), "--no-demo")
        with (self.folder / "gateway.log").open("ab") as log:
            self._gateway = subprocess.Popen(
                (*SERVE, *options),
                cwd=ROOT,
                env={**without_settings(), **settings},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(self._is_ready, 60)

    def _is_ready(self) -> bool:
        assert self._gateway
        assert self._gateway.poll() is None, self.log()
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def log(self) -> str:
        """What the gateways printed."""
        return (self.folder / "gateway.log").read_text(errors="replace")

    def kill_gateway(self) -> None:
        """End it with its workers, as a power cut would."""
        if self._gateway is not None:
            for process in [*self.processes(), psutil.Process(self._gateway.pid)]:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            self._gateway.wait()
            self._gateway = None

    def processes(self) -> list[psutil.Process]:
        """The workers, and what else the gateway started."""
        assert self._gateway
        try:
            return psutil.Process(self._gateway.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def kill_worker(self, number: int) -> None:
        """End one worker; the gateway starts another one."""
        workers = [one for one in self.processes() if "spawn_main" in " ".join(one.cmdline())]
        if workers:  # none while it starts again
            workers[number % len(workers)].kill()

    def network(self, mode: Mode) -> None:
        """Change what the network does from now on."""
        self._loop.call_soon_threadsafe(setattr, self.proxy, "mode", mode)

    def reset(self) -> None:
        """End the gateway's connections to its database with a reset."""
        self._loop.call_soon_threadsafe(self.proxy.reset)

    def disk(self, full: bool) -> None:
        """Whether the database says that its disk is full."""
        with MongoClient[dict[str, Any]](self.engine.uri) as client:
            data = {"failCommands": COMMANDS, "errorCode": FULL_DISK}
            mode = "alwaysOn" if full else "off"
            client.admin.command("configureFailPoint", "failCommand", mode=mode, data=data)

    def differences(self) -> list[str]:
        """Where the database is not what the acknowledged writes make."""
        with MongoClient[dict[str, Any]](self.engine.uri) as client:
            return list(differences(self.ledger, client[DATABASE]["chat_sessions"].find({})))


def differences(ledger: Ledger, stored: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Where stored chats are not what the acknowledged writes make."""
    rows = {row["_id"]: row for row in stored}
    for id_ in sorted(rows.keys() ^ ledger.chats.keys()):
        yield f"{id_} is {'there' if id_ in rows else 'lost'}"
    for id_, chat in ledger.chats.items():
        row = rows.get(id_, {})
        messages = [message["id"] for message in row.get("messages", ())]
        if messages != chat.messages or row.get("note") != chat.note:
            yield f"{id_}: {messages}, {row.get('note')!r} in place of {chat}"
