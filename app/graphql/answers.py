"""What an operation gave, as the bytes of a GraphQL response, whatever carries them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson
from graphql import GraphQLError
from strawberry.types import ExecutionResult

from app.errors import STATUS
from app.settings import Settings
from resolvers.context import Context
from schema.build import refusal
from schema.errors import formatted
from schema.execution.room import AnswerTooLargeError, too_large
from schema.execution.run import Run
from schema.graphql_core_internals import without_suggestions
from schema.limits import may_introspect


class Response(NamedTuple):
    """`errors` and `data` as JSON; without `data` where nothing was executed."""

    body: bytes
    code: str | None
    """Of the first error."""
    executed: bool

    @property
    def status(self) -> int:
        """Of `application/graphql-response+json`."""
        return 200 if self.executed else STATUS.get(self.code or "", 400)


def response(
    result: ExecutionResult, run: Run, settings: Settings, extensions: dict[str, Any] | None = None
) -> Response:
    """What an operation gave; or why not, if that would be larger than answers may be."""
    try:
        return whole(result, run, settings, extensions)
    except AnswerTooLargeError:
        return too_large_response(run, settings)


def too_large_response(run: Run, settings: Settings) -> Response:
    """What is said in the place of an answer that would be too large."""
    error = refusal(too_large(run.context.most_bytes, run.operation.changes))
    return _encoded(_shown(ExecutionResult(data=None, errors=[error]), run.context, settings))


def whole(
    result: ExecutionResult, run: Run, settings: Settings, extensions: dict[str, Any] | None = None
) -> Response:
    """What an operation gave; AnswerTooLargeError beyond the largest size."""
    shown = _shown(result, run.context, settings)
    if extensions:
        shown["extensions"] = extensions
    encoded = _encoded(shown)
    if len(encoded.body) > run.context.most_bytes:
        raise AnswerTooLargeError
    return encoded


def stored(body: bytes) -> Response:
    """A response that was given before."""
    return _described(body, orjson.loads(body))


def _encoded(shown: dict[str, Any]) -> Response:
    return _described(orjson.dumps(shown), shown)


def _described(body: bytes, shown: dict[str, Any]) -> Response:
    errors = shown.get("errors")
    return Response(body, errors[0]["extensions"]["code"] if errors else None, "data" in shown)


def _shown(result: ExecutionResult, context: Context, settings: Settings) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    errors = result.errors or ()
    if errors:
        shown["errors"] = _errors(errors, context, settings)
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
