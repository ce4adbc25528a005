"""JSON values that are stored as their text, because they must come back as they came.

    read('{"b": 1.0, "a": 1e3}')    a dict, whose numbers know how they were written
    write(that)                     '{"b":1.0,"a":1e3}'
    type_name("5")                  "NUMBER"

A text keeps what database types would lose: numbers of any size and spelling, the order of
members, names with dots and dollar signs.
"""

import json
from typing import Any

from resolvers.errors import Invalid

DEEPEST = 100
"""Levels of lists and objects in one value."""
LONGEST_WHOLE = 18
"""Digits of a whole number that stays an int."""


class Spelled(float):
    """A number that is written as it was read: `1.0`, `1e3`, or with any number of digits."""

    text: str

    def __new__(cls, text: str) -> "Spelled":
        """The nearest float, and the text."""
        made = super().__new__(cls, text)
        made.text = text
        return made


def whole(text: str) -> int | Spelled:
    """A whole number; `-0` and long ones as they are spelled."""
    return int(text) if len(text) <= LONGEST_WHOLE and text != "-0" else Spelled(text)


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


DECODER = json.JSONDecoder(parse_float=Spelled, parse_int=whole, parse_constant=_refuse)


def read(text: str) -> Any:
    """The value of a JSON text; ValueError if it is none, or deeper than anything sensible."""
    try:
        return DECODER.decode(text)
    except RecursionError:
        raise ValueError("too deep") from None


def write(value: Any, depth: int = 0) -> str:
    """The shortest JSON text of a value; Invalid for one that is too deep."""
    if depth > DEEPEST:
        raise Invalid(f"A value may have at most {DEEPEST} levels of lists and objects.")
    if isinstance(value, Spelled):
        return value.text
    if isinstance(value, list):
        return f"[{','.join(write(item, depth + 1) for item in value)}]"
    if isinstance(value, dict):
        members = (f"{_text(name)}:{write(item, depth + 1)}" for name, item in value.items())
        return f"{{{','.join(members)}}}"
    return _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def type_of(value: Any) -> str | None:
    """`NUMBER`, `BOOLEAN`, `OBJECT` or `LIST`; None for a text and for null."""
    if value is None or isinstance(value, str):
        return None
    if isinstance(value, bool):
        return "BOOLEAN"
    if isinstance(value, dict):
        return "OBJECT"
    return "LIST" if isinstance(value, list) else "NUMBER"


def type_name(text: Any) -> str | None:
    """The same of the value that a text is the JSON of; None for other texts."""
    try:
        return type_of(read(text)) if isinstance(text, str) else None
    except ValueError:
        return None
