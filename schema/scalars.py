"""The scalars: dates in UTC with milliseconds, and clock times without an offset."""

from datetime import UTC, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

LocalDateTime = NewType("LocalDateTime", datetime)
"""Clock time somewhere, told apart from an instant by its type alone."""


def print_datetime(value: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: `2026-03-01T09:30:00.000Z`."""
    return value.isoformat(timespec="milliseconds") + "Z"


def parse_datetime(value: Any) -> datetime:
    """An instant from RFC 3339 text; kept in UTC, to the millisecond, without an offset."""
    parsed = _parse(value, "2026-03-01T09:30:00Z")
    if parsed.tzinfo is None:
        raise GraphQLError(
            f"DateTime needs an offset: {value!r} could be any time zone's clock. "
            "Write it like 2026-03-01T09:30:00Z or 2026-03-01T10:30:00+01:00."
        )
    try:
        return _milliseconds(parsed.astimezone(UTC).replace(tzinfo=None))
    except OverflowError:
        raise GraphQLError(f"DateTime is out of range: {value!r}.") from None


def print_local(value: datetime) -> str:
    """Clock time: `2026-03-01T09:30:00`, with milliseconds only where there are any."""
    return value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")


def parse_local(value: Any) -> datetime:
    """Clock time from ISO 8601 text without an offset."""
    parsed = _parse(value, "2026-03-01T09:30:00")
    if parsed.tzinfo is not None:
        raise GraphQLError(
            f"LocalDateTime is clock time without an offset: write {value[:19]!r} and name the "
            "zone in timeZone."
        )
    return _milliseconds(parsed)


def _parse(value: Any, example: str) -> datetime:
    if not isinstance(value, str) or "T" not in value.upper():
        raise GraphQLError(f"Expected a date and time such as {example!r}, got {value!r:.80}.")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise GraphQLError(
            f"Expected a date and time such as {example!r}, got {value!r:.80}."
        ) from None


def _milliseconds(value: datetime) -> datetime:
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant: RFC 3339 with an offset. Answers are in UTC with milliseconds, "
        "such as `2026-03-01T09:30:00.000Z`.",
        serialize=print_datetime,
        parse_value=parse_datetime,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    ),
    LocalDateTime: strawberry.scalar(
        name="LocalDateTime",
        description="Clock time without an offset, such as `2026-03-01T09:30:00`; the field beside "
        "it names the time zone.",
        serialize=print_local,
        parse_value=parse_local,
    ),
}
