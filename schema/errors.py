"""Errors as GraphQL shows them: in a payload for refused changes, else with `extensions.code`."""

import enum
import logging
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLSyntaxError

from resolvers import errors

log = logging.getLogger(__name__)

VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
INTERNAL_MESSAGE = "Something went wrong on our side. The server's log has the details."


@strawberry.enum(description="Why a change was refused.")
class ErrorCode(enum.Enum):
    """The codes of resolvers.errors.UserError's subclasses."""

    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="There is no such session.")
    ALREADY_EXISTS = strawberry.enum_value(
        "ALREADY_EXISTS", description="The session id or live token is taken."
    )
    INVALID = strawberry.enum_value(
        "INVALID", description="A value breaks a limit or contradicts another."
    )
    CONFLICT = strawberry.enum_value(
        "CONFLICT", description="The session's present state does not allow this."
    )


@strawberry.type(description="A reason why a change was refused; the stored session is unchanged.")
class UserError:
    """What a form can show beside its field."""

    code: ErrorCode = strawberry.field(description="The kind of problem, for programs.")
    field: list[str] | None = strawberry.field(
        description="Path of the input field that is to blame, such as "
        '`["input", "messages", "0", "message"]`.'
    )
    message: str = strawberry.field(
        description="What is wrong and what would be right, for people."
    )


def user_error(error: errors.UserError, argument: str | None = None) -> UserError:
    """The payload's form of a refusal; `argument` is put before its field path.

    An unknown session is the fault of the argument `sessionId` itself.
    """
    inside = argument and error.field and not isinstance(error, errors.NotFound)
    path = [*((argument,) if argument and inside else ()), *error.field]
    return UserError(code=ErrorCode[error.code], field=path or None, message=error.message)


def formatted(error: GraphQLError) -> dict[str, Any]:
    """One entry of a response's `errors`: message, place, path and `extensions.code`.

    Of graphql-core's own errors, the parser's are a class and validation's have their code already
    (schema.execution.operations); the others are about variables and arguments. Anything unforeseen
    is logged, and shown without a word of what it was.
    """
    cause = error.original_error
    if isinstance(cause, errors.GatewayError):
        entry = GraphQLError(
            cause.message,
            error.nodes,
            path=error.path,
            extensions={"code": cause.code, **cause.details},
        ).formatted
    elif cause is None or isinstance(cause, GraphQLError):
        entry = error.formatted
        parsing = isinstance(error, GraphQLSyntaxError)
        code = "GRAPHQL_PARSE_FAILED" if parsing else "BAD_USER_INPUT"
        entry.setdefault("extensions", {}).setdefault("code", code)
    else:
        log.error("unforeseen error", exc_info=cause)
        entry = GraphQLError(
            INTERNAL_MESSAGE, error.nodes, path=error.path, extensions={"code": "INTERNAL"}
        ).formatted
    return dict(entry)
