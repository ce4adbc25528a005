"""getSessions by the vendor's paths: who may ask, what is refused, what a row looks like."""

# ruff: noqa: F811
import copy
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from app.rest.bot import layout, request
from resolvers.errors import BadInput, Timeout
from resolvers.request import LARGEST_PAGE
from schema.kinds.bot import BOT
from tests.app.rest.legacy import NOW, Door, door  # noqa: F401

BOT_ID = "st-1"
PATH = f"/api/public/bot/{BOT_ID}/getSessions"
ALL = "/api/public/getSessions"
PATHS = (PATH, f"/api/public/stream/{BOT_ID}/getSessions", ALL)
AUTH = {"auth": "jwt.root"}
START = datetime(2026, 2, 27, 8, 0, 0, 25_000)

SESSION: dict[str, Any] = {
    "sessionId": "s1",
    "botId": BOT_ID,
    "channel": "rtm",
    "userId": "u1",
    "startTime": START,
    "endTime": START + timedelta(seconds=4),
    "sessionLang": ["en", "fr"],
    "sessionType": "NON_INTERACTIVE",
    "containmentType": "DROP_OFF",
    "isDeveloper": False,
    "tags": {
        "userTags": [{"name": "regular", "value": "newuser"}],
        "sessionTags": [{"name": "topic"}],
    },
    "noOfMessagesExchanged": 6,
    "noOfTasksExecuted": 2,
}
ROW = (
    b'{"sessionId":"s1","botId":"st-1","channel":"rtm","userId":"u1",'
    b'"start_time":"2026-02-27T08:00:00.025Z","end_time":"2026-02-27T08:00:04.025Z",'
    b'"session_lang":["en","fr"],"sessionType":"non-interactive","containmentType":"dropOff",'
    b'"isDeveloper":false,"sessionStatus":"closed",'
    b'"tags":{"userTags":[{"value":"newuser","name":"regular"}],'
    b'"sessionTags":[{"value":null,"name":"topic"}]},'
    b'"noOfMessagesExchanged":6,"noOfTasksExecuted":2}'
)
INVALID = b'{"errors":[{"msg":"Validation errors/ Invalid arguments","code":412}]}'
CREDENTIALS = b'{"errors":[{"msg":"Invalid SDK credentials","code":4002}]}'
WEEK = {"dateFrom": "2026-02-22", "dateTo": "2026-03-01"}


def store(door: Door, session_id: str, **values: Any) -> None:
    """A closed session that differs from SESSION in `values`; None takes a value away."""
    merged = {**copy.deepcopy(SESSION), "sessionId": session_id, **values}
    door.create(BOT, {name: value for name, value in merged.items() if value is not None})


