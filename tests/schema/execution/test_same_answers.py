"""Compiled and field by field, every operation is answered in the same way, to the byte."""

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties import examples
from tests.schema.execution.both_ways import Both, make_case

SEEDS = st.integers(0, 2**40)


@pytest.fixture(scope="module")
def both() -> Both:
    """Schemas shared by all examples."""
    return Both()


@pytest.fixture(autouse=True)
def quiet() -> object:
    """The errors that are provoked here need no log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(0.0, id="sound"),
        pytest.param(0.05, id="damaged", marks=pytest.mark.slow),
        pytest.param(0.3, id="broken", marks=pytest.mark.slow),
    ],
)
@settings(max_examples=examples(120))
@given(seed=SEEDS, size=st.integers(1, 60))
def test_same_answer(both: Both, damage: float, seed: int, size: int) -> None:
    """Data, order of keys, errors, commands and what is stored afterwards agree on every run."""
    case = make_case(seed, size, damage, both.plain)
    expected, found = both.answers(case)
    for number, one in enumerate(found):
        assert one == expected, (number, case)
