"""What more sessions cost: pages at three places of collections of growing size, and memory.

scripts/growth --sizes 10000,100000 --requests 50000 [--uri mongodb://...]

Each size is a database of its own, `growth_<size>`, filled by bulk inserts and dropped afterwards.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient, MongoClient, monitoring
from rich.console import Console
from rich.table import Table

from app.database.embedded import Engine
from benchmarks.cases import NODE, Case
from benchmarks.load import measure, run
from benchmarks.servers import SERVERS, Server, canned_engine, running
from benchmarks.sessions import COLLECTION, NEWEST, POOL, Document
from resolvers import paging
from resolvers.context import Context
from resolvers.paging import default_order
from resolvers.store import preparation
from resolvers.store.driver import CODEC
from resolvers.store.store import Store
from schema.build import build
from schema.kinds import KINDS
from schema.kinds.bot import BOT

PAGE = 20
BATCH = 1000
MEMORY_STEPS = 5
LIST = f"""query List($after: String) {{ botSessions(first: {PAGE}, after: $after) {{
  edges {{ cursor node {{{NODE}}} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
GATEWAY = next(server for server in SERVERS if server.name == "gateway")


@dataclass(frozen=True)
class Cost:
    """One page: milliseconds and commands of a request."""

    sessions: int
    place: str
    cpu: float
    wall: float
    commands: int


class Counter(monitoring.CommandListener):
    """How many commands were sent."""

    def __init__(self) -> None:
        self.sent = 0

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.sent += event.command_name in {"find", "getMore", "aggregate", "count"}

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to note."""


def session(number: int) -> Document:
    """The session `number`, counted from the newest: one a second."""
    start = NEWEST - timedelta(seconds=number)
    return {
        **POOL[number % len(POOL)],
        **{"_id": f"{number:024x}", "startTime": start, "startedAt": start},
    }


async def prepare(uri: str, name: str) -> None:
    """The collections and indexes of all kinds."""
    async with AsyncMongoClient[Document](uri) as client:
        await preparation.prepare(Store(client[name], 600.0), [entry.kind for entry in KINDS], {})


def fill(uri: str, name: str, size: int, seconds: float) -> float | None:
    """Store that many sessions; the seconds it took, or None if they would be too many."""
    started = time.monotonic()
    with MongoClient[Document](uri) as client:
        for first in range(0, size, BATCH):
            rows = [session(number) for number in range(first, min(first + BATCH, size))]
            client[name][COLLECTION].insert_many(rows, ordered=False)
            spent = time.monotonic() - started
            if spent / (first + len(rows)) * size > seconds and spent > seconds / 20:
                return None
    return time.monotonic() - started


def case(name: str, after: int | None) -> Case:
    """The page that follows the session of that number."""
    place = None
    if after is not None:
        order = default_order(BOT)
        (place,) = paging.encode_cursors(BOT, order, [session(after)])
    body = {"query": LIST, "operationName": "List", "variables": {"after": place}}
    return Case(name, "/graphql", (json.dumps(body).encode(),), PAGE)


def places(size: int) -> list[Case]:
    """The first page, the hundredth, and the last."""
    return [case("first", None), case("hundredth", 99 * PAGE - 1), case("last", size - PAGE - 1)]


async def commands(uri: str, name: str, one: Case) -> int:
    """How many reads a page sends."""
    counter = Counter()
    asked = json.loads(one.bodies[0])
    async with AsyncMongoClient[Document](uri, event_listeners=[counter]) as client:
        store = Store(client.get_database(name, codec_options=CODEC), 60.0)
        result = await build().execute(
            asked["query"], variable_values=asked["variables"], context_value=Context(store)
        )
    assert not result.errors, result.errors
    return counter.sent


def pages(uri: str, size: int, requests: int) -> Iterator[Cost]:
    """The cost of the three pages of one filled database."""
    name = f"growth_{size}"
    with running(_on(GATEWAY, name), uri) as gateway:
        for one in places(size):
            warm = max(requests // 10, 1)
            cpu = asyncio.run(measure(gateway.port, gateway.pid, one, requests, 1, warm))
            started = time.monotonic()
            asyncio.run(run(gateway.port, one, requests, 1))
            wall = (time.monotonic() - started) * 1000 / requests
            yield Cost(size, one.name, cpu, wall, asyncio.run(commands(uri, name, one)))


def _on(server: Server, database: str) -> Server:
    """The gateway on a database of that name."""
    given = server.environment
    return replace(
        server,
        environment=lambda uri: {
            **given(uri),
            "GATEWAY_MONGODB_DATABASE": database,
            "GATEWAY_DEADLINE_SECONDS": "60",  # a slow page is a figure too
        },
    )


def memory(requests: int) -> Iterator[tuple[int, float]]:
    """Megabytes of a worker after so many requests to the canned engine."""
    with canned_engine() as engine, running(GATEWAY, engine) as gateway:
        one, done = case("first", None), 0
        yield done, _resident(gateway.pid)
        for step in range(1, MEMORY_STEPS + 1):
            part = requests * step // MEMORY_STEPS - done
            asyncio.run(run(gateway.port, one, part, 8))
            done += part
            yield done, _resident(gateway.pid)


def _resident(pid: int) -> float:
    """Megabytes in memory of a process and its children."""
    status = Path(f"/proc/{pid}/status").read_text()
    own = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own / 1024 + sum(_resident(int(child)) for child in children)


@contextmanager
def engine(uri: str | None) -> Iterator[str]:
    """The given database server, or an embedded one that ends with this block."""
    if uri:
        yield uri
        return
    with tempfile.TemporaryDirectory(prefix="growth-") as folder:
        own = Engine(Path(folder), options=("--log-level", "WARNING"))
        own.start()
        try:
            yield own.uri
        finally:
            own.stop()


def show_pages(options: argparse.Namespace, console: Console) -> None:
    """Fill and measure one size after another."""
    table = Table("sessions", "page", "CPU ms", "wall ms", "reads", title="A page of 20")
    with engine(options.uri) as uri:
        for size in options.sizes:
            name = f"growth_{size}"
            asyncio.run(prepare(uri, name))
            try:
                took = fill(uri, name, size, options.fill_seconds)
                if took is None:
                    console.print(
                        f"{size:,} sessions: this engine would take too long to store them"
                    )
                    continue
                console.print(f"{size:,} sessions stored in {took:.0f} s")
                for cost in pages(uri, size, options.page_requests):
                    numbers = f"{cost.cpu:.2f}", f"{cost.wall:.2f}", str(cost.commands)
                    table.add_row(f"{size:,}", cost.place, *numbers)
            finally:
                with MongoClient[Any](uri) as client:
                    client.drop_database(name)
    console.print(table)


def show_memory(requests: int, console: Console) -> None:
    """A soak against the canned engine."""
    table = Table("requests", "MB", title="Memory of a worker")
    for done, size in memory(requests):
        table.add_row(f"{done:,}", f"{size:.1f}")
    console.print(table)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/growth", description=(__doc__ or "").split("\n")[0]
    )

    def sizes(text: str) -> list[int]:
        found = [int(size) for size in text.split(",") if size]
        if any(size < 100 * PAGE for size in found):
            raise argparse.ArgumentTypeError(
                f"at least {100 * PAGE} sessions have a hundredth page"
            )
        return found

    parser.add_argument("--uri", help="a MongoDB server; an embedded engine if left out")
    parser.add_argument("--sizes", type=sizes, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--requests", type=int, default=50_000, help="of the soak; 0: none")
    parser.add_argument("--page-requests", type=int, default=500, help="of each page")
    parser.add_argument("--fill-seconds", type=float, default=900, help="sizes beyond are left out")
    return parser.parse_args(arguments)


def main() -> None:
    """Measure and print; everything that was started ends with it."""
    options, console = parse(), Console()
    if options.sizes:
        show_pages(options, console)
    if options.requests:
        show_memory(options.requests, console)


if __name__ == "__main__":
    main()
