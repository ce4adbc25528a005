"""Personal data: what a caller is shown in its place, and what would give it away.

    personal      a name, an address, a free text: MASK without the scope `pii:read`
    identifier    an id of a person or of a computer: shown. Without `pii:read` it is MASK if the
                  gateway masks identifiers, or if it has an e-mail address
    live_scope    MASK while the session is active, without that scope

What is masked cannot be filtered, ordered or grouped by, and not be written over. Identifiers that
are shown can be compared for equality with values without an address: any other operator, and any
ordering, would find out an address piece by piece.
"""

import re
import unicodedata
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from resolvers.access import PERSONAL, Caller
from resolvers.common_columns import SEARCH_KEYS
from resolvers.documents import copied
from resolvers.errors import Forbidden, Invalid, Protected
from resolvers.kind import Column, Document, Kind
from resolvers.request import (
    All,
    Columns,
    Compare,
    Either,
    Filter,
    Not,
    Operator,
    Order,
    Search,
    Some,
)
from resolvers.value_types import EQUALITY, TEXT

MASK: Final = "***"
"""What stands where a personal text would."""
STATUS: Final = "status"
"""The stored path that says whether a session is active."""
PLAIN: Final = (*EQUALITY, Operator.EQ_IGNORE_CASE)
"""How an identifier may be compared by those who may see no address."""
NOTHING_STORED: Final[Mapping[str, Any]] = MappingProxyType({})
_ADDRESS: Final = re.compile("@|%40")


def holds_address(value: Any) -> bool:
    """Whether a text may be, or contain, an e-mail address: in any spelling of its sign."""
    return isinstance(value, str) and bool(_ADDRESS.search(unicodedata.normalize("NFKC", value)))


def hides(caller: Caller, column: Column) -> bool:
    """Whether the caller sees no value of the column."""
    if caller.sees_personal:
        return False
    return column.personal or (column.identifier and caller.masks_identifiers)


def view(caller: Caller, kind: Kind) -> Hashable:
    """How the caller sees documents of the kind: equal for callers who are shown the same."""
    lacking = tuple(column.path for column in _live(kind.columns) if _lacks(caller, column))
    return caller.sees_personal, caller.masks_identifiers, lacking


def mask(caller: Caller, columns: tuple[Column, ...], documents: Iterable[Document]) -> None:
    """Put MASK, or null where no text can stand, in the place of what the caller may not see.

    The documents change in place; for who sees everything, they are not even looked at.
    """
    live = [column.path for column in _live(columns) if _lacks(caller, column)]
    if caller.sees_personal and not live:
        return
    for document in documents:
        if not caller.sees_personal:
            _mask(caller, columns, document)
        for path in live:
            if path in document and document.get(STATUS) != "CLOSED":
                document[path] = MASK


def shown(caller: Caller, columns: tuple[Column, ...], document: Document) -> Document:
    """The document as the caller may see it: a copy, unless nothing is hidden from it."""
    if caller.sees_personal and not any(_lacks(caller, column) for column in _live(columns)):
        return document
    own: Document = copied(document)
    mask(caller, columns, [own])
    return own


def masked(caller: Caller, column: Column, value: Any) -> Any:
    """A value of the column as the caller sees it, whatever the session's status."""
    if value is None or caller.sees_personal:
        return value
    if hides(caller, column) or (column.identifier and holds_address(value)):
        return MASK if column.type is TEXT else None
    return value


def needed(caller: Caller, kind: Kind, columns: Columns) -> Columns:
    """The stored paths to read, with what decides about those that are masked for a while."""
    if columns is None:
        return None
    live = any(column.path in columns and _lacks(caller, column) for column in _live(kind.columns))
    return columns | {STATUS} if live else columns


def require_answerable(caller: Caller, where: Filter, order: Iterable[Order] = ()) -> None:
    """Forbidden if a filter or an ordering would give away what is masked."""
    for path, compare in _asked(where):
        for column in path:
            _require_visible(caller, column, "filtering or ordering")
        if compare is not None and path[-1].identifier and not caller.sees_personal:
            _require_plain(path[-1], compare)
    for part in order:
        _require_visible(caller, part.column, "filtering or ordering")
        if part.column.identifier and not caller.sees_personal:
            raise Forbidden(
                f"{part.column.name} may have an e-mail address in it: ordering by it needs the "
                f"scope {PERSONAL}."
            )


def require_groupable(caller: Caller, columns: Iterable[Column]) -> None:
    """Forbidden if the groups of a column would give away what is masked."""
    for column in columns:
        _require_visible(caller, column, "grouping")


