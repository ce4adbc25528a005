"""Figures: percentiles within their error, sums and ends exact, nothing but numbers."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from resolvers.errors import BadInput
from resolvers.percentiles import ERROR_PERCENT, NumberFigures, bucket_of
from tests.resolvers.folded import nearest_rank

NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(0, 100_000),
    st.integers(-100, 1000).map(float),
)


def figures(values: list[float], whole: bool = False) -> NumberFigures:
    """These numbers, one by one."""
    made = NumberFigures(whole=whole)
    for value in values:
        made.add(1, value, value, value, bucket_of(value))
    return made


@given(st.lists(NUMBERS, min_size=1, max_size=60), st.floats(0, 1))
def test_percentiles_are_within_their_error(values: list[float], p: float) -> None:
    """Of the value at that place."""
    true = nearest_rank(values, p)
    found = figures(values).percentile(p)
    assert found is not None
    assert abs(found - true) <= abs(true) * ERROR_PERCENT / 100 + 1e-300


@given(st.lists(st.integers(-49, 49), min_size=1, max_size=60), st.floats(0, 1))
def test_small_whole_numbers_are_exact(values: list[int], p: float) -> None:
    """Nobody exchanges 2.98 messages."""
    numbers = [float(value) for value in values]
    assert figures(numbers, whole=True).percentile(p) == nearest_rank(numbers, p)


@given(st.lists(NUMBERS, min_size=1, max_size=30), st.integers(0, 30))
def test_parts_put_together(values: list[float], cut: int) -> None:
    """Two groups of numbers become one, as if they had been counted together."""
    whole, one, other = figures(values), figures(values[:cut]), figures(values[cut:])
    for bucket, count in other.buckets.items():
        one.add(count, 0.0, other.low, other.high, bucket)
    assert one.count == whole.count
    assert (one.low, one.high) == (whole.low, whole.high)
    assert one.percentile(0.5) == whole.percentile(0.5)


def test_over_no_numbers() -> None:
    """There is nothing to show; only a sum is 0."""
    none = NumberFigures()
    assert (none.count, none.sum) == (0, 0)
    assert (none.average, none.low, none.high, none.percentile(0.5)) == (None, None, None, None)


def test_a_sum_beyond_all_floats_is_null() -> None:
    """JSON has no infinity."""
    both = figures([1.7e308, 1.7e308])
    assert (both.sum, both.average) == (None, None)


@pytest.mark.parametrize("p", [-0.1, 1.1, 95, math.inf, math.nan])
def test_p_is_a_share(p: float) -> None:
    """The message says how the 95th percentile is written."""
    with pytest.raises(BadInput, match=r"0\.95"):
        figures([1.0]).percentile(p)


@given(NUMBERS)
def test_one_number_is_exact(value: float) -> None:
    """It is the least and the greatest, too."""
    assume(value)
    assert figures([value]).percentile(0.7) == value


@given(st.lists(NUMBERS, min_size=1, max_size=9), st.floats(0, 1))
def test_percentiles_stay_between_the_ends(values: list[float], p: float) -> None:
    """Rounding takes none of them beyond the least and the greatest value."""
    found = figures(values).percentile(p)
    assert found is not None
    assert min(values) <= found <= max(values)


def test_many_equal_numbers() -> None:
    """Every percentile of equal numbers is that number."""
    assert {figures([1234567.0] * 3).percentile(p) for p in (0.1, 0.5, 1)} == {1234567.0}
