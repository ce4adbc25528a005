"""Filters of GraphQL that are given as JSON, outside of an operation.

    filter_of(schema, kind, {"botId": {"eq": "bot-1"}})

means what `botSessions(filter: {botId: {eq: "bot-1"}})` means.
"""

from collections.abc import Sequence
from typing import Any

import strawberry
from graphql import GraphQLError, coerce_input_value, is_input_type, validate_input_value

from resolvers.errors import BadInput
from resolvers.kind import Kind
from resolvers.request import Filter
from schema import filters
from schema.graphql_core_internals import with_allowed
from schema.strawberry_internals import core_schema


def filter_of(schema: strawberry.Schema, kind: Kind, given: Any) -> Filter:
    """What the JSON value means; BadInput, with the place, if it is not a filter of the kind."""
    core = core_schema(schema)
    type_ = core.get_type(f"{kind.type_name}Filter")
    assert is_input_type(type_)

    def refuse(error: GraphQLError, path: Sequence[str | int]) -> None:
        at = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
        message = with_allowed(error.message, core)
        raise BadInput(f"filter{at}: {message}", argument="filter")

    validate_input_value(given, type_, refuse)
    return filters.where(coerce_input_value(given, type_), kind)
