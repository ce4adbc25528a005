"""What a text from a client may be: storable at all, an address of a page, a time zone."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from resolvers.errors import Invalid

NOT_ZONES = frozenset({"Factory", "localtime", "posixrules"})
"""Files beside the zones, which mean something else on each machine."""
NOT_ZONES_IN = ("posix/", "right/")
"""Folders of copies, some of which count leap seconds."""
LONGEST_SHOWN = 100
"""Characters of a wrong text that a message repeats."""
PAGE_SCHEMES = frozenset({"http", "https", "file", "ftp"})


def check_text(value: str) -> None:
    """Refuse what a database or a client cannot carry: NUL and lone surrogates."""
    if "\0" in value:
        raise Invalid("A text cannot contain the NUL character (U+0000).")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Invalid("A text cannot contain half of a surrogate pair.") from None


def is_storable(value: str) -> bool:
    """Whether a database and a client can carry it."""
    try:
        check_text(value)
    except Invalid:
        return False
    return True


def check_uri(value: str) -> None:
    """Refuse a text that is not an absolute address."""
    try:
        parts = urlsplit(value)
        place = parts.path if parts.scheme == "file" else parts.hostname
        valid = parts.scheme in PAGE_SCHEMES and place
        _ = parts.port
    except ValueError:
        valid = False
    if not valid or re.search(r"[\s\x00-\x1f]", value):
        raise Invalid(
            "This is not a valid address: write an absolute one such as https://example.com/help."
        )


def check_timezone(value: str) -> None:
    """Refuse a time zone that the IANA database does not know."""
    try:
        ZoneInfo(value)
        known = value not in NOT_ZONES and not value.startswith(NOT_ZONES_IN)
    except (KeyError, ValueError, OSError):
        known = False
    if not known:
        raise Invalid(
            f"{value[:LONGEST_SHOWN]!r} is not an IANA time zone: write one such as Europe/Paris "
            "or UTC."
        )


@dataclass(frozen=True, slots=True)
class Format:
    """A further check of a text, by its name in a column's `format`."""

    check: Callable[[str], None]
    in_docs: str
    examples: tuple[str, ...]


FORMATS: Mapping[str, Format] = {
    "uri": Format(
        check_uri,
        "an absolute address",
        ("https://www.example.com/", "https://docs.example.org/faq#billing"),
    ),
    "timezone": Format(check_timezone, "an IANA name", ("Europe/Paris", "Asia/Kathmandu", "UTC")),
}
