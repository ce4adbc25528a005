"""What ends a start, and the HTTP status of each error code."""

from collections.abc import Mapping


class StartError(Exception):
    """The gateway cannot start; the text is a plain sentence for the operator."""


STATUS: Mapping[str, int] = {
    "GRAPHQL_PARSE_FAILED": 400,
    "GRAPHQL_VALIDATION_FAILED": 400,
    "BAD_USER_INPUT": 400,
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "READ_ONLY": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "CONFLICT": 409,
    "INVALID": 422,
    "LIMIT_EXCEEDED": 400,
    "RATE_LIMITED": 429,
    "IDEMPOTENCY_KEY_REUSED": 422,
    "IDEMPOTENCY_KEY_IN_USE": 409,
    "IDEMPOTENCY_ANSWER_GONE": 410,
    "TIMEOUT": 503,
    "UNAVAILABLE": 503,
    "OVERLOADED": 503,
    "CHANGES_UNSUPPORTED": 501,
    "HISTORY_LOST": 410,
    "SLOW_READER": 503,
    "CORRUPT_DOCUMENT": 500,
    "INTERNAL": 500,
}
