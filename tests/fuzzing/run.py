"""Send random requests and look at every answer; see `scripts/fuzz`."""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random, SystemRandom
from typing import Annotated, Protocol

import psutil
import typer

from app.rest import openapi
from resolvers.access import ADMIN
from resolvers.credentials import Issued
from tests.client_schema import client_schema
from tests.contract.stocked import CUSTOMER, IDS, stock
from tests.contract.whole import Whole, opened, signed
from tests.fuzzing import graphql, vendors
from tests.fuzzing.checks import faults
from tests.fuzzing.requests import Answer, Request, ask
from tests.kinds.sample import PII
from tests.timing import limit
from tests.wire.engine import WireEngine

CPU_SECONDS = 2.0
"""The most that one request may take of this process."""
ROUND = 5_000
"""Requests after which what they stored is taken away."""
SETTLED = 1_000
"""Requests after which caches are full and memory should stand."""
SHOWN = 20
MOMENTS = ("2026-02-01T12:00:00Z", "2026-02-01", "2026-02-07T00:00:00.000+02:00")


class Grammar(Protocol):
    """What makes requests."""

    def request(self, random: Random) -> Request:
        """The next one, of whoever gives the chances."""


@dataclass
class Report:
    """What came of a run."""

    statuses: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, 0)
    """Seconds of CPU of the dearest request, and its number."""
    grown: int = 0
    """Bytes that the process has more than after the first thousand requests."""

    def share(self, status: str) -> float:
        """How much of an API's answers have a status, such as `vendors 200`."""
        api = status.split()[0]
        all_ = sum(count for name, count in self.statuses.items() if name.split()[0] == api)
        return self.statuses[status] / all_

    def __str__(self) -> str:
        """For people."""
        counted = ", ".join(f"{name}: {count}" for name, count in sorted(self.statuses.items()))
        told = f"{counted}; the dearest, {self.slowest[1]}, took {self.slowest[0]:.2f} s of CPU"
        return f"{told}; {self.grown / 1e6:.0f} MB more memory"


async def grammars(whole: Whole) -> list[Grammar]:
    """Both grammars, over a database with one session of each kind."""
    await stock(whole)
    issued = await whole.issue(ADMIN)
    key, id_ = issued.key, issued.credential.id
    schema = client_schema()
    ids = [*IDS.values(), PII, "st-1", CUSTOMER.value]
    known = {"": ids, **dict.fromkeys(schema.type_map, ids)}
    known |= dict.fromkeys(("dateFrom", "dateTo", "startDate", "endDate"), MOMENTS)
    known |= {"DateTime": MOMENTS[:1], "LocalDateTime": ["2026-03-29T02:30:00"]}
    known |= {"timeZone": ["Europe/Paris", "Australia/Lord_Howe", "UTC", "Mars/Base"]}
    cursors = [await _cursor(whole, issued, field) for field in ("sessions", "chatSessions")]
    known |= dict.fromkeys(("after", "before"), cursors)
    credentials = {
        **dict.fromkeys(("bearer", "xApiKey", "KEY", "token", "tokenQuery"), key),
        **dict.fromkeys(("apiKey", "apiKeyQuery"), id_),
        **signed(issued),
    }
    reference = openapi.document(whole.settings, "0")
    of_vendors = vendors.Grammar(reference, known, credentials)  # twice as often: they cost less
    bearer = [(b"authorization", b"Bearer " + key.encode())]
    return [graphql.Grammar(schema, known, bearer), of_vendors, of_vendors]


async def _cursor(whole: Whole, issued: Issued, field: str) -> str:
    query = f"{{ {field}(first: 1) {{ pageInfo {{ endCursor }} }} }}"
    found: str = (await whole.graphql(issued, query))["data"][field]["pageInfo"]["endCursor"]
    return found


@dataclass
class Fuzzer:
    """Sends requests that follow from a seed and their numbers, and looks at the answers."""

    whole: Whole
    made: Sequence[Grammar]
    seed: int
    report: Report = field(default_factory=Report)

    async def send(self, number: int) -> None:
        """The request of that number."""
        random = Random(f"{self.seed} {number}")
        request = random.choice(self.made).request(random)
        started = time.process_time()
        try:
            async with asyncio.timeout(limit(30)):
                answer = await ask(self.whole.app, request)
            wrong = list(faults(request, answer))
        except Exception as error:
            answer, wrong = Answer(), [f"raised {error!r}"]
        spent = time.process_time() - started
        if spent > limit(CPU_SECONDS):
            wrong.append(f"{spent:.1f} s of CPU")
        self._note(number, request, answer, spent, wrong)

    def _note(
        self, number: int, request: Request, answer: Answer, spent: float, wrong: Sequence[str]
    ) -> None:
        api = "GraphQL" if request.path == "/graphql" else "vendors"
        self.report.statuses[f"{api} {answer.status}"] += 1
        self.report.slowest = max(self.report.slowest, (spent, number))
        self.report.failures += [f"--only {number}: {one}\n{request}"[:3000] for one in wrong]


async def fuzz(whole: Whole, seed: int, numbers: Sequence[int]) -> Report:
    """What came of the requests of these numbers."""
    fuzzer = Fuzzer(whole, await grammars(whole), seed)
    process, at_first = psutil.Process(), 0
    rounds = [numbers[at : at + ROUND] for at in range(0, len(numbers), ROUND)]
    for part in rounds:
        async with whole.restored():
            for count, number in enumerate(part):
                await fuzzer.send(number)
                if count == SETTLED and not at_first:
                    at_first = process.memory_info().rss
    fuzzer.report.grown = process.memory_info().rss - at_first if at_first else 0
    return fuzzer.report


async def _run(folder: Path, seed: int, numbers: Sequence[int]) -> Report:
    engine = WireEngine(folder)
    engine.start()
    try:
        async with opened(engine) as whole:
            return await fuzz(whole, seed, numbers)
    finally:
        engine.close()


def main(
    count: Annotated[int, typer.Option(min=1, help="How many requests.")] = 10_000,
    seed: Annotated[int | None, typer.Option(help="Chances; a random one if left out.")] = None,
    only: Annotated[int | None, typer.Option(help="Send the request of this number alone.")] = None,
) -> None:
    """Send random requests to the whole gateway over an engine of its own; exit 1 after a fault."""
    chosen = SystemRandom().randrange(2**31) if seed is None else seed
    typer.echo(f"--seed {chosen}")
    numbers = range(count) if only is None else [only]
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(_run(Path(folder), chosen, numbers))
    for failure in report.failures[:SHOWN]:
        typer.echo(f"\n{failure}")
    typer.echo(f"{len(report.failures)} faults; {report}")
    raise typer.Exit(1 if report.failures else 0)


if __name__ == "__main__":
    typer.run(main)
