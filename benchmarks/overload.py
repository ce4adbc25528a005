"""What is left of a gateway's speed when far more is asked than it can do.

    scripts/bench overload [--capacity 16] [--times 1,2,5,10,20] [--seconds 4] [--rude]

Starts a gateway with its embedded database and the demo data, sends one query from more and more
clients, each of which waits for its answer before it asks again, and ends by itself. A refused
client waits as long as `Retry-After` says; a rude one asks again at once.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from benchmarks.cases import LIST, Case, graphql
from benchmarks.load import read_answer
from benchmarks.servers import free_port, healthy, process, wait_for

START_SECONDS = 180
"""The embedded database and the demo data take their time."""
READY = "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n"


@dataclass
class Level:
    """What one number of clients got."""

    clients: int
    seconds: float = 0
    answers: Counter[str] = field(default_factory=Counter)
    """How many were good, refused, or failed in another way."""
    waits: list[float] = field(default_factory=list)
    """Seconds until the good ones."""
    ready: Counter[int] = field(default_factory=Counter)
    """What `/readyz` said meanwhile."""

    @property
    def goodput(self) -> float:
        """Good answers a second."""
        return self.answers["good"] / self.seconds

    def wait(self, share: float) -> float:
        """Milliseconds that this share of the good answers took at most."""
        waits = sorted(self.waits) or [0.0]
        return waits[min(len(waits) - 1, int(len(waits) * share))] * 1000


async def client(port: int, case: Case, until: float, rude: bool, level: Level) -> None:
    """Ask again and again until the time is over."""
    request = case.requests(port)[0]
    writer: asyncio.StreamWriter | None = None
    while time.monotonic() < until:
        try:
            if writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            asked = time.monotonic()
            writer.write(request)
            status, body = await read_answer(reader)
        except (OSError, EOFError):
            level.answers["broken"] += 1
            writer = None
            continue
        if status == 200 and b'"errors"' not in body:
            level.waits.append(time.monotonic() - asked)
        name = "good" if status == 200 and b'"errors"' not in body else _reason(body)
        level.answers[name] += 1
        if name == "OVERLOADED" and not rude:
            await asyncio.sleep(1)
    if writer is not None:
        writer.close()


def _reason(body: bytes) -> str:
    _, _, code = body.partition(b'"code":"')
    return code.partition(b'"')[0].decode() or "other"


async def probe(port: int, until: float, level: Level) -> None:
    """Ask for readiness ten times a second."""
    while time.monotonic() < until:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(READY.format(port).encode())
            level.ready[(await read_answer(reader))[0]] += 1
            writer.close()
        except (OSError, EOFError):
            level.ready[0] += 1
        await asyncio.sleep(0.1)


async def measure(port: int, case: Case, clients: int, seconds: float, rude: bool) -> Level:
    """So many clients for so many seconds."""
    level, begin = Level(clients), time.monotonic()
    until = begin + seconds
    tasks = [client(port, case, until, rude, level) for _ in range(clients)]
    await asyncio.wait_for(asyncio.gather(*tasks, probe(port, until, level)), seconds + 60)
    level.seconds = time.monotonic() - begin
    return level


def table(levels: list[Level]) -> Table:
    """The figures, a line for each number of clients."""
    best = max(level.goodput for level in levels) or 1
    shown = Table("clients", "good/s", "of the best", "p50 ms", "p95 ms", "others/s", "/readyz")
    for level in levels:
        others = {
            name: round(count / level.seconds)
            for name, count in level.answers.items()
            if name != "good"
        }
        shown.add_row(
            str(level.clients),
            f"{level.goodput:.0f}",
            f"{level.goodput / best:.2f}",
            f"{level.wait(0.5):.0f}",
            f"{level.wait(0.95):.0f}",
            ", ".join(f"{name} {rate}" for name, rate in sorted(others.items())) or "-",
            ", ".join(f"{status}: {count}" for status, count in sorted(level.ready.items())),
        )
    return shown


def main(arguments: list[str]) -> None:
    """Measure every level and print the table."""
    parser = argparse.ArgumentParser(prog="scripts/bench overload", description=__doc__)
    parser.add_argument("--capacity", type=int, default=16, help="clients of the first level")
    parser.add_argument("--times", default="1,2,5,10,20", help="multiples of it")
    parser.add_argument("--seconds", type=float, default=4, help="for each level")
    parser.add_argument("--rows", type=int, default=20, help="sessions that a query asks for")
    parser.add_argument("--rude", action="store_true", help="ask again at once when refused")
    options = parser.parse_args(arguments)
    # The demo data has fewer sessions of this kind than a page may ask for.
    case = graphql("list", LIST, 0, {"first": options.rows})
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    with tempfile.TemporaryDirectory(prefix="overload-") as folder:
        own = {"GATEWAY_AUTH": "off", "GATEWAY_DATA_DIR": folder}
        with process(command, {**own, **_settings()}) as (child, output):
            wait_for(lambda: healthy(port), child, output, START_SECONDS)
            levels = [
                asyncio.run(
                    measure(
                        port, case, options.capacity * int(times), options.seconds, options.rude
                    )
                )
                for times in ("1", *options.times.split(","))
            ][1:]  # the first one warms up
    Console().print(table(levels))


def _settings() -> dict[str, str]:
    """Settings of the caller's, to compare them."""
    return {name: value for name, value in os.environ.items() if name.startswith("GATEWAY_")}


if __name__ == "__main__":
    main(sys.argv[1:])
