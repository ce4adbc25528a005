"""getSessions: which sessions an answer has, in which order, by which page."""

# ruff: noqa: F811
from datetime import datetime, timedelta
from typing import Any

import pytest
from starlette.datastructures import QueryParams

from app.rest.bot import request
from resolvers.errors import Timeout
from resolvers.request import LARGEST_PAGE
from schema.kinds.bot import BOT
from tests.app.rest.bot_calls import PATH, START, ask, found, require_invalid, store, tag
from tests.app.rest.legacy import NOW, Door, door  # noqa: F401


@pytest.mark.parametrize("body", [None, b"", b" \n", b"{}", {"unknown": 1}])
def test_an_empty_body_asks_for_everything(door: Door, body: Any) -> None:
    """So does one without a member that is known."""
    store(door, "s1")
    assert found(door, body) == ["s1"]


def test_newest_first(door: Door) -> None:
    """By start time."""
    for minutes in (5, 1, 9):
        store(door, f"s{minutes}", startTime=START - timedelta(minutes=minutes))
    assert found(door) == ["s1", "s5", "s9"]


@pytest.mark.parametrize("body", [None, {"sessionId": ["s3", "s1", "new", "s2"]}])
def test_sessions_of_one_moment_stand_by_id(door: Door, body: Any) -> None:
    """As the two of the vendor's selfService sample do."""
    store(door, "new", startTime=START + timedelta(seconds=1))
    for session_id in ("s2", "s1", "s3"):
        store(door, session_id)
    assert found(door, body) == ["new", "s1", "s2", "s3"]


@pytest.mark.difference("bot.no_rows")
@pytest.mark.parametrize(
    ("body", "ids", "more"),
    [
        ({}, ["s0", "s1", "s2", "s3", "s4"], False),
        ({"limit": 2}, ["s0", "s1"], True),
        ({"limit": 2, "skip": 2}, ["s2", "s3"], True),
        ({"limit": 2, "offset": 4}, ["s4"], False),
        ({"limit": 2.0, "skip": 3, "offset": 0}, ["s3", "s4"], False),
        ({"limit": 0}, [], False),
        ({"skip": 5}, [], False),
        ({"skip": 1e30}, [], False),
        ({"limit": None, "skip": None, "offset": 3}, ["s3", "s4"], False),
    ],
)
def test_pages_count_all_matches(
    door: Door, body: dict[str, Any], ids: list[str], more: bool
) -> None:
    """`total` is the same on each page."""
    for minutes in range(5):
        store(door, f"s{minutes}", startTime=START - timedelta(minutes=minutes))
    store(door, "other", botId="st-2")
    answer = ask(door, body).json()
    assert [row["sessionId"] for row in answer["sessions"]] == ids
    assert (answer["total"], answer["moreAvailable"]) == (5, more)


