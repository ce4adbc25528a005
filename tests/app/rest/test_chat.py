"""Chat history by the vendor's paths: one chat, or the figures over many."""

# ruff: noqa: F811
import copy
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rest.chat import request
from schema.kinds.chat import CHAT
from tests.app.rest.legacy import Door, door  # noqa: F401

BASES = ("/api/2.0/chat/console", "/api/2.0/chat")
HISTORY = f"{BASES[0]}/history"
PAIR = {"apiKey": "root", "token": "root-key"}

SESSION: dict[str, Any] = {
    "sessionId": "c-81",
    "button": {"buttonId": "b1", "name": "Sales"},
    "visitor": {
        "name": "Jo",
        "emailAddress": "jo@example.com",
        "networkAddress": "192.0.2.7",
        "startPage": "https://example.com/prices",
        "country": "France",
        "city": "Bordeaux",
        "operatingSystem": "Linux",
        "browser": "Firefox",
        "userAgent": "Mozilla/5.0",
    },
    "start": {"dateTime": datetime(2013, 5, 23, 14, 30), "timeZone": "Europe/Paris"},
    "messages": [
        {
            "messageId": "m1",
            "message": "Hello",
            "source": "VISITOR",
            "sent": {"dateTime": datetime(2013, 5, 23, 14, 30), "timeZone": "Europe/Paris"},
        },
        {
            "messageId": "m2",
            "message": "Good day",
            "source": "OPERATOR",
            "sent": {"dateTime": datetime(2013, 5, 23, 8, 31, 2, 500000), "timeZone": "US/Eastern"},
        },
    ],
}
RESOURCE = (
    b'{"id":"c-81","button":{"id":"b1","name":"Sales"},'
    b'"visitor":{"name":"Jo","emaillAddress":"jo@example.com","emailAddress":"jo@example.com",'
    b'"networkAddress":"192.0.2.7","startPage":"https://example.com/prices","country":"France",'
    b'"city":"Bordeaux","operatingSystem":"Linux","browser":"Firefox","userAgent":"Mozilla/5.0"},'
    b'"start":{"dateTime":"2013-05-23T14:30:00","timeZone":"Europe/Paris"},'
    b'"messages":[{"id":"m1","sessionId":"c-81","message":"Hello","source":"visitor",'
    b'"sent":{"dateTime":"2013-05-23T14:30:00","datetime":"2013-05-23T14:30:00",'
    b'"timeZone":"Europe/Paris"}},'
    b'{"id":"m2","sessionId":"c-81","message":"Good day","source":"operator",'
    b'"sent":{"dateTime":"2013-05-23T08:31:02.500","datetime":"2013-05-23T08:31:02.500",'
    b'"timeZone":"US/Eastern"}}]}'
)
VISITOR = (
    *("name", "emaillAddress", "emailAddress", "networkAddress", "startPage"),
    *("country", "city", "operatingSystem", "browser", "userAgent"),
)


def error(status: int, message: str) -> bytes:
    return b'{"error":{"code":%d,"message":"%s"}}' % (status, message.encode())


def at(second: int, last: int = 0) -> dict[str, Any]:
    """A chat that starts at 12:00 UTC and some seconds, with messages until `last` s later."""
    start = datetime(2026, 1, 5, 12) + timedelta(seconds=second)
    moments = [start + timedelta(seconds=later) for later in sorted({0, last})]
    return {
        "start": {"dateTime": start, "timeZone": "UTC"},
        "messages": [
            {
                "message": "x",
                "source": "VISITOR",
                "sent": {"dateTime": moment, "timeZone": "UTC"},
            }
            for moment in moments
        ],
    }


def summary(door: Door, query: str = "") -> tuple[float, int]:
    answer = door.send("GET", f"{HISTORY}?{query}", headers=PAIR)
    assert answer.status_code == 200, answer.text
    (figures,) = answer.json().values()
    assert list(figures) == ["averageChatSessionDuration", "chatSessions"]
    return figures["averageChatSessionDuration"], figures["chatSessions"]


@pytest.mark.difference("chat.two_times")
@pytest.mark.difference("chat.two_addresses")
@pytest.mark.parametrize("base", BASES)
def test_a_chat_to_the_byte(door: Door, base: str) -> None:
    """Every field, in order, with both spellings of the address and clock times as given."""
    door.create(CHAT, copy.deepcopy(SESSION))
    answer = door.send("GET", f"{base}/history/c-81", headers=PAIR)
    assert (answer.status_code, answer.content) == (200, RESOURCE)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.difference("chat.nulls")
