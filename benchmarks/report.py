"""The figures of a run, and how they are told: tables for people, JSON for programs."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

FLOOR = "floor"
TITLES = {
    "list": "page of {}",
    "vendor": "vendor {}",
    "one": "by id",
    "other": "by other ids",
    "create": "write",
}


@dataclass
class Results:
    """What was measured: one figure for each server, case and round."""

    requests: int
    costs: dict[tuple[str, str], dict[int, float]] = field(default_factory=dict)
    startups: dict[str, list[float]] = field(default_factory=dict)
    colds: dict[str, list[float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, server: str, case: str, number: int, cost: float) -> None:
        """Keep the CPU milliseconds a request of one round."""
        self.costs.setdefault((server, case), {})[number] = cost

    def cost(self, server: str, case: str) -> float | None:
        """The median over the rounds, in CPU milliseconds a request."""
        rounds = self.costs.get((server, case))
        return median(rounds.values()) if rounds else None

    def ratios(self, server: str, case: str, base: str = FLOOR) -> list[float]:
        """Each round's cost divided by that of `base` in the same round, smallest first."""
        under = self.costs.get((base, case), {})
        rounds = self.costs.get((server, case), {})
        return sorted(cost / under[number] for number, cost in rounds.items() if under.get(number))

    def ratio(self, server: str, case: str) -> float | None:
        """The median of the ratios to the floor."""
        ratios = self.ratios(server, case)
        return median(ratios) if ratios else None

    def servers(self) -> list[str]:
        """Every server that was measured, in the order of the run."""
        return list(dict.fromkeys([*self.startups, *(server for server, _ in self.costs)]))

    def cases(self, *kinds: str) -> list[str]:
        """The measured cases of these kinds, in the order of the run."""
        found = dict.fromkeys(case for _, case in self.costs)
        return [case for case in found if case.partition("-")[0] in kinds]

    def as_json(self) -> dict[str, Any]:
        """The whole run; milliseconds of CPU unless the name says otherwise."""
        return {
            "requests": self.requests,
            "cpu_ms": {
                server: {
                    case: {
                        "median": self.cost(server, case),
                        "ratio": self.ratio(server, case),
                        "ratios": self.ratios(server, case),
                        "rounds": list(rounds.values()),
                    }
                    for (owner, case), rounds in self.costs.items()
                    if owner == server
                }
                for server in self.servers()
            },
            "startup_seconds": {name: median(took) for name, took in self.startups.items()},
            "cold_request_ms": {name: median(took) for name, took in self.colds.items()},
            "notes": self.notes,
        }

    def show(self, console: Console) -> None:
        """Print the tables."""
        if lists := self.cases("list"):
            console.print(self._table("GraphQL list", lists, self.servers()))
        if others := self.cases("vendor", "one", "other", "create"):
            owners = {server for server, case in self.costs if case in others}
            rows = [server for server in self.servers() if server in owners]
            console.print(self._table("Vendor list, by id, stored write", others, rows))
        if self.startups:
            console.print(self._boots())
        for note in self.notes:
            console.print(f"· {note}", markup=False, highlight=False)

    def _table(self, title: str, cases: list[str], servers: Iterable[str]) -> Table:
        table = Table(title=f"{title}: CPU ms a request × floor", title_justify="left")
        table.add_column("server", min_width=9)
        for case in cases:
            kind, _, size = case.partition("-")
            table.add_column(TITLES[kind].format(size), justify="right", min_width=10)
        for server in servers:
            table.add_row(server, *(self._cell(server, case) for case in cases))
        return table

    def _cell(self, server: str, case: str) -> str:
        """The medians, and below them the spread of the ratios over the rounds."""
        cost, ratios = self.cost(server, case), self.ratios(server, case)
        if cost is None:
            return "–"
        if not ratios:
            return f"{cost:.2f}"
        spread = f"\n{ratios[0]:.2f}–{ratios[-1]:.2f}" if server != FLOOR else ""
        return f"{cost:.2f} ×{median(ratios):.2f}{spread}"

    def _boots(self) -> Table:
        table = Table(title="Start (wall time: a rough figure)", title_justify="left")
        table.add_column("server", min_width=9)
        table.add_column("to the first /healthz answer, s", justify="right")
        table.add_column("cold first list, ms", justify="right")
        for server, took in self.startups.items():
            cold = f"{median(self.colds[server]):.0f}" if self.colds.get(server) else "–"
            table.add_row(server, f"{median(took):.2f}", cold)
        return table
