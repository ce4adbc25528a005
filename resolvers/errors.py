"""What can go wrong: classes, each with a code; every API maps the code to its own form.

    GatewayError
    ├── UserError                what a mutation reports in its payload
    │   ├── NotFound             NOT_FOUND
    │   ├── AlreadyExists        ALREADY_EXISTS
    │   ├── Invalid              INVALID
    │   ├── Conflict             CONFLICT
    │   │   └── Outdated
    │   ├── Protected            FORBIDDEN
    │   └── ForeignTenant        FORBIDDEN
    ├── BadInput                 BAD_USER_INPUT
    ├── Unauthenticated          UNAUTHENTICATED
    ├── Forbidden                FORBIDDEN
    ├── ReadOnly                 READ_ONLY
    ├── LimitExceeded            LIMIT_EXCEEDED
    ├── RateLimited              RATE_LIMITED
    ├── KeyReused                IDEMPOTENCY_KEY_REUSED
    ├── KeyInUse                 IDEMPOTENCY_KEY_IN_USE
    ├── AnswerGone               IDEMPOTENCY_ANSWER_GONE
    ├── Timeout                  TIMEOUT
    ├── Unavailable              UNAVAILABLE
    │   └── Contended
    ├── ChangesUnsupported       CHANGES_UNSUPPORTED
    ├── HistoryLost              HISTORY_LOST
    ├── SlowReader               SLOW_READER
    └── CorruptDocument          CORRUPT_DOCUMENT

A message is written for the client: it names what is wrong and what would be right, and never
carries text of the driver, a collection's name or a stack.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
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

    present: Mapping[str, Any] | None = None
    """The stored session, as the caller may see it, where that helps."""

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
    """The session's state does not allow this."""

    code = "CONFLICT"


class Outdated(Conflict):
    """The session has another revision than the change was made for."""


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


class KeyReused(GatewayError):
    """The idempotency key was another request's."""

    code = "IDEMPOTENCY_KEY_REUSED"


class KeyInUse(GatewayError):
    """A request with this idempotency key goes on; `retry_after` is in whole seconds."""

    code = "IDEMPOTENCY_KEY_IN_USE"


class AnswerGone(GatewayError):
    """The request with this idempotency key was carried out, and its answer is not stored."""

    code = "IDEMPOTENCY_ANSWER_GONE"


class Timeout(GatewayError):
    """The database is alive, yet did not finish within the deadline."""

    code = "TIMEOUT"


class Unavailable(GatewayError):
    """The database cannot be reached."""

    code = "UNAVAILABLE"


class Contended(Unavailable):
    """Others changed the same again and again: nothing was changed, and it may be tried again."""


class ChangesUnsupported(GatewayError):
    """The database reports no changes, or none of these sessions."""

    code = "CHANGES_UNSUPPORTED"


class HistoryLost(GatewayError):
    """Changes after that cursor are no longer known."""

    code = "HISTORY_LOST"


class SlowReader(GatewayError):
    """More changes wait for a client than are stored for it."""

    code = "SLOW_READER"


UNCONFIRMED = (
    "The database did not confirm the change, so it is not known whether it was made. Look at what "
    "is stored before you make it again, or repeat the request with the same Idempotency-Key."
)


def unconfirmed(error: Timeout | Unavailable) -> Timeout | Unavailable:
    """The same failure, of a write that had begun: `details["outcome"]` is UNKNOWN."""
    return type(error)(UNCONFIRMED, **{**error.details, "outcome": "UNKNOWN"})


class CorruptDocument(GatewayError):
    """A stored value is missing or of the wrong type."""

    code = "CORRUPT_DOCUMENT"


def nearest(name: str, allowed: Iterable[str]) -> str:
    """The end of a message: the allowed words, and the one that `name` comes close to."""
    return _nearest(name, tuple(sorted(allowed)))


@lru_cache(1000)
def _nearest(name: str, words: tuple[str, ...]) -> str:
    """Cached, as each row of a large file may have the same unknown field."""
    close = get_close_matches(name, words, n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    return f"{hint}Allowed: {', '.join(words)}."