def test_a_bare_chat_has_every_field(door: Door) -> None:
    """What nobody gave is null; the zone is the company's."""
    door.settings(company_timezone="Europe/Paris")
    session_id = door.create(CHAT, {})
    assert door.send("GET", f"{HISTORY}/{session_id}", headers=PAIR).json() == {
        "id": session_id,
        "button": {"id": None, "name": None},
        "visitor": dict.fromkeys(VISITOR),
        "start": {"dateTime": "2026-03-01T10:30:00", "timeZone": "Europe/Paris"},
        "messages": [],
    }


def test_an_unknown_chat_is_404(door: Door) -> None:
    """In the vendor's shape."""
    answer = door.send("GET", f"{HISTORY}/nobody", headers=PAIR)
    assert (answer.status_code, answer.content) == (404, error(404, "Chat session not found."))


def test_an_id_with_a_slash_is_found(door: Door) -> None:
    """Percent-encoded it is one segment."""
    door.create(CHAT, {"sessionId": "a/b c"})
    answer = door.send("GET", f"{HISTORY}/a%2Fb%20c", headers=PAIR)
    assert answer.json()["id"] == "a/b c"


def test_personal_texts_are_masked(door: Door) -> None:
    """Without pii:read names, addresses and messages are three stars."""
    door.create(CHAT, copy.deepcopy(SESSION))
    door.admit("reader", "chat:read")
    pair = {"apiKey": "reader", "token": "reader-key"}
    shown = door.send("GET", f"{HISTORY}/c-81", headers=pair).json()
    hidden = ("name", "emaillAddress", "emailAddress", "networkAddress")
    assert {shown["visitor"][name] for name in hidden} == {"***"}
    assert [message["message"] for message in shown["messages"]] == ["***", "***"]
    assert shown["visitor"]["city"] == "Bordeaux"


@pytest.mark.difference("chat.no_average")
def test_no_chats_to_the_byte(door: Door) -> None:
    """The average over none is 0.0."""
    answer = door.send("GET", HISTORY, headers=PAIR)
    assert answer.content == b'{"summary":{"averageChatSessionDuration":0.0,"chatSessions":0}}'


def test_durations_are_averaged(door: Door) -> None:
    """From the first to the last message, over the chats that ended; all are counted."""
    door.create(CHAT, at(0, last=10), "CLOSED")
    door.create(CHAT, at(1, last=5), "CLOSED")
    door.create(CHAT, at(2, last=99))
    assert summary(door) == (7.5, 3)


def test_averages_have_milliseconds(door: Door) -> None:
    """Two thirds of a second are 0.667."""
    for second, last in ((0, 1), (1, 1), (2, 0)):
        door.create(CHAT, at(second, last), "CLOSED")
    assert summary(door) == (0.667, 3)


@pytest.mark.difference("chat.bounds")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("startDate=2026-01-05T12:00:00Z", 2),
        ("startDate=2026-01-05T11:59:59.999Z", 3),
        ("endDate=2026-01-05T12:00:02Z", 2),
        ("endDate=2026-01-05T12:00:02.0001Z", 3),
        ("startDate=2026-01-05T12:00:00Z&endDate=2026-01-05T12:00:02Z", 1),
        ("startDate=2026-01-05T13:00:00%2B01:00&endDate=2026-01-05T13:00:02%2B01:00", 1),
        ("startDate=2026-01-05T13:00:00+01:00&endDate=2026-01-05T13:00:02+01:00", 1),
        ("startDate=2026-01-05T07:00:00-05:00&endDate=2026-01-05t12:00:02z", 1),
        ("startDate=2026-01-05T12:00:02Z&endDate=2026-01-05T12:00:00Z", 0),
        ("from=2026-01-05T12:00:00Z", 3),
        ("startDate=2026-01-05T14:00:00%2B0200", 2),
        ("startDate=&endDate=", 3),
        ("startDate=2026-01-05&endDate=2026-01-06", 3),
        ("startDate=2026-01-06", 0),
        ("startDate=&endDate=2026-01-05", 0),
    ],
)
def test_the_bounds_exclude_themselves(door: Door, query: str, found: int) -> None:
    """startDate is below, endDate above; a `+` may arrive as a blank; other names are ignored."""
    for second in range(3):
        door.create(CHAT, at(second))
    assert summary(door, query)[1] == found


