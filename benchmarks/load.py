"""The load: keep-alive connections, a fixed number of requests, CPU by the system's accounting.

Runs in a process of its own so that its work is not counted, looks at every answer, and ends by
itself. The figure is user + system time of the server's processes, divided by the requests.

    python -m benchmarks.load --port 8001 --pid 4711 --case list-20 --requests 2000
"""

import argparse
import asyncio
import json
import os
import sys
import time
from itertools import cycle, islice
from pathlib import Path

from benchmarks.cases import Case, find_case

TICKS = os.sysconf("SC_CLK_TCK")
ANSWER_SECONDS = 30


class BadAnswerError(Exception):
    """An answer that is not what the case asks for; the measurement would mean nothing."""


def cpu_seconds(pid: int) -> float:
    """User + system time so far of a process, all its threads, and its children alive or reaped."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    # The command's name may hold blanks; what follows its bracket does not. utime is field 14.
    own = sum(int(field) for field in stat.rpartition(")")[2].split()[11:15]) / TICKS
    return own + sum(cpu_seconds(child) for task in tasks for child in _children(task))


def _children(task: Path) -> list[int]:
    try:
        return [int(child) for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """One HTTP/1.1 response: its status and its body, by length or in chunks."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head[9:12])
    _, found, rest = head.partition(b"\r\ncontent-length:")
    if found:
        return status, await reader.readexactly(int(rest.partition(b"\r\n")[0]))
    if b"\r\ntransfer-encoding: chunked" not in head:
        return status, b""
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return status, body


async def ask(port: int, case: Case) -> bytes:
    """The body of one answer over a connection of its own; raises `BadAnswerError`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(case.requests(port)[0])
        return await _checked(reader, case)
    finally:
        writer.close()


async def _checked(reader: asyncio.StreamReader, case: Case) -> bytes:
    status, body = await asyncio.wait_for(read_answer(reader), ANSWER_SECONDS)
    if fault := case.fault(status, body):
        raise BadAnswerError(fault)
    return body


async def run(port: int, case: Case, requests: int, connections: int) -> None:
    """Send `requests` over `connections` at once, each waiting for its answer before the next."""
    left = islice(cycle(case.requests(port)), requests)

    async def worker() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
        try:
            for request in left:
                writer.write(request)
                await _checked(reader, case)
        finally:
            writer.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(worker())


async def measure(
    port: int, pid: int, case: Case, requests: int, connections: int, warmup: int
) -> float:
    """CPU milliseconds of the server per request, after a warm-up."""
    await run(port, case, warmup, connections)
    before = cpu_seconds(pid)
    await run(port, case, requests, connections)
    return (cpu_seconds(pid) - before) * 1000 / requests


def main() -> None:
    """Measure one case on one server and print the figure, or what was wrong."""
    parser = argparse.ArgumentParser(description="Load one server and print its CPU per request.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pid", type=int, required=True, help="the server's process")
    parser.add_argument("--case", required=True, help="list-N, vendor-N, one, other or create")
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--warmup", type=int, default=200, help="uncounted requests before")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--json", action="store_true", help="print a JSON object")
    options = parser.parse_args()
    case = find_case(options.case)
    started = time.monotonic()
    try:
        cost = asyncio.run(
            measure(
                options.port,
                options.pid,
                case,
                options.requests,
                options.connections,
                options.warmup,
            )
        )
    except* (BadAnswerError, OSError, EOFError, TimeoutError) as group:
        sys.exit(f"{case.name}: {_first(group)}")
    if options.json:
        print(json.dumps({"cpu_ms": cost, "seconds": time.monotonic() - started}))
    else:
        print(f"{case.name}: {cost:.3f} CPU ms per request over {options.requests} requests")


def _first(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__


if __name__ == "__main__":
    main()
