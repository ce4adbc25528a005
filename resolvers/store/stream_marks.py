"""Where a change stream may begin without a search.

    marks = StreamMarks()
    marks.note(place, token)      # all changes after this place come behind the token
    marks.near(place)             # the token of the last such place, or None

Some engines read all that they have of their log to find a time in it, and let nobody write
meanwhile: 20 µs an entry in the embedded one. A resume token of theirs says where to read on. It
names sessions, so it is nothing for clients: a process remembers those of places that it has seen.
From a token, an entry costs four times as much as in a search. So an old one is of no use.
"""

import asyncio
from bisect import bisect_left, bisect_right
from typing import Any, Final

from resolvers.stream_places import StreamPlace

MOST: Final = 1000
NEAR_SECONDS: Final = 60
"""From a mark so much older, there may be too much to read."""


class StreamMarks:
    """Of one database and one process; once there are many, every second one goes."""

    def __init__(self) -> None:
        self._places: list[StreamPlace] = []
        self._tokens: list[Any] = []
        self.searching = asyncio.Lock()
        """One search at a time: the mark that it leaves serves those who wait for their own."""

    def note(self, place: StreamPlace, token: Any) -> None:
        """Remember that all changes after this place come behind a token."""
        at = bisect_left(self._places, place)
        if self._places[at : at + 1] == [place]:
            return
        self._places.insert(at, place)
        self._tokens.insert(at, token)
        if len(self._places) > MOST:
            del self._places[1::2], self._tokens[1::2]

    def near(self, place: StreamPlace) -> Any:
        """The token behind which all changes after this place come, without many others before
        them; None if there is none."""
        at = bisect_right(self._places, place)
        if not at or self._places[at - 1].seconds < place.seconds - NEAR_SECONDS:
            return None
        return self._tokens[at - 1]

    def forget(self, token: Any) -> None:
        """The engine knows it no longer."""
        if token in self._tokens:
            at = self._tokens.index(token)
            del self._places[at], self._tokens[at]
