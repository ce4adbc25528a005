"""Queries that cannot be meant get a code, a place, and words that say what would be right."""

from typing import Any

import pytest

from resolvers.errors import BadInput
from resolvers.request import Order
from schema import paging
from tests.conftest import KINDS_BY_NAME
from tests.schema.conftest import Client

LIST = "{ botSessions(%s) { nodes { sessionId } } }"
VARIABLE = "query ($f: BotSessionFilter) { botSessions(filter: $f) { nodes { sessionId } } }"


@pytest.mark.parametrize(
    ("arguments", "argument", "words"),
    [
        ("first: -1", "first", "from 0 to 500"),
        ("first: 501", "first", "from 0 to 500"),
        ("last: -1", "last", "from 0 to 500"),
        ("last: 501", "last", "from 0 to 500"),
        ("first: 1, last: 1", "last", "first and last cannot be used together"),
        ('after: "xx"', "after", "not a valid cursor"),
        ('after: ""', "after", "not a valid cursor"),
        ('before: "é"', "before", "not a valid cursor"),
        ('first: 5, after: "bnVsbA=="', "after", "not a valid cursor"),
        ('after: "W10="', "after", "not a valid cursor"),
        ('after: "WyJib3Q6LXN0YXJ0ZWRBdCIsMSwiYSJd"', "after", "not a valid cursor"),
        ("orderBy: [{field: STARTED_AT}, {field: STARTED_AT}]", "orderBy", "only once"),
        ("filter: {botId: {}}", "filter", "filter.botId: an empty condition"),
        ("filter: {botId: null}", "filter", "{eq: null}"),
        ("filter: {not: {}}", "filter", "filter.not: an empty condition"),
        ("filter: {and: [{}]}", "filter", "filter.and[0]: an empty condition"),
        ("filter: {tags: {userTags: {some: {}}}}", "filter", "filter.tags.userTags.some"),
        ("filter: {tags: {userTags: {every: null}}}", "filter", "filter.tags.userTags.every"),
        ("filter: {sessionLang: {none: {}}}", "filter", "filter.sessionLang.none: an empty"),
        (
            'filter: {sessionLang: {some: {endsWith: "a", contains: "b"}}}',
            "filter",
            "only one of endsWith, contains",
        ),
        ("filter: {botId: {in: null}}", "filter", "filter.botId.in: null"),
        ('filter: {botId: {eq: "a\\u0000b"}}', "filter", "filter.botId.eq: A text cannot contain"),
    ],
)
def test_argument(client: Client, arguments: str, argument: str, words: str) -> None:
    """An argument that cannot be meant is named, with what would be right."""
    error = client.error(LIST % arguments)
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": argument}
    assert error["path"] == ["botSessions"]
    assert words in error["message"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("filtre: {}", "Did you mean 'filter'?"),
        ('filter: {botIdd: {eq: "1"}}', "Did you mean 'botId'?"),
        ('filter: {botId: {equ: "1"}}', "Did you mean 'eq'"),
        ("filter: {containmentType: {eq: AGEN}}", "Did you mean the enum value 'AGENT'?"),
        ("orderBy: [{field: STARTEDAT}]", "Did you mean the enum value 'STARTED_AT'?"),
        ("orderBy: [{field: STARTED_AT, direction: DSC}]", "'DESC'"),
        ('first: "1"', "Int cannot represent"),
        ("first: 99999999999", "32-bit"),
        ('filter: {startedAt: {gt: "2020"}}', "2026-03-01T09:30:00Z"),
        ('filter: {startedAt: {gt: "2020-01-01T00:00:00"}}', "needs an offset"),
        ('filter: {botId: {gt: "x"}}', "unknown field 'gt'"),
        ('filter: {botId: {equals: "1"}}', "Did you mean 'eq', 'ne', 'in'"),
        ('filter: {botId: "1"}', "Did you mean 'eq', 'ne', 'in'"),
        ("filter: {status: {eq: OPEN}}", "Did you mean 'ACTIVE' or 'CLOSED'?"),
        ("orderBy: [{field: STARTED_AT, direction: DOWN}]", "Did you mean 'ASC' or 'DESC'?"),
        ("quantity: 5", "'first', 'after', 'last' or 'before'?"),
    ],
)
def test_validation(client: Client, arguments: str, words: str) -> None:
    """An unknown name or a value of the wrong type fails validation, with the nearest name."""
    error = client.error(LIST % arguments)
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert words in error["message"]


def test_unknown_columns(client: Client) -> None:
    """An unknown field of a session is named, with the nearest one."""
    error = client.error("{ botSessions { nodes { sessionid } } }")
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "'sessionId'" in error["message"]
    error = client.error("{ botSessions { items { sessionId } } }")
    assert "Did you mean 'edges', 'nodes', 'pageInfo', 'totalCount' or" in error["message"]


