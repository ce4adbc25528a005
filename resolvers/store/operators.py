"""A filter as a MongoDB query.

Values of clients only ever stand where MongoDB expects a value: no text becomes an operator, and
the two operators that need a regular expression escape every character of it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from operator import ge, gt, le, lt
from typing import Any

from resolvers.errors import BadInput
from resolvers.folding import FOLDED, fold
from resolvers.kind import Column
from resolvers.request import All, Compare, Either, Filter, Not, Operator, Some

Query = dict[str, Any]

LONGEST_PATTERN = 32_000
"""In bytes; MongoDB refuses regular expressions a little longer than this."""
NOTHING: Query = {"_id": {"$in": []}}
LAST_DATE = datetime(9999, 12, 31)


def _prefix(text: str) -> Query:
    """All texts that start so, as a range: strings are ordered by code point."""
    for end in range(len(text), 0, -1):
        point = ord(text[end - 1]) + 1
        if 0xD800 <= point <= 0xDFFF:
            point = 0xE000
        if point <= 0x10FFFF:
            return {"$gte": text, "$lt": text[: end - 1] + chr(point)}
    return {"$gte": text}


def _contains(text: str) -> Query:
    return {"$regex": _literally(text)}


def _equals_ignoring_case(text: str) -> Query:
    # `$` alone would also match before a last line break.
    return {"$regex": f"^{_literally(text)}(?![\\s\\S])", "$options": "i"}


def _literally(text: str) -> str:
    """A regular expression for the text itself."""
    escaped = re.escape(text)
    if len(escaped.encode()) > LONGEST_PATTERN:
        raise BadInput(
            "filter: this text is too long for contains or eqIgnoreCase.", argument="filter"
        )
    return escaped


def _at_most(value: Any) -> Query:
    """Dates are whole milliseconds, so "up to" is "before the next one".

    That is an exact bound on every engine; the embedded one misses equal values under `$lte` where
    further keys follow in the index.
    """
    if isinstance(value, datetime) and value < LAST_DATE:
        return {"$lt": value + timedelta(milliseconds=1)}
    return {"$lte": value}


CONDITIONS: Mapping[Operator, Callable[[Any], Query]] = {
    Operator.EQ: lambda value: {"$eq": value},
    Operator.NE: lambda value: {"$ne": value},
    Operator.IN: lambda values: {"$in": list(values)},
    Operator.NIN: lambda values: {"$nin": list(values)},
    Operator.GT: lambda value: {"$gt": value},
    Operator.GTE: lambda value: {"$gte": value},
    Operator.LT: lambda value: {"$lt": value},
    Operator.LTE: _at_most,
    Operator.STARTS_WITH: _prefix,
    Operator.CONTAINS: _contains,
    Operator.EQ_IGNORE_CASE: _equals_ignoring_case,
}


def query(where: Filter) -> Query:
    """The MongoDB query that selects what `where` describes."""
    match where:
        case Compare():
            return _compare(where)
        case Some(path, condition):
            return {_dotted(path): {"$elemMatch": _element(condition)}}
        case All(parts):
            return conjoin(query(part) for part in parts)
        case Either(parts):
            return _disjoin([query(part) for part in parts])
        case Not(part):
            return {"$nor": [query(part)]}


def conjoin(clauses: Iterable[Query]) -> Query:
    """All clauses in one flat query where their keys allow it: planners serve flat ones best."""
    merged: Query = {}
    rest: list[Query] = []
    for clause in clauses:
        for key, condition in clause.items():
            if key not in merged:
                merged[key] = condition
            elif _can_merge(merged[key], condition):
                merged[key] = _merge(merged[key], condition)
            elif _implies(condition, merged[key]):
                merged[key] = condition
            elif not _implies(merged[key], condition):
                rest.append({key: condition})
    return {**merged, "$and": [*merged.get("$and", []), *rest]} if rest else merged


TIGHTER: Mapping[str, Callable[[Any, Any], Any]] = {
    "$gt": max,
    "$gte": max,
    "$lt": min,
    "$lte": min,
}
"""Which of two bounds on the same side implies the other."""


MEETS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$gt": gt,
    "$gte": ge,
    "$lt": lt,
    "$lte": le,
    "$in": lambda value, values: value in values,
}
"""Whether a value meets the conditions that may stand beside it in one query."""


def _can_merge(one: Any, other: Any) -> bool:
    """Whether two conditions on one path are operator documents that differ in bounds at most."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return False
    return one.keys() & other.keys() <= TIGHTER.keys()


def _implies(one: Any, other: Any) -> bool:
    """Whether the second adds nothing: it is the same, or the first one's value meets it."""
    if one == other:
        return True
    if one is None or isinstance(one, dict) or not isinstance(other, dict):
        return False
    return other.keys() <= MEETS.keys() and all(
        MEETS[operator](one, operand) for operator, operand in other.items()
    )


def _merge(one: Query, other: Query) -> Query:
    both = one.keys() & other.keys()
    tighter = {operator: TIGHTER[operator](one[operator], other[operator]) for operator in both}
    return {**one, **other, **tighter}


def _disjoin(clauses: list[Query]) -> Query:
    if not clauses:
        return NOTHING
    return clauses[0] if len(clauses) == 1 else {"$or": clauses}


def _dotted(path: tuple[Column, ...]) -> str:
    return ".".join(column.path for column in path)


def _compare(where: Compare) -> Query:
    *parents, column = where.path
    if column.folded and where.operator is Operator.EQ_IGNORE_CASE:
        path = ".".join([*(parent.path for parent in parents), FOLDED, column.path])
        return {path: fold(where.value)}
    if where.operator is Operator.EQ:
        return {_dotted(where.path): where.value}
    if where.operator is Operator.IN and len(where.value) == 1:
        return {_dotted(where.path): where.value[0]}
    return {_dotted(where.path): CONDITIONS[where.operator](where.value)}


def _element(condition: Filter) -> Query:
    """The condition on a list's element: on the element itself when paths are empty."""
    if isinstance(condition, Compare) and not condition.path:
        return CONDITIONS[condition.operator](condition.value)
    if isinstance(condition, All) and all(_on_element(part) for part in condition.parts):
        merged: Query = {}
        for part in condition.parts:
            added = _element(part)
            if merged.keys() & added.keys():
                raise BadInput(
                    "contains and eqIgnoreCase cannot be combined on one element of a list; "
                    "use one of them."
                )
            merged |= added
        return merged
    return query(condition)


def _on_element(part: Filter) -> bool:
    return isinstance(part, Compare) and not part.path