@pytest.mark.parametrize("name", ["startDate", "endDate"])
@pytest.mark.parametrize(
    "text",
    [
        *(" ", "yesterday", "2026-01", "2026-01-05T12:00:00", "2026-02-30T12:00:00Z", "2026-02-30"),
        *("2026-01-05T25:00:00Z", "2026-01-05T12:00:00+24:00", "0001-01-01T00:00:00%2B10:00"),
        *("2026-01-05T12:00:00Z\n", "1767614400", "٢٠٢٦-01-05T12:00:00Z"),
        "9999-12-31T23:59:59.9999-01:00",
    ],
)
def test_a_date_that_is_none_is_400(door: Door, name: str, text: str) -> None:
    """The error names the parameter."""
    answer = door.send("GET", f"{HISTORY}?{name}={quote(text, safe='%:+')}", headers=PAIR)
    message = f"{name} must be one RFC 3339 timestamp such as 2013-05-23T14:30:00+02:00."
    assert (answer.status_code, answer.content) == (400, error(400, message))


def test_a_repeated_date_is_400(door: Door) -> None:
    """Nobody knows which one counts."""
    date = "startDate=2026-01-05T12:00:00Z"
    assert door.send("GET", f"{HISTORY}?{date}&{date}", headers=PAIR).status_code == 400


@pytest.mark.difference("chat.two_spellings")
@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", PAIR),
        ("apiKey=root&token=root-key", {}),
        ("apikey=root&token=root-key", {}),
        ("apikey=root&apiKey=root&token=root-key", {}),
        ("", {"apikey": "root", "TOKEN": "root-key"}),
        ("", {"Authorization": "Bearer root-key"}),
    ],
)
@pytest.mark.parametrize("path", [f"{HISTORY}/c-81", HISTORY])
def test_three_ways_of_authentication(
    door: Door, path: str, query: str, headers: dict[str, str]
) -> None:
    """Two headers, two parameters, or a bearer."""
    door.create(CHAT, copy.deepcopy(SESSION))
    assert door.send("GET", f"{path}?{query}", headers=headers).status_code == 200
    assert door.state.authenticator.counted == [("root", None)]


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", {}),
        ("", {"apiKey": "root"}),
        ("", {"token": "root-key"}),
        ("", {"apiKey": "root", "token": "wrong"}),
        ("", {"apiKey": "nobody", "token": "root-key"}),
        ("token=root-key", {"apiKey": "root"}),
        ("apiKey=root&apiKey=root&token=root-key", {}),
        ("apikey=root&apiKey=other&token=root-key", {}),
        ("apikey=root&apikey=root&token=root-key", {}),
        ("apiKey=root&token=root-key", PAIR),
        ("", {**PAIR, "Authorization": "Bearer root-key"}),
        ("", {**PAIR, "X-API-Key": "root-key"}),
        ("", {"X-API-Key": "root-key"}),
        ("", {"KEY": "root-key"}),
    ],
)
def test_other_credentials_are_401(door: Door, query: str, headers: dict[str, str]) -> None:
    """Missing, wrong, half, misplaced or doubled: one and the same answer."""
    for path in (f"{HISTORY}/c-81", HISTORY):
        answer = door.send("GET", f"{path}?{query}", headers=headers)
        expected = error(401, "Authentication is required.")
        assert (answer.status_code, answer.content) == (401, expected)


def test_a_scope_is_needed(door: Door) -> None:
    """403 in the vendor's shape for a credential of another kind."""
    door.admit("other", "bot:read")
    pair = {"apiKey": "other", "token": "other-key"}
    for path in (f"{HISTORY}/c-81", HISTORY):
        answer = door.send("GET", path, headers=pair)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, 403)


def test_access_can_be_off(door: Door) -> None:
    """Then no credential is looked at."""
    door.state.authenticator.open = frozenset({"chat"})
    assert door.send("GET", HISTORY).status_code == 200


def test_too_many_requests_are_429(door: Door) -> None:
    """With Retry-After."""
    door.state.authenticator.full = {None}
    answer = door.send("GET", HISTORY, headers=PAIR)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "17")
    assert answer.json()["error"]["code"] == 429


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_405(door: Door, method: str) -> None:
    """With Allow, in the vendor's shape."""
    answer = door.send(method, HISTORY, headers=PAIR)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.content == error(405, "Method Not Allowed")


