"""What a video client asks for.

?room=Atrium&count=20    the 20 newest sessions in the room
"""

from collections.abc import Mapping

from resolvers.errors import BadInput
from resolvers.request import EVERYTHING, Compare, Operator, Read, Window
from schema.kinds.video import VIDEO

MOST = 100


def decode(query: Mapping[str, str], columns: frozenset[str]) -> Read:
    """The newest sessions, of one room if it is named; BadInput if the count is not 1 to 100."""
    room, count = query.get("room"), query.get("count", str(MOST))
    if not (count.isdecimal() and count.isascii() and 1 <= int(count[:9]) <= MOST):
        raise BadInput(f"count must be a whole number from 1 to {MOST}.")
    where = Compare((VIDEO.by_name["room"],), Operator.EQ, room) if room else EVERYTHING
    return Read(VIDEO, where, window=Window(first=int(count)), columns=columns)