def require_overwriting(
    caller: Caller,
    columns: tuple[Column, ...],
    values: Mapping[str, Any],
    stored: Mapping[str, Any] = NOTHING_STORED,
) -> None:
    """Protected, with its path, if a change gives one of `columns` that the caller may not see.

    Whatever the value is: a refusal of some, or a change that changes nothing, would show what is
    stored. An identifier is refused with an address in it: only then could it be what is masked.
    One that is `stored` with an address is refused as well: the caller sees that it is masked.
    """
    if not caller.sees_personal:
        _require_overwriting(caller, columns, values, stored)


def require_no_mask(caller: Caller, column: Column, value: Any) -> None:
    """Invalid for MASK itself, where it could only be what somebody was shown."""
    private = column.personal or column.identifier or column.live_scope
    if value == MASK and (private or not caller.sees_personal):
        raise Invalid(
            f"{MASK} stands for a value that is masked. Give the value itself, or leave it out."
        )


def _mask(caller: Caller, columns: tuple[Column, ...], document: Document) -> None:
    for column in _private(columns):
        value = document.get(column.path)
        if value is None:
            continue
        if column.columns:
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, dict):
                    _mask(caller, column.columns, part)
        elif isinstance(value, list):
            document[column.path] = [masked(caller, column, item) for item in value]
        else:
            document[column.path] = masked(caller, column, value)


@lru_cache(1000)
def _private(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns with something that some callers do not see."""
    return tuple(
        column
        for column in columns
        if column.personal or column.identifier or _private(column.columns)
    )


@lru_cache(1000)
def _live(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    return tuple(column for column in columns if column.live_scope)


def _lacks(caller: Caller, column: Column) -> bool:
    """Whether the caller lacks the scope that a column asks for."""
    scope = column.live_scope
    return bool(scope) and not caller.holds(scope, f"*:{scope.partition(':')[2]}")


def _require_visible(caller: Caller, column: Column, doing: str) -> None:
    if hides(caller, column):
        what = "personal" if column.personal else "an identifier, which this gateway masks"
        raise Forbidden(f"{column.name} is {what}: {doing} by it needs the scope {PERSONAL}.")
    if _lacks(caller, column):
        raise Forbidden(
            f"{column.name} is secret while a session is active: {doing} by it needs the scope "
            f"{column.live_scope}."
        )


def _require_plain(column: Column, compare: Compare) -> None:
    values = compare.value if isinstance(compare.value, Sequence) else (compare.value,)
    if isinstance(compare.value, str):
        values = (compare.value,)
    if compare.operator not in PLAIN or any(map(holds_address, values)):
        raise Forbidden(
            f"{column.name} may have an e-mail address in it: without the scope "
            f"{PERSONAL} it can be compared by {', '.join(PLAIN)}, with values that have none."
        )


def _require_overwriting(
    caller: Caller,
    columns: tuple[Column, ...],
    values: Mapping[str, Any],
    stored: Mapping[str, Any],
) -> None:
    """A list is replaced, and a null takes away, so both count as personal if a part is."""
    for column in columns:
        if column.name not in values:
            continue
        value, known = values[column.name], stored.get(column.path)
        if not column.many and isinstance(value, Mapping):
            within = known if isinstance(known, Mapping) else NOTHING_STORED
            try:
                _require_overwriting(caller, column.columns, value, within)
            except Protected as error:
                raise error.under(column.name) from None
        elif _hides_some(caller, column) or (
            column.identifier and (holds_address(value) or holds_address(known))
        ):
            what = "may have an e-mail address in it" if column.identifier else "is personal"
            raise Protected(
                f"{column.name} {what}: changing it in a stored session needs the scope "
                f"{PERSONAL}. Leave it out.",
                (column.name,),
            )


def _hides_some(caller: Caller, column: Column) -> bool:
    return hides(caller, column) or any(_hides_some(caller, part) for part in column.columns)


def _asked(
    where: Filter, above: tuple[Column, ...] = ()
) -> Iterator[tuple[tuple[Column, ...], Compare | None]]:
    """The columns of each part of a filter, and the comparison that is made.

    `above` leads to the list whose elements are meant: a text in a list has no column of its own.
    """
    match where:
        case Compare(path=path):
            yield (*above, *path), where
        case Some(path, condition):
            yield (*above, *path), None
            yield from _asked(condition, (*above, *path))
        case Search():
            yield (SEARCH_KEYS,), None
        case All(parts) | Either(parts):
            for part in parts:
                yield from _asked(part, above)
        case Not(part):
            yield from _asked(part, above)