def test_a_count_that_takes_too_long_is_503(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page whose `total` is not known cannot be told in the vendor's shape."""

    async def slow(*_: Any) -> int:
        raise Timeout("Too slow.")

    monkeypatch.setattr("resolvers.store.read.count", slow)
    store(door, "s0")
    store(door, "s1")
    answer = ask(door, {"limit": 1})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json() == {"errors": [{"msg": "Too slow.", "code": 503}]}


@pytest.mark.difference("bot.lowered_limit")
def test_a_larger_limit_is_lowered(door: Door) -> None:
    """To GATEWAY_BOT_MAX_LIMIT, without a word."""
    door.settings(bot_max_limit=2)
    for minutes in range(3):
        store(door, f"s{minutes}", startTime=START - timedelta(minutes=minutes))
    answer = ask(door, {"limit": 10_000}).json()
    assert (len(answer["sessions"]), answer["total"], answer["moreAvailable"]) == (2, 3, True)


def test_limits_beyond_graphqls_are_served(door: Door) -> None:
    """A client that asks for 1,000 gets more than a GraphQL page."""
    store(door, "s0")
    (row,) = door.stored(BOT)
    rows = [{**row, "_id": f"s{number}"} for number in range(1, LARGEST_PAGE + 2)]
    door.runner.run(door.state.store.collection(BOT).insert_many(rows))
    assert len(found(door, {"limit": 1000})) == LARGEST_PAGE + 2


def test_the_default_limit_is_100(door: Door) -> None:
    """A request without a limit."""
    asked = request.decode(b"", QueryParams(), NOW, 1000)
    assert isinstance(asked, request.SearchPage)
    assert (asked.skip, asked.limit) == (0, 100)


@pytest.mark.parametrize(
    ("start", "body", "inside"),
    [
        (NOW, {}, True),
        (NOW + timedelta(milliseconds=1), {}, False),
        (NOW - timedelta(days=7), {}, True),
        (NOW - timedelta(days=7, milliseconds=1), {}, False),
        (datetime(2021, 4, 26), {"dateFrom": "2021-04-26"}, True),
        (datetime(2021, 5, 3), {"dateFrom": "2021-04-26"}, True),
        (datetime(2021, 5, 3, 0, 0, 0, 1000), {"dateFrom": "2021-04-26"}, False),
        (datetime(2021, 4, 19), {"dateTo": "2021-04-26"}, True),
        (datetime(2021, 4, 18, 23, 59, 59, 999000), {"dateTo": "2021-04-26"}, False),
        (datetime(2021, 4, 26), {"dateTo": "2021-04-26"}, True),
        (datetime(2021, 4, 26, 0, 0, 1), {"dateTo": "2021-04-26"}, False),
        (START, {"dateFrom": "2026-02-27T08:00:00.025Z"}, True),
        (START, {"dateFrom": "2026-02-27T08:00:00.026Z"}, False),
        (START, {"dateFrom": "2026-02-27 T08:00:00.025Z"}, True),
        (START, {"dateFrom": "2026-02-27T08:00:00Z"}, True),
        (START, {"dateFrom": "2026-02-27T08:00:00.3Z"}, False),
        (START, {"dateTo": "2026-02-27T08:00:00.025Z"}, True),
        (START, {"dateTo": "2026-02-27T08:00:00.024Z"}, False),
        (
            START,
            {"dateFrom": "2026-02-20T08:00:00.025Z", "dateTo": "2026-02-27T08:00:00.025Z"},
            True,
        ),
        (START, {"dateFrom": "2026-02-27", "dateTo": "2026-02-27"}, False),
    ],
)
def test_the_span_includes_its_ends(
    door: Door, start: datetime, body: dict[str, str], inside: bool
) -> None:
    """To the millisecond; seven days where an end is missing."""
    store(door, "s1", startTime=start, endTime=None, containmentType=None)
    assert found(door, body) == (["s1"] if inside else [])


@pytest.mark.difference("bot.words_in_any_case")
@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["drop", "self", "agent", "open"]),
        ("containmentType=dropOff", ["drop"]),
        ("containmentType=SELFSERVICE", ["self"]),
        ("containmentType=agent&other=1", ["agent"]),
        ("containmentType=Agent&containmentType=agent", ["agent"]),
    ],
)
def test_containment_types_in_any_case(door: Door, query: str, ids: list[str]) -> None:
    """A query parameter; other parameters are ignored."""
    store(door, "drop", startTime=START)
    store(door, "self", startTime=START - timedelta(minutes=1), containmentType="SELF_SERVICE")
    store(door, "agent", startTime=START - timedelta(minutes=2), containmentType="AGENT")
    late = START - timedelta(minutes=3)
    store(door, "open", startTime=late, endTime=None, containmentType=None)
    assert found(door, path=f"{PATH}?{query}") == ids


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ({"userId": "u1"}, ["s1"]),
        ({"userId": "U1"}, []),
        ({"userId": ""}, []),
        ({"userId": "a\0b"}, []),
        ({"sessionType": "interactive"}, ["s2"]),
        ({"sessionType": "non-interactive"}, ["s1"]),
    ],
)
def test_users_and_session_types(door: Door, body: dict[str, str], ids: list[str]) -> None:
    """Whole values."""
    store(door, "s1")
    store(door, "s2", userId="u2", sessionType="INTERACTIVE")
    assert found(door, body) == ids


