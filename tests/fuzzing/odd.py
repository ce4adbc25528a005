"""Values that break servers: long, empty, of other types, of every alphabet, nearly right."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

TEXTS = (
    "",
    " ",
    "\t\r\n",
    "\0",
    "a\0b",
    "***",
    "null",
    "true",
    "NaN",
    "-0",
    "0x10",
    "1e400",
    "9223372036854775808",
    "2026-02-30",
    "2026-02-01T12:00:00Z",
    "2026-02-01T25:61:61+99:99",
    "0000-00-00T00:00:00Z",
    "+292278994-08-17T07:12:55.807Z",
    "{$gt: 1}",
    "$where",
    "$$ROOT",
    "a.b.c",
    "__proto__",
    "../../etc/passwd",
    "%2e%2e%2f",
    "%",
    "%zz",
    "%00",
    "a%2Fb",
    "(a+)+$",
    "[",
    "\\",
    '"',
    "'; --",
    "<script>",
    "]]>",
    "&amp;",
    "é",
    "e\u0301",
    "ﬁ",
    "ß",
    "İ",
    "\u202e",
    "\ufeff",
    "日本語の文",
    "👩‍👩‍👧‍👦",
    "\U0010ffff",
    "\ud800",
    "someone@example.com",
    "5b0c3c1e-6f0e-4f1b-9a53-2f5c0d3a7e11",
    "5B0C3C1E-6F0E-4F1B-9A53-2F5C0D3A7E11",
)
"""Short ones."""

NUMBERS = (
    *(0, 1, -1, 2, 10, 100, 500, 501, 2**31 - 1, 2**31, -(2**31) - 1, 2**53, 2**63, 10**30),
    *(0.0, -0.0, 0.5, 1.5, 1e-320, 1e308, float("inf"), float("nan")),
)


def text(random: Random, known: Sequence[str] = ()) -> str:
    """A text: one that means something here, an odd one, two of them, or a very long one."""
    chance = random.random()
    if known and chance < 0.4:
        return random.choice(known)
    if chance < 0.8:
        return random.choice(TEXTS)
    if chance < 0.93:
        return random.choice(TEXTS) + random.choice(TEXTS or known)
    return random.choice(("a", "é", "日", " ", "a b ", "\\")) * random.choice((64, 257, 1001, 5000))


def number(random: Random) -> float:
    """A small one, or one at an edge."""
    return random.randint(0, 30) if random.random() < 0.5 else random.choice(NUMBERS)


def anything(random: Random, depth: int = 3) -> Any:
    """A JSON value of any type."""
    makers: list[Callable[[], Any]] = [
        lambda: None,
        lambda: random.random() < 0.5,
        lambda: number(random),
        lambda: text(random),
    ]
    if depth:
        makers += [
            lambda: [anything(random, depth - 1) for _ in range(random.randint(0, 3))],
            lambda: {
                text(random): anything(random, depth - 1) for _ in range(random.randint(0, 3))
            },
            lambda: deep(random.choice((20, 100, 300))),
        ]
    return random.choice(makers)()


def deep(levels: int) -> Any:
    """Lists within lists."""
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


def damaged(random: Random, raw: bytes) -> bytes:
    """Bytes with a few cut out, doubled or changed; seldom others altogether."""
    if random.random() < 0.1:
        return random.choice((b"[" * 50_000, b'{"a":' * 50_000, b"\xfe\xff", b"\x1f\x8b", b"\0"))
    for _ in range(random.randint(1, 3)):
        at = random.randint(0, len(raw))
        width = random.randint(0, 8)
        put = random.choice((b"", raw[at : at + width] * 2, random.randbytes(width), b"\xff", b"{"))
        raw = raw[:at] + put + raw[at + width :]
    return raw
