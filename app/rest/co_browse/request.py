"""What a co-browse client asks for."""

from starlette.requests import Request

from resolvers.request import Compare, Operator
from schema.kinds.co_browse import CO_BROWSE

ENDED = Compare((CO_BROWSE.by_name["status"],), Operator.EQ, "CLOSED")
"""All the sessions that a history has."""


def session_id(request: Request) -> str:
    """The id in the path."""
    asked: str = request.path_params["session_history_id"]
    return asked