def ask(
    door: Door,
    body: Any = None,
    path: str = PATH,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    return door.send("POST", path, body, AUTH if headers is None else headers)


def found(door: Door, body: Any = None, path: str = PATH) -> list[str]:
    """The ids of the sessions in an answer."""
    answer = ask(door, body, path)
    assert answer.status_code == 200, answer.text
    return [row["sessionId"] for row in answer.json()["sessions"]]


@pytest.mark.parametrize("path", PATHS)
def test_a_closed_session_to_the_byte(door: Door, path: str) -> None:
    """Every field, in order, on every path; no body is needed."""
    store(door, "s1")
    answer = ask(door, path=path)
    expected = b'{"total":1,"moreAvailable":false,"sessions":[' + ROW + b"]}"
    assert (answer.status_code, answer.content) == (200, expected)
    assert answer.headers["content-type"] == "application/json"


def test_an_active_session_has_no_end(door: Door) -> None:
    """Neither end_time nor containmentType."""
    store(door, "s1", endTime=None, containmentType=None, isDeveloper=True)
    (row,) = ask(door).json()["sessions"]
    assert list(row) == [
        *("sessionId", "botId", "channel", "userId", "start_time", "session_lang", "sessionType"),
        *("isDeveloper", "sessionStatus", "tags", "noOfMessagesExchanged", "noOfTasksExecuted"),
    ]
    assert (row["sessionStatus"], row["isDeveloper"]) == ("active", True)


def test_a_closed_session_may_lack_a_containment_type(door: Door) -> None:
    """Then the field is left out."""
    store(door, "s1", containmentType=None)
    (row,) = ask(door).json()["sessions"]
    assert "containmentType" not in row
    assert "end_time" in row


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


@pytest.mark.parametrize(
    ("body", "ids", "more"),
    [
        ({}, ["s0", "s1", "s2", "s3", "s4"], False),
        ({"limit": 2}, ["s0", "s1"], True),
        ({"limit": 2, "skip": 2}, ["s2", "s3"], True),
        ({"limit": 2, "offset": 4}, ["s4"], False),
        ({"limit": 2.0, "skip": 3, "offset": 0}, ["s3", "s4"], False),
        ({"limit": 0}, [], True),
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
    asked = request.decode(b"", [], NOW, 1000)
    assert isinstance(asked, request.Search)
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


def tag(name: str, *values: str, of: str = "user") -> dict[str, Any]:
    return {"name": name, "values": list(values), "type": of}


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
    "body",
    [
        *(b"{", b"[]", b'"x"', b"null", b"limit=1", b"\xff", b"[" * 5000),
        *({"userId": 1}, {"userId": ["u1"]}, {"userId": {"$ne": ""}}),
        *({"limit": "10"}, {"limit": -1}, {"limit": 1.5}, {"limit": True}, {"limit": [1]}),
        *({"skip": "0"}, {"skip": -1}, {"offset": "0"}, {"offset": -5}),
        *({"dateFrom": "yesterday"}, {"dateFrom": 1619436445977}, {"dateTo": ""}),
        *({"dateFrom": "2021-02-30"}, {"dateFrom": "26-04-2021"}, {"dateTo": "2021-04-26T11:27"}),
        *({"dateTo": "2021-04-26T11:27:25.977"}, {"dateTo": "2021-04-26T11:27:25.977+02:00"}),
        *({"dateTo": "2021-04-26T24:00:00Z"}, {"dateTo": "2021-04-26  T11:27:25Z"}),
        *({"dateFrom": "9999-12-30"}, {"dateTo": "0001-01-03"}, {"dateTo": "0000-01-01"}),
        {"dateFrom": "2026-02-22", "dateTo": "2026-03-01T00:00:00.001Z"},
        {"dateFrom": "2026-03-01", "dateTo": "2026-02-28"},
        *({"sessionType": "both"}, {"sessionType": ["interactive"]}, {"sessionType": ""}),
        *({"sessionId": "s1"}, {"sessionId": [1]}, {"sessionId": {"a": 1}}, {"sessionId": [None]}),
        *({"tags": []}, {"tags": "x"}, {"tags": {"not": []}}, {"tags": {"and": {}}}),
        *({"tags": {"and": ["x"]}}, {"tags": {"and": [{"name": "x"}]}}),
        {"tags": {"and": [{"name": 1, "values": ["x"], "type": "user"}]}},
        {"tags": {"and": [{"name": "x", "values": "x", "type": "user"}]}},
        {"tags": {"and": [{"name": "x", "values": [1], "type": "user"}]}},
        {"tags": {"and": [{"name": "x", "values": ["x"], "type": "bot"}]}},
        {"tags": {"or": [tag("x", "y")] * 101}},
        {"tags": {"or": [tag("x", *["y"] * 101)]}},
    ],
)
def test_invalid_arguments_are_412(door: Door, body: Any) -> None:
    """One answer for whatever is wrong."""
    answer = ask(door, body)
    assert (answer.status_code, answer.content) == (412, INVALID)


@pytest.mark.parametrize(
    "query",
    [
        "containmentType=",
        "containmentType=drop_off",
        "containmentType=DROP_OFF",
        "containmentType=%C5%BFelfService",
        "containmentType=agent&containmentType=dropOff",
    ],
)
def test_a_bad_containment_type_is_412(door: Door, query: str) -> None:
    """An empty one too, and two that differ."""
    answer = ask(door, path=f"{PATH}?{query}")
    assert (answer.status_code, answer.content) == (412, INVALID)


def test_a_span_of_seven_days_is_accepted(door: Door) -> None:
    """Of exactly 7 x 24 hours."""
    assert ask(door, WEEK).status_code == 200


@pytest.mark.parametrize("auth", ["jwt.root", "Bearer jwt.root", "bearer  jwt.root "])
def test_a_bearer_prefix_is_tolerated(door: Door, auth: str) -> None:
    """The header has the token as it is, or after `Bearer `."""
    assert ask(door, headers={"auth": auth}).status_code == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"auth": ""},
        {"auth": "jwt.nobody"},
        {"Authorization": "Bearer jwt.root"},
        {"Authorization": "Bearer root-key"},
        {"X-API-Key": "root-key"},
        {**AUTH, "Authorization": "Bearer root-key"},
        {**AUTH, "X-API-Key": "root-key"},
    ],
)
def test_wrong_credentials_are_401(door: Door, path: str, headers: dict[str, str]) -> None:
    """Missing, unknown, misplaced or doubled: one and the same answer, also for a wrong body."""
    for body in (None, b"{"):
        answer = ask(door, body, path, headers)
        assert (answer.status_code, answer.content) == (401, CREDENTIALS)


