"""The schema as front-end developers see it: its text, its names, its descriptions."""

from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_non_null_type,
    is_specified_scalar_type,
)

from schema.build import Schema, sdl
from schema.common import SessionKind, type_name_of
from schema.kinds import KINDS

COMMITTED = Path(__file__).resolve().parents[2] / "schema" / "schema.graphql"


@pytest.fixture(scope="module")
def committed() -> GraphQLSchema:
    """The committed text, parsed."""
    return build_schema(COMMITTED.read_text(encoding="utf-8"))


def test_fresh(schema: Schema) -> None:
    """schema.graphql is what the kinds say; `scripts/schema` writes it."""
    assert COMMITTED.read_text(encoding="utf-8") == sdl(schema), "run scripts/schema"


def test_kinds() -> None:
    """SessionKind has one value for each kind, of the same name, in the same order."""
    assert [kind.name for kind in SessionKind] == [entry.kind.enum_name for entry in KINDS]


def test_types_of_kinds() -> None:
    """A kind's type is named after it: an interface finds the one from the other."""
    assert [type_name_of(kind) for kind in SessionKind] == [entry.kind.type_name for entry in KINDS]


def test_described(committed: GraphQLSchema) -> None:
    """Every type, field, argument, input field and enum value is described in whole sentences."""
    poor = [place for place, text in descriptions(committed) if not is_sentence(text)]
    assert poor == []


def test_every_change_may_be_null(committed: GraphQLSchema) -> None:
    """A payload that may not be null would take those of the other changes with it."""
    assert committed.mutation_type
    for name, field in committed.mutation_type.fields.items():
        assert not is_non_null_type(field.type), name


def test_every_payload_has_the_query(committed: GraphQLSchema) -> None:
    """What else has changed can be read in the same request, whatever was changed."""
    assert committed.mutation_type
    for name, field in committed.mutation_type.fields.items():
        payload = get_named_type(field.type)
        assert isinstance(payload, GraphQLObjectType)
        assert "query" in payload.fields, name


def is_sentence(text: str | None) -> bool:
    """Whether a description begins and ends like one."""
    return bool(text) and text[0] in "`" + text[0].upper() and text.rstrip(")`").endswith(".")


def descriptions(schema: GraphQLSchema) -> list[tuple[str, str | None]]:
    """Every place that a description belongs to."""
    found: list[tuple[str, str | None]] = []
    for name, type_ in schema.type_map.items():
        if name.startswith("__") or is_specified_scalar_type(type_):
            continue
        found.append((name, type_.description))
        if isinstance(type_, GraphQLEnumType):
            found += [(f"{name}.{key}", value.description) for key, value in type_.values.items()]
        if isinstance(type_, GraphQLInputObjectType):
            found += [(f"{name}.{key}", field.description) for key, field in type_.fields.items()]
        if isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)):
            for key, field in type_.fields.items():
                found.append((f"{name}.{key}", field.description))
                found += [
                    (f"{name}.{key}({argument}:)", value.description)
                    for argument, value in field.args.items()
                ]
    return found
