"""A short stream of repeated requests under kills; the long one is run by hand."""

from pathlib import Path

import pytest

from tests.chaos.repeats import run
from tests.timing import limit


@pytest.mark.slow
@pytest.mark.timeout(limit(300))
def test_each_request_is_carried_out_once(tmp_path: Path) -> None:
    """Repeated, doubled, late and cut-off requests, and two workers killed."""
    stream = run(tmp_path, count=120, seed=2026, workers=2, clients=4, every=4.0)
    assert not stream.wrong
    assert stream.outcomes["repeated late"] > 10
    assert stream.outcomes["workers killed"] > 0
