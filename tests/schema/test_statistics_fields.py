"""Statistics in GraphQL: product questions in one query, refusals, masking, rendering."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import strawberry
from graphql import parse

from resolvers.access import Caller
from resolvers.context import Context
from schema.build import build
from schema.execution.cost import RANKED, cost
from schema.execution.operation import Operation
from schema.limits import Limits
from schema.strawberry_internals import core_schema
from tests.schema.conftest import NOW, Client

FIGURES = "count average minimum maximum sum p: percentile(p: 0.5) q: percentile(p: 1)"
EVERYTHING = f"""groupCount groups {{
    key {{ botId containmentType isDeveloper periodStart status customerId }}
    count share rate durationSeconds {{ {FIGURES} }} noOfTasksExecuted {{ average }}
}}"""


@pytest.fixture
def bots(client: Client) -> Client:
    """Sessions of three bots, one of which loses half of its users."""
    outcomes = {"a": ["AGENT"] * 3, "b": ["DROP_OFF", "AGENT"] * 2, "c": ["SELF_SERVICE", None]}
    place = 0
    for bot, ends in outcomes.items():
        for end in ends:
            place += 1
            ended = {"endTime": moment(place, 9), "containmentType": end} if end else {}
            client.data(
                "mutation ($input: CreateBotSessionInput!) { createBotSession(input: $input) "
                "{ errors { message } } }",
                input={
                    "botId": bot,
                    "channel": "rtm" if place % 2 else "web",
                    "userId": "u",
                    "startTime": moment(place, 8),
                    **ended,
                },
            )
    return client


def moment(day: int, hour: int) -> str:
    """In February 2026."""
    return (datetime(2026, 2, day, hour)).isoformat() + "Z"


def groups(client: Client, arguments: str, selected: str, field: str = "botSession") -> Any:
    """The groups of one question."""
    text = f"{{ {field}Statistics({arguments}) {{ groups {{ {selected} }} }} }}"
    return client.data(text)["groups"]


def test_bots_with_the_highest_drop_off_rate(bots: Client) -> None:
    """A rate within each group, and an ordering by it."""
    found = groups(
        bots,
        "groupBy: [BOT_ID], rateOf: {containmentType: {eq: DROP_OFF}}, first: 1, "
        "orderBy: [{field: RATE, direction: DESC}]",
        "key { botId } rate count",
    )
    assert found == [{"key": {"botId": "b"}, "rate": 0.5, "count": 4}]


def test_values_of_a_drop_down(bots: Client) -> None:
    """Distinct values with their counts, null among them, the most frequent first."""
    found = groups(bots, "groupBy: [CONTAINMENT_TYPE]", "key { containmentType } count share")
    assert [(group["key"]["containmentType"], group["count"]) for group in found] == [
        ("AGENT", 5),
        ("DROP_OFF", 2),
        (None, 1),
        ("SELF_SERVICE", 1),
    ]
    assert sum(group["share"] for group in found) == pytest.approx(1)


def test_sessions_a_day_with_empty_days(bots: Client) -> None:
    """Each day of a bounded range, on the zone's clocks."""
    found = groups(
        bots,
        'every: DAY, timeZone: "Europe/Berlin", '
        f'filter: {{startedAt: {{gte: "{moment(8, 0)}", lt: "{moment(12, 0)}"}}}}',
        "key { periodStart } count",
    )
    assert [(group["key"]["periodStart"], group["count"]) for group in found] == [
        ("2026-02-07T23:00:00.000Z", 1),
        ("2026-02-08T23:00:00.000Z", 1),
        ("2026-02-09T23:00:00.000Z", 0),
        ("2026-02-10T23:00:00.000Z", 0),
        ("2026-02-11T23:00:00.000Z", 0),
    ]


def test_all_kinds(bots: Client) -> None:
    """Kinds and their numbers; a kind without sessions makes no group."""
    selected = "key { kind status } count durationSeconds { average }"
    found = groups(bots, "groupBy: [KIND, STATUS]", selected, "session")
    assert found == [
        {
            "key": {"kind": "BOT", "status": "CLOSED"},
            "count": 8,
            "durationSeconds": {"average": 3600.0},
        },
        {
            "key": {"kind": "BOT", "status": "ACTIVE"},
            "count": 1,
            "durationSeconds": {"average": None},
        },
    ]
    assert groups(bots, "kinds: [CHAT]", "count", "session") == [{"count": 0}]
    rated = "rateOf: {kind: {eq: BOT}}, groupBy: [STATUS], first: 1"
    assert groups(bots, rated, "rate", "session") == [{"rate": 1.0}]


def with_caller(client: Client, *scopes: str, bots: frozenset[str] | None = None) -> Client:
    """The same client as somebody else."""
    context = Context(
        client.context.store, now=client.clock, caller=Caller("x", frozenset(scopes), bots)
    )
    return Client(client.schema, context, client.runner, client.clock)


