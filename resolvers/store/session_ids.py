"""Session ids that are not texts in the database: other writers' ObjectIds, numbers and UUIDs.

The gateway stores texts. A collection that others write to may have ids of any type; they are
shown as texts, and found by them:

    ObjectId("6465cf6e4769ed4e822b82a1")    "6465cf6e4769ed4e822b82a1"
    17                                      "17"
    UUID("83d03970-…")                      "83d03970-…"
    {"tenant": 1, "n": 2}                   '{"tenant": 1, "n": 2}'
"""

import re
import uuid
from collections.abc import Iterator
from typing import Any, Self

from bson import Binary, ObjectId, json_util
from bson.binary import UUID_SUBTYPE
from bson.errors import InvalidId

from resolvers.kind import Document
from resolvers.request import All, Compare, Either, Filter, Not, Operator

NAMED = ("true", "false", "null")
NAIVE = json_util.JSONOptions(tz_aware=False)
NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]+)?(e[+-]?[0-9]+)?")


class StoredId(str):
    """The text of an id, which remembers the stored value."""

    __slots__ = ("stored",)
    stored: Any

    def __new__(cls, stored: Any) -> Self:
        """The text for any value that MongoDB takes as an `_id`."""
        text = str(stored) if type(stored) is ObjectId else _text(stored)  # mostly
        self = str.__new__(cls, text)
        self.stored = stored
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        """Nothing in it changes."""
        return self


def as_text(documents: list[Document]) -> list[Document]:
    """Documents as the database gave them, their ids as texts; changed in place."""
    for document in documents:
        if type(document["_id"]) is not str:
            document["_id"] = StoredId(document["_id"])
    return documents


def as_stored(session_id: Any) -> Any:
    """The value that the database has for an id."""
    return session_id.stored if type(session_id) is StoredId else session_id


def others(session_id: str) -> Iterator[Any]:
    """What is shown as this text, too, and may be stored in its place."""
    try:
        if len(session_id) == 24:
            yield ObjectId(session_id)
        elif len(session_id) == 36:
            yield Binary.from_uuid(uuid.UUID(session_id))
        elif session_id.startswith("{") or session_id in NAMED or NUMBER.fullmatch(session_id):
            yield json_util.loads(session_id, json_options=NAIVE)
    except (InvalidId, ValueError, TypeError):
        return


def others_of_text(value: str) -> Iterator[Any]:
    """The same for a text of another column: its ObjectId, UUID or number."""
    if len(value) in (24, 36) or NUMBER.fullmatch(value):
        yield from others(value)


def _text(stored: Any) -> str:
    if isinstance(stored, str | ObjectId | uuid.UUID):
        return str(stored)
    if isinstance(stored, float) and stored.is_integer():
        return str(int(stored))
    if isinstance(stored, Binary) and stored.subtype == UUID_SUBTYPE:
        return str(stored.as_uuid())
    return json_util.dumps(stored)


def of_any_type(where: Filter) -> Filter:
    """The filter, its session ids compared with ids of other types, too."""
    match where:
        case Compare(path, Operator.EQ | Operator.NE | Operator.IN | Operator.NIN) if (
            path and path[0].path == "_id"
        ):
            return _with_others(where)
        case All(parts):
            return All(tuple(map(of_any_type, parts)))
        case Either(parts):
            return Either(tuple(map(of_any_type, parts)))
        case Not(part):
            return Not(of_any_type(part))
    return where


def _with_others(where: Compare) -> Compare:
    listed = where.operator in (Operator.IN, Operator.NIN)
    ids = list(where.value) if listed else [where.value]
    negative = where.operator in (Operator.NE, Operator.NIN)
    more = [other for one in ids if isinstance(one, str) for other in others(one)]
    return Compare(where.path, Operator.NIN if negative else Operator.IN, [*ids, *more])
