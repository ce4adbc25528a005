"""Orderings and pages of GraphQL: their inputs, generated from columns, and their meaning."""

import enum
from collections.abc import Mapping, Sequence
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_snake_case

from resolvers.errors import BadInput
from resolvers.kind import Kind
from resolvers.paging import completed, orderings
from resolvers.request import DEFAULT_PAGE, LARGEST_PAGE, Order, Window


@strawberry.enum(
    description="The direction of an ordering. Sessions without a value come first when ascending, "
    "last when descending. Texts, session ids too, are compared character by character: `10` comes "
    "before `9`."
)
class OrderDirection(enum.Enum):
    """Both directions of every ordering use the same index."""

    ASC = strawberry.enum_value("ASC", description="Smallest or earliest first.")
    DESC = strawberry.enum_value("DESC", description="Greatest or latest first.")


def order_input(kind: Kind) -> type:
    """The ordering of a kind: `{field: STARTED_AT, direction: DESC}`."""
    members = {
        to_snake_case(name).upper(): strawberry.enum_value(name, description=_described(part))
        for name, part in orderings(kind).items()
    }
    name = f"{kind.type_name}OrderField"
    made: Any = enum.Enum(name, members)  # type: ignore[misc]  # known at run time
    field = strawberry.enum(
        made,
        name=name,
        description=f"What {kind.type_name}s can be ordered by.",
    )
    return make_order(f"{kind.type_name}Order", field)


def _described(part: Order) -> str:
    text = part.column.description
    return f"{text} Upper and lower case are the same here." if part.column.folded else text


def make_order(name: str, field: Any) -> type:
    """An ordering input over the columns that `field` enumerates."""
    namespace = {
        "__annotations__": {"field": field, "direction": OrderDirection},
        "field": strawberry.field(description="The column to order by."),
        "direction": strawberry.field(default=OrderDirection.ASC, description="The direction."),
    }
    return strawberry.input(
        type(name, (), namespace),
        name=name,
        description="One column of an ordering. Among equal values `startedAt` decides if the "
        "ordering's index has it, then the session id, in the direction of the last column.",
    )


def order(given: Sequence[Mapping[str, str]] | None, kind: Kind) -> tuple[Order, ...]:
    """What an orderBy argument means; BadInput if a column occurs twice."""
    if not given:
        return ()
    known = orderings(kind)
    twice = BadInput("orderBy: a column can be given only once.", argument="orderBy")
    if len(given) > len(known):
        raise twice
    parts = tuple(
        known[part["field"]]._replace(descending=part["direction"] == "DESC") for part in given
    )
    if len({part.name for part in parts}) < len(parts):
        raise twice
    return completed(kind, parts)


def window(arguments: Mapping[str, Any]) -> Window:
    """Relay's paging arguments, checked; BadInput naming the argument."""
    first, after = arguments.get("first"), arguments.get("after")
    last, before = arguments.get("last"), arguments.get("before")
    if first is not None and last is not None:
        raise BadInput(
            "last: first and last cannot be used together. Use first with after to go on, or last "
            "with before to go back.",
            argument="last",
        )
    _check_cursor("after", after)
    _check_cursor("before", before)
    _check_count("first", first)
    _check_count("last", last)
    if last is not None:
        return Window(first=None, after=after, last=last, before=before)
    first = DEFAULT_PAGE if first is None else first
    return Window(first=first, after=after, before=before)


def _check_cursor(name: str, cursor: str | None) -> None:
    if cursor == "":
        raise BadInput(
            f"{name}: this is not a valid cursor. Leave it out for the first page.", argument=name
        )


def _check_count(name: str, count: int | None) -> None:
    if count is not None and not 0 <= count <= LARGEST_PAGE:
        raise BadInput(f"{name}: {count} is out of range: from 0 to {LARGEST_PAGE}.", argument=name)
