"""Bytes that clients send as text: UTF-8, or Windows-1252 as old ones write it."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_SINGLE_BYTE: Final = frozenset({"windows-1252", "cp1252", "iso-8859-1", "latin1", "us-ascii"})
"""Charsets that browsers read as Windows-1252 (WHATWG Encoding, 4.2)."""
_WINDOWS_1252: Final = {
    code: bytes((code,)).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
"""Where Windows-1252 differs from Latin-1, which has control characters there."""


def without_mark(body: bytes) -> bytes:
    """The body without a byte-order mark at its start."""
    return body.removeprefix(BYTE_ORDER_MARK)


def decoded(raw: bytes, charset: str = "") -> str:
    """The text; Windows-1252 if that is its charset, or if it is not UTF-8."""
    if charset not in _SINGLE_BYTE:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            pass
    return as_windows(raw.decode("latin-1"))


def as_windows(latin: str) -> str:
    """Text that was read as Latin-1, as Windows-1252 has it."""
    return latin.translate(_WINDOWS_1252)


def pairs(encoded: bytes, charset: str = "") -> Iterator[tuple[str, str]]:
    """The names and values of a query or of a form, empty values included."""
    text = without_mark(encoded).decode("latin-1")
    for pair in parse_qsl(text, keep_blank_values=True, encoding="latin-1"):
        name, value = (decoded(part.encode("latin-1"), charset) for part in pair)
        yield name, value
