"""Whether a document meets a filter, decided in this process as the database would.

    meets = matcher(All((Compare(status, EQ, "ACTIVE"), Compare(botId, IN, ["a", "b"]))))
    meets({"status": "ACTIVE", "botId": "b"})         # True

The filter becomes the query that the store would send, and the query becomes closures: so the two
cannot drift apart. MongoDB's rules apply: bounds are met by values of their own type, a list meets
a condition if an element does, and a missing value equals null.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import ge, gt, le, lt
from typing import Any

from bson import Decimal128

from resolvers.kind import Document
from resolvers.request import Filter
from resolvers.store.bson_order import sort_key
from resolvers.store.operators import Query, query
from resolvers.store.session_ids import StoredId

Test = Callable[[Any], bool]
"""Of a document, or of the value at a path."""


class _Missing:
    """Stands for a value that is not there."""


MISSING = _Missing()
PLAIN = frozenset({str, StoredId, int, float, bool, datetime, type(None), _Missing})
"""Types of values that are neither lists nor objects."""
NUMBERS = (int, float, Decimal128)


def matcher(where: Filter) -> Test:
    """A function that says whether a document meets the filter; it refuses what `query` refuses."""
    return _document_test(query(where))


def _document_test(wanted: Query) -> Test:
    """Of a document, or of an object in a list."""
    return _all([_clause(key, condition) for key, condition in wanted.items()])


def _all(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    tests = tuple(tests)

    def every(value: Any) -> bool:
        for test in tests:  # noqa: SIM110  a loop costs half of what all() with a generator does
            if not test(value):
                return False
        return True

    return every


def _any(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    tests = tuple(tests)
    return lambda value: any(test(value) for test in tests)


def _not(test: Test) -> Test:
    return lambda value: not test(value)


def _clause(key: str, condition: Any) -> Test:
    if key.startswith("$"):
        return JUNCTIONS[key]([_document_test(part) for part in condition])
    if type(condition) is str and "." not in key:
        return _text(key, condition)
    return _at(tuple(key.split(".")), _condition(condition))


def _text(name: str, wanted: str) -> Test:
    """The commonest test by far, and the first one of most filters: in one call."""
    test = _condition(wanted)

    def check(document: Any) -> bool:
        value = document.get(name, MISSING)
        return value == wanted or (type(value) not in PLAIN and test(value))

    return check


def _at(names: tuple[str, ...], test: Test) -> Test:
    """A test of the value at a path, in a document."""
    if len(names) == 1:
        name = names[0]
        return lambda document: test(document.get(name, MISSING))
    *above, last = names

    def check(document: Any) -> bool:
        inner = document
        for name in above:
            inner = inner.get(name, MISSING)
            if type(inner) is not dict:
                return test(_Several(_along(document, names)))
        return test(inner.get(last, MISSING))

    return check


class _Several(list[Any]):
    """The values at a path that leads through a list."""


def _along(value: Any, names: Sequence[str]) -> Iterator[Any]:
    """The values at a path, of which there are several where it leads through lists."""
    if not names:
        yield value
    elif isinstance(value, Mapping):
        yield from _along(value.get(names[0], MISSING), names[1:])
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, Mapping):
                yield from _along(item, names)
    else:
        yield MISSING


def _condition(condition: Any) -> Test:
    """A test of the value at a path, in any document: also where it is missing, or several."""
    if not isinstance(condition, dict):
        return _some(_equals(condition))
    return _all([CONDITIONS[operator](operand) for operator, operand in condition.items()])


def _some(test: Test) -> Test:
    """A test that a list meets if it, or one of its elements, does."""

    def check(value: Any) -> bool:
        if type(value) in PLAIN:
            return test(value)
        if type(value) is _Several:
            return any(map(check, value))
        if isinstance(value, list):
            return any(map(test, value)) or test(value)
        return test(value)

    return check


def _equals(wanted: Any) -> Test:
    if wanted is None:
        return lambda value: value is None or value is MISSING
    type_ = type(wanted)
    if type_ in (str, StoredId):
        return lambda value: value == wanted
    if type_ is bool:
        return lambda value: value is wanted
    if type_ is datetime:
        return lambda value: type(value) is datetime and value == wanted
    if isinstance(wanted, NUMBERS):
        return lambda value: _is_number(value) and _number(value) == _number(wanted)
    key = sort_key(wanted)
    return lambda value: value is not MISSING and sort_key(value) == key


def _in(wanted: Iterable[Any]) -> Test:
    wanted = list(wanted)
    if wanted and all(type(one) is str for one in wanted):
        texts = frozenset(wanted)
        return _some(lambda value: isinstance(value, str) and value in texts)
    return _some(_any([_equals(one) for one in wanted])) if wanted else lambda _value: False


def _is_number(value: Any) -> bool:
    return isinstance(value, NUMBERS) and type(value) is not bool


def _number(value: Any) -> Any:
    return value.to_decimal() if isinstance(value, Decimal128) else value


def _bound(compare: Callable[[Any, Any], bool]) -> Callable[[Any], Test]:
    """Bounds are met by values of their own type alone, and by no NaN."""

    def made(bound: Any) -> Test:
        type_ = type(bound)
        rank, key = sort_key(bound)[0], sort_key(bound)

        def test(value: Any) -> bool:
            if type(value) is type_:
                return compare(value, bound)
            if value is MISSING or sort_key(value)[0] != rank:
                return False
            if _is_number(value) and math.isnan(_number(value)):
                return False
            return compare(sort_key(value), key)

        return _some(test)

    return made


def _regex(pattern: str) -> Test:
    search = re.compile(pattern).search
    return _some(lambda value: isinstance(value, str) and search(value) is not None)


def _element(condition: Query) -> Test:
    """A test that some element of a list meets; a condition on its parts only objects meet."""
    on_value = all(key in CONDITIONS for key in condition)
    test = _condition(condition) if on_value else _document_test(condition)

    def check(value: Any) -> bool:
        if type(value) is _Several:
            return any(map(check, value))
        if not isinstance(value, list):
            return False
        if on_value:
            return any(map(test, value))
        return any(test(item) for item in value if isinstance(item, Mapping))

    return check


def _exists(wanted: bool) -> Test:
    def check(value: Any) -> bool:
        if type(value) is _Several:
            return any(map(check, value)) if wanted else all(map(check, value))
        return (value is not MISSING) == wanted

    return check


JUNCTIONS: Mapping[str, Callable[[Sequence[Test]], Test]] = {
    "$and": _all,
    "$or": _any,
    "$nor": lambda tests: _not(_any(tests)),
}
CONDITIONS: Mapping[str, Callable[[Any], Test]] = {
    "$eq": lambda operand: _some(_equals(operand)),
    "$ne": lambda operand: _not(_some(_equals(operand))),
    "$in": _in,
    "$nin": lambda operand: _not(_in(operand)),
    "$gt": _bound(gt),
    "$gte": _bound(ge),
    "$lt": _bound(lt),
    "$lte": _bound(le),
    "$regex": _regex,
    "$exists": _exists,
    "$not": lambda operand: _not(_condition(operand)),
    "$elemMatch": _element,
    "$all": lambda operands: _all([_condition(operand) for operand in operands]),
}
"""Every operator that the store's queries have."""


def part_of(where: Filter) -> frozenset[str]:
    """The columns that a filter looks at: the first names of their stored paths."""
    return frozenset(_first_names(query(where)))


def _first_names(wanted: Document) -> Iterator[str]:
    for key, condition in wanted.items():
        if key.startswith("$"):
            for part in condition:
                yield from _first_names(part)
        else:
            yield key.partition(".")[0]
