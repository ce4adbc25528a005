"""Orderings, and cursors: a row's place in an ordering, opaque to clients.

A cursor is base64 of a JSON list: the kind and ordering it belongs to, the row's value of each
ordering column, and the row's id. It contains no secret: every value in it is one of the row's own.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import orjson

from resolvers.errors import BadInput, Invalid
from resolvers.kind import Column, Document, Kind, stored_value
from resolvers.request import Order, Paths, Read
from resolvers.store import strays
from resolvers.store.strays import Stray
from resolvers.stream_places import StreamPlace
from resolvers.value_types import INT_MAX, TEXT, ValueType

KNOWN = 1000
"""How many orderings are cached."""
PLACES_KNOWN = 10_000
"""How many cursors of elements are."""


@lru_cache(KNOWN)
def orderings(kind: Kind) -> Mapping[str, Order]:
    """What a kind can be ordered by: every single column with which an index begins, by name."""
    first = {"_id", *(index.keys[0] for index in kind.indexes)}
    return {part.name: part for part in _single(kind.columns) if part.path in first}


def _single(columns: Iterable[Column], parents: tuple[Column, ...] = ()) -> Iterator[Order]:
    """Every column of which a session has one value at most."""
    for column in columns:
        if column.many or column.hidden:
            continue
        if column.columns:
            yield from _single(column.columns, (*parents, column))
        else:
            yield Order(column, parents=parents)


@lru_cache(KNOWN)
def completed(kind: Kind, order: tuple[Order, ...]) -> tuple[Order, ...]:
    """The ordering with the columns that follow its own in an index, so that the index serves it.

        botId    becomes    botId, startedAt    by the index (botId, startedAt, _id)

    It stays as it is if no index begins with its columns, or if their directions differ.
    """
    if len({part.descending for part in order}) != 1:
        return order
    paths = tuple(part.path for part in order)
    fitting = [index.keys for index in kind.indexes if index.keys[: len(paths)] == paths]
    shortest = min(fitting, key=len, default=paths)
    by_path = {part.path: part for part in _single(kind.columns)}
    rest = (by_path[path] for path in shortest[len(paths) :] if path != "_id")
    return (*order, *(part._replace(descending=order[0].descending) for part in rest))


@lru_cache(KNOWN)
def default_order(kind: Kind) -> tuple[Order, ...]:
    """Newest first."""
    return (Order(kind.by_name["startedAt"], descending=True),)


def ordering(read: Read) -> tuple[Order, ...]:
    """The columns that decide the order, before the tie-break by session id."""
    return read.order or default_order(read.kind)


@lru_cache(KNOWN)
def sort_paths(order: tuple[Order, ...]) -> tuple[str, ...]:
    """The stored paths that place a row: a cursor needs them."""
    return (*(part.path for part in order), "_id")


@lru_cache(KNOWN)
def with_places(columns: Paths, order: tuple[Order, ...]) -> Paths:
    """The stored paths to read when rows need cursors too."""
    return columns | frozenset(sort_paths(order))


def cursors(read: Read, documents: Iterable[Document]) -> list[str]:
    """The cursors of rows that `read` gave; they must have the columns of `with_places`."""
    return encode_cursors(read.kind, ordering(read), documents)


@lru_cache(KNOWN)
def cursor_tag(kind: Kind, order: tuple[Order, ...]) -> str:
    """What a cursor is valid for: `bot:-startedAt`."""
    columns = ",".join(f"{'-' if part.descending else ''}{part.name}" for part in order)
    return f"{kind.name}:{columns}"


def encode_cursors(
    kind: Kind, order: tuple[Order, ...], documents: Iterable[Document]
) -> list[str]:
    """The cursors of rows, which have the paths of `sort_paths`."""
    if len(order) == 1 and "." not in order[0].path:  # nearly always: one column and the id
        path, sound = order[0].path, order[0].column.type.sound
        places: Iterable[Any] = ((placed(row.get(path), sound), row["_id"]) for row in documents)
    else:
        columns = order_places(order)
        places = ((*place(row, columns), row["_id"]) for row in documents)
    return encode_places(cursor_tag(kind, order), places)


PlaceColumn = tuple[list[str], Callable[[Any], bool]]
"""A column of an ordering: its stored path, split, and whether a value is of its type."""


def order_places(order: tuple[Order, ...]) -> list[PlaceColumn]:
    """Each column of an ordering."""
    return [(part.path.split("."), part.column.type.sound) for part in order]


def place(row: Document, columns: Iterable[PlaceColumn]) -> Iterator[Any]:
    """A row's values of an ordering's columns, as they go into a cursor."""
    return (placed(stored_value(row, names), sound) for names, sound in columns)


def placed(value: Any, sound: Callable[[Any], bool]) -> Any:
    """A stored value as it goes into a cursor."""
    return value if value is None or sound(value) else Stray(value)


def encode_places(tag: str, places: Iterable[tuple[Any, ...]]) -> list[str]:
    """The cursors of places."""
    dumps, option = orjson.dumps, orjson.OPT_NAIVE_UTC | orjson.OPT_PASSTHROUGH_SUBCLASS
    return [
        binascii.b2a_base64(dumps((tag, *place), strays.encode, option), newline=False).decode()
        for place in places
    ]


def decode_cursor(
    text: str,
    kind: Kind,
    order: tuple[Order, ...],
    argument: str,
    ids: tuple[ValueType, ...] = (TEXT,),
) -> list[Any]:
    """The ordering values and `ids` in a cursor; BadInput naming `argument` if it does not fit."""
    values = _parse(text, cursor_tag(kind, order), argument)
    columns = [*(part.column.type for part in order), *ids]
    if len(values) != len(columns) + 1 or None in values[-len(ids) :]:
        raise _broken(argument)
    return [
        _value(value, type_, argument) for value, type_ in zip(values[1:], columns, strict=True)
    ]


@lru_cache(PLACES_KNOWN)
def place_cursor(tag: str, place: int) -> str:
    """The cursor of an element of a list within sessions, such as `ChatSession.messages`."""
    return binascii.b2a_base64(orjson.dumps((tag, place)), newline=False).decode()


def decode_place(text: str, tag: str, argument: str) -> int:
    """The place in a cursor of that list; BadInput naming `argument` if it is not one of it."""
    values = _parse(text, tag, argument)
    if len(values) != 2 or type(values[1]) is not int or not 0 <= values[1] < INT_MAX:
        raise _broken(argument)
    return values[1]


CHANGES = "sessionChanges"
"""The tag of cursors of changes: they are places in the database's time."""


