"""What a client with small questions notices while others are a nuisance to the gateway.

    scripts/bench bystander [--seconds 8] [--only silent,heads]

Starts a gateway with its embedded database and the demo data. A bystander asks for twenty sessions
every 20 ms. Beside it, one nuisance after another from a process of its own. It ends by itself.
"""

import argparse
import asyncio
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.cases import LIST, Case, graphql
from benchmarks.load import cpu_seconds, read_answer
from benchmarks.overload import START_SECONDS
from benchmarks.servers import free_port, healthy, process, wait_for

PAUSE = 0.02
SILENT, SLOW, HEADS, FAT, TEXTS = 2000, 200, 2, 4, 4
"""How many connections each nuisance has; `silent` has more than the gateway keeps."""
HEAD_BYTES = 64_000_000
POST = "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
CREATE = """mutation ($messages: [ChatMessageInput!]!) {
  createChatSession(input: {sessionId: "long", messages: $messages}) { errors { message } } }"""
ADD = """mutation ($messages: [ChatMessageInput!]!) {
  appendChatMessages(sessionId: "long", messages: $messages) { errors { message } } }"""
ADDED = 5 * [80 * [{"message": "x" * 10_000, "source": "VISITOR"}]]
WHOLE = (
    '{ chatSession(sessionId: "long") { '
    + " ".join(f"a{number}: messages(last: 100) {{ nodes {{ message }} }}" for number in range(20))
    + " } }"
)
"""20 MB of texts."""

Nuisance = Callable[[int], Awaitable[None]]
"""Goes on with the gateway at a port until it is cancelled."""


async def _opened(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port, limit=2**26)


def _post(query: str, **variables: Any) -> bytes:
    body = json.dumps({"query": query, "variables": variables}).encode()
    return f"{POST}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _again(once: Nuisance) -> Nuisance:
    """Begin anew when the gateway ends the connection."""

    async def for_ever(port: int) -> None:
        while True:
            with suppress(OSError, EOFError):
                await once(port)
            await asyncio.sleep(0.01)

    return for_ever


async def silent(port: int) -> None:
    """Half of the connections send nothing, half of them half a head; all stay."""
    reader, writer = await _opened(port)
    if random.random() < 0.5:
        writer.write(POST.encode())
    await reader.read()
    writer.close()


async def heads(port: int) -> None:
    """One header of 64 MB."""
    _, writer = await _opened(port)
    writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ")
    for _ in range(HEAD_BYTES // 65536):
        writer.write(b"x" * 65536)
        await writer.drain()
    writer.close()


async def slow(port: int) -> None:
    """A body of which a byte comes every tenth of a second."""
    _, writer = await _opened(port)
    writer.write(f"{POST}Content-Length: 100000\r\n\r\n".encode())
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.1)


async def fat(port: int) -> None:
    """An answer with as much as a query may ask for, again and again."""
    reader, writer = await _opened(port)
    request = _post(WHOLE)
    while True:
        writer.write(request)
        await read_answer(reader)


async def texts(port: int) -> None:
    """Five times a second a valid query of 20 KB that nobody has sent before."""
    reader, writer = await _opened(port)
    while True:
        ids = " ".join(f'"{random.randrange(10**15):015}"' for _ in range(1000))
        query = f"{{ botSessions(filter: {{botId: {{in: [{ids}]}}}}) {{ totalCount }} }}"
        writer.write(_post(query))
        await read_answer(reader)
        await asyncio.sleep(0.2)


NUISANCES: dict[str, tuple[str, Nuisance | None, int]] = {
    "none": ("nobody else", None, 0),
    "silent": (f"{SILENT} silent connections, and half heads", silent, SILENT),
    "heads": (f"{HEADS} clients with heads of 64 MB", heads, HEADS),
    "slow": (f"{SLOW} bodies, a byte every 0.1 s", slow, SLOW),
    "fat": (f"{FAT} clients with answers of 20 MB", fat, FAT),
    "texts": (f"{TEXTS * 5} new texts of 20 KB a second", texts, TEXTS),
}