def test_a_kind_that_may_not_be_read(bots: Client) -> None:
    """It is left out; naming it, in `kinds` or in a filter, is refused."""
    chats = with_caller(bots, "chat:read")
    assert chats.data("{ sessionStatistics { groups { count } } }") == {"groups": [{"count": 0}]}
    named = ("kinds: [BOT]", "filter: {kind: {eq: BOT}}", "rateOf: {kind: {eq: BOT}}")
    for arguments in named:
        text = f"{{ sessionStatistics({arguments}) {{ groupCount }} }}"
        assert chats.error(text)["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    "arguments",
    [
        "groupBy: [CUSTOMER_NAME]",
        "groupBy: [KIND, CUSTOMER_EMAIL]",
        'filter: {customer: {email: {eq: "a"}}}',
        'rateOf: {customer: {email: {eq: "a"}}}',
    ],
)
def test_personal_columns_need_their_scope(bots: Client, arguments: str) -> None:
    """A masked caller may not group, filter or rate by them, whatever it selects."""
    masked = with_caller(bots, "*:read")
    for selected in ("rate", "count"):
        text = f"{{ sessionStatistics({arguments}) {{ groups {{ {selected} }} }} }}"
        assert masked.error(text)["extensions"]["code"] == "FORBIDDEN"


def test_a_caller_counts_its_own_bots(bots: Client) -> None:
    """As if there were no others: shares too."""
    own = with_caller(bots, "bot:read", bots=frozenset({"b"}))
    found = groups(own, "groupBy: [BOT_ID]", "key { botId } share")
    assert found == [{"key": {"botId": "b"}, "share": 1.0}]


def test_expired_sessions_do_not_count(bots: Client) -> None:
    """Removed by the database or not."""
    age = NOW - datetime(2026, 2, 5, 12)
    context = Context(
        bots.context.store, now=bots.clock, retention={"bot": int(age / timedelta(seconds=1))}
    )
    kept = Client(bots.schema, context, bots.runner, bots.clock)
    assert groups(kept, "groupBy: []", "count") == [{"count": 4}]


