"""One fault after another while clients write; see `scripts/chaos`."""

import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random, SystemRandom
from statistics import median
from threading import Event
from typing import Annotated

import typer

from tests.chaos.faults import FAULTS, Fault, lasting
from tests.chaos.site import Site
from tests.timing import until

TELLING = re.compile(r"INTERNAL| at \w+/|ended|started|Traceback")
"""What lines of the gateway's log are shown if something is wrong."""
RECOVERED = 60.0
"""Seconds within which writes are acknowledged again after a fault."""


@dataclass
class Report:
    """What came of a run."""

    recoveries: dict[str, list[float]] = field(default_factory=dict)
    """Seconds from the end of each fault to the next acknowledged write."""
    wrong: list[str] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)
    chats: int = 0
    lines_of_log: list[str] = field(default_factory=list)
    """What the gateway says of unexpected failures, if something is wrong."""

    def lines(self) -> Iterator[str]:
        """For people."""
        for name, seconds in self.recoveries.items():
            shown = f"{median(seconds):.2f} s (worst {max(seconds):.2f})"
            yield f"{name:18} {len(seconds):4} times, writes again after {shown}"
        yield ", ".join(f"{name}: {count}" for name, count in sorted(self.outcomes.items()))
        yield f"{self.chats} chats are as acknowledged; {len(self.wrong)} things are wrong"
        yield from self.wrong[:20]
        yield from self.lines_of_log[-200:]


def run(folder: Path, faults: Sequence[Fault], seed: int, workers: int, clients: int) -> Report:
    """Each fault in this order, for a random time between 0.2 and 3 seconds."""
    site, random, report = Site(folder, workers, clients, seed), Random(seed), Report()
    with site.running():
        for fault in faults:
            _written(site)
            site.ledger.during = fault.__name__
            with lasting(fault, site, random):
                Event().wait(random.uniform(0.2, 3.0))
            recovered = _written(site)
            report.recoveries.setdefault(fault.__name__, []).append(recovered)
        site.finish()
        logged = [line for line in site.log().splitlines() if TELLING.search(line)]
        report.wrong = [*site.ledger.wrong, *site.differences()]
        report.lines_of_log = logged if report.wrong else []
        report.outcomes, report.chats = dict(site.ledger.outcomes), len(site.ledger.chats)
    return report


def _written(site: Site) -> float:
    """Seconds until a write is acknowledged; returns once each client has had one."""
    started, recovered = time.monotonic(), 0.0

    def done() -> bool:
        nonlocal recovered
        clients = site.ledger.since(started)
        if clients and not recovered:
            recovered = time.monotonic() - started
        return bool(site.ledger.wrong) or clients == site.count

    try:
        until(done, RECOVERED)
    except AssertionError:
        raise AssertionError("a client's writes are acknowledged no more", *site.state()) from None
    return recovered


def main(
    count: Annotated[int, typer.Option(min=1, help="How many faults.")] = 20,
    seed: Annotated[int | None, typer.Option(help="Chances; a random one if left out.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes of the gateway.")] = 2,
    clients: Annotated[int, typer.Option(min=1, help="Clients that write.")] = 8,
) -> None:
    """Write to a gateway under random faults; exit 1 if anything was lost, doubled or hung."""
    chosen = SystemRandom().randrange(2**31) if seed is None else seed
    typer.echo(f"--seed {chosen}")
    faults = Random(chosen).choices(FAULTS, k=count)
    with tempfile.TemporaryDirectory() as folder:
        report = run(Path(folder), faults, chosen, workers, clients)
    for line in report.lines():
        typer.echo(line)
    raise typer.Exit(1 if report.wrong else 0)


if __name__ == "__main__":
    typer.run(main)
