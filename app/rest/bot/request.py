"""What a getSessions request of Kore.ai XO asks for (the vendor's "Sessions History API" page).

    {"userId": "u1", "dateFrom": "2026-03-01", "limit": 20}    a SearchPage
    {"sessionId": ["s1", "s2"]}                                ByIds: all else is ignored

`app.rest.bot.reference` names every member. Unknown members are ignored, null is the same as
missing. Anything else raises BadInput, for which the vendor has one answer. Here: numbers in
quotation marks are refused (the page says Number), the dates must be in order, any case will do in
`sessionType` too, an empty `or` or `values` matches nothing, `tags` has no unknown member. A list
without elements in the place of the body, or of `tags`, is PHP's empty object.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.datastructures import Headers, QueryParams

from app.rest.bot.layout import CONTAINMENT_TYPES, SESSION, SESSION_TYPES
from app.rest.vendor import has_key, json_object
from resolvers.errors import BadInput, Invalid, Unauthenticated
from resolvers.json_text import type_of, write
from resolvers.kind import Column
from resolvers.moments import MILLISECOND, milliseconds
from resolvers.request import All, Compare, Either, Filter, Operator, Some
from schema.kinds.bot import BOT

DEFAULT_LIMIT = 100
MOST_IDS = 50
MOST_CONDITIONS = 100
"""Of tags, and of values in each."""
LONGEST_SPAN = timedelta(days=7)
FURTHEST_SKIP = 2**31 - 1
"""What the database can pass over; nobody has as many sessions in 7 days."""

MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?: ?T((?:[01][0-9]|2[0-3]):[0-9]{2})(:[0-9]{2}(?:\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2}))?"
)
"""What JavaScript's Date takes of ISO 8601 with a day and a zone, and a stray space before `T`."""


def _plain(name: str) -> str:
    """`start_time` and `StartTime` are `starttime`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


PARAMETERS = ("containmentType", "callId")
"""What the URL may ask for."""
MEMBERS = (
    "userId",
    "skip",
    "offset",
    "limit",
    "dateFrom",
    "dateTo",
    "tags",
    "sessionType",
    "sessionId",
)
"""What the body may."""
PLACES = f"The URL takes {' and '.join(PARAMETERS)}, the body {', '.join(MEMBERS)}."
NARROWING = frozenset(
    _plain(name)
    for name in (
        *PARAMETERS,
        *MEMBERS,
        *(member.field.name for member in SESSION.members),
        *(column.name for column in BOT.own_columns),
        *("from", "to", "since", "until", "start", "end", "startDate", "endDate", "date", "status"),
        *("language", "tag", "filter", "query", "search", "page", "pageSize", "size", "count"),
    )
)
"""Names of what a session has or a page could be asked by: whoever writes one in the URL wants
less than everything, and would not notice that it gets more. All other names are ignored."""
Given = Mapping[str, Any]
"""The members of the body."""


@dataclass(frozen=True, slots=True)
class ByIds:
    """Certain sessions, whatever else the request says."""

    session_ids: tuple[str, ...]
    """Each once, in the order in which they were named."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page, newest first, of the sessions that meet a filter."""

    where: Filter
    skip: int
    limit: int


def token(headers: Headers) -> str:
    """The JWT in the header `auth`; Unauthenticated if it is missing or not the only credential."""
    given = headers.getlist("auth")
    if len(given) != 1 or not given[0].strip() or has_key(headers):
        raise Unauthenticated("One JWT is needed, in the header auth.")
    return given[0]


def decode(body: bytes, query: QueryParams, now: datetime, most: int) -> ByIds | SearchPage:
    """The request; BadInput, by name, for what the vendor refuses.

    `now` is in UTC, a limit over `most` is lowered.
    """
    given = json_object(body, or_empty_list=True)
    if given.get("sessionId") is not None:
        return ByIds(_session_ids(given["sessionId"]))
    _require_served(query)
    skip = _count(given, "offset", 0) if given.get("skip") is None else _count(given, "skip", 0)
    filters = (
        *_span(given, now),
        *_text("userId", given.get("userId")),
        *_word("sessionType", given.get("sessionType"), SESSION_TYPES),
        *_word("containmentType", _single(query, "containmentType"), CONTAINMENT_TYPES),
        *_calls(query),
        *_tags(given.get("tags")),
    )
    limit = min(_count(given, "limit", DEFAULT_LIMIT), most)
    return SearchPage(All(filters), min(skip, FURTHEST_SKIP), limit)


def _require_served(query: QueryParams) -> None:
    """BadInput for a parameter that asks for less, which only the body can."""
    for name in query:
        if name not in PARAMETERS and _plain(name) in NARROWING:
            raise BadInput(f"{name} is not a parameter of the URL. {PLACES}", argument=name)


def _single(query: QueryParams, name: str) -> str | None:
    """A parameter of the URL, which may be repeated with the same value."""
    given = query.getlist(name)
    if len({value.lower() for value in given}) > 1:
        raise BadInput(f"{name} is given twice.", argument=name)
    return given[0] if given else None