@pytest.mark.parametrize(
    ("arguments", "selected", "message"),
    [
        ('timeZone: "UTC"', "count", "only `every` has a use for it"),
        ('every: DAY, timeZone: "Mars"', "count", "not an IANA time zone"),
        ("rateOf: {botId: {}}", "rate", "rateOf.botId: an empty condition"),
        ("first: 1001", "count", "from 0 to 1000"),
        ("orderBy: [{field: AVERAGE}]", "count", "AVERAGE needs `of`"),
        ("first: 1", "durationSeconds { percentile(p: 95) }", "`p: 0.95`"),
        ("first: 1", f"durationSeconds {{ percentile(p: {'9' * 900}) }}", "`p: 0.95`"),
        ("rateOf: {botId: {}}", "count", "rateOf.botId: an empty condition"),
        ('every: DAY, timeZone: "localtime"', "count", "not an IANA time zone"),
        ("orderBy: [{field: COUNT}, {field: COUNT, direction: DESC}]", "count", "only once"),
    ],
)
def test_refusals(client: Client, arguments: str, selected: str, message: str) -> None:
    """The field is null, and the message says what would be right."""
    text = (
        f"{{ botSessionStatistics({arguments}) {{ groups {{ {selected} }} }} viewer {{ name }} }}"
    )
    response = client(text)
    assert response["data"]["botSessionStatistics"] is None
    assert response["data"]["viewer"]
    (error,) = response["errors"]
    assert message in error["message"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_a_percentile_that_a_variable_gives(bots: Client) -> None:
    """It is checked before anything is read, too."""
    text = """query ($p: Float!) {
        botSessionStatistics { groups { durationSeconds { count percentile(p: $p) } } }
    }"""
    assert bots.data(text, p=0.5)["groups"] == [
        {"durationSeconds": {"count": 8, "percentile": 3600.0}}
    ]
    response = bots(text, p=95)
    (error,) = response["errors"]
    assert error["path"] == ["botSessionStatistics"]
    assert "`p: 0.95`" in error["message"]


def test_a_percentile_of_a_variable_that_is_null(bots: Client) -> None:
    """A variable with a default may be null all the same: one error, for the whole field."""
    text = """query ($p: Float = 0.5) {
        botSessionStatistics { groups { durationSeconds { percentile(p: $p) } } }
    }"""
    assert bots.data(text)["groups"] == [{"durationSeconds": {"percentile": 3600.0}}]
    for client in (bots, Client(build(compiled=False), bots.context, bots.runner, bots.clock)):
        error = client.error(text, p=None)
        assert error["path"] == ["botSessionStatistics"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert "null" in error["message"]


def test_long_orderings_are_refused_at_once(client: Client) -> None:
    """Before anything is made of them; the message names the argument."""
    text = """query ($order: [BotSessionStatisticsOrder!]) {
        botSessionStatistics(orderBy: $order) { groupCount }
    }"""
    error = client.error(text, order=[{"field": "COUNT"}] * 11)
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert error["extensions"]["argument"] == "orderBy"
    assert "at most 10" in error["message"]


@pytest.mark.parametrize("unit", ["HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-02T00:00:00Z"),
        ("9999-12-31T00:00:00Z", "9999-12-31T23:59:59.999Z"),
    ],
)
def test_ranges_at_the_ends_of_the_calendar(bots: Client, unit: str, start: str, end: str) -> None:
    """They are as any others without sessions."""
    arguments = (
        f'every: {unit}, timeZone: "Asia/Tokyo", '
        f'filter: {{startedAt: {{gte: "{start}", lte: "{end}"}}}}'
    )
    assert groups(bots, arguments, "count") == []
    assert groups(bots, f"{arguments}, groupBy: [KIND]", "count", "session") == []


def test_conditions_of_absent_variables(bots: Client) -> None:
    """They are left out of `rateOf` as of `filter`."""
    text = """query ($bot: String, $end: ContainmentType) {
        botSessionStatistics(filter: {botId: {eq: $bot}}, rateOf: {containmentType: {eq: $end}}) {
            groups { count rate }
        }
    }"""
    assert bots.data(text)["groups"] == [{"count": 9, "rate": None}]
    assert bots.data(text, bot="b", end="DROP_OFF")["groups"] == [{"count": 4, "rate": 0.5}]


def test_only_what_is_selected_is_computed(bots: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A count alone adds nothing up; a rate that nobody asks for is not worked out."""
    sent: list[Any] = []
    collection = type(bots.collection("bot"))
    original = collection.aggregate

    def aggregate(self: Any, stages: Any, **options: Any) -> Any:
        sent.append(stages)
        return original(self, stages, **options)

    monkeypatch.setattr(collection, "aggregate", aggregate)
    groups(bots, 'groupBy: [BOT_ID], rateOf: {channel: {eq: "web"}}', "count")
    groups(bots, "groupBy: [BOT_ID]", "durationSeconds { maximum }")
    _, group, _ = sent[0]
    assert group == {"$group": {"_id": {"k0": "$botId"}, "n": {"$sum": 1}}}
    _, branches, *_ = sent[1]
    _, group, _ = branches["$facet"]["part1"]
    assert set(group["$group"]) == {"_id", "n", "lo", "hi"}


QUESTIONS = (
    f"{{ botSessionStatistics {{ {EVERYTHING} }} }}",
    f"""{{ botSessionStatistics(
        groupBy: [BOT_ID, CONTAINMENT_TYPE, IS_DEVELOPER], rateOf: {{channel: {{eq: "web"}}}}
    ) {{ __typename {EVERYTHING} }} }}""",
    f"""{{ botSessionStatistics(groupBy: [STATUS, CUSTOMER_ID], every: MONTH) {{
        x: groupCount {EVERYTHING}
    }} }}""",
    "{ sessionStatistics(groupBy: [KIND], every: WEEK) { groups { key { kind } count } } }",
    "{ botSessionStatistics(first: 0) { groups { count } groupCount } }",
)


@pytest.mark.parametrize("text", QUESTIONS)
def test_compiled_as_field_by_field(bots: Client, text: str) -> None:
    """The same bytes, on every run."""
    plain = Client(build(compiled=False), bots.context, bots.runner, bots.clock)
    expected = json.dumps(plain(text))
    assert "errors" not in expected
    assert [json.dumps(bots(text)) for _ in range(3)] == [expected] * 3


@pytest.mark.parametrize("text", QUESTIONS)
def test_statistics_are_compiled(bots: Client, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the third run on, graphql-core is not asked."""
    compiled = Client(build(), bots.context, bots.runner, bots.clock)
    expected = [compiled(text) for _ in range(3)][-1]
    monkeypatch.setattr(strawberry.Schema, "execute", None)
    assert compiled(text) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", 1 + 100 * 5 + 1),
        ("first: 10", 1 + 10 * 5 + 1 + RANKED),
        ("first: 1000", 1 + 1000 * 5 + 1 + RANKED),
    ],
)
def test_cost(arguments: str, expected: int) -> None:
    """Fields times groups: `first`, and what is ordered before it cuts; or a hundred."""
    call = f"({arguments})" if arguments else ""
    text = (
        f"{{ botSessionStatistics{call} {{ groupCount groups {{ key {{ botId }} count rate }} }} }}"
    )
    price = cost(Operation(parse(text)), None, core_schema(build()))
    assert price.total({}) == expected


def test_as_many_orderings_as_root_fields_cost_too_much() -> None:
    """Each may make and order thousands of groups, to show one."""
    fields = " ".join(
        f"a{place}: botSessionStatistics(every: HOUR, first: 1) {{ groupCount }}"
        for place in range(Limits().root_fields)
    )
    price = cost(Operation(parse(f"{{ {fields} }}")), None, core_schema(build()))
    assert price.total({}) > Limits().cost
