"""A filter as a MongoDB query.

Values of clients only ever stand where MongoDB expects a value: no text becomes an operator, and
the operators that need a regular expression escape every character of it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from operator import ge, gt, le, lt
from typing import Any

from resolvers.common_columns import SEARCH_KEYS, SEARCH_TEXTS
from resolvers.errors import BadInput, LimitExceeded
from resolvers.folding import FOLDED, fold
from resolvers.kind import Column
from resolvers.request import All, Compare, Either, Filter, Not, Operator, Search, Some
from resolvers.search import LETTERS, stored_key
from resolvers.value_types import LONGEST_SOUGHT, as_it_is

Query = dict[str, Any]

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


ANY_CASE = "(?i)"
END = r"(?![\s\S])"
"""Of a pattern: `$` alone would also match before a last line break."""


def _contains(text: str) -> Query:
    return {"$regex": _literally(text)}


def _ends(text: str) -> Query:
    return {"$regex": f"{_literally(text)}{END}"}


def _contains_ignoring_case(text: str) -> Query:
    return {"$regex": ANY_CASE + _literally(text)}


def _equals_ignoring_case(text: str) -> Query:
    return {"$regex": f"{ANY_CASE}^{_literally(text)}{END}"}


def ignoring_case(condition: Any) -> Any:
    """A condition on a case-folded copy, as one on the column itself."""
    match condition:
        case str():
            return _equals_ignoring_case(condition)
        case {"$in": texts}:
            some = "|".join(map(_literally, texts))
            _require_short("".join(texts))
            return {"$regex": f"{ANY_CASE}^(?:{some}){END}"}
        case {"$regex": pattern}:
            return {"$regex": ANY_CASE + pattern}
    return condition


def _literally(text: str) -> str:
    """A regular expression for the text itself."""
    _require_short(text)
    return re.escape(text)


def _require_short(text: str) -> None:
    """LimitExceeded for what would be a longer pattern than every engine takes."""
    if len(text) > LONGEST_SOUGHT:
        raise LimitExceeded(
            f"filter: a text of {len(text)} characters is too long for endsWith, contains, "
            f"containsIgnoreCase and eqIgnoreCase: at most {LONGEST_SOUGHT}.",
            argument="filter",
            limit="sought_characters",
            maximum=LONGEST_SOUGHT,
        )


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
    Operator.ENDS_WITH: _ends,
    Operator.CONTAINS: _contains,
    Operator.CONTAINS_IGNORE_CASE: _contains_ignoring_case,
    Operator.EQ_IGNORE_CASE: _equals_ignoring_case,
}


FOLDING: Mapping[Operator, Callable[[str], Any]] = {
    Operator.EQ_IGNORE_CASE: as_it_is,
    Operator.CONTAINS_IGNORE_CASE: _contains,
}
"""What operators ask of a case-folded copy."""


def query(where: Filter) -> Query:
    """The MongoDB query that selects what `where` describes."""
    match where:
        case Compare():
            return _compare(where)
        case Some(path, condition):
            return {_dotted(path): {"$elemMatch": _element(condition)}}
        case Search():
            return _search(where)
        case All(parts):
            return conjoin(query(part) for part in parts)
        case Either(parts):
            return _disjoin([query(part) for part in parts])
        case Not(Not(part)):
            return query(part)
        case Not(part):
            return _negate(query(part))


def _search(where: Search) -> Query:
    """One key is asked of the index, what it does not prove of the texts.

    The parts stand under two names because the embedded engine walks no index where one name has
    two conditions.
    """
    start = rf"^[{_letters(where)}][\s\S]*?" if where.speakers else ""
    asked: list[Query] = [
        {"$regex": start + re.escape(term.needle)} for term in where.terms if not where.proves(term)
    ]
    if not asked:
        return key_condition(where, where.leader)
    several = {"$all": [{"$elemMatch": pattern} for pattern in asked]}
    texts = asked[0] if len(asked) == 1 else several
    return {**key_condition(where, where.leader), SEARCH_TEXTS.path: texts}


def key_condition(where: Search, key: str) -> Query:
    """The sessions that have a key of a search, in a text of one of its speakers if it has some."""
    if key.endswith("*"):
        by = rf"[^:]*:[{_letters(where)}]$" if where.speakers else ""
        return {SEARCH_KEYS.path: {"$regex": f"^{re.escape(key[:-1])}{by}"}}
    stored = [stored_key(key, speaker) for speaker in sorted(where.speakers) or LETTERS]
    return {SEARCH_KEYS.path: stored[0] if len(stored) == 1 else {"$in": stored}}


def _letters(where: Search) -> str:
    return "".join(LETTERS[speaker] for speaker in sorted(where.speakers))


def _negate(clause: Query) -> Query:
    """What does not meet a query; `$not` where it says all, for `$elemMatch` takes no bare `$nor`
    in the embedded engine."""
    if len(clause) == 1:
        ((path, condition),) = clause.items()
        if not path.startswith("$"):
            return {
                path: {"$not": condition if isinstance(condition, dict) else {"$eq": condition}}
            }
    return {"$nor": [clause]}


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
    if column.folded and where.operator in FOLDING:
        path = ".".join([*(parent.path for parent in parents), FOLDED, column.path])
        return {path: FOLDING[where.operator](fold(where.value))}
    if where.operator is Operator.EQ:
        return {_dotted(where.path): where.value}
    if where.operator is Operator.IN and len(where.value) == 1:
        return {_dotted(where.path): where.value[0]}
    return {_dotted(where.path): CONDITIONS[where.operator](where.value)}


def _element(condition: Filter) -> Query:
    """The condition on a list's element: on the element itself when paths are empty."""
    match condition:
        case Compare(path=()):
            return CONDITIONS[condition.operator](condition.value)
        case Not(Compare(path=()) as part):
            # The engines differ on a bare `$not` here; every element exists.
            return {"$exists": True, "$not": _element(part)}
        case All(parts) if all(_on_element(part) for part in parts):
            return _both_on_element(parts)
        case _:
            return query(condition)


def _on_element(part: Filter) -> bool:
    return isinstance(part, Compare) and not part.path


def _both_on_element(parts: tuple[Filter, ...]) -> Query:
    merged: Query = {}
    for part in parts:
        added = _element(part)
        if merged.keys() & added.keys():
            raise BadInput(
                "filter: only one of endsWith, contains, containsIgnoreCase and eqIgnoreCase can "
                "be asked of one element of a list.",
                argument="filter",
            )
        merged |= added
    return merged


def paths_of(wanted: Query) -> Iterator[str]:
    """The paths that a query compares."""
    for key, condition in wanted.items():
        if key in ("$and", "$or", "$nor"):
            for part in condition:
                yield from paths_of(part)
        else:
            yield key
