"""Whether a value meets a condition of a query, for values that are the same in every document."""

import re
from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Any


def meets(value: Any, condition: Any) -> bool:
    """Whether the database would find a document that has `value` where the condition is asked."""
    if not isinstance(condition, dict):
        return _same(value, condition)
    return all(MEETS[operator](value, operand) for operator, operand in condition.items())


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Bounds are met by values of their own type alone."""

    def check(value: Any, bound: Any) -> bool:
        alike = _type(value) is _type(bound)
        return alike and value is not None and compare(value, bound)

    return check


def _type(value: Any) -> type:
    """The type as the database compares them: all numbers have one, and a bool is not a number."""
    return float if type(value) is int else type(value)


def _same(one: Any, other: Any) -> bool:
    return _type(one) is _type(other) and bool(one == other)


MEETS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$eq": _same,
    "$ne": lambda value, operand: not _same(value, operand),
    "$in": lambda value, operands: any(_same(value, one) for one in operands),
    "$nin": lambda value, operands: not any(_same(value, one) for one in operands),
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
