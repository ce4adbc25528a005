"""Values from clients: what is refused, by which field, and what is kept."""

from datetime import datetime
from typing import Any

import pytest

from resolvers.context import Context
from resolvers.errors import Invalid
from resolvers.kind import Column, Kind
from resolvers.texts import check_timezone
from resolvers.value_types import TEXT
from resolvers.values import check_lengths, check_session_id, clean
from tests.conftest import KINDS_BY_NAME, NOW

REMOTE_SUPPORT = KINDS_BY_NAME["remote_support"]
CHAT = KINDS_BY_NAME["chat"]
BOT = KINDS_BY_NAME["bot"]
CO_BROWSE = KINDS_BY_NAME["co_browse"]

CONTEXT = Context(store=None, now=lambda: NOW)  # type: ignore[arg-type]  # no value needs the database


def refusal(kind: Kind, **values: Any) -> tuple[str, ...]:
    """The field that is to blame."""
    with pytest.raises(Invalid) as refused:
        clean(CONTEXT, kind.columns, values)
    return refused.value.field


def cleaned(kind: Kind, **values: Any) -> dict[str, Any]:
    return clean(CONTEXT, kind.columns, values)


LIMITED = [
    (kind, column)
    for kind in KINDS_BY_NAME.values()
    for column in kind.own_columns
    if column.type is TEXT and column.max_length and not column.pattern
    and not column.format and not column.many
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "column"), LIMITED, ids=lambda value: getattr(value, "name", None)
)
def test_longest_text(kind: Kind, column: Column) -> None:
    """A text as long as its limit is kept, in characters; one more is refused."""
    assert column.max_length is not None
    longest = "\U0001f600" * column.max_length
    assert cleaned(kind, **{column.name: longest}) == {column.path: longest}
    assert refusal(kind, **{column.name: longest + "x"}) == (column.name,)


@pytest.mark.parametrize("text", ["a\0b", "\0", "\ud800", "a\udfff", "\udfff\ud800"])
def test_text_that_cannot_be_stored(text: str) -> None:
    """NUL and halves of surrogate pairs, at any depth."""
    assert refusal(BOT, channel=text) == ("channel",)
    message = {"message": text, "source": "VISITOR"}
    assert refusal(CHAT, messages=[message]) == ("messages", "0", "message")


@pytest.mark.parametrize(
    "text", ["", " ", '{"$gt": ""}', "$where", "\U0001f600", "e\u0301", "\x1b"]
)
def test_any_other_text_is_kept_as_it_is(text: str) -> None:
    """Nothing is trimmed, normalised or taken for an operator."""
    assert cleaned(BOT, channel=text) == {"channel": text}


@pytest.mark.parametrize(
    "url",
    [
        "", "shop.example", "/help", "//shop.example", "javascript:alert(1)", "data:text/html,x",
        "http://", "http:///path", "https://:80", "http://shop.example:99999", "http://[::1",
        "http://shop example/", "https://shop.example/\n", "mailto:a@b.example", "file:",
    ],
)  # fmt: skip
def test_urls_that_are_none(url: str) -> None:
    """The page's address is to blame, by its place in the list."""
    pages = [{"url": "https://shop.example/"}, {"url": url}]
    assert refusal(CO_BROWSE, pages=pages) == ("pages", "1", "url")


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example", "https://user:pw@shop.example:8443/a?b=c#d", "ftp://files.example/x",
        "file:///C:/help.html", "https://[::1]:80/", "https://müller.example/straße",
    ],
)  # fmt: skip
def test_urls(url: str) -> None:
    """Absolute addresses of pages."""
    page = {"url": url, "enteredTimestamp": NOW}
    assert cleaned(CO_BROWSE, pages=[page]) == {"pages": [page]}


