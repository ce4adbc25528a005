"""Filters of GraphQL, generated from columns, and their meaning to the core."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, Optional

import strawberry
from graphql import ListValueNode, ObjectValueNode, ValueNode, VariableNode
from strawberry.types.base import get_object_definition

from resolvers.common_columns import SEARCH_KEYS
from resolvers.errors import BadInput, Invalid, LimitExceeded
from resolvers.kind import ANY_IDS, Column, Kind, SessionIds
from resolvers.request import (
    EVERYTHING,
    All,
    Compare,
    Either,
    Filter,
    Not,
    Search,
    Some,
    every,
    none,
)
from resolvers.texts import check_text
from resolvers.value_types import INT_MAX, INT_MIN, LONGEST_SOUGHT, Operator, ValueType
from resolvers.words import LONGEST_SEARCH, MOST_TERMS, SHORTEST_BEGINNING, terms
from schema.inputs import annotation_of, make_input, plain
from schema.value_types import FORMS

MOST_CONDITIONS = 200
MOST_VALUES = 1000
DEEPEST = 20
"""Levels of `and`, `or` and `not`: databases limit how deep a query may be."""

NO_INDEX = (
    f"Cannot use an index: combine it with other conditions. At most {LONGEST_SOUGHT} characters."
)

SEARCH_SYNTAX = (
    "All words must occur. Case and accents do not matter. `print*` finds words that begin so (at "
    f"least {SHORTEST_BEGINNING} characters); words in quotation marks must follow one another. At "
    f"most {LONGEST_SEARCH} characters and {MOST_TERMS} words."
)
SEARCH_TEXT = (
    "Sessions in whose texts words occur: messages, notes, and what is known of the customer. "
    f"{SEARCH_SYNTAX} An index serves it. Needs the scope `pii:read`."
)

TEXTS: Mapping[Operator, str] = {
    Operator.EQ: "Equal; null finds sessions without a value.",
    Operator.NE: "Not equal; null finds sessions with a value.",
    Operator.IN: "Equal to one of these; an empty list finds nothing.",
    Operator.NIN: "Equal to none of these.",
    Operator.GT: "Greater, or later.",
    Operator.GTE: "Greater or equal, or not earlier.",
    Operator.LT: "Less, or earlier.",
    Operator.LTE: "Less or equal, or not later.",
    Operator.STARTS_WITH: "Starts with this text, in the same case.",
    Operator.ENDS_WITH: f"Ends with this text, in the same case. {NO_INDEX}",
    Operator.CONTAINS: f"Contains this text, in the same case. {NO_INDEX}",
    Operator.CONTAINS_IGNORE_CASE: f"Contains this text, in upper or lower case. {NO_INDEX}",
    Operator.EQ_IGNORE_CASE: "Equal as a whole, in upper or lower case. At most "
    f"{LONGEST_SOUGHT} characters, except where an index serves it.",
}
LISTS: Mapping[str, tuple[Callable[[tuple[Column, ...], Filter], Filter], str]] = {
    "some": (Some, "At least one element meets all of these."),
    "none": (none, "No element meets all of these; true of an empty list."),
    "every": (every, "Each element meets all of these; true of an empty list."),
}
"""What a condition on a list asks of its elements, and how it is described."""


@cache
def condition_input(annotation: Any, type_: ValueType) -> type:
    """The conditions on one value: StringFilter, DateTimeFilter, ContainmentTypeFilter, …"""
    name = FORMS[type_].name or annotation.__name__
    fields: dict[str, tuple[Any, str]] = {
        operator.value: (
            Optional[list[annotation]]
            if operator in (Operator.IN, Operator.NIN)
            else Optional[annotation],
            TEXTS[operator],
        )
        for operator in type_.operators
    }
    return make_input(f"{name}Filter", "Conditions on one value; all must be met.", fields)


@cache
def list_input(element: type) -> type:
    """The conditions on a list: StringListFilter, ChatMessageListFilter, …"""
    name = get_object_definition(element, strict=True).name.removesuffix("Filter")
    fields = {word: (Optional[element], text) for word, (_, text) in LISTS.items()}
    return make_input(f"{name}ListFilter", "Conditions on a list; all must be met.", fields)


def _column_inputs(type_: type, columns: Sequence[Column]) -> dict[str, tuple[Any, str]]:
    return {
        column.name: (Optional[_column_input(type_, column)], column.description)
        for column in columns
        if column.filterable and not column.hidden
    }


def _column_input(type_: type, column: Column) -> type:
    annotation = annotation_of(type_, column)
    if column.columns:
        element = _object_input(annotation, column.columns)
    else:
        element = condition_input(annotation, column.type)
    return list_input(element) if column.many else element


@cache
def _object_input(type_: type, columns: tuple[Column, ...]) -> type:
    name = get_object_definition(type_, strict=True).name
    return make_input(
        f"{name}Filter",
        "Conditions on the parts of an object; all must be met.",
        _column_inputs(type_, columns),
    )


def filter_input(
    type_: type, kind: Kind, further: Mapping[str, tuple[Any, str]] = MappingProxyType({})
) -> type:
    """The filter of a kind: its columns, and `and`, `or`, `not` over filters of the same kind.

    `further` has the conditions on columns that the type has no field for.
    """
    name = f"{kind.type_name}Filter"
    own: Any = strawberry.LazyType(name, __name__)
    many = Optional[list[own]]  # the type refers to itself
    fields: dict[str, tuple[Any, str]] = {
        "and": (many, "All of these are met; an empty list always is."),
        "or": (many, "At least one of these is met; an empty list never is."),
        "not": (Optional[own], "This is not met."),
        "search": (Optional[str], SEARCH_TEXT),
        **further,
        **_column_inputs(type_, [part for part in kind.columns if part.name not in further]),
    }
    made = make_input(name, f"Which {kind.type_name}s to find; all conditions must be met.", fields)
    globals()[name] = made
    return made


ABSENT: Any = object()
"""What stands for a part of a filter that is not there."""


def present(node: ValueNode, value: Any) -> Any:
    """A coerced filter without the conditions whose variables are absent; ABSENT if none is left.

        {botId: {eq: $bot}, or: [{userId: {eq: $user}}, {isDeveloper: {eq: true}}]}

    without its variables is `{"or": [ABSENT, {"isDeveloper": {"eq": True}}]}`: items of a list
    keep their places. What the text itself leaves empty stays empty, and a variable's value is
    taken as it is.
    """
    if isinstance(node, VariableNode):
        return value
    if isinstance(value, list):  # a single value may stand for a list
        nodes = node.values if isinstance(node, ListValueNode) else (node,)
        items = [present(*pair) for pair in zip(nodes, value, strict=True)]
        return ABSENT if items and all(item is ABSENT for item in items) else items
    if isinstance(node, ObjectValueNode) and node.fields:
        fields = {field.name.value: field.value for field in node.fields}
        members = ((name, present(fields[name], member)) for name, member in value.items())
        return {name: member for name, member in members if member is not ABSENT} or ABSENT
    return value


def where(given: Any, kind: Kind) -> Filter:
    """What a filter input means; BadInput or LimitExceeded if it cannot be meant."""
    if not given:
        return EVERYTHING
    return _Reader(kind).conditions(plain(given), kind.columns, (), "filter")


class _Reader:
    """Reads one filter, counts its conditions and knows how deep it is."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._count = 0
        self._depth = 0

    def conditions(
        self,
        values: Mapping[str, Any],
        columns: Sequence[Column],
        path: tuple[Column, ...],
        at: str,
    ) -> Filter:
        by_name = {column.name: column for column in columns}
        parts = []
        for name, value in values.items():
            here = f"{at}.{name}"
            if name in ("and", "or", "not") and name not in by_name:
                parts.append(self._combined(name, value, columns, here))
            elif by_name[name] is SEARCH_KEYS:
                parts.append(self._search(value, here))
            else:
                parts.append(self._column(by_name[name], value, path, here))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _combined(self, name: str, value: Any, columns: Sequence[Column], at: str) -> Filter:
        _not_null(value, at, LEAVE_OUT)
        if name == "not":
            return Not(self._nested(value, columns, at))
        parts = tuple(
            self._nested(item, columns, f"{at}[{place}]")
            for place, item in enumerate(value)
            if item is not ABSENT
        )
        return All(parts) if name == "and" else Either(parts)

    def _nested(self, value: Any, columns: Sequence[Column], at: str) -> Filter:
        _not_empty(value, at)
        self._count_one()
        if self._depth == DEEPEST:
            raise LimitExceeded(
                f"filter: and, or and not are nested deeper than {DEEPEST} levels.",
                argument="filter",
            )
        self._depth += 1
        try:
            return self.conditions(value, columns, (), at)
        finally:
            self._depth -= 1

    def _search(self, text: str, at: str) -> Search:
        self._count_one()
        _not_null(text, at, LEAVE_OUT)
        check_value(text, at)
        return Search(terms(text, at))

    def _count_one(self) -> None:
        self._count += 1
        if self._count > MOST_CONDITIONS:
            raise LimitExceeded(
                f"filter: more than {MOST_CONDITIONS} conditions. Use `in` for lists of values.",
                argument="filter",
            )

    def _column(self, column: Column, value: Any, path: tuple[Column, ...], at: str) -> Filter:
        _not_empty(value, at)
        here = (*path, column)
        if not column.many:
            return self._value(column, value, here, at)
        parts = tuple(
            self._list(word, column, elements, here, f"{at}.{word}")
            for word, elements in value.items()
        )
        return parts[0] if len(parts) == 1 else All(parts)

    def _list(
        self, word: str, column: Column, value: Any, path: tuple[Column, ...], at: str
    ) -> Filter:
        _not_empty(value, at)
        meaning, _ = LISTS[word]
        return meaning(path, self._value(column, value, (), at))

    def _value(
        self, column: Column, value: Mapping[str, Any], path: tuple[Column, ...], at: str
    ) -> Filter:
        if column.columns:
            return self.conditions(value, column.columns, path, at)
        parts = tuple(
            self._compare(path, Operator(name), operand, f"{at}.{name}")
            for name, operand in value.items()
        )
        return parts[0] if len(parts) == 1 else All(parts)

    def _compare(
        self, path: tuple[Column, ...], operator: Operator, value: Any, at: str
    ) -> Compare:
        self._count_one()
        if operator not in (Operator.EQ, Operator.NE):
            _not_null(value, at)
        for item in value if isinstance(value, list) else [value]:
            check_value(item, at)
        if isinstance(value, list) and len(value) > MOST_VALUES:
            raise LimitExceeded(
                f"{at}: {len(value)} values are too many: at most {MOST_VALUES}.", argument="filter"
            )
        if path and path[-1].name == "sessionId":
            own = path[-1] is self._kind.by_name["sessionId"]
            return _by_session_id(self._kind.session_ids if own else ANY_IDS, path, operator, value)
        return Compare(path, operator, value)