def change_cursor(place: StreamPlace) -> str:
    """The cursor of a change, valid with every field of changes."""
    return binascii.b2a_base64(orjson.dumps((CHANGES, *place)), newline=False).decode()


def decode_change(text: str, argument: str) -> StreamPlace:
    """The place in such a cursor; BadInput naming `argument` if it is not one."""
    _, *values = _parse(text, CHANGES, argument)
    if len(values) != 3 or any(type(one) is not int or not 0 <= one < 2**32 for one in values):
        raise _broken(argument)
    return StreamPlace(*values)


def _parse(text: str, tag: str, argument: str) -> list[Any]:
    """A cursor's values; BadInput unless it belongs to what this tag stands for."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
        values = orjson.loads(raw)
    except (binascii.Error, ValueError) as error:
        raise _broken(argument) from error
    if not isinstance(values, list) or not values or not isinstance(values[0], str):
        raise _broken(argument)
    if values[0] != tag:
        raise BadInput(
            f"{argument}: this cursor belongs to {_describe(values[0])}, "
            f"not to {_describe(tag)}. Use it with the field and orderBy that it came from.",
            argument=argument,
        )
    return values


def _value(value: Any, type_: ValueType, argument: str) -> Any:
    try:
        if strays.is_one(value):
            return strays.decode(value)
        return None if value is None else type_.from_cursor(value)
    except (TypeError, ValueError, Invalid) as error:
        raise _broken(argument) from error


def _describe(tag: str) -> str:
    kind, _, columns = tag.partition(":")
    if columns:
        return f"{kind} sessions ordered by {columns}"
    return f"the field {tag}" if "." in tag else "something else"


def _broken(argument: str) -> BadInput:
    return BadInput(
        f"{argument}: this is not a valid cursor. Use the endCursor, startCursor or cursor of a "
        "page exactly as it was returned.",
        argument=argument,
    )
