"""Whether a value meets a condition of a query, for values that are the same in every document."""

import re
from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Any


def meets(value: Any, condition: Any) -> bool:
    """Whether the database would find a document that has `value` where the condition is asked."""
    if not isinstance(condition, dict):
        return bool(value == condition)
    return all(MEETS[operator](value, operand) for operator, operand in condition.items())


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Bounds are met by values of their own type alone."""

    def check(value: Any, bound: Any) -> bool:
        numbers = isinstance(value, int | float) and isinstance(bound, int | float)
        same = numbers or type(value) is type(bound)
        return same and value is not None and compare(value, bound)

    return check


MEETS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda value, operand: bool(value == operand),
    "$ne": lambda value, operand: bool(value != operand),
    "$in": lambda value, operand: value in operand,
    "$nin": lambda value, operand: value not in operand,
    "$gt": _compared(gt),
    "$gte": _compared(ge),
    "$lt": _compared(lt),
    "$lte": _compared(le),
    "$regex": lambda value, operand: isinstance(value, str) and bool(re.search(operand, value)),
    "$exists": lambda value, operand: (value is not None) == operand,
    "$not": lambda value, operand: not meets(value, operand),
    "$elemMatch": lambda _value, _operand: False,
}
"""Lists are not constants: a missing one has no element."""
