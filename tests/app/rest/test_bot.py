"""getSessions by the vendor's paths: who may ask, what is refused, what a row looks like."""

# ruff: noqa: F811
from datetime import timedelta
from typing import Any

import orjson
import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from app.rest.bot import layout, request
from resolvers.errors import BadInput
from schema.kinds.bot import BOT
from tests.app.rest.bot_calls import (
    ALL,
    AUTH,
    CREDENTIALS,
    PATH,
    PATHS,
    ROW,
    START,
    WEEK,
    ask,
    require_invalid,
    store,
    tag,
)
from tests.app.rest.legacy import NOW, Door, door  # noqa: F401


@pytest.mark.parametrize("path", PATHS)
def test_a_closed_session_to_the_byte(door: Door, path: str) -> None:
    """Every field, in order, on every path; no body is needed."""
    store(door, "s1")
    answer = ask(door, path=path)
    expected = b'{"total":1,"moreAvailable":false,"sessions":[' + ROW + b"]}"
    assert (answer.status_code, answer.content) == (200, expected)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.difference("bot.session_status")
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


@pytest.mark.parametrize(
    "body",
    [
        *(b"{", b"[1]", b'"x"', b"null", b"limit=1", b"\xff", b"[" * 5000),
        *({"userId": 1}, {"userId": ["u1"]}, {"userId": {"$ne": ""}}),
        *({"limit": "10"}, {"limit": -1}, {"limit": 1.5}, {"limit": True}, {"limit": [1]}),
        *({"skip": "0"}, {"skip": -1}, {"offset": "0"}, {"offset": -5}),
        *({"dateFrom": "yesterday"}, {"dateFrom": 1619436445977}, {"dateTo": ""}),
        *({"dateFrom": "2021-02-30"}, {"dateFrom": "26-04-2021"}, {"dateTo": "2021-04-26T11:27"}),
        *({"dateTo": "2021-04-26T11:27:25.977"}, {"dateTo": "2021-04-26T11:27:25.977+25:00"}),
        *({"dateTo": "2021-04-26T24:00:00Z"}, {"dateTo": "2021-04-26  T11:27:25Z"}),
        *({"dateFrom": "9999-12-30"}, {"dateTo": "0001-01-03"}, {"dateTo": "0000-01-01"}),
        {"dateFrom": "2026-02-22", "dateTo": "2026-03-01T00:00:00.001Z"},
        {"dateFrom": "2026-03-01", "dateTo": "2026-02-28"},
        *({"sessionType": "both"}, {"sessionType": ["interactive"]}, {"sessionType": ""}),
        *({"sessionId": "s1"}, {"sessionId": [1]}, {"sessionId": {"a": 1}}, {"sessionId": [None]}),
        *({"tags": [1]}, {"tags": "x"}, {"tags": {"not": []}}, {"tags": {"and": {}}}),
        *({"tags": {"and": ["x"]}}, {"tags": {"and": [{"name": "x"}]}}),
        {"tags": {"and": [{"name": 1, "values": ["x"], "type": "user"}]}},
        {"tags": {"and": [{"name": "x", "values": "x", "type": "user"}]}},
        {"tags": {"and": [{"name": "x", "values": 1, "type": "user"}]}},
        {"tags": {"and": [{"name": "x", "values": ["x"], "type": "bot"}]}},
        {"tags": {"or": [tag("x", "y")] * 101}},
        {"tags": {"or": [tag("x", *["y"] * 101)]}},
    ],
)
def test_invalid_arguments_are_412(door: Door, body: Any) -> None:
    """The vendor's answer for whatever is wrong, and what it is."""
    require_invalid(ask(door, body))


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
    assert "containmentType" in require_invalid(ask(door, path=f"{PATH}?{query}"))


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


@pytest.mark.difference("bot.rate_of_every_bot")
def test_each_bot_has_its_rate(door: Door) -> None:
    """429 with Retry-After; without a bot a request counts for all it may read."""
    door.admit("own", "bot:read", bots=frozenset({"st-2", "st-1"}))
    door.state.authenticator.full = {"st-2"}
    store(door, "s1", botId="st-1")
    store(door, "s2", botId="st-2")
    assert ask(door).status_code == 200
    for path, auth in (("/api/public/bot/st-2/getSessions", "jwt.root"), (ALL, "jwt.own")):
        answer = ask(door, path=path, headers={"auth": auth})
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "17")
        assert answer.content == b'{"errors":[{"msg":"Too Many Requests","code":429}]}'
    assert ask(door, path=ALL).status_code == 200
    counted = [bucket for _, bucket in door.state.authenticator.counted]
    assert counted == ["st-1", "st-2", "st-1", "st-2", "*"]


def test_made_up_bots_share_a_rate(door: Door) -> None:
    """One for each credential: another name is no way around it; a real bot has its own."""
    door.admit("own", "bot:read", bots=frozenset({"made-up"}))
    store(door, "s1", botId="st-1")
    for bot in ("a", "b", "st-1", "st-1", "c"):
        assert ask(door, path=f"/api/public/bot/{bot}/getSessions").status_code == 200
    ask(door, path="/api/public/bot/made-up/getSessions", headers={"auth": "jwt.own"})
    counted = [bucket for _, bucket in door.state.authenticator.counted]
    assert len({counted[0], counted[1], counted[4]}) == 1
    assert counted[2:4] == ["st-1", "st-1"]
    assert counted[5] == "made-up"


def test_a_bot_is_known_to_its_tenant_alone(door: Door) -> None:
    """That another tenant has a bot of that name gives nobody a rate of its own."""
    door.admit("acme", "bot:read", tenants=frozenset({"acme"}))
    store(door, "s1", botId="st-1")
    for name in ("root", "acme"):
        path = "/api/public/bot/st-1/getSessions"
        ask(door, path=path, headers={"auth": f"jwt.{name}"})
    counted = [bucket for _, bucket in door.state.authenticator.counted]
    assert counted[0] == "st-1"
    assert counted[1] != "st-1"


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
        ({"tags": "none"}, {"tags": {"userTags": [], "sessionTags": [], "altText": []}}),
        ({"tags": {"userTags": [5]}}, {"tags": {"userTags": [], "sessionTags": [], "altText": []}}),
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


@pytest.mark.slow
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


NAMES = st.sampled_from(["containmentType", "callId", "limit", "x"])


@given(BODIES, st.lists(st.tuples(NAMES, st.sampled_from(["agent", "dropoff", ""])), max_size=2))
def test_decode_gives_a_request_or_bad_input(
    body: dict[str, Any], pairs: list[tuple[str, str]]
) -> None:
    """What is accepted keeps the contract's bounds."""
    try:
        asked = request.decode(orjson.dumps(body), QueryParams(pairs), NOW, 1000)
    except BadInput:
        return
    if isinstance(asked, request.ByIds):
        assert len(asked.session_ids) <= 50
    else:
        assert 0 <= asked.limit <= 1000
        assert asked.skip >= 0
