"""How a run's figures become ratios: each round against the floor of the same round."""

import pytest
from rich.console import Console

from benchmarks.report import Results
from benchmarks.run import parse


@pytest.fixture
def results() -> Results:
    """Three rounds of one case; the second found a busy machine."""
    found = Results(requests=1)
    rounds = [("floor", 1.0, 4.0, 2.0), ("gateway", 1.5, 5.0, 2.4)]
    for server, *costs in rounds:
        for number, cost in enumerate(costs):
            found.add(server, "list-1", number, cost)
    return found


def test_ratios_are_within_one_round(results: Results) -> None:
    """A round is compared with the same round's floor, however busy the machine was."""
    assert results.ratios("gateway", "list-1") == [1.2, 1.25, 1.5]
    assert results.ratio("gateway", "list-1") == 1.25


def test_round_without_a_floor_has_no_ratio(results: Results) -> None:
    """A load of the floor that failed leaves the other rounds."""
    del results.costs["floor", "list-1"][1]
    assert results.ratios("gateway", "list-1") == [1.2, 1.5]


def test_table_has_the_spread(results: Results) -> None:
    """Not only the median: the smallest and the greatest ratio as well."""
    console = Console(width=100)
    with console.capture() as captured:
        results.show(console)
    text = captured.get()
    assert "2.40 ×1.25" in text
    assert "1.20–1.50" in text


def test_cases_are_chosen() -> None:
    """A run may measure some kinds of request only."""
    assert parse(["--cases", "list,one"]).cases == {"list", "one"}
    with pytest.raises(SystemExit):
        parse(["--cases", "lists"])
