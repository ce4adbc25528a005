"""Base paths that an operator adds: `bot=/kore/api/public,knowledge=/gks` as pairs, checked."""

import re
from collections.abc import Iterable
from typing import Final

Pair = tuple[str, str]
"""Whose URLs, and what they start with."""
OWN: Final = (
    *("/", "/graphql", "/schema.graphql", "/graphiql", "/docs", "/openapi.json", "/guide"),
    "/export",
    *("/static", "/favicon.ico", "/sign-in", "/healthz", "/readyz", "/.well-known"),
)
"""What is the gateway's own."""
_PATH: Final = re.compile(r"(/[A-Za-z0-9._~-]+)+")


def parse(value: object) -> object:
    """The pairs in a text; anything else as it is."""
    if not isinstance(value, str):
        return value
    pairs = (pair.partition("=") for pair in value.split(",") if pair.strip())
    return frozenset((name.strip(), path.strip()) for name, _, path in pairs)


def check(pairs: Iterable[Pair]) -> None:
    """ValueError for a path that cannot be one, that is the gateway's, or that is given twice."""
    seen: set[str] = set()
    for name, path in sorted(pairs):
        if not _PATH.fullmatch(path):
            raise ValueError(
                f"{path!r} is not a base path; write one such as {name}=/prefix/v1: letters, "
                "digits, `.`, `_`, `~` and `-` after each slash, and no slash at the end"
            )
        if any(f"{path}/".startswith(f"{own}/") for own in OWN):
            raise ValueError(f"{path!r} is a path of the gateway itself")
        if path in seen:
            raise ValueError(f"the base path {path!r} belongs to two vendors")
        seen.add(path)
