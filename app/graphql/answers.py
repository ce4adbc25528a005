"""What an operation gave, as the JSON object of a GraphQL response."""

from collections.abc import Iterable
from typing import Any

from graphql import GraphQLError
from strawberry.types import ExecutionResult

from app.settings import Settings
from resolvers.context import Context
from schema.errors import formatted
from schema.execution.run import Run
from schema.graphql_core_internals import without_suggestions
from schema.limits import may_introspect


def response(result: ExecutionResult, run: Run, settings: Settings) -> dict[str, Any]:
    """`errors` and `data`; without `data` where nothing was executed."""
    shown: dict[str, Any] = {}
    errors = result.errors or ()
    if errors:
        shown["errors"] = _errors(errors, run.context, settings)
    if result.data is not None or not errors or any(error.path for error in errors):
        shown["data"] = result.data
    return shown


def _errors(
    errors: Iterable[GraphQLError], context: Context, settings: Settings
) -> list[dict[str, Any]]:
    shown = [formatted(error) for error in errors]
    facts = context.facts
    for error in shown:  # graphql-core remembers some: they must not remember this request
        error["extensions"] = {**error["extensions"], "requestId": facts.id}
        facts.codes.append(error["extensions"]["code"])
    if not may_introspect(context.caller, settings.introspection):
        for error in shown:
            error["message"] = without_suggestions(error["message"])
    return shown
