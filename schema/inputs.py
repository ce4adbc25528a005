"""Inputs, generated from a kind's columns, and what was given in them."""

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Optional

import strawberry
from strawberry import UNSET
from strawberry.types.base import get_object_definition
from strawberry.utils.str_converters import to_camel_case, to_snake_case

from resolvers.kind import Column, Kind
from schema.columns import NOTE, columns_of, value_of


def plain(value: Any) -> Any:
    """An input object as a dict of what was given, by GraphQL names; enums as their names."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if get_object_definition(value) is None:
        return value
    return {
        field.graphql_name or to_camel_case(field.python_name): plain(given)
        for field in get_object_definition(value, strict=True).fields
        if (given := getattr(value, field.python_name)) is not UNSET
    }


def make_input(name: str, description: str, fields: Mapping[str, tuple[Any, str]]) -> type:
    """An input type; `fields` maps GraphQL names to annotation and description.

    Optional annotations make the field one that may be left out.
    """
    namespace: dict[str, Any] = {"__annotations__": {}, "__doc__": description}
    for graphql_name, (annotation, text) in fields.items():
        python_name = to_snake_case(graphql_name) + ("_" if graphql_name in RESERVED else "")
        namespace["__annotations__"][python_name] = annotation
        optional = type(None) in getattr(annotation, "__args__", ())
        namespace[python_name] = strawberry.field(
            name=graphql_name, description=text, **({"default": UNSET} if optional else {})
        )
    return strawberry.input(type(name, (), namespace), name=name, description=description)


PLAIN = frozenset({str, int, float, bool, datetime, type(None)})
"""Types of plain values, the most common case."""

RESERVED = frozenset({"in", "and", "or", "not"})


def annotation_of(type_: type, column: Column) -> Any:
    """The Python type of a column's values in `type_`, without optional and list around it."""
    for field in get_object_definition(type_, strict=True).fields:
        if field.metadata.get(NOTE) is column:
            inner = value_of(field)
            return getattr(inner, "wrapped_cls", inner)
    raise LookupError(column.name)


@cache
def input_of(type_: type) -> type:
    """The input of a nested type, named after it: ChatMessage gives ChatMessageInput."""
    definition = get_object_definition(type_, strict=True)
    columns = columns_of(type_)
    return make_input(
        f"{definition.name}Input", definition.description or "", dict(_given(type_, columns))
    )


def create_input(type_: type, kind: Kind) -> type:
    """The input of a kind's creation."""
    fields = {"sessionId": (Optional[str], f"Made if not given: {kind.session_ids.description}")}
    fields |= dict(_given(type_, kind.own_columns))
    return make_input(f"Create{kind.type_name}Input", f"A new {kind.type_name}.", fields)


def update_input(type_: type, kind: Kind) -> type:
    """The input of a change: everything optional."""
    columns = [column for column in kind.own_columns if not column.create_only]
    fields = {
        name: (Optional[annotation], _update_text(kind.by_name[name], text))
        for name, (annotation, text) in _given(type_, columns, _change_of)
    }
    return make_input(
        f"Update{kind.type_name}Input",
        "What to change. A field that is left out stays as it is. An object changes by its given "
        "fields, and null removes one; a list that is given replaces the stored one whole. "
        "Personal fields need the scope `pii:read`.",
        fields,
    )


@cache
def _change_of(type_: type) -> type:
    """The input by which a nested object changes; that of its creation if it demands nothing."""
    definition = get_object_definition(type_, strict=True)
    columns = columns_of(type_)
    if not any(part.required for part in columns):
        return input_of(type_)
    fields = {
        name: (Optional[annotation], text)
        for name, (annotation, text) in _given(type_, columns, _change_of)
    }
    return make_input(f"Update{definition.name}Input", definition.description or "", fields)


def _update_text(column: Column, text: str) -> str:
    return f"{text} Null removes it." if column.nullable and not column.many else text


def _given(
    type_: type, columns: Sequence[Column], nested: Callable[[type], type] | None = None
) -> Iterator[tuple[str, tuple[Any, str]]]:
    """What clients give: all that is not derived; `nested` makes the inputs of single objects."""
    for column in columns:
        if column.derived:
            continue
        annotation = annotation_of(type_, column)
        if column.columns:
            made = input_of if column.many or nested is None else nested
            annotation = made(annotation)
        if column.many:
            annotation = list[annotation]  # type: ignore[valid-type]  # known at run time
        yield (
            column.name,
            (
                annotation if column.required else Optional[annotation],
                column.description + _limit(column),
            ),
        )


def _limit(column: Column) -> str:
    limits = []
    if column.max_length and not column.pattern:
        limits.append(f" At most {column.max_length} characters.")
    if column.many:
        limits.append(f" At most {column.max_items} entries.")
    return "".join(limits)
