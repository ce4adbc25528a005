"""Queries made from the schema for the leak scan: each root field with everything selected.

What a new argument takes is one line of `GIVEN`; a required one that nobody described fails the
scan, so that no field escapes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_list_type,
    is_required_argument,
)

from schema.build import root_fields
from schema.common import global_id
from tests.client_schema import client_schema
from tests.contract.stocked import CUSTOMER, IDS
from tests.kinds import SAMPLES
from tests.kinds.sample import PII

SCHEMA = client_schema()
assert SCHEMA.query_type
QUERY = SCHEMA.query_type
KIND_OF = {name: kind.name if kind else None for kind, name, _ in root_fields()}
FOLLOWED = "sessionChanges"
"""It shows what happens, not what is there: the way `events` scans it, with the subscriptions."""
FIELDS = [name for name in QUERY.fields if name not in ("viewer", FOLLOWED)]
TYPES = [sample.type for sample in SAMPLES]
GLOBAL_IDS = {sample.kind: global_id(sample.type, IDS[sample.kind]) for sample in SAMPLES}

GIVEN: dict[str, list[str]] = {
    "first": ["10"],  # by default, pages within pages would cost too much
    "by": [f'{{customerId: "{CUSTOMER.value}"}}'],
    "id": [f'"{one}"' for one in GLOBAL_IDS.values()],
    "p": ["0.5"],
    "ids": [f"[{', '.join(f'{chr(34)}{one}{chr(34)}' for one in GLOBAL_IDS.values())}]"],
    "text": [f'"{PII}"'],
}
"""What arguments are given, as GraphQL writes it; a field is asked once for each."""


@dataclass(frozen=True)
class Asked:
    """One query, and the type that fragments in it are on."""

    field: str
    text: str
    type: str


@cache
def asked(field: str) -> list[Asked]:
    """The queries of a root field, everything selected: one for each type and set of arguments."""
    return list(_asked(field))


def _asked(field: str) -> Iterator[Asked]:
    definition = QUERY.fields[field]
    for type_ in TYPES:
        below = everything(get_named_type(definition.type), type_, (QUERY.name,))
        for given in arguments(field, definition):
            yield Asked(field, f"{{ {field}{given} {below} }}", type_)
        if "..." not in below:  # the same for every type
            return


def arguments(field: str, definition: GraphQLField) -> Iterator[str]:
    """The sets of arguments that a field is asked with, in brackets."""
    chosen = {
        name: values
        for name, one in definition.args.items()
        if (values := _values(field, name, one))
    }
    for values in product(*chosen.values()):
        shown = ", ".join(f"{name}: {value}" for name, value in zip(chosen, values, strict=True))
        yield f"({shown})" if shown else ""


def _values(field: str, name: str, argument: GraphQLArgument) -> list[str]:
    kind = KIND_OF.get(field)
    if kind and name in ("id", "sessionId"):
        return [f'"{IDS[kind]}"'] if name == "sessionId" else []
    if name in GIVEN:
        return GIVEN[name]
    type_ = get_named_type(argument.type)
    if name == "groupBy" and isinstance(type_, GraphQLEnumType):
        return [f"[{value}]" for value in type_.values]
    if is_required_argument(argument):
        pytest.fail(f"say in tests/contract/asked.py what the argument {name} of {field} is given")
    return []


def everything(type_: GraphQLNamedType, on: str, above: tuple[str, ...]) -> str:
    """All fields below a type, those of interfaces as they are on one object type."""
    if not is_composite_type(type_):
        return ""
    assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
    parts = ["__typename"]
    if is_abstract_type(type_):
        inner = SCHEMA.type_map[on]
        parts.append(f"... on {on} {everything(inner, on, (*above, type_.name))}")
    else:
        for name, field in type_.fields.items():
            parts += _selected(name, field, on, (*above, type_.name))
    return f"{{ {' '.join(parts)} }}"


def _selected(name: str, field: GraphQLField, on: str, above: tuple[str, ...]) -> Iterator[str]:
    inner = get_named_type(field.type)
    if inner.name in above or name == "changes":  # it would go on for ever; `trails` asks for them
        return
    given = next(arguments(name, field))
    yield f"{name}{given} {everything(inner, on, above)}"


@dataclass(frozen=True)
class Condition:
    """A root field, and a filter for one column that a text can be compared with."""

    field: str
    path: tuple[str, ...]
    filter: str

    @property
    def call(self) -> str:
        """The field with this filter, and little selected."""
        given = next(arguments(self.field, QUERY.fields[self.field]))
        before = f"{given[1:-1]}, " if given else ""
        return f"{self.field}({before}filter: {self.filter}) {little(QUERY.fields[self.field])}"


def conditions(field: str) -> Iterator[Condition]:
    """A condition for each text column of a field's filter: it begins with PII."""
    argument = QUERY.fields[field].args.get("filter")
    if argument is not None:
        type_ = get_named_type(argument.type)
        assert isinstance(type_, GraphQLInputObjectType)
        for path, filter_ in _conditions(type_, ()):
            yield Condition(field, path, filter_)


def _conditions(
    type_: GraphQLInputObjectType, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str]]:
    if "startsWith" in type_.fields:
        yield path, f'{{startsWith: "{PII}"}}'
        return
    for name, field in type_.fields.items():
        inner = get_named_type(field.type)
        if name == "search":
            yield (*path, name), f'{{search: "{PII}"}}'
        elif _goes_on(type_, name, field):
            for further, filter_ in _conditions(inner, (*path, name)):
                yield further, f"{{{name}: {filter_}}}"


def _goes_on(type_: GraphQLInputObjectType, name: str, field: GraphQLInputField) -> bool:
    """Whether there are conditions on columns below: not where they are the same, or reversed."""
    inner = get_named_type(field.type)
    same = inner is type_ or is_list_type(field.type)
    return isinstance(inner, GraphQLInputObjectType) and not same and name not in ("none", "every")


def little(field: GraphQLField) -> str:
    """What tells whether something was found."""
    type_ = get_named_type(field.type)
    assert isinstance(type_, GraphQLObjectType)
    for name in ("totalCount", "groupCount", "count"):
        if name in type_.fields:
            return f"{{ {name} }}"
    return "{ __typename }"


def found(answer: dict[str, Any]) -> bool:
    """Whether a field answered by `little` found something."""
    return any(value not in (None, 0) for value in answer.values())
