"""What an operation may ask for; checked before any work is done on it, on every transport.

    scan      the text, before it is parsed: tokens, nested brackets
    measure   the parsed document, before it is validated (schema.execution.measure)
    cost      rows times fields, before it is executed (schema.execution.cost)

The first two depend on the text alone and are worked out once for an operation.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from resolvers.access import INTROSPECTION, Caller
from resolvers.errors import Forbidden, LimitExceeded

Introspection = Literal["all", "scoped", "none"]

MOST_BRACKETS: Final = 100
"""Nested brackets of any sort; the parser is recursive."""

MOST_CHARACTERS: Final = 1000
"""Of one name or number; Python reads no number of many digits."""

_TOKEN: Final = re.compile(
    r"[\s,\ufeff]++|#[^\n\r]*+"
    r'|(?P<token>"""(?:[^"\\]|\\(?:""")?|"(?!""))*+"""|"(?:[^"\\\n\r]|\\.)*+"|[!$&@|:=])'
    r"|(?P<word>[\w.+-]++)"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The most an operation may have of each; a cost of 0 stands for none allowed."""

    tokens: int = 5000
    depth: int = 16
    fields: int = 1000
    aliases: int = 50
    root_fields: int = 20
    repeats: int = 20
    directives: int = 5
    cost: int = 100_000


HINTS: Final = {
    "tokens": "Split the operation into several requests, and pass values as variables.",
    "brackets": "Nest fewer brackets.",
    "characters": "Write a shorter name or number.",
    "depth": "Select fewer levels, and ask for the rest in another request.",
    "levels": "Spread fewer fragments within each other.",
    "fields": "Select fewer fields, counting a fragment's each time it is spread.",
    "aliases": "Ask for fewer things under other names, or split the operation.",
    "root_fields": "Split the operation into several requests.",
    "repeats": "Select each field once.",
    "directives": "Put fewer directives on one place.",
    "cost": "Ask for fewer rows with `first` or `last`, or select fewer fields.",
}
"""How to get below each limit."""

NAMES: Final = {
    "tokens": "tokens of the text",
    "brackets": "nested brackets",
    "characters": "characters of one name or number",
    "depth": "levels of nested fields",
    "levels": "fields and fragments within each other",
    "fields": "selected fields (a fragment's at each spread)",
    "aliases": "aliases (a fragment's at each spread)",
    "root_fields": "root fields (a payload's `query` and a customer have some, too)",
    "repeats": "selections of one field in the same place",
    "directives": "directives on one place",
    "cost": "rows times fields",
}


def refusal(limit: str, maximum: int, actual: int, more: bool = False) -> LimitExceeded:
    """The error that names the limit; with `more`, the actual number is a lower bound."""
    return LimitExceeded(
        f"At most {maximum} {NAMES[limit]} are allowed, and this has "
        f"{'at least ' if more else ''}{actual}. {HINTS[limit]}",
        limit=limit,
        maximum=maximum,
        actual=actual,
    )


def require(limits: Limits, limit: str, actual: int) -> None:
    """LimitExceeded if there is more than `limits` allows of `limit`."""
    maximum: int = getattr(limits, limit)
    if actual > maximum:
        raise refusal(limit, maximum, actual)


def scan(text: str, limits: Limits) -> int:
    """The number of tokens; LimitExceeded if they are too many, or nest too many brackets.

    It follows the lexical grammar (specification, section 2.1) up to the first character that is
    no part of it: the parser stops there too, and says what is wrong.
    """
    tokens = brackets = place = 0
    while match := _TOKEN.match(text, place):
        place = match.end()
        if match.lastgroup is None:
            continue
        tokens += 1
        if tokens > limits.tokens:
            raise refusal("tokens", limits.tokens, tokens, more=True)
        if match.lastgroup == "word" and len(match[0]) > MOST_CHARACTERS:
            raise refusal("characters", MOST_CHARACTERS, len(match[0]))
        brackets += {"open": 1, "close": -1}.get(match.lastgroup, 0)
        if brackets > MOST_BRACKETS:
            raise refusal("brackets", MOST_BRACKETS, brackets, more=True)
    return tokens


def may_introspect(caller: Caller, setting: Introspection) -> bool:
    """Whether this caller may see the schema: by introspection, or in suggestions of errors."""
    if setting == "scoped":
        return caller.holds(INTROSPECTION)
    return setting == "all"


def require_introspection(caller: Caller, setting: Introspection) -> None:
    """Forbidden unless this caller may introspect the schema."""
    if may_introspect(caller, setting):
        return
    if setting == "none":
        raise Forbidden("Introspection is switched off here. Use the published schema file.")
    raise Forbidden(
        f"Introspection needs the scope {INTROSPECTION}. Ask for a credential that has it, "
        "or use the published schema file."
    )