@pytest.mark.parametrize("path", ["/api/2.0/chat", "/api/2.0/chat/agents", f"{HISTORY}/a/b"])
def test_unknown_addresses_are_404(door: Door, path: str) -> None:
    """In the vendor's shape."""
    answer = door.send("GET", path, headers=PAIR)
    expected = error(404, "There is nothing at this address.")
    assert (answer.status_code, answer.content) == (404, expected)


def test_wrongly_stored_values_are_null(door: Door) -> None:
    """A broken record is shown as far as it can be; a broken message is left out."""
    door.create(CHAT, copy.deepcopy(SESSION))
    broken: dict[str, Any] = {
        "button": "Sales",
        "visitor.city": 5,
        "start.dateTime": "2013",
        "messages.0": "Hello",
        "messages.1.source": "ROBOT",
    }
    door.alter(CHAT, "c-81", {"$set": broken})
    shown = door.send("GET", f"{HISTORY}/c-81", headers=PAIR).json()
    assert shown["button"] == {"id": None, "name": None}
    assert (shown["visitor"]["name"], shown["visitor"]["city"]) == ("Jo", None)
    assert shown["start"] == {"dateTime": None, "timeZone": "Europe/Paris"}
    assert [(m["id"], m["source"]) for m in shown["messages"]] == [("m2", None)]


@given(
    st.datetimes(datetime(1902, 1, 1), datetime(9990, 1, 1)),
    st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_every_timestamp_is_read(moment: datetime, zone: timezone) -> None:
    """What RFC 3339 prints is read as the same instant, to the millisecond below."""
    aware = moment.replace(tzinfo=zone)
    for text in (aware.isoformat(), aware.isoformat().replace("+", " ")):
        read, exact = request.parse_timestamp(text)
        instant = aware.astimezone(UTC).replace(tzinfo=None)
        assert read == instant.replace(microsecond=instant.microsecond // 1000 * 1000)
        assert exact == (instant.microsecond % 1000 == 0)


def test_nothing_that_is_sent_breaks_a_path(door: Door) -> None:
    """Arbitrary ids, dates and credentials: only the contract's statuses and shapes."""
    dates = st.text() | st.from_regex(request.TIMESTAMP, fullmatch=True)

    @given(st.text(min_size=1), dates, dates, st.sampled_from(["root-key"]) | st.text())
    def check(session_id: str, start: str, end: str, token: str) -> None:
        # Every byte: a client resolves the path "." before it sends it.
        encoded = [
            "".join(f"%{byte:02X}" for byte in text.encode())
            for text in (session_id, start, end, token)
        ]
        secret = f"apiKey=root&token={encoded[3]}"
        one = door.send("GET", f"{HISTORY}/{encoded[0]}?{secret}")
        assert one.status_code in (401, 404)
        assert list(one.json()) == ["error"]
        figures = door.send(
            "GET", f"{HISTORY}?startDate={encoded[1]}&endDate={encoded[2]}&{secret}"
        )
        assert figures.status_code in (200, 400, 401)
        assert list(figures.json()) == (["summary"] if figures.status_code == 200 else ["error"])

    check()


@pytest.mark.difference("chat.day")
def test_a_day_begins_in_the_companys_zone(door: Door) -> None:
    """A date alone is its midnight there; the bounds exclude themselves all the same."""
    door.create(
        CHAT, {"start": {"dateTime": datetime(2026, 1, 5, 0, 0, 1), "timeZone": "Asia/Tokyo"}}
    )
    for zone, count in (("Asia/Tokyo", 1), ("UTC", 0)):
        door.settings(company_timezone=zone)
        assert summary(door, "startDate=2026-01-05")[1] == count
    door.settings(company_timezone="Asia/Tokyo")
    assert summary(door, "endDate=2026-01-05")[1] == 0


@pytest.mark.parametrize("root", ["/api/2.0/chat", "/api/2.1/chat", "/api/2.1/chat/console"])
def test_both_versions_are_served(door: Door, root: str) -> None:
    """And the shorter path of each."""
    door.create(CHAT, copy.deepcopy(SESSION))
    answer = door.send("GET", f"{root}/history/c-81", headers=PAIR)
    assert (answer.status_code, answer.content) == (200, RESOURCE)
