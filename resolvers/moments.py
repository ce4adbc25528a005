"""Dates as text and back: instants in UTC, and clock times without an offset.

Both are stored as dates without an offset, to the millisecond. As text an instant is
`2026-03-01T09:30:00.000Z`, a clock time `2026-03-01T09:30:00`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from resolvers.errors import Invalid

MILLISECOND = timedelta(milliseconds=1)
"""How precisely dates are stored."""
INSTANT = "2026-03-01T09:30:00Z"
CLOCK_TIME = "2026-03-01T09:30:00"
"""How messages show what they expect."""


def print_datetime(value: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: `2026-03-01T09:30:00.000Z`."""
    return value.isoformat(timespec="milliseconds") + "Z"


def parse_datetime(value: Any) -> datetime:
    """An instant from RFC 3339 text: in UTC, to the millisecond, without an offset.

    Invalid for anything else.
    """
    parsed = _parse(value, INSTANT)
    if parsed.tzinfo is None:
        raise Invalid(
            f"DateTime needs an offset: {value!r} could be any time zone's clock. "
            "Write it like 2026-03-01T09:30:00Z or 2026-03-01T10:30:00+01:00."
        )
    try:
        return milliseconds(parsed.astimezone(UTC).replace(tzinfo=None))
    except OverflowError:
        raise Invalid(f"DateTime is out of range: {value!r}.") from None


def print_local(value: datetime) -> str:
    """Clock time: `2026-03-01T09:30:00`, with milliseconds only where there are any."""
    return value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")


def parse_local(value: Any) -> datetime:
    """Clock time from ISO 8601 text without an offset; Invalid for anything else."""
    parsed = _parse(value, CLOCK_TIME)
    if parsed.tzinfo is not None:
        raise Invalid(
            f"LocalDateTime is clock time without an offset: write {value[:19]!r} and name the "
            "zone in timeZone."
        )
    return milliseconds(parsed)


def _parse(value: Any, example: str) -> datetime:
    if not isinstance(value, str) or "T" not in value.upper():
        raise _unreadable(value, example)
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise _unreadable(value, example) from None


def _unreadable(value: Any, example: str) -> Invalid:
    return Invalid(f"Expected a date and time such as {example!r}, got {value!r:.80}.")


def milliseconds(value: datetime) -> datetime:
    """The moment as precisely as the database stores it."""
    return value.replace(microsecond=value.microsecond // 1000 * 1000)
