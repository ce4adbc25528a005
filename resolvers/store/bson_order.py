"""The order in which the database puts values of any type, to merge rows and to page through them.

Types are ordered first: null, numbers, texts, objects, lists, binaries, ids, booleans, dates
(https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/). Columns have one type,
so all but null and one other are damaged values: they must keep their place, too, or their row
would be shown twice or not at all.
"""

import math
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bson import Binary, DatetimeMS, Decimal128, ObjectId, Regex, Timestamp

from resolvers.kind import Document, stored_value
from resolvers.moments import MILLISECOND
from resolvers.store.session_ids import as_stored

NUMBERS = 2
EPOCH = datetime(1970, 1, 1)


def sort_key(value: Any) -> tuple[Any, ...]:
    """What to compare instead of a stored value; two keys are always comparable."""
    value = as_stored(value)
    if value is None:
        return (1,)
    for types, rank, comparable in RANKS:
        if isinstance(value, types):
            return (rank, *comparable(value))
    return (99, str(value))


def in_order(rows: Iterable[Document], sort: Iterable[tuple[str, int]]) -> list[Document]:
    """The rows as the database would sort them, by stored paths that were read of each."""
    found = list(rows)
    for path, direction in reversed(list(sort)):
        names = path.split(".")
        found.sort(
            key=lambda row, names=names: sort_key(stored_value(row, names)),  # type: ignore[misc]
            reverse=direction < 0,
        )
    return found


def _number(value: Any) -> tuple[Any, ...]:
    value = value.to_decimal() if isinstance(value, Decimal128) else value
    return (0,) if math.isnan(value) else (1, value)


def _date(value: Any) -> tuple[int]:
    if isinstance(value, DatetimeMS):
        return (int(value),)
    return ((value.replace(tzinfo=None) - EPOCH) // MILLISECOND,)


def _list(value: list[Any]) -> tuple[Any, ...]:
    return (tuple(map(sort_key, value)),)


def _object(value: Mapping[str, Any]) -> tuple[Any, ...]:
    return (tuple((sort_key(item)[0], name, sort_key(item)) for name, item in value.items()),)


def _binary(value: bytes) -> tuple[Any, ...]:
    return (len(value), getattr(value, "subtype", 0), bytes(value))


RANKS: tuple[tuple[Any, int, Any], ...] = (
    (bool, 8, lambda value: (value,)),  # before the numbers: a bool is an int to Python
    (datetime | DatetimeMS, 9, _date),
    (int | float | Decimal128, 2, _number),
    (str, 3, lambda value: (value,)),
    (Mapping, 4, _object),
    (list, 5, _list),
    (bytes | Binary, 6, _binary),
    (uuid.UUID, 6, lambda value: _binary(value.bytes)),
    (ObjectId, 7, lambda value: (value,)),
    (Timestamp, 10, lambda value: (value.time, value.inc)),
    (Regex, 11, lambda value: (str(value.pattern), value.flags)),
)
"""Python types, the place among types, and what is compared within one."""

BRACKETS: tuple[tuple[int, tuple[Any, ...]], ...] = (
    (1, (None,)),
    (2, ({"$eq": math.nan}, {"$gte": -math.inf})),
    (3, ({"$gte": ""},)),
    (4, ({"$gte": {}},)),
    (6, ({"$gte": b""},)),
    (7, ({"$gte": ObjectId(bytes(12))},)),
    (8, ({"$in": [False, True]},)),
    (9, ({"$gte": datetime.min},)),
    (10, ({"$gte": Timestamp(0, 0)},)),
)
"""The places among types, and the conditions that all their values meet: a bound is met by values
of its own type alone, so each is a range of one index. Lists are placed by their elements."""


def beyond(value: Any, descending: bool) -> list[list[Any]]:
    """What follows a value in one path: a range of the values like it, and those of other types.

    beyond("x", descending=True) == [[{"$lt": "x"}], [{"$eq": nan}, {"$gte": -inf}, None]]
    """
    rank = sort_key(value)[0]
    like: list[Any] = [] if value is None else [{"$lt" if descending else "$gt": value}]
    if isinstance(value, float) and math.isnan(value):  # the smallest number
        like = [] if descending else [{"$gte": -math.inf}]
    elif rank == NUMBERS and descending:
        like.append({"$eq": math.nan})
    unlike = [
        condition
        for place, conditions in BRACKETS
        if (place < rank if descending else place > rank)
        for condition in conditions
    ]
    return [part for part in (like, unlike) if part]
