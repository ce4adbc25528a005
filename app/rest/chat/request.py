"""What a chat client asks for: who it is, and the dates of a summary.

    startDate=2013-05-23T14:30:00+02:00    started after this moment
    endDate=2013-05-23T14:30:00Z           started before this moment
    startDate=2013-05-23                   started after midnight in the company's time zone
    endDate=                               no bound

The vendor's page has the words upper and lower swapped: startDate is the lower bound, endDate the
upper, both exclusive, on the chat's start.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from starlette.datastructures import Headers, QueryParams

from app.rest.vendor import has_key
from resolvers.errors import BadInput, Unauthenticated
from resolvers.moments import MILLISECOND
from resolvers.request import All, Compare, Filter, Operator
from schema.kinds.chat import CHAT

AUTHENTICATION = "Authentication is required."
WRONG_DATE = "{} must be one RFC 3339 timestamp such as 2013-05-23T14:30:00+02:00."
KEYS = ("apiKey", "apikey")
"""Both spellings stand in the vendor's own samples."""

TIMESTAMP = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?"
    r"(?:([Zz])|([-+ ])([0-9]{2}:?[0-9]{2}))"
)
"""RFC 3339, where a `+` may have arrived as a space, and the colon may be missing, as in PHP's
ISO 8601."""
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def credentials(headers: Headers, query: QueryParams) -> tuple[str, str] | None:
    """`apiKey` and `token`; None if the request has an Authorization header instead.

    Unauthenticated if one is repeated, two places have credentials, or two spellings of the key
    differ.
    """
    spelled = [keys for name in KEYS if (keys := query.getlist(name))]
    if len(spelled) == len(KEYS) and spelled[0] != spelled[1]:
        raise Unauthenticated(AUTHENTICATION)
    places = [
        (headers.getlist("apiKey"), headers.getlist("token")),
        (next(iter(spelled), []), query.getlist("token")),
    ]
    match [pair for pair in places if any(pair)]:
        case [([key], [token])] if not has_key(headers):
            return key, token
        case [] if "authorization" in headers and "x-api-key" not in headers:
            return None
    raise Unauthenticated(AUTHENTICATION)


def decode(query: QueryParams, time_zone: str) -> Filter:
    """The chats between the dates; BadInput, by its name, for one that is not RFC 3339.

    A date alone is its midnight in `time_zone`, an IANA name.
    """
    started = (CHAT.by_name["startedAt"],)
    bounds: list[Filter] = []
    if after := _bound(query, "startDate", time_zone):
        bounds.append(Compare(started, Operator.GT, after[0]))
    if before := _bound(query, "endDate", time_zone):
        moment, exact = before
        # Stored to the millisecond: before .0005 means not after .000.
        bounds.append(Compare(started, Operator.LT, moment if exact else moment + MILLISECOND))
    return All(tuple(bounds))


def _bound(query: QueryParams, name: str, time_zone: str) -> tuple[datetime, bool] | None:
    """The moment, and whether it is exact; None without a value."""
    given = query.getlist(name)
    if not any(given):
        return None
    try:
        if len(given) == 1:
            if DATE.fullmatch(given[0]):
                return _midnight(given[0], time_zone), True
            return parse_timestamp(given[0])
    except (ValueError, OverflowError):
        pass
    raise BadInput(WRONG_DATE.format(name), argument=name)


def _midnight(date: str, time_zone: str) -> datetime:
    """When a day begins there, in UTC."""
    local = datetime.fromisoformat(date).replace(tzinfo=ZoneInfo(time_zone))
    return local.astimezone(UTC).replace(tzinfo=None)


def parse_timestamp(text: str) -> tuple[datetime, bool]:
    """The instant in UTC, cut to the millisecond, and whether nothing was cut off.

    ValueError or OverflowError if it is none.
    """
    found = TIMESTAMP.fullmatch(text)
    if found is None:
        raise ValueError(text)
    date, clock, fraction, utc, sign, offset = found.groups()
    zone = "+00:00" if utc else f"{'-' if sign == '-' else '+'}{offset}"
    instant = datetime.fromisoformat(f"{date}T{clock}{zone}").astimezone(UTC).replace(tzinfo=None)
    digits = (fraction or "").ljust(3, "0")
    return instant + int(digits[:3]) * MILLISECOND, not digits[3:].strip("0")