@pytest.mark.parametrize(
    ("tags", "ids"),
    [
        ({"and": [tag("plan", "gold")]}, ["s1"]),
        ({"and": [tag("plan", "gold", "free")]}, ["s1", "s2"]),
        ({"and": [tag("plan", "gold", of="session")]}, []),
        ({"and": [tag("topic", "bill", of="session"), tag("plan", "free")]}, ["s2"]),
        ({"or": [tag("plan", "gold"), tag("topic", "bill", of="session")]}, ["s1", "s2"]),
        ({"and": [tag("plan", "free")], "or": [tag("plan", "gold")]}, []),
        ({"and": [tag("plan", "north")]}, []),
        ({"and": [tag("plan")]}, []),
        ({"and": []}, ["s1", "s2"]),
        ({"or": []}, []),
        ({}, ["s1", "s2"]),
    ],
)
def test_tags(door: Door, tags: dict[str, Any], ids: list[str]) -> None:
    """Name and one of the values on one and the same tag; `and` and `or` hold both."""
    gold = [{"name": "plan", "value": "gold"}, {"name": "area", "value": "north"}]
    free = [{"name": "plan", "value": "free"}]
    bill = [{"name": "topic", "value": "bill"}]
    store(door, "s1", tags={"userTags": gold, "sessionTags": []})
    early = START - timedelta(minutes=1)
    store(door, "s2", startTime=early, tags={"userTags": free, "sessionTags": bill})
    assert found(door, {"tags": tags}) == ids


@pytest.mark.difference("bot.tags_in_filters")
@pytest.mark.parametrize(
    ("values", "ids"),
    [
        (["5"], ["number", "text"]),
        ([5], ["number"]),
        ([True], ["flag"]),
        (["true"], ["flag"]),
        ([{"a": [1, None]}], ["object"]),
        ([None], ["none"]),
        ([5, "x", None], ["number", "none"]),
        ([], []),
        ([[]], []),
    ],
)
def test_tags_of_other_types(door: Door, values: list[Any], ids: list[str]) -> None:
    """A text finds what is written so; anything else finds its like."""
    stored = {
        "number": {"value": "5", "valueType": "NUMBER"},
        "text": {"value": "5"},
        "flag": {"value": "true", "valueType": "BOOLEAN"},
        "object": {"value": '{"a":[1,null]}', "valueType": "OBJECT"},
        "none": {},
    }
    for place, (session_id, value) in enumerate(stored.items()):
        early = START - timedelta(minutes=place)
        store(door, session_id, startTime=early, tags={"userTags": [{"name": "n", **value}]})
    condition = {"name": "n", "values": values, "type": "user"}
    assert found(door, {"tags": {"and": [condition]}}) == ids


@pytest.mark.difference("bot.alt_text")
def test_tags_come_back_as_they_came(door: Door) -> None:
    """Numbers in their spelling, objects in their order, repeated names, null; altText last."""
    tags = [
        {"name": "n", "value": "1.50", "valueType": "NUMBER"},
        {"name": "n", "value": '{"b":1e3,"a":["x",null]}', "valueType": "OBJECT"},
        {"name": "n", "value": "false", "valueType": "BOOLEAN"},
        {"name": "n", "value": "false"},
        {"name": "n"},
    ]
    store(door, "s1", tags={"userTags": tags, "altText": [{"name": "label", "value": "Buy"}]})
    assert (
        b'"tags":{"userTags":[{"value":1.50,"name":"n"},'
        b'{"value":{"b":1e3,"a":["x",null]},"name":"n"},{"value":false,"name":"n"},'
        b'{"value":"false","name":"n"},{"value":null,"name":"n"}],"sessionTags":[],'
        b'"altText":[{"name":"label","value":"Buy"}]}'
    ) in ask(door, {}).content


def test_sessions_by_their_ids(door: Door) -> None:
    """Unknown ids are listed, in this case only; every other filter and paging are ignored."""
    store(door, "s1", startTime=datetime(2020, 1, 1))
    store(door, "s2")
    store(door, "other", botId="st-2")
    ids = ["no", "s1", "other", "s2", "a\0b", "s1", "no"]
    body = {"sessionId": ids, "limit": 1, "skip": -1, "dateFrom": "never", "userId": "nobody"}
    answer = ask(door, body, f"{PATH}?containmentType=never").json()
    assert list(answer) == ["total", "moreAvailable", "sessions", "invalidSessions"]
    assert [row["sessionId"] for row in answer["sessions"]] == ["s2", "s1"]
    assert (answer["total"], answer["moreAvailable"]) == (2, False)
    assert answer["invalidSessions"] == ["no", "other", "a\0b"]


