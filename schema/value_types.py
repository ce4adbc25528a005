"""How the types of resolvers.value_types appear in GraphQL: one form each.

A form says which annotation in a kind's class stands for the type, which scalar shows it, and how
a compiled rendering function (schema.execution.source) checks and writes its values. In the texts
of such a function `{v}` is the variable that has the value, and `{values}` the set of an enum's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError, ValueNode, value_from_ast_untyped
from strawberry.types.scalar import ScalarDefinition

from resolvers.errors import Invalid
from resolvers.moments import print_local
from resolvers.value_types import (
    BOOLEAN,
    DATETIME,
    ENUM,
    FLOAT,
    INT_MAX,
    INT_MIN,
    INTEGER,
    LOCAL_DATETIME,
    TEXT,
    ValueType,
)

LocalDateTime = NewType("LocalDateTime", datetime)
"""Clock time somewhere: its type alone says that it is not an instant."""


class UnsoundError(Exception):
    """A stored value that graphql-core has to judge."""


def unsound() -> Any:
    """Leave the value to graphql-core."""
    raise UnsoundError


def text(value: Any) -> str:
    """A text that is more than its class says, such as an id that others stored in another type."""
    if isinstance(value, str):
        return str(value)
    raise UnsoundError


def integer(value: Any) -> int:
    """Any whole number that fits GraphQL's Int; BSON's 64-bit ones are a class of their own."""
    if isinstance(value, int) and type(value) is not bool and INT_MIN <= value <= INT_MAX:
        return int(value)
    raise UnsoundError


def number(value: Any) -> float:
    """Any finite number as a float, if that loses nothing."""
    if isinstance(value, (int, float)) and type(value) is not bool and value - value == 0:
        shown = float(value)
        if shown == value:
            return shown
    raise UnsoundError


def parser(type_: ValueType) -> Callable[[Any], Any]:
    """A scalar's `parse_value`: as exports are parsed, with GraphQL's error."""

    def parse(value: Any) -> Any:
        try:
            return type_.parse(value)
        except Invalid as error:
            raise GraphQLError(error.message) from None

    return parse


def literal_parser(type_: ValueType) -> Callable[..., Any]:
    """A scalar's `parse_literal`: the same for a value in the document, with its place."""
    parse = parser(type_)

    def parse_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
        try:
            return parse(value_from_ast_untyped(node, variables))
        except GraphQLError as error:
            raise GraphQLError(error.message, node) from None

    return parse_literal


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLForm:
    """A value type's form in GraphQL."""

    annotation: Any = None
    """What stands for it in a kind's class; None for enums, each of which is a class of its own."""
    name: str = ""
    """The scalar's name."""
    scalar: ScalarDefinition | None = None
    """None for the scalars that GraphQL has by itself."""
    doubt: str
    """An expression, true where a value is not what its column promises at first sight."""
    remedy: str = "unsound()"
    """What is done then: a statement."""
    shown: str = "{v}"
    """The value in the response: an expression."""
    helpers: Mapping[str, Any] = field(default_factory=dict)
    """What these texts name, besides built-in names."""
    untouched: type | None = None
    """Lists of values of this Python type are shown as they are stored."""


FORMS: Mapping[ValueType, GraphQLForm] = {
    TEXT: GraphQLForm(
        annotation=str,
        name="String",
        doubt="type({v}) is not str",
        remedy="{v} = text({v})",
        helpers={"text": text},
        untouched=str,
    ),
    INTEGER: GraphQLForm(
        annotation=int,
        name="Int",
        doubt="type({v}) is not int or not INT_MIN <= {v} <= INT_MAX",
        remedy="{v} = integer({v})",
        helpers={"INT_MIN": INT_MIN, "INT_MAX": INT_MAX, "integer": integer},
    ),
    FLOAT: GraphQLForm(
        annotation=float,
        name="Float",
        doubt="type({v}) is not float or {v} - {v} != 0",
        remedy="{v} = number({v})",
        helpers={"number": number},
    ),
    BOOLEAN: GraphQLForm(
        annotation=bool, name="Boolean", doubt="type({v}) is not bool", untouched=bool
    ),
    DATETIME: GraphQLForm(
        annotation=datetime,
        name="DateTime",
        scalar=strawberry.scalar(
            name="DateTime",
            description="An instant: RFC 3339 with an offset. Answers are in UTC with "
            "milliseconds, such as `2026-03-01T09:30:00.000Z`.",
            serialize=DATETIME.print,
            parse_value=parser(DATETIME),
            parse_literal=literal_parser(DATETIME),
            specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        ),
        doubt="type({v}) is not datetime",
        shown="{v}.isoformat('T', 'milliseconds') + 'Z'",
        helpers={"datetime": datetime},
    ),
    LOCAL_DATETIME: GraphQLForm(
        annotation=LocalDateTime,
        name="LocalDateTime",
        scalar=strawberry.scalar(
            name="LocalDateTime",
            description="Clock time without an offset, such as `2026-03-01T09:30:00`; the field "
            "beside it names the time zone.",
            serialize=LOCAL_DATETIME.print,
            parse_value=parser(LOCAL_DATETIME),
            parse_literal=literal_parser(LOCAL_DATETIME),
        ),
        doubt="type({v}) is not datetime",
        shown="print_local({v})",
        helpers={"datetime": datetime, "print_local": print_local},
    ),
    ENUM: GraphQLForm(doubt="{v} not in {values}"),
}
"""Objects have none: their GraphQL types are classes of their kind."""

BY_ANNOTATION: Mapping[Any, ValueType] = {
    form.annotation: type_ for type_, form in FORMS.items() if form.annotation
}
SCALARS: dict[object, ScalarDefinition] = {
    form.annotation: form.scalar for form in FORMS.values() if form.scalar
}
"""As StrawberryConfig takes them."""
HELPERS: dict[str, Any] = {
    name: value for form in FORMS.values() for name, value in form.helpers.items()
}
"""Everything that the texts of all forms name."""