@pytest.mark.parametrize("auth", ["root-key", "Bearer x", "Bearer"])
def test_what_is_no_jwt_is_told_apart(door: Door, auth: str) -> None:
    """401 with the vendor's other text."""
    answer = ask(door, headers={"auth": auth})
    expected = b'{"errors":[{"msg":"Invalid JWT token","code":4002}]}'
    assert (answer.status_code, answer.content) == (401, expected)


def test_two_tokens_are_401(door: Door) -> None:
    """Even if they are the same."""
    headers: Any = [("auth", "jwt.root"), ("auth", "jwt.root")]
    assert ask(door, headers=headers).content == CREDENTIALS


@pytest.mark.parametrize("path", PATHS)
def test_a_scope_is_needed(door: Door, path: str) -> None:
    """401 with the vendor's text for a credential of another kind."""
    door.admit("other", "chat:read")
    for body in (None, {"sessionId": ["s1"]}, {"sessionId": []}):
        answer = ask(door, body, path, {"auth": "jwt.other"})
        expected = b'{"errors":[{"msg":"Permission denied. Scope is incorrect!","code":4002}]}'
        assert (answer.status_code, answer.content) == (401, expected)


def test_a_credential_sees_its_own_bots_only(door: Door) -> None:
    """Another bot in the path is 401; without a bot the others' sessions are not there."""
    store(door, "s1")
    store(door, "s2", botId="st-2")
    door.admit("own", "bot:read", bots=frozenset({"st-2"}))
    headers = {"auth": "jwt.own"}
    answer = ask(door, headers=headers)
    assert (answer.status_code, answer.content) == (401, CREDENTIALS)
    answer = ask(door, path=ALL, headers=headers).json()
    assert ([row["sessionId"] for row in answer["sessions"]], answer["total"]) == (["s2"], 1)
    by_ids = ask(door, {"sessionId": ["s1", "s2"]}, ALL, headers).json()
    assert (by_ids["total"], by_ids["invalidSessions"]) == (1, ["s1"])


def test_each_bot_has_its_rate(door: Door) -> None:
    """429 with Retry-After; without a bot a request counts for all it may read."""
    door.admit("own", "bot:read", bots=frozenset({"st-2", "st-1"}))
    door.state.authenticator.full = {"st-2"}
    assert ask(door).status_code == 200
    for path, auth in (("/api/public/bot/st-2/getSessions", "jwt.root"), (ALL, "jwt.own")):
        answer = ask(door, path=path, headers={"auth": auth})
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "17")
        assert answer.content == b'{"errors":[{"msg":"Too Many Requests","code":429}]}'
    assert ask(door, path=ALL).status_code == 200
    counted = [bucket for _, bucket in door.state.authenticator.counted]
    assert counted == ["st-1", "st-2", "st-1", "st-2", "*"]


def test_a_foreign_bots_rate_is_not_used_up(door: Door) -> None:
    """Who is refused is not counted."""
    door.admit("own", "bot:read", bots=frozenset({"st-2"}))
    door.admit("other", "chat:read")
    for name in ("own", "other", "nobody"):
        assert ask(door, headers={"auth": f"jwt.{name}"}).status_code == 401
    assert door.state.authenticator.counted == []


def test_access_can_be_off(door: Door) -> None:
    """Then no token is looked at, and nothing is counted."""
    door.state.authenticator.open = frozenset({"bot"})
    store(door, "s1")
    assert ask(door, headers={}).json()["total"] == 1
    assert door.state.authenticator.counted == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", PATHS)