def test_one_of_several(client: Client) -> None:
    """Which keys there are is said, where exactly one is needed."""
    error = client.error("{ customer(by: {}) { names } }")
    assert "exactly one key. Did you mean 'customerId' or 'email'?" in error["message"]


def test_missing_argument(client: Client) -> None:
    """A required argument that is missing fails validation."""
    error = client.error("{ node { id } }")
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"botIdd": {"eq": "1"}}, "Did you mean 'botId'?"),
        ({"$where": "1"}, "unknown field '$where'"),
        ({"botId": {"eq": {"$gt": ""}}}, "at .botId.eq: String cannot represent"),
        ({"botId": {"$gt": ""}}, "unknown field '$gt'"),
        ({"botId": {"like": ""}}, "Did you mean 'eq', 'ne', 'in'"),
        ({"status": {"eq": "OPEN"}}, "Did you mean 'ACTIVE' or 'CLOSED'?"),
        ({"containmentType": {"in": ["AGEN"]}}, "Did you mean the enum value 'AGENT'?"),
        ({"startedAt": {"gt": "yesterday"}}, "at .startedAt.gt: Expected a date and time"),
        ({"startedAt": {"gt": "0001-01-01T00:00:00+23:00"}}, "out of range"),
        ([], "Expected"),
    ],
)
def test_variable(client: Client, value: Any, words: str) -> None:
    """A variable's value that does not fit is named with its path."""
    if value == []:
        assert client.data(VARIABLE, f=None) == {"nodes": []}
        return
    error = client.error(VARIABLE, f=value)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert words in error["message"]


def test_missing_variable(client: Client) -> None:
    """A required variable without a value is named."""
    error = client.error("query ($s: String!) { botSession(sessionId: $s) { id } }")
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "'$s'" in error["message"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"or": [{"botId": {"eq": "x"}}] * 300}, "more than 200 conditions"),
        ({"or": [{"or": []}] * 300}, "more than 200 conditions"),
        ({"botId": {"in": ["x"] * 1001}}, "at most 1000"),
        ({"botId": {"contains": "x" * 481}}, "481 characters is too long"),
        ({"sessionLang": {"every": {"endsWith": "x" * 481}}}, "at most 480"),
    ],
)
def test_too_much(client: Client, value: dict[str, Any], words: str) -> None:
    """A filter has a limit, and the refusal says which."""
    error = client.error(VARIABLE, f=value)
    assert error["extensions"].items() >= {"code": "LIMIT_EXCEEDED", "argument": "filter"}.items()
    assert words in error["message"]


@pytest.mark.parametrize("depth", [21, 40, 80])
def test_too_deep(client: Client, depth: int) -> None:
    """A filter deeper than a database takes is refused before it gets there."""
    value: dict[str, Any] = {"botId": {"eq": "x"}}
    for _ in range(depth):
        value = {"not": value}
    assert client.error(VARIABLE, f=value)["extensions"]["code"] == "LIMIT_EXCEEDED"


def test_cursor_of_another_kind(client: Client) -> None:
    """A cursor belongs to its kind."""
    client.data('mutation { createChatSession(input: {sessionId: "c"}) { errors { code } } }')
    cursor = client.data("{ chatSessions { pageInfo { endCursor } } }")["pageInfo"]["endCursor"]
    error = client.error(LIST % f'after: "{cursor}"')
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "after"}
    assert "chat sessions ordered by -startedAt" in error["message"]


