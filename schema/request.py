"""What a client sent as a GraphQL request, checked before anything is made of it."""

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from resolvers.errors import BadInput

REFUSED = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)
"""What Strawberry raises instead of answering."""


def check(query: Any, variables: Any, operation_name: Any) -> None:
    """BadInput for a parameter of the wrong type."""
    if not isinstance(query, str) or not query.strip():
        raise BadInput("query: a GraphQL operation is required, as text.", argument="query")
    if variables is not None and not isinstance(variables, Mapping):
        raise BadInput(
            "variables: an object is required, with a value for each variable.",
            argument="variables",
        )
    if operation_name is not None and not isinstance(operation_name, str):
        raise BadInput("operationName: a text is required.", argument="operationName")


def refusal(error: Exception) -> GraphQLError:
    """The GraphQL error for a request that leads to no operation."""
    if isinstance(error, CannotGetOperationTypeError):
        error = BadInput(
            f"operationName: the query has no operation named {error.operation_name!r:.100}.",
            argument="operationName",
        )
    elif isinstance(error, InvalidOperationTypeError):
        error = BadInput(f"A {error.operation_type.value} cannot be sent like this: use POST.")
    return GraphQLError(str(error), original_error=error)