@dataclass
class Noticed:
    """What the bystander got meanwhile."""

    seconds: list[float] = field(default_factory=list)
    """Until each answer."""
    failed: int = 0
    cpu: float = 0.0
    """Of the gateway, its database included, a second."""
    megabytes: float = 0.0
    """The most that the gateway's first process had."""

    def wait(self, share: float) -> float:
        """Milliseconds that this share of the answers took at most."""
        waits = sorted(self.seconds) or [0.0]
        return waits[min(len(waits) - 1, int(len(waits) * share))] * 1000


async def annoy(nuisance: Nuisance, count: int, port: int) -> None:
    """So many clients that are one, until they are cancelled."""
    await asyncio.gather(*(_again(nuisance)(port) for _ in range(count)))


def _run(name: str, port: int) -> None:
    _, nuisance, count = NUISANCES[name]
    if nuisance:
        asyncio.run(annoy(nuisance, count, port))


@contextmanager
def annoyed(name: str, port: int) -> Iterator[None]:
    """A nuisance in a process of its own meanwhile."""
    annoying = multiprocessing.get_context("spawn").Process(target=_run, args=(name, port))
    annoying.start()
    try:
        yield
    finally:
        annoying.kill()
        annoying.join()


def memory(pid: int) -> float:
    """Megabytes that a process has in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


async def fatten(port: int) -> None:
    """Make one chat long."""
    reader, writer = await _opened(port)
    for number, messages in enumerate(ADDED):
        writer.write(_post(ADD if number else CREATE, messages=messages))
        _, body = await read_answer(reader)
        if b'"errors":[]' not in body:
            sys.exit(f"the long chat: {body[:300]!r}")
    writer.close()


async def stand_by(port: int, pid: int, case: Case, seconds: float) -> Noticed:
    """Ask small questions for so long."""
    noticed, request = Noticed(), case.requests(port)[0]
    begin, spent = time.monotonic(), cpu_seconds(pid)
    writer: asyncio.StreamWriter | None = None
    while time.monotonic() < begin + seconds:
        asked = time.monotonic()
        try:
            if writer is None:
                reader, writer = await _opened(port)
            writer.write(request)
            status, body = await read_answer(reader)
            noticed.failed += status != 200 or b'"errors"' in body
        except (OSError, EOFError):
            noticed.failed += 1
            writer = None
        noticed.seconds.append(time.monotonic() - asked)
        noticed.megabytes = max(noticed.megabytes, memory(pid))
        await asyncio.sleep(PAUSE)
    noticed.cpu = (cpu_seconds(pid) - spent) / (time.monotonic() - begin)
    if writer is not None:
        writer.close()
    return noticed


def table(found: dict[str, Noticed]) -> Table:
    """A line for each nuisance."""
    shown = Table("beside", "answers", "failed", "p50 ms", "p95 ms", "most ms", "CPUs", "MB")
    for name, noticed in found.items():
        waits = (f"{noticed.wait(share):.0f}" for share in (0.5, 0.95, 1))
        counts = (str(len(noticed.seconds)), str(noticed.failed))
        costs = (f"{noticed.cpu:.2f}", f"{noticed.megabytes:.0f}")
        shown.add_row(NUISANCES[name][0], *counts, *waits, *costs)
    return shown


def main(arguments: list[str]) -> None:
    """Measure beside each nuisance and print the table."""
    parser = argparse.ArgumentParser(prog="scripts/bench bystander", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8, help="for each nuisance")
    parser.add_argument("--only", default=",".join(NUISANCES), help="of " + ", ".join(NUISANCES))
    options = parser.parse_args(arguments)
    port = free_port()
    case = graphql("list", LIST, 0, {"first": 20})
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    found: dict[str, Noticed] = {}
    with tempfile.TemporaryDirectory(prefix="bystander-") as folder:
        own = {"GATEWAY_AUTH": "off", "GATEWAY_DATA_DIR": folder}
        with process(command, own) as (child, output):
            wait_for(lambda: healthy(port), child, output, START_SECONDS)
            asyncio.run(fatten(port))
            for name in ("none", *options.only.split(",")):  # the first one warms up
                with annoyed(name, port):
                    time.sleep(min(2, options.seconds))  # until the nuisance is at work
                    done = stand_by(port, child.pid, case, options.seconds)
                    found[name] = asyncio.run(done)
    Console(width=120).print(table(found))


if __name__ == "__main__":
    main(sys.argv[1:])
