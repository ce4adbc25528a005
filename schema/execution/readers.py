"""Readers of input values: a function for each input type, for values that need no conversion.

    reader_of([BotSessionOrder!]!)([{"field": "STARTED_AT"}])

returns `[{"field": "startedAt", "direction": "ASC"}]`, which is what `schema.inputs.plain` makes of
graphql-core's coercion. A reader raises on anything that is wrong, or that graphql-core would have
to convert. Then graphql-core does it.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLString,
    Undefined,
)

from resolvers.value_types import INT_MAX, INT_MIN
from schema.inputs import plain

Reader = Callable[[Any], Any]

EXACT: Mapping[str, type] = {
    GraphQLString.name: str,
    GraphQLID.name: str,
    GraphQLBoolean.name: bool,
    GraphQLFloat.name: float,
}
"""Scalars whose values are taken as they are, and the Python type they must have."""


class DoubtError(Exception):
    """A value for graphql-core to judge."""


def doubt() -> Any:
    """Leave it to graphql-core."""
    raise DoubtError


def reader_of(type_: Any) -> Reader:
    """The reader of an input type, nullable unless it is a non-null type."""
    if isinstance(type_, GraphQLNonNull):
        return _some(type_.of_type)
    some = _some(type_)
    return lambda value: None if value is None else some(value)


def _some(type_: Any) -> Reader:
    """The reader of a type's values other than null."""
    match type_:
        case GraphQLList():
            return _list(reader_of(type_.of_type))
        case GraphQLInputObjectType():
            return _object(type_)
        case GraphQLEnumType():
            return {name: plain(value.value) for name, value in type_.values.items()}.__getitem__
        case GraphQLScalarType(name=GraphQLInt.name):
            return _integer
        case GraphQLScalarType() if type_.name in EXACT:
            return _exact(EXACT[type_.name])
        case _:
            return _not_null(type_.parse_value)


def _list(element: Reader) -> Reader:
    def read(values: Any) -> list[Any]:
        if type(values) is not list:
            raise DoubtError
        return [element(value) for value in values]

    return read


def _object(type_: GraphQLInputObjectType) -> Reader:
    """Fields are looked up when they are first needed: input types may contain themselves."""
    fields = lru_cache(1)(lambda: (_readers(type_), _absent(type_)))

    def read(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise DoubtError
        readers, absent = fields()
        result = {name: readers[name](given) for name, given in value.items()}
        for name, default in absent.items():
            if name not in result:
                result[name] = default()
        return result

    return read


def _readers(type_: GraphQLInputObjectType) -> dict[str, Reader]:
    return {name: reader_of(field.type) for name, field in type_.fields.items()}


def _absent(type_: GraphQLInputObjectType) -> dict[str, Callable[[], Any]]:
    """What stands for a field that is left out: its default; a required one has none."""
    defaults: dict[str, Callable[[], Any]] = {}
    for name, field in type_.fields.items():
        if field.default_value is not Undefined:
            defaults[name] = partial(plain, field.default_value)
        elif isinstance(field.type, GraphQLNonNull):
            defaults[name] = doubt
    return defaults


def _integer(value: Any) -> int:
    if type(value) is int and INT_MIN <= value <= INT_MAX:
        return value
    raise DoubtError


def _exact(type_: type) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is type_:
            return value
        raise DoubtError

    return read


def _not_null(parse: Reader) -> Reader:
    def read(value: Any) -> Any:
        if value is None:
            raise DoubtError
        return parse(value)

    return read