@pytest.mark.parametrize(
    "zone",
    [
        *("", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "America", "x" * 10_000),
        *("localtime", "posixrules", "Factory", "right/UTC", "posix/Europe/Paris"),
    ],
)
def test_unknown_time_zones(zone: str) -> None:
    """Names that the IANA database does not have, files and folders included."""
    start = {"dateTime": NOW, "timeZone": zone}
    assert refusal(CHAT, start=start) == ("start", "timeZone")


def test_a_wrong_time_zone_is_repeated_in_part() -> None:
    """Whatever its length, the message is short."""
    with pytest.raises(Invalid) as refused:
        check_timezone("x" * 10_000)
    assert len(refused.value.message) < 200


def test_numbers_out_of_range() -> None:
    """GraphQL's whole numbers, and a column's own least value."""
    assert refusal(BOT, noOfTasksExecuted=-1) == ("noOfTasksExecuted",)
    assert refusal(BOT, noOfTasksExecuted=2**31) == ("noOfTasksExecuted",)
    assert cleaned(BOT, noOfTasksExecuted=2**31 - 1) == {"noOfTasksExecuted": 2**31 - 1}


def test_dates() -> None:
    """Milliseconds are kept and no more; years are those that every client can show."""
    precise = datetime(2026, 3, 1, 9, 30, 0, 123999)
    assert cleaned(BOT, startTime=precise) == {"startTime": precise.replace(microsecond=123000)}
    for year in (1, 1899, 9999):
        assert refusal(BOT, startTime=datetime(year, 1, 1)) == ("startTime",)


def test_null_of_a_required_column() -> None:
    """Null takes away what may be missing, and is refused for the rest."""
    assert cleaned(BOT, endTime=None) == {"endTime": None}
    assert refusal(BOT, startTime=None) == ("startTime",)
    assert refusal(CHAT, messages=[{"message": None, "source": "VISITOR"}]) == (
        "messages", "0", "message",
    )  # fmt: skip


def test_missing_part_of_a_nested_object() -> None:
    """A required part is asked for by its path."""
    assert refusal(CHAT, messages=[{"source": "VISITOR"}]) == ("messages", "0", "message")


def test_lists_are_limited() -> None:
    """By their own lengths."""
    assert refusal(BOT, sessionLang=["en"] * 51) == ("sessionLang",)
    tags = {"userTags": [{"name": "x"}] * 201, "sessionTags": []}
    assert refusal(BOT, tags=tags) == ("tags", "userTags")


def test_lists_are_limited_after_an_append() -> None:
    """What a verb adds counts together with what was there; what is unchanged is left alone."""
    columns = BOT.columns
    full = {"sessionLang": ["en"] * 50, "tags": {"userTags": [{"name": "x"}] * 200}}
    check_lengths(columns, {}, full)
    for longer, field in (
        ({"sessionLang": ["en"] * 51}, ("sessionLang",)),
        ({"tags": {"userTags": [{"name": "x"}] * 201}}, ("tags", "userTags")),
    ):
        after = {**full, **longer}
        with pytest.raises(Invalid) as refused:
            check_lengths(columns, full, after)
        assert refused.value.field == field
        check_lengths(columns, after, after)


@pytest.mark.parametrize(
    ("kind", "session_id"),
    [
        (CO_BROWSE, "83d03970c95911e2857d082e5f12b9a1"),
        (CO_BROWSE, "83d03970-c959-11e2-857d-082e5f12b9a1\n"),
        (REMOTE_SUPPORT, "0"),
        (REMOTE_SUPPORT, "012"),
        (REMOTE_SUPPORT, "1" * 16),
        (REMOTE_SUPPORT, "\u0661"),
        (CHAT, ""),
        (CHAT, " a"),
        (CHAT, "a\n"),
        (CHAT, "a\0b"),
        (CHAT, "\ud800"),
        (CHAT, "x" * 129),
    ],
)
def test_session_ids_that_are_none(kind: Kind, session_id: str) -> None:
    """The refusal names the field, whatever is wrong with the text."""
    with pytest.raises(Invalid) as refused:
        check_session_id(kind, session_id)
    assert refused.value.field == ("sessionId",)
