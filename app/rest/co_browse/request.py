"""What a co-browse client asks for: an id in the path, of a session that has ended."""

from resolvers.request import Compare, Operator
from schema.kinds.co_browse import CO_BROWSE

ENDED = Compare((CO_BROWSE.by_name["status"],), Operator.EQ, "CLOSED")
"""All the sessions that a history has."""
