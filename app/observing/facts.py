"""The facts of a request, found in its scope."""

from typing import Final

from starlette.types import Scope

from app.http.request_id import request_id
from resolvers.request_facts import RequestFacts

SCOPE: Final = "gateway.facts"
"""Where the scope has them, once they are asked for."""


def facts_of(scope: Scope) -> RequestFacts:
    """The same value for each call with the same request."""
    facts: RequestFacts | None = scope.get(SCOPE)
    if facts is None:
        facts = scope[SCOPE] = RequestFacts(request_id(scope))
    return facts