WHOLE = {
    Operator.EQ: Operator.IN,
    Operator.NE: Operator.NIN,
    Operator.IN: Operator.IN,
    Operator.NIN: Operator.NIN,
}
"""What compares session ids with all their spellings."""


def _by_session_id(
    ids: SessionIds, path: tuple[Column, ...], operator: Operator, value: Any
) -> Compare:
    """A condition on session ids: UUIDs are found in upper and lower case."""
    if not ids.any_case or value is None:
        return Compare(path, operator, value)
    if operator not in WHOLE:
        return Compare(path, operator, value if ids is ANY_IDS else value.lower())
    values = value if isinstance(value, list) else [value]
    spelled = dict.fromkeys(spelling for one in values for spelling in ids.spellings(one))
    if list(spelled) == [value]:
        return Compare(path, operator, value)
    return Compare(path, WHOLE[operator], list(spelled))


ASK_FOR_NULL = "To find sessions without a value, write `{eq: null}` for the column."
LEAVE_OUT = "Leave it out, or give it a variable that is left out."


def _not_null(value: Any, at: str, instead: str = ASK_FOR_NULL) -> None:
    if value is None:
        raise BadInput(f"{at}: null means nothing here. {instead}", argument="filter")


def _not_empty(value: Any, at: str) -> None:
    _not_null(value, at)
    if not value:
        raise BadInput(
            f"{at}: an empty condition is ambiguous. Name what to compare, or leave it out.",
            argument="filter",
        )


def check_value(value: Any, at: str) -> None:
    """Refuse what a database cannot compare; `at` is where it was given: `filter.botId.eq`."""
    try:
        if isinstance(value, str):
            check_text(value)
    except Invalid as error:
        raise BadInput(f"{at}: {error.message}", argument=at.partition(".")[0]) from None
    if isinstance(value, int) and not INT_MIN <= value <= INT_MAX:
        raise BadInput(f"{at}: {value} is out of range.", argument="filter")
