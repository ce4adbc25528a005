"""Values in cursors that are not of their column's type, as other writers' may be.

A text in a column of dates goes into a cursor as

    {"$stray": "2026-03-01"}     and an id that is not a text as    {"$stray": {"$oid": "64…"}}

in MongoDB's extended JSON, so that its type comes back with it, and with the type its place.
"""

from datetime import datetime
from typing import Any

import orjson
from bson import DatetimeMS, Decimal128, ObjectId, Timestamp, json_util
from bson.codec_options import DatetimeConversion
from bson.errors import BSONError

from resolvers.store.session_ids import StoredId

MARK = "$stray"
PLACED = (str, int, float, datetime, ObjectId, Decimal128, bytes, DatetimeMS, Timestamp, type(None))
"""The types of values that paging can go on after."""
EXTENDED = json_util.JSONOptions(
    json_mode=json_util.JSONMode.CANONICAL,
    tz_aware=False,
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
)


class Stray:
    """A value that is not of its column's type."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def encode(value: Any) -> Any:
    """What orjson has no form for, as it stands in a cursor."""
    if isinstance(value, Stray | StoredId):
        stored = value.value if isinstance(value, Stray) else value.stored
        if isinstance(stored, ObjectId):  # of each row, mostly
            return {MARK: {"$oid": str(stored)}}
        return {MARK: orjson.loads(json_util.dumps(stored, json_options=EXTENDED))}
    return str(value)


def is_one(value: Any) -> bool:
    """Whether this part of a cursor is such a value."""
    return isinstance(value, dict) and value.keys() == {MARK}


def decode(value: dict[str, Any]) -> Any:
    """The value; ValueError if there is none, or none that paging can go on after."""
    try:
        found = json_util.loads(orjson.dumps(value[MARK]), json_options=EXTENDED)
    except (BSONError, TypeError, KeyError, OverflowError) as error:
        raise ValueError(value) from error
    if isinstance(found, PLACED) or (isinstance(found, dict) and not _has_operators(found)):
        return found
    raise ValueError(found)


def _has_operators(value: dict[str, Any]) -> bool:
    """Whether the database might take an object for a condition."""
    return any(name.startswith("$") for name in value)
