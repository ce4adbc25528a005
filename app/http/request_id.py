"""The id of a request: the client's own `X-Request-Id` if it is sane, else one that is made here.

It is sent back in `X-Request-Id` and stands in `extensions.requestId` of each error.
"""

import os
import re
from typing import Final

from starlette.types import Scope

SCOPE: Final = "gateway.request_id"
"""Where the scope has it, once it is known."""
NAME: Final = b"x-request-id"
_SANE: Final = re.compile(rb"[!-~]{1,128}")


def request_id(scope: Scope) -> str:
    """At most 128 visible ASCII characters; the same for each call with the same request."""
    known: str | None = scope.get(SCOPE)
    if known is None:
        given = next((value for name, value in scope["headers"] if name == NAME), b"")
        known = scope[SCOPE] = given.decode() if _SANE.fullmatch(given) else made()
    return known


def made() -> str:
    """A new one: 32 hexadecimal digits, as a W3C trace id has."""
    return os.urandom(16).hex()
