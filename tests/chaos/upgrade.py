"""Two versions of the gateway on one database, both serving; see `scripts/upgrade`.

    the old version alone      clients write, and repeat what was not acknowledged
    both                       each request goes to either of them; the vendor's URLs of each chat
                               answer alike in both
    the new version alone
    both                       the old one comes back, as when an upgrade is taken back

At the end, every acknowledged write is there once.
"""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random, SystemRandom
from threading import Event, Thread
from typing import Annotated, Any

import httpx
import typer
from pymongo import MongoClient

from tests.chaos.clients import HANGING, Client, Ledger
from tests.chaos.site import DATABASE, differences
from tests.gateway import KEY, ROOT, SERVE, without_settings
from tests.timing import limit, until
from tests.wire.engine import WireEngine, reserve_port


class Either(httpx.AsyncBaseTransport):
    """Sends each request to one of the gateways that serve at the moment."""

    def __init__(self, random: Random) -> None:
        self.ports: list[int] = []
        self._random = random
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """As httpx asks for."""
        request.url = request.url.copy_with(port=self._random.choice(self.ports))
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._inner.aclose()


@dataclass
class Upgrade:
    """An engine, the two versions' trees, and clients."""

    old: Path
    folder: Path
    seed: int
    ledger: Ledger = field(default_factory=Ledger)

    def run(self, seconds: float, clients: int) -> list[str]:
        """What is wrong, after each stage has lasted so long."""
        engine = WireEngine(self.folder)
        engine.start()
        either = Either(Random(self.seed))
        stop = Event()
        work = Thread(target=lambda: asyncio.run(self._write(either, clients, stop)), daemon=True)
        wrong: list[str] = []
        with ExitStack() as stack:
            stack.callback(engine.close)
            with self._serving(self.old, "old", engine, either) as old:
                work.start()
                Event().wait(seconds)
                stack.enter_context(self._serving(ROOT, "new", engine, either))
                Event().wait(seconds)
                wrong += self._unlike(old, either.ports[-1])
            Event().wait(seconds)
            with self._serving(self.old, "old-again", engine, either) as old:
                Event().wait(seconds)
                wrong += self._unlike(old, either.ports[0])
            stop.set()
            work.join(limit(90))
            assert not work.is_alive(), "a client never completed what it began"
            with MongoClient[dict[str, Any]](engine.uri) as client:
                wrong += differences(self.ledger, client[DATABASE]["chat_sessions"].find({}))
        return [*self.ledger.wrong, *wrong]

    async def _write(self, either: Either, number: int, stop: Event) -> None:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(
            transport=either, base_url="http://127.0.0.1", headers=headers, timeout=limit(HANGING)
        ) as http:
            clients = [
                Client(f"chat-{one}", http, self.ledger, f"{self.seed} {one}")
                for one in range(number)
            ]
            running = asyncio.gather(*(client.run() for client in clients))
            await asyncio.to_thread(stop.wait)
            for client in clients:
                client.stopping = True
            await running

    @contextmanager
    def _serving(self, tree: Path, name: str, engine: WireEngine, either: Either) -> Iterator[int]:
        """A gateway of that tree's version; clients find it while the block lasts."""
        with reserve_port() as reserved:
            port: int = reserved.getsockname()[1]
            settings = {
                "GATEWAY_MONGODB_URI": engine.uri,
                "GATEWAY_MONGODB_DATABASE": DATABASE,
                "GATEWAY_DEMO_KEY": KEY,
            }
            log = self.folder / f"{name}.log"
            with log.open("wb") as output:
                process = subprocess.Popen(
                    (*SERVE, "--port", str(port), "--no-demo"),
                    cwd=tree,
                    env={**without_settings(), **settings},
                    stdout=output,
                    stderr=output,
                )
            try:
                until(lambda: process.poll() is not None or _is_ready(port), 60)
                assert process.poll() is None, log.read_text()
                either.ports.append(port)
                yield port
            finally:
                if port in either.ports:
                    either.ports.remove(port)
                    Event().wait(limit(1))  # for requests that are on their way
                process.terminate()
                process.wait(limit(30))

    def _unlike(self, *ports: int) -> Iterator[str]:
        """Chats that the two show differently at the vendor's URL, among those that stand still."""
        chats = [id_ for id_, chat in list(self.ledger.chats.items())[:-20] if chat.messages]
        with httpx.Client(timeout=limit(HANGING)) as http:
            for id_ in chats[-200:]:
                shown = [_vendors_chat(http, port, id_) for port in ports]
                if shown[0] != shown[1] or shown[0][0] != 200:
                    yield f"{id_}: {shown[0]!r:.500} and {shown[1]!r:.500}"


def _vendors_chat(http: httpx.Client, port: int, id_: str) -> tuple[int, bytes]:
    address = f"http://127.0.0.1:{port}/api/2.0/chat/history/{id_}"
    answer = http.get(address, params={"apiKey": "demo", "token": KEY})
    return answer.status_code, answer.content


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    except httpx.HTTPError:
        return False


def main(
    revision: Annotated[str, typer.Argument(help="The old version, as git knows it.")],
    seconds: Annotated[float, typer.Option(min=1, help="How long each stage lasts.")] = 10,
    clients: Annotated[int, typer.Option(min=1, help="Clients that write.")] = 8,
    seed: Annotated[int | None, typer.Option(help="Chances; a random one if left out.")] = None,
) -> None:
    """Serve two versions on one database; exit 1 if anything was lost, doubled or refused."""
    chosen = SystemRandom().randrange(2**31) if seed is None else seed
    typer.echo(f"--seed {chosen}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        old = folder / "tree"
        old.mkdir()
        archive = subprocess.run(
            ["git", "archive", revision], cwd=ROOT, check=True, capture_output=True
        )
        subprocess.run(["tar", "x"], cwd=old, input=archive.stdout, check=True)
        upgrade = Upgrade(old, folder, chosen)
        wrong = upgrade.run(seconds, clients)
    outcomes = upgrade.ledger.outcomes
    typer.echo(", ".join(f"{name}: {count}" for name, count in sorted(outcomes.items())))
    typer.echo(f"{len(upgrade.ledger.chats)} chats are as acknowledged; {len(wrong)} are wrong")
    for line in wrong[:20]:
        typer.echo(line)
    raise typer.Exit(1 if wrong else 0)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    typer.run(main)
