"""What is left of a session when everything is taken out that may say something about a person.

    {"userId": "ada", "channel": "rtm", "startTime": …, "tags": {"userTags": [{"name": "vip"}]}}

becomes, for a bot session,

    {"userId": "erased-5f0c…", "channel": "rtm", "startTime": …, "tags": {"userTags": [{"name":
     "erased"}]}}

Dates, numbers, values of enums and the number of a list's objects stay: statistics need them. A
text stays only if its column is `impersonal`; a new column is not, so nobody can forget one. Fields
that no column knows go too. What is computed from the rest is computed anew by whoever stores it.
"""

import uuid
from collections.abc import Iterable
from typing import Any

from resolvers.context import Context
from resolvers.documents import is_sound
from resolvers.folding import fold
from resolvers.kind import Column, Document, Kind
from resolvers.value_types import ENUM, OBJECT, TEXT

ERASED = "erased"
"""What stands for a text that must be there."""
ADDRESS = "https://erased.invalid/"
"""The same for an address; no such host can exist (RFC 2606)."""
CERTAIN = 6
"""Characters of an identifier that is sought within texts; a shorter one may be there by chance."""


class Anonymiser:
    """Takes one person out of sessions.

    `known` are texts that identify the person: they stay nowhere, in no impersonal column either.
    """

    def __init__(self, context: Context, known: Iterable[str]) -> None:
        self._context = context
        self._known = frozenset(map(fold, known))

    def anonymise(self, kind: Kind, document: Document) -> None:
        """Change a stored session in place; its id stays."""
        left: Document = {name: document[name] for name in ("_id", "revision") if name in document}
        for column in kind.columns:
            computed = column.derived and (column.many or column.type in (OBJECT, TEXT))
            if not computed:
                left |= self._left(column, document.get(column.path), outside=True)
        document.clear()
        document.update(left)

    def _left(
        self, column: Column, value: Any, *, outside: bool = False, many: bool = False
    ) -> Any:
        """The column's entry in an object: empty if nothing is left of it.

        `outside`: it is the session's own; `many`: its object is an element of a list.
        """
        left = self._many(column, value) if column.many else self._one(column, value, outside, many)
        return {} if left is None else {column.path: left}

    def _many(self, column: Column, value: Any) -> list[Any]:
        found = value if isinstance(value, list) else []
        if column.type is OBJECT:
            return [self._object(column, item, many=True) for item in found]
        return [item for item in found if self._stays(column, item)]

    def _one(self, column: Column, value: Any, outside: bool, many: bool) -> Any:
        if column.type is OBJECT:
            part = self._object(column, value, many=many)
            return part if part or not column.nullable else None
        if many and column.nullable and column.type is ENUM:
            return None  # it may describe a text that goes, such as the type of a tag's value
        if self._stays(column, value):
            return value
        if column.type is TEXT and not (column.nullable or column.derived):
            return self._in_place_of(column, outside)
        return None

    def _object(self, column: Column, value: Any, *, many: bool) -> Document:
        stored = value if isinstance(value, dict) else {}
        left: Document = {}
        for nested in column.columns:
            left |= self._left(nested, stored.get(nested.path), many=many)
        return left

    def _stays(self, column: Column, value: Any) -> bool:
        if value is None or not is_sound(column, value):
            return False
        return column.type is not TEXT or (column.impersonal and not self._names(value))

    def _names(self, text: str) -> bool:
        """Whether a text is or contains what identifies the person."""
        return fold(text) in self._known or self.contains(text)

    def contains(self, text: str) -> bool:
        """Whether a text has one of these in it that is long enough not to be there by chance."""
        folded = fold(text)
        return any(len(one) >= CERTAIN and one in folded for one in self._known)

    def _in_place_of(self, column: Column, outside: bool) -> str:
        """A text for a column that must have one; each of the session's own is another one."""
        if column.default:
            made: str = column.default(self._context)
            return made
        if column.format == "uri":
            return ADDRESS
        made = f"{ERASED}-{uuid.uuid4().hex}" if outside else ERASED
        return made[: column.max_length]
