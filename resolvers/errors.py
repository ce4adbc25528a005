"""What can go wrong, one class per code; every API maps the code to its own form.

    GatewayError
    ├── UserError                what a mutation reports in its payload
    │   ├── NotFound             NOT_FOUND
    │   ├── AlreadyExists        ALREADY_EXISTS
    │   ├── Invalid              INVALID
    │   ├── Conflict             CONFLICT
    │   └── Protected            FORBIDDEN
    ├── BadInput                 BAD_USER_INPUT
    ├── Unauthenticated          UNAUTHENTICATED
    ├── Forbidden                FORBIDDEN
    ├── ReadOnly                 READ_ONLY
    ├── LimitExceeded            LIMIT_EXCEEDED
    ├── RateLimited              RATE_LIMITED
    ├── Timeout                  TIMEOUT
    ├── Unavailable              UNAVAILABLE
    ├── ChangesUnsupported       CHANGES_UNSUPPORTED
    ├── HistoryLost              HISTORY_LOST
    ├── SlowReader               SLOW_READER
    └── CorruptDocument          CORRUPT_DOCUMENT

A message is written for the client: it names what is wrong and what would be right, and never
carries text of the driver, a collection's name or a stack.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, ClassVar


class GatewayError(Exception):
    """A refusal or failure with a code that every API understands."""

    code: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str, **details: Any) -> None:
        """`details` are further facts for the client, such as `argument`."""
        super().__init__(message)
        self.message = message
        self.details = details


class UserError(GatewayError):
    """A refused write; `field` is the path of the input field that is to blame."""

    def __init__(self, message: str, field: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.field = field

    def under(self, *prefix: str) -> "UserError":
        """The same refusal with `prefix` before its field path."""
        return type(self)(self.message, (*prefix, *self.field))


class NotFound(UserError):
    """No such session, or none that the caller may see."""

    code = "NOT_FOUND"


class AlreadyExists(UserError):
    """The session id or live token is taken."""

    code = "ALREADY_EXISTS"


class Invalid(UserError):
    """A value breaks a limit or contradicts another."""

    code = "INVALID"


class Conflict(UserError):
    """The session's state does not allow this, or others changed it again and again."""

    code = "CONFLICT"


class Protected(UserError):
    """The change would overwrite personal data that the caller may not see."""

    code = "FORBIDDEN"


class ForeignTenant(UserError):
    """The session would be of a tenant that the caller may not see."""

    code = "FORBIDDEN"


class BadInput(GatewayError):
    """An argument of a read is malformed or out of range."""

    code = "BAD_USER_INPUT"


class Unauthenticated(GatewayError):
    """No credential, or none that is valid."""

    code = "UNAUTHENTICATED"


class Forbidden(GatewayError):
    """The credential's scopes do not cover this."""

    code = "FORBIDDEN"


class ReadOnly(GatewayError):
    """This gateway changes nothing, whoever asks."""

    code = "READ_ONLY"


class LimitExceeded(GatewayError):
    """The request asks for more than the gateway allows."""

    code = "LIMIT_EXCEEDED"


class RateLimited(GatewayError):
    """Too many requests; `retry_after` is in whole seconds."""

    code = "RATE_LIMITED"


class Timeout(GatewayError):
    """The database is alive, yet did not finish within the deadline."""

    code = "TIMEOUT"


class Unavailable(GatewayError):
    """The database cannot be reached."""

    code = "UNAVAILABLE"


class ChangesUnsupported(GatewayError):
    """The database reports no changes, or none of these sessions."""

    code = "CHANGES_UNSUPPORTED"


class HistoryLost(GatewayError):
    """Changes after that cursor are no longer known."""

    code = "HISTORY_LOST"


class SlowReader(GatewayError):
    """More changes wait for a client than are stored for it."""

    code = "SLOW_READER"


class CorruptDocument(GatewayError):
    """A stored value is missing or of the wrong type."""

    code = "CORRUPT_DOCUMENT"


def nearest(name: str, allowed: Iterable[str]) -> str:
    """The end of a message: the allowed words, and the one that `name` comes close to."""
    words = sorted(allowed)
    close = get_close_matches(name, words, n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    return f"{hint}Allowed: {', '.join(words)}."