def _calls(query: QueryParams) -> tuple[Filter, ...]:
    """The sessions of one call, or of any of several."""
    given = query.getlist("callId")
    if not all(call_id.strip() for call_id in given):
        raise BadInput("callId is empty: name a call, or leave it out.", argument="callId")
    if len(given) > MOST_IDS:
        raise BadInput(f"callId: at most {MOST_IDS} calls at once.", argument="callId")
    return (Compare((BOT.by_name["callId"],), Operator.IN, tuple(given)),) if given else ()


def _session_ids(given: Any) -> tuple[str, ...]:
    if not _all_text(given) or len(given) > MOST_IDS:
        raise BadInput(f"sessionId must be a list of at most {MOST_IDS} strings.")
    return tuple(dict.fromkeys(given))


def _all_text(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(item, str) for item in given)


def _count(given: Given, name: str, default: int) -> int:
    value = given.get(name)
    if value is None:
        return default
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not whole or value < 0:
        raise BadInput(f"{name} must be a whole number from 0.")
    return int(value)


def _span(given: Given, now: datetime) -> tuple[Filter, Filter]:
    start, end = _moment(given, "dateFrom"), _moment(given, "dateTo")
    try:
        if end is None:
            end = start + LONGEST_SPAN if start else now
        if start is None:
            start = end - LONGEST_SPAN
        # The embedded engine's `$lte` misses equal dates on an index; dates have milliseconds.
        beyond = end + MILLISECOND
    except OverflowError:
        raise BadInput("dateFrom and dateTo are out of range.") from None
    if not timedelta(0) <= end - start <= LONGEST_SPAN:
        raise BadInput("dateTo must be at most 7 days after dateFrom.")
    started = (BOT.by_name["startedAt"],)
    return Compare(started, Operator.GTE, start), Compare(started, Operator.LT, beyond)


def _moment(given: Given, name: str) -> datetime | None:
    value = given.get(name)
    if value is None:
        return None
    found = MOMENT.fullmatch(value) if isinstance(value, str) else None
    try:
        if found:
            date, clock, seconds, zone = found.groups()
            moment = datetime.fromisoformat(
                f"{date}T{clock or '00:00'}{seconds or ':00'}{zone or 'Z'}"
            )
            return milliseconds(moment.astimezone(UTC).replace(tzinfo=None))
    except (ValueError, OverflowError):
        pass
    raise BadInput(f"{name} must be yyyy-mm-dd or yyyy-mm-ddThh:mm:ss.msZ.", argument=name)


def _text(name: str, value: Any) -> tuple[Filter, ...]:
    """A column that is compared as it is stored."""
    if value is None:
        return ()
    if not isinstance(value, str):
        raise BadInput(f"{name} must be a string.")
    return (Compare((BOT.by_name[name],), Operator.EQ, value),)


def _word(name: str, value: Any, words: Mapping[str, str]) -> tuple[Filter, ...]:
    """A column that is stored as one of a few names."""
    if value is None:
        return ()
    for stored, word in words.items():
        if isinstance(value, str) and value.lower() == word.lower():
            return (Compare((BOT.by_name[name],), Operator.EQ, stored),)
    raise BadInput(f"{name} must be one of {', '.join(words.values())}.")


def _tags(tags: Any) -> list[Filter]:
    if tags is None or tags == []:
        return []
    if not isinstance(tags, dict) or not tags.keys() <= {"and", "or"}:
        raise BadInput("tags must be an object with `and`, `or` or both.")
    return [
        joined(tuple(_tag(condition) for condition in _conditions(tags[name])))
        for name, joined in (("and", All), ("or", Either))
        if tags.get(name) is not None
    ]


def _conditions(given: Any) -> list[Any]:
    if not isinstance(given, list) or len(given) > MOST_CONDITIONS:
        raise BadInput(f"tags: `and` and `or` are lists of at most {MOST_CONDITIONS} conditions.")
    return given


def _tag(condition: Any) -> Filter:
    """One tag with this name and one of these values."""
    match condition:
        case {"name": str(name), "values": list(values), "type": "user" | "session" as type_}:
            if len(values) <= MOST_CONDITIONS:
                tags = BOT.by_name["tags"]
                tag = tags.column(f"{type_}Tags")
                named = Compare((tag.column("name"),), Operator.EQ, name)
                valued = tuple(_tag_values(tag, values))
                one_of = valued[0] if len(valued) == 1 else Either(valued)
                return Some((tags, tag), All((named, one_of)))
    raise BadInput("tags: a condition is an object with name, values and type (user or session).")


def _tag_values(tag: Column, values: Sequence[Any]) -> Iterator[Filter]:
    """What meets one of these values, as parts of an Either.

    A text is met by any value that is written so: "5" by the number 5, too. Any other value is met
    by its like alone.
    """
    value, type_ = (tag.column("value"),), (tag.column("valueType"),)
    texts = tuple(item for item in values if isinstance(item, str))
    if texts or not values:
        yield Compare(value, Operator.IN, texts)
    for item in values:
        if item is None:
            yield Compare(value, Operator.EQ, None)
        elif not isinstance(item, str):
            written = Compare(value, Operator.EQ, _written(item))
            yield All((written, Compare(type_, Operator.EQ, type_of(item))))


def _written(value: Any) -> str:
    try:
        return write(value)
    except Invalid as error:
        raise BadInput(f"tags: {error.message}") from None
