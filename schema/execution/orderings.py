"""Orderings that variables give: a long one is refused before its entries are looked at.

Coercing one entry takes 40 µs, and a request has room for tens of thousands. Those in the text of
an operation are bounded by its tokens.
"""

from collections.abc import Sequence
from typing import Any, Final

from graphql import GraphQLInputObjectType, GraphQLSchema, type_from_ast
from graphql import get_named_type as innermost

from resolvers.errors import LimitExceeded
from schema.execution.cost import Variables
from schema.execution.operation import Operation

MOST_LEVELS: Final = 100
"""More than any session has columns."""


def require_short(
    operation: Operation, name: str | None, given: Variables, schema: GraphQLSchema
) -> None:
    """LimitExceeded if a variable has an ordering of too many levels."""
    names = operation.derive((require_short, name), lambda: _orderings(operation, name, schema))
    for variable in names:
        levels = given.get(variable)
        if isinstance(levels, list) and len(levels) > MOST_LEVELS:
            raise LimitExceeded(
                f"orderBy: ${variable} has {len(levels)} levels: at most {MOST_LEVELS}.",
                argument="orderBy",
            )


def _orderings(operation: Operation, name: str | None, schema: GraphQLSchema) -> Sequence[str]:
    """The variables that are lists of orderings: their entries have a direction."""
    definition = operation.named(name)
    assert definition is not None
    found = []
    for node in definition.variable_definitions or ():
        type_: Any = type_from_ast(schema, node.type)
        inner = innermost(type_)
        if isinstance(inner, GraphQLInputObjectType) and "direction" in inner.fields:
            found.append(node.variable.name.value)
    return found