def test_no_ids_find_nothing(door: Door) -> None:
    """An empty list is a list."""
    store(door, "s1")
    expected = b'{"total":0,"moreAvailable":false,"sessions":[],"invalidSessions":[]}'
    assert ask(door, {"sessionId": []}).content == expected


@pytest.mark.parametrize(("count", "status"), [(50, 200), (51, 412)])
def test_at_most_50_ids(door: Door, count: int, status: int) -> None:
    """Duplicates are counted."""
    assert ask(door, {"sessionId": ["s1"] * count}).status_code == status


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("callId=c1", ["s1"]),
        ("callId=C1", []),
        ("callId=c2&containmentType=dropOff", ["s2"]),
        ("callId=c1&callId=c2", ["s1", "s2"]),
        ("callId=none", []),
        ("unknown=1&rnd=7", ["s1", "s2", "s3"]),
    ],
)
def test_sessions_of_a_call(door: Door, query: str, ids: list[str]) -> None:
    """By the id of an external call, exactly; several ids find the sessions of each."""
    store(door, "s1", callId="c1")
    store(door, "s2", startTime=START - timedelta(minutes=1), callId="c2")
    store(door, "s3", startTime=START - timedelta(minutes=2))
    assert found(door, path=f"{PATH}?{query}") == ids


@pytest.mark.difference("bot.narrowing")
@pytest.mark.parametrize(
    "query",
    [
        *("userId=u1", "userid=u1", "limit=1", "dateFrom=2026-01-01", "sessionId=s1", "tags=x"),
        *("channel=rtm", "start_time=x", "isDeveloper=false", "sessionStatus=closed", "botId=b"),
        *("CallId=c1", "call_id=c1", "containmenttype=agent", "language=en", "status=active"),
    ],
)
def test_no_parameter_that_narrows_is_ignored(door: Door, query: str) -> None:
    """412: who asks for less by the URL must not get everything. The answer names it."""
    store(door, "s1")
    name = query.partition("=")[0]
    assert require_invalid(ask(door, path=f"{PATH}?{query}")).startswith(f"{name} is not")


def test_an_empty_call_is_refused(door: Door) -> None:
    """It would find everything; the refusal names it."""
    assert "callId" in require_invalid(ask(door, path=f"{PATH}?callId="))


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("2026-02-27T08:00:00.025999Z", True),
        ("2026-02-27T08:00:00.0260Z", False),
        ("2026-02-27T08:00:00.02500000000000000001Z", True),
        ("2026-02-27T09:00:00.025+01:00", True),
        ("2026-02-27T09:00:00.026+01:00", False),
        ("2026-02-27T00:00:00.025-0800", True),
        ("2026-02-27T08:00Z", True),
        ("2026-02-27T08:01Z", False),
    ],
)
def test_dates_as_javascript_takes_them(door: Door, text: str, inside: bool) -> None:
    """Any fraction, cut to milliseconds; `Z` or an offset; without seconds."""
    store(door, "s1")
    assert found(door, {"dateFrom": text}) == (["s1"] if inside else [])


@pytest.mark.difference("bot.named_error")
@pytest.mark.parametrize("name", ["dateFrom", "dateTo"])
def test_a_wrong_date_is_named(door: Door, name: str) -> None:
    """The second error says which member, and what would be right."""
    said = require_invalid(ask(door, {name: "2026-02-30"}))
    assert said == f"{name} must be yyyy-mm-dd or yyyy-mm-ddThh:mm:ss.msZ."


@pytest.mark.parametrize("body", [b"[]", b" [ ] ", {"tags": []}, b"", b"{}"])
def test_an_empty_list_is_no_filter(door: Door, body: Any) -> None:
    """PHP writes an empty object as one."""
    store(door, "s1")
    assert found(door, body) == ["s1"]