def test_other_methods_are_405(door: Door, method: str, path: str) -> None:
    """With Allow, in the vendor's shape."""
    answer = door.send(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.content == b'{"errors":[{"msg":"Method Not Allowed","code":405}]}'


@pytest.mark.parametrize("path", ["/api/public", "/api/public/bot/x", "/api/public/bot/x/other"])
def test_unknown_addresses_are_404(door: Door, path: str) -> None:
    """In the vendor's shape."""
    answer = door.send("POST", path, headers=AUTH)
    expected = b'{"errors":[{"msg":"There is nothing at this address.","code":404}]}'
    assert (answer.status_code, answer.content) == (404, expected)


@pytest.mark.parametrize(
    ("broken", "shown"),
    [
        ({"startTime": "2026"}, {"start_time": None}),
        ({"endTime": 5}, {"sessionStatus": "active"}),
        ({"sessionType": "ODD"}, {"sessionType": None}),
        ({"sessionType": ["INTERACTIVE"]}, {"sessionType": None}),
        ({"tags": "none"}, {"tags": {"userTags": [], "sessionTags": []}}),
        ({"tags": {"userTags": [5]}}, {"tags": {"userTags": [], "sessionTags": []}}),
        ({"channel": ObjectId()}, {"channel": None}),
        ({"noOfTasksExecuted": float("nan")}, {"noOfTasksExecuted": None}),
    ],
)
def test_wrongly_stored_values_are_null(
    door: Door, broken: dict[str, Any], shown: dict[str, Any]
) -> None:
    """A broken record spoils neither the page nor its other values, by ids or in a list."""
    store(door, "s1")
    store(door, "s2", startTime=START + timedelta(seconds=1))
    door.alter(BOT, "s1", {"$set": broken})
    for body in ({}, {"sessionId": ["s1", "s2"]}):
        rows = {row["sessionId"]: row for row in ask(door, body).json()["sessions"]}
        assert rows["s1"].items() >= shown.items()
        assert rows["s1"]["userId"] == "u1"
        assert rows["s2"]["sessionType"] == "non-interactive"


def test_missing_values_are_null(door: Door) -> None:
    """Of a record that lost everything the id is left."""
    store(door, "s1")
    door.alter(BOT, "s1", {"$unset": dict.fromkeys(layout.SESSION.paths - {"_id", "botId"}, "")})
    (row,) = ask(door).json()["sessions"]
    assert (row["sessionId"], row["channel"], row["session_lang"]) == ("s1", None, [])


def test_the_words_are_the_kinds(door: Door) -> None:
    """Every stored name has a word of the vendor's."""
    assert set(layout.CONTAINMENT_TYPES) == set(BOT.by_name["containmentType"].values)
    assert set(layout.SESSION_TYPES) == set(BOT.by_name["sessionType"].values)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NAMES = ("userId", "skip", "offset", "limit", "dateFrom", "dateTo", "sessionType", "sessionId")
DATES = st.from_regex(request.MOMENT, fullmatch=True)
CONDITION = st.fixed_dictionaries(
    {"name": st.text(), "values": st.lists(st.text()), "type": st.sampled_from(["user", "session"])}
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(NAMES, JSON),
        "dateFrom": DATES | JSON,
        "userId": st.text(),
        "tags": st.dictionaries(st.sampled_from(["and", "or"]), st.lists(CONDITION)) | JSON,
    },
)


def test_nothing_that_is_sent_breaks_a_path(door: Door) -> None:
    """Arbitrary bots, queries, tokens and bodies: only the contract's statuses and shapes."""
    store(door, "s1")
    words = st.sampled_from(["agent", "dropOff"]) | st.text()
    tokens = st.sampled_from(["jwt.root", "jwt.x"]) | st.text(st.characters(max_codepoint=126))

    @given(st.text(min_size=1), words, tokens, BODIES | st.binary() | JSON)
    def check(bot_id: str, word: str, token: str, body: Any) -> None:
        segment = "".join(f"%{byte:02X}" for byte in bot_id.encode())
        value = "".join(f"%{byte:02X}" for byte in word.encode())
        path = f"/api/public/bot/{segment}/getSessions?containmentType={value}"
        clean = "".join(letter for letter in token if letter.isprintable())
        answer = ask(door, body, path, {"auth": clean})
        assert answer.status_code in (200, 401, 412)
        first = next(iter(answer.json()))
        assert first == ("total" if answer.status_code == 200 else "errors")

    check()


@given(BODIES, st.lists(st.sampled_from(["agent", "dropoff", "x"]), max_size=2))
def test_decode_gives_a_request_or_bad_input(body: dict[str, Any], words: list[str]) -> None:
    """What is accepted keeps the contract's bounds."""
    try:
        asked = request.decode(orjson.dumps(body), words, NOW, 1000)
    except BadInput:
        return
    if isinstance(asked, request.ByIds):
        assert len(asked.session_ids) <= 50
    else:
        assert 0 <= asked.limit <= 1000
        assert asked.skip >= 0
