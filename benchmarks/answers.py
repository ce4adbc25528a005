"""Do two servers tell the same story? Servers that answer differently are not comparable."""

from typing import Any

import orjson

# Made by each server in its own way, and equally right.
OWN = frozenset({"cursor", "startCursor", "endCursor"})


def difference(case: str, expected: bytes, found: bytes) -> str | None:
    """The first place where `found` differs from the floor's answer, or None.

    Cursors, and the id that a creation makes, only have to be there.
    """
    own = OWN | {"sessionId"} if case == "create" else OWN
    return _compare(orjson.loads(expected), orjson.loads(found), own, "")


def _compare(expected: Any, found: Any, own: frozenset[str], path: str) -> str | None:
    match expected, found:
        case dict(), dict():
            if expected.keys() != found.keys():
                odd = sorted(expected.keys() ^ found.keys())
                return f"{path or 'the answer'}: fields {', '.join(odd)} on one side only"
            steps = ((name, expected[name], found[name]) for name in expected)
        case list(), list() if len(expected) == len(found):
            steps = ((str(at), *pair) for at, pair in enumerate(zip(expected, found, strict=True)))
        case _:
            return None if expected == found else f"{path}: {found!r} where the floor {expected!r}"
    for name, left, right in steps:
        if name in own and left and right:
            continue
        if odd_place := _compare(left, right, own, f"{path}.{name}".lstrip(".")):
            return odd_place
    return None
