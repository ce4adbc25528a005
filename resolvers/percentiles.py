"""Figures over numbers that the database has counted and added up, percentiles among them.

For percentiles it counts the numbers in buckets whose bounds grow by 2 %: what lies in a bucket is
within 1 % of its middle. So a percentile needs no more memory than its buckets, and buckets of
several reads can be put together.

    NumberFigures(whole=True).add(…bucket_of(3), count=2…).percentile(0.5)   is  3.0
"""

import math
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate

from resolvers.errors import BadInput

GROWTH = 1.02
LOG_GROWTH = math.log(GROWTH)
ERROR_PERCENT = 1
"""How far a percentile may be from the number that stands there."""
MIDDLE = math.log(2 / (GROWTH + 1))
ZERO = 10**6
"""The number of the bucket of 0 alone. Those of positive numbers are far below it."""
NEGATIVE = 10**7
"""What is added to the number of a bucket of negative numbers."""
EXACT_BELOW = 50
"""Whole numbers up to this are alone in their buckets."""
LEAST = 1e-300
"""Added to each number, because 0 has no logarithm; numbers that are not larger count as 0."""
LARGEST_EXPONENT = 709.78
"""Of e: beyond it there are no floats."""


def bucket_of(number: float) -> int:
    """The bucket of a finite number, as the database works it out."""
    size = abs(number) + LEAST
    return signed(round(number / size), math.ceil(math.log(size, GROWTH)))


def signed(sign: int, power: int) -> int:
    """The bucket of the numbers up to this power of GROWTH that are above, at or below 0."""
    return ZERO if sign == 0 else power if sign > 0 else power + NEGATIVE


def middle(bucket: int) -> float:
    """The number that is within 1 % of all in a bucket."""
    if bucket == ZERO:
        return 0.0
    if bucket > ZERO:
        return -middle(bucket - NEGATIVE)
    return math.exp(min(LARGEST_EXPONENT, bucket * LOG_GROWTH + MIDDLE))


@dataclass(slots=True)
class NumberFigures:
    """What is known of the numbers of one column in one group."""

    whole: bool = False
    """Whether they are whole numbers."""
    count: int = 0
    total: float = 0.0
    low: float | None = None
    high: float | None = None
    buckets: dict[int, int] = field(default_factory=dict)

    def add(
        self, count: int, total: float, low: float | None, high: float | None, bucket: int | None
    ) -> None:
        """Put further numbers beside these; None for what was not asked of them."""
        self.count += count
        self.total += total
        if low is not None:
            self.low = low if self.low is None else min(self.low, low)
        if high is not None:
            self.high = high if self.high is None else max(self.high, high)
        if bucket is not None:
            self.buckets[bucket] = self.buckets.get(bucket, 0) + count

    @property
    def sum(self) -> float | None:
        """To three decimals; None if it is beyond all floats."""
        return _shown(self.total)

    @property
    def average(self) -> float | None:
        """To three decimals; None over no numbers, or if their sum is beyond all floats."""
        return _shown(self.total / self.count) if self.count else None

    def percentile(self, p: float) -> float | None:
        """The smallest number that at least the share `p` of them does not exceed, within 1 %.

        None over no numbers; BadInput unless `p` is from 0 to 1.
        """
        check_p(p)
        if not self.count:
            return None
        place = max(1, math.ceil(p * self.count - 1e-9))
        if place == 1:
            return self.low
        if place == self.count:
            return self.high
        return self._bounded(self._middle_at(place))

    def _middle_at(self, place: int) -> float:
        values = sorted((middle(bucket), count) for bucket, count in self.buckets.items())
        passed = list(accumulate(count for _, count in values))
        value = values[bisect_left(passed, place)][0]
        return float(round(value)) if self.whole and abs(value) < EXACT_BELOW else value

    def _bounded(self, value: float) -> float:
        assert self.low is not None
        assert self.high is not None
        return min(max(float(f"{value:.6g}"), self.low), self.high)


def check_p(p: float | None) -> None:
    """BadInput unless it is a share; a variable may have made it null."""
    if p is None or not 0 <= p <= 1:
        wrong = "null is not a share" if p is None else "the number is out of range"
        raise BadInput(f"p: {wrong}: from 0 to 1. The 95th percentile is `p: 0.95`.", argument="p")


def _shown(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None