def test_cursor_of_another_ordering(client: Client) -> None:
    """A cursor belongs to its ordering."""
    client.data('mutation { createChatSession(input: {sessionId: "c"}) { errors { code } } }')
    cursor = client.data("{ chatSessions { pageInfo { endCursor } } }")["pageInfo"]["endCursor"]
    error = client.error(
        "query ($c: String) { chatSessions(before: $c, orderBy: [{field: ENDED_AT}])"
        " { nodes { id } } }",
        c=cursor,
    )
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "before"}
    assert "endedAt" in error["message"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ('{ botSession(sessionId: "\\ud800") { id } }', "GRAPHQL_PARSE_FAILED"),
        ("{ \ud800 }", "GRAPHQL_PARSE_FAILED"),
        ("", "BAD_USER_INPUT"),
        ("query A { __typename } query B { __typename }", "BAD_USER_INPUT"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_operation(client: Client, query: str, code: str) -> None:
    """What is no operation is refused with its code."""
    assert client.error(query)["extensions"]["code"] == code


@pytest.mark.parametrize(
    "query",
    [
        "{ botSessions" + "{" * 10_000 + "}" * 10_000 + "}",
        "{ botSessions(filter: " + "{not: " * 10_000 + "{}" + "}" * 10_000 + ") { nodes { id } } }",
        "{ botSessions(filter: {botId: {in: "
        + "[" * 10_000
        + "]" * 10_000
        + "}}) { nodes { id } } }",
        "{ botSessions" + "{ nodes " * 10_000 + "}" * 10_000 + "}",
        "query ($f: " + "[" * 10_000 + "Int" + "]" * 10_000 + ") { __typename }",
        "(" * 10_000,
    ],
)
def test_nested_brackets(client: Client, query: str) -> None:
    """Ten thousand nested brackets are refused, not worked through."""
    (error,) = client(query)["errors"]
    assert error["extensions"]["code"] in {
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
        "LIMIT_EXCEEDED",
    }


def test_deep_variable(client: Client) -> None:
    """A variable's value nested a thousand deep is refused."""
    value: dict[str, Any] = {"botId": {"eq": "x"}}
    for _ in range(900):
        value = {"not": value}
    code = client.error(VARIABLE, f=value)["extensions"]["code"]
    assert code in {"BAD_USER_INPUT", "LIMIT_EXCEEDED"}


@pytest.mark.parametrize(
    "text", ['{"$gt": ""}', "$where", ".*", "^", "a", "' || 1", "[", "(?i)", "\\", "%", "𝒳"]
)
@pytest.mark.parametrize("operator", ["eq", "startsWith", "contains", "eqIgnoreCase"])
def test_text_is_only_text(client: Client, operator: str, text: str) -> None:
    """Whatever a text looks like, it finds the one session that has it and no other."""
    made = (
        'mutation ($b: String!) { createBotSession(input: {botId: $b, channel: "c", userId: "u"})'
    )
    for bot_id in (text, "other-" + "x" * 5):
        client.data(made + " { errors { code } } }", b=bot_id)
    found = client.data(
        "query ($f: BotSessionFilter) { botSessions(filter: $f) { nodes { botId } } }",
        f={"botId": {operator: text}},
    )
    assert found == {"nodes": [{"botId": text}]}


def test_unforeseen(client: Client, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    """An unforeseen error is INTERNAL, says nothing of itself, and is logged."""

    async def fail(*_: Any) -> None:
        raise RuntimeError("secret of collection bot_sessions")

    monkeypatch.setattr("resolvers.sessions.list_", fail)
    error = client.error("{ botSessions { nodes { id } } }")
    assert error["extensions"] == {"code": "INTERNAL"}
    assert "secret" not in str(error)
    assert "secret" in caplog.text


@pytest.mark.parametrize("number", ["5", "1.5", "true", "ENUM", "[]", "{a: 1}"])
def test_wrong_literal(client: Client, number: str) -> None:
    """A literal of another type is refused where a text belongs."""
    error = client.error(f"{{ botSession(sessionId: {number}) {{ id }} }}")
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_a_long_ordering_is_refused_before_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """More levels than there are columns: one of them occurs twice, whichever it is."""
    levels = [{"field": "startedAt", "direction": "ASC"}] * 200
    monkeypatch.setattr(Order, "_replace", None)
    with pytest.raises(BadInput, match="only once"):
        paging.order(levels, KINDS_BY_NAME["bot"])


@pytest.mark.parametrize(
    ("type_", "field"),
    [
        ("[BotSessionOrder!]", "botSessions(orderBy: $order) { totalCount }"),
        ("[SessionOrder!]", "sessions(orderBy: $order) { totalCount }"),
        ("[BotSessionStatisticsOrder!]", "botSessionStatistics(orderBy: $order) { groupCount }"),
    ],
)
def test_long_orderings_in_variables(client: Client, type_: str, field: str) -> None:
    """They are refused before they are coerced: what is no ordering is not even noticed."""
    text = f"query ($order: {type_}) {{ {field} }}"
    error = client.error(text, order=[0] * 20_000)
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert error["extensions"]["argument"] == "orderBy"
    assert "at most 100" in error["message"]


def test_as_many_conditions_as_there_may_be(client: Client) -> None:
    """One fewer than what is refused; a group counts as one."""
    query = "query ($f: BotSessionFilter) { botSessions(filter: $f) { totalCount } }"
    groups = {"and": [{"botId": {"eq": "x"}}] * 100}
    assert client.data(query, f=groups) == {"totalCount": 0}
    error = client.error(query, f={**groups, "channel": {"eq": "x"}})
    assert error["message"].startswith("filter: more than 200 conditions.")
