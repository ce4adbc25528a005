"""One run of the benchmark: every server over one canned engine, in interleaved rounds.

scripts/bench --rows 1,20,100 --requests 2000 --only gateway,mercurius --json result.json
"""

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.status import Status

from benchmarks.answers import difference
from benchmarks.builds import NotStartedError
from benchmarks.cases import find_case
from benchmarks.load import BadAnswerError, ask
from benchmarks.report import FLOOR, Results
from benchmarks.servers import (
    EVERYTHING,
    ROOT,
    SERVERS,
    Running,
    Server,
    canned_engine,
    running,
)

LOAD_SECONDS = 600
COLD_CASE = "list-20"
SIZES = (1, 20, 100)  # the pages that the canned engine knows to be the last ones


class Run:
    """The servers that are up, and what is known of them."""

    def __init__(self, options: argparse.Namespace, engine: str, status: Status) -> None:
        self.options = options
        self.engine = engine
        self.status = status
        self.results = Results(options.requests)
        self.up: list[tuple[Running, list[str]]] = []
        self._expected: dict[str, bytes] = {}

    def boot(self, server: Server, stack: ExitStack) -> None:
        """Start it as often as there are rounds, leave the last one up, look at its answers."""
        self.results.startups[server.name] = []
        try:
            for number in range(self.options.rounds):
                last = number == self.options.rounds - 1
                with ExitStack() as own:
                    self._boot_once(own.enter_context(running(server, self.engine)), last)
                    if last:
                        stack.push(own.pop_all())
        except NotStartedError as reason:
            del self.results.startups[server.name]
            self.note(f"{server.name} is skipped: {reason}")

    def _boot_once(self, one: Running, last: bool) -> None:
        self.results.startups[one.server.name].append(one.startup)
        before = time.monotonic()
        if self._answer(one, COLD_CASE, quiet=not last):
            took = (time.monotonic() - before) * 1000
            self.results.colds.setdefault(one.server.name, []).append(took)
        if last:
            self.up.append((one, [case for case in self._cases() if self._checked(one, case)]))

    def _cases(self) -> list[str]:
        rows = self.options.rows
        lists, vendors = [f"list-{size}" for size in rows], [f"vendor-{size}" for size in rows]
        every = [*lists, *vendors, "one", "other", "create"]
        return [case for case in every if case.partition("-")[0] in self.options.cases]

    def _checked(self, one: Running, case: str) -> bool:
        """Whether the server can be measured on this case; a note says how its answer differs."""
        if not one.server.answers(case):
            return False
        body = self._answer(one, case, quiet=False)
        if not body:
            return False
        expected = self._expected.setdefault(case, body)
        if odd := difference(case, expected, body):
            self.note(f"{one.server.name} answers {case} unlike the floor: {odd}")
        return True

    def _answer(self, one: Running, case: str, quiet: bool) -> bytes | None:
        try:
            return asyncio.run(ask(one.port, find_case(case)))
        except (BadAnswerError, OSError, EOFError, TimeoutError) as fault:
            if not quiet:
                self.note(f"{one.server.name}, {case}: {fault}")
            return None

    def round(self, number: int) -> None:
        """Every case on every server once, side by side for each case."""
        for case in self._cases():
            for one, answered in self.up:
                if case in answered:
                    self.status.update(f"round {number}: {case} on {one.server.name}")
                    cost = self._load(one, case)
                    if cost is not None:
                        self.results.add(one.server.name, case, number, cost)

    def _load(self, one: Running, case: str) -> float | None:
        requests = max(int(self.options.requests * one.server.share), 100)
        command = [
            *(sys.executable, "-m", "benchmarks.load", "--json", "--case", case),
            *("--port", str(one.port), "--pid", str(one.pid), "--requests", str(requests)),
            *("--warmup", str(one.server.warmup)),
            *("--connections", str(self.options.connections)),
        ]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=LOAD_SECONDS
        )
        if done.returncode:
            self.note(f"{one.server.name}: {(done.stderr.strip() or 'no figure')[-300:]}")
            return None
        return float(json.loads(done.stdout)["cpu_ms"])

    def note(self, text: str) -> None:
        """Say it once, at the end as well."""
        if text not in self.results.notes:
            self.results.notes.append(text)


def measure(options: argparse.Namespace, console: Console) -> Results:
    """The whole run; everything that was started has ended when it returns or raises."""
    with ExitStack() as stack:
        status = stack.enter_context(console.status("starting the canned engine"))
        run = Run(options, stack.enter_context(canned_engine()), status)
        for server in SERVERS:
            if server.name in options.only:
                once = server.build and server.build.stale()
                status.update(f"{'building' if once else 'starting'} {server.name}")
                run.boot(server, stack)
        for number in range(1, options.rounds + 1):
            run.round(number)
    return run.results


NAMES = frozenset(server.name for server in SERVERS)
ON_REQUEST = frozenset(server.name for server in SERVERS if server.on_request)


def _sizes(text: str) -> list[int]:
    wanted = [int(size) for size in text.split(",")]
    if not set(wanted) <= set(SIZES):
        raise argparse.ArgumentTypeError(f"the page sizes are {SIZES}")
    return wanted


def _kinds(text: str) -> frozenset[str]:
    wanted = frozenset(text.split(","))
    if unknown := wanted - EVERYTHING:
        raise argparse.ArgumentTypeError(
            f"no case {', '.join(sorted(unknown))}; there are {', '.join(sorted(EVERYTHING))}"
        )
    return wanted


def _chosen(text: str) -> frozenset[str]:
    wanted = frozenset(text.split(","))
    if unknown := wanted - NAMES:
        raise argparse.ArgumentTypeError(
            f"no server {', '.join(sorted(unknown))}; there are {', '.join(sorted(NAMES))}"
        )
    return wanted | {FLOOR}


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line; the floor is always part of a run, since ratios need it."""
    names = ", ".join(server.name for server in SERVERS)
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--rows", type=_sizes, default=list(SIZES), help="page sizes: 1, 20, 100")
    parser.add_argument("--requests", type=int, default=2000, help="counted requests a load")
    parser.add_argument("--rounds", type=int, default=3, help="loads of each case on each server")
    parser.add_argument("--connections", type=int, default=8, help="how many clients at once")
    parser.add_argument("--only", type=_chosen, help=names)
    parser.add_argument(
        "--cases", type=_kinds, default=EVERYTHING, help=", ".join(sorted(EVERYTHING))
    )
    parser.add_argument(
        "--peers",
        action="store_true",
        help="also the Rust and Go servers; the first run builds them, which takes minutes",
    )
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    options = parser.parse_args(arguments)
    allowed = NAMES if options.peers else NAMES - ON_REQUEST
    options.only = allowed if options.only is None else options.only
    if built := options.only - allowed:
        parser.error(f"{', '.join(sorted(built))} must be built first: add --peers")
    return options


def main() -> None:
    """Measure, print the tables, and end with an error if nothing could be measured."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended on request"))
    options, console = parse(), Console()
    results = measure(options, console)
    results.show(console)
    if options.json:
        options.json.write_text(json.dumps(results.as_json(), indent=2) + "\n")
    if not results.costs:
        sys.exit("nothing was measured")


if __name__ == "__main__":
    main()
