"""Places in the database's stream of changes, which all processes agree on."""

from typing import Final, NamedTuple


class StreamPlace(NamedTuple):
    """A place in the stream; the next change comes after it.

    The database's time of a change, and its number among the changes of that time.
    """

    seconds: int
    increment: int
    number: int


LAST: Final = 2**31 - 1
"""The number of a place after all changes of its time."""
