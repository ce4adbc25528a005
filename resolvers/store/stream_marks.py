"""Where a change stream may begin without a search.

    marks = StreamMarks()
    marks.note(place, token)      # all changes up to this place come before the token
    marks.before(place)           # the token of the last such place, or None

Some engines read all that they have of their log to find a time in it, and let nobody write
meanwhile: 20 µs an entry in the embedded one. A resume token of theirs says where to read on. It
names sessions, so it is nothing for clients: a process remembers those of places that it has seen.
"""

from bisect import bisect_left, bisect_right
from typing import Any, Final

from resolvers.stream_places import StreamPlace

MOST: Final = 1000


class StreamMarks:
    """Of one database and one process; once there are many, every second one goes."""

    def __init__(self) -> None:
        self._places: list[StreamPlace] = []
        self._tokens: list[Any] = []

    def note(self, place: StreamPlace, token: Any) -> None:
        """Remember that all changes after this place come behind a token."""
        at = bisect_left(self._places, place)
        if self._places[at : at + 1] == [place]:
            return
        self._places.insert(at, place)
        self._tokens.insert(at, token)
        if len(self._places) > MOST:
            del self._places[1::2], self._tokens[1::2]

    def before(self, place: StreamPlace) -> Any:
        """The token behind which all changes after this place come; None if there is none."""
        at = bisect_right(self._places, place)
        return self._tokens[at - 1] if at else None

    def served(self, place: StreamPlace, oldest: StreamPlace) -> StreamPlace:
        """The place, if a mark before it, and not before the oldest, serves it; or else the first
        marked place after it."""
        at = bisect_right(self._places, place)
        if (at and self._places[at - 1] >= oldest) or at == len(self._places):
            return place
        return self._places[at]

    def forget(self, token: Any) -> None:
        """The engine knows it no longer."""
        if token in self._tokens:
            at = self._tokens.index(token)
            del self._places[at], self._tokens[at]
