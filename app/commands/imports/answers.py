"""Answers of a vendor's service, read without being in memory as a whole."""

from collections.abc import Callable
from typing import IO, Any, NamedTuple

from app.commands.imports.json_stream import JsonStream


class Answer(NamedTuple):
    """What a JSON object has, without its rows."""

    rows: int | None
    """How many there are; None if there is no list of them."""
    members: dict[str, Any]


def answer_of(body: IO[bytes], rows: str, hear: Callable[[Any], object]) -> Answer:
    """Read a JSON object, which may be large; `hear` is called with each row.

    ValueError or BrokenError if it is not complete.
    """
    stream, number, members = JsonStream(body), None, dict[str, Any]()
    for name in stream.members():
        if name == rows and stream.peek() == "[":
            number = 0
            for _ in stream.items():
                hear(stream.value())
                number += 1
        else:
            members[name] = stream.value()
    if stream.peek():
        raise ValueError("more than one answer")
    return Answer(number, members)
