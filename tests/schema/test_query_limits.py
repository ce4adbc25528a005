"""Limits before work: each refuses what is beyond it, says how to get below, and costs little."""

import asyncio
import dataclasses
import time
from typing import Any

import pytest
from graphql import get_introspection_query, is_object_type

from resolvers.access import Caller
from resolvers.context import Context
from schema.build import Schema, build
from schema.errors import formatted
from schema.execution.measure import READING
from schema.execution.run import Run
from schema.graphql_core_internals import without_suggestions
from schema.limits import HINTS, NAMES, Introspection, Limits, scan
from schema.root_field import NestedField
from schema.strawberry_internals import core_schema, definition_of
from tests.conftest import mock_store

SMALL = Limits(
    tokens=60, depth=4, fields=12, aliases=2, root_fields=3, repeats=2, directives=1, cost=500
)
INTROSPECTION = get_introspection_query(
    specified_by_url=True,
    directive_is_repeatable=True,
    schema_description=True,
    input_value_deprecation=True,
)
CIRCULAR = """{ __schema { types { fields { type { fields { type { fields { type {
    fields { name } } } } } } } } } }"""
EVERYBODY_READS = Caller("reader", frozenset({"*:read"}))
SECONDS = 5.0
"""Far more than anything here takes, and far less than what is let loose would."""


@dataclasses.dataclass
class Asked:
    """A response and what it cost."""

    body: dict[str, Any]
    cost: int | None

    @property
    def limit(self) -> str | None:
        """The limit that was exceeded; None for a response without errors."""
        if "errors" not in self.body:
            return None
        (error,) = self.body["errors"]
        assert error["extensions"]["code"] == "LIMIT_EXCEEDED", error
        return str(error["extensions"]["limit"])


def ask(schema: Schema, query: str, caller: Caller = EVERYBODY_READS, **variables: Any) -> Asked:
    """Run an operation on an empty database; the second time, when it is known."""
    return [asyncio.run(_ask(schema, query, caller, variables)) for _ in range(2)][1]


async def _ask(schema: Schema, query: str, caller: Caller, variables: dict[str, Any]) -> Asked:
    run = Run(Context(store=await mock_store(), caller=caller))
    result = await schema.execute(query, variable_values=variables, context_value=run)
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [formatted(error) for error in result.errors]
    return Asked(body, run.cost)


@pytest.fixture(scope="module")
def small() -> Schema:
    """The schema with limits that are easy to exceed."""
    return build(limits=SMALL)


@pytest.fixture(scope="module")
def usual() -> Schema:
    """The schema with its default limits."""
    return build()


def nodes(selection: str, arguments: str = "first: 1") -> str:
    return f"{{ botSessions({arguments}) {{ nodes {{ {selection} }} }} }}"


@pytest.mark.parametrize(
    ("limit", "within", "beyond"),
    [
        ("tokens", nodes("id " * 2), nodes("id channel botId userId " * 12)),
        ("depth", nodes("tags { __typename }"), nodes("tags { userTags { name } }")),
        (
            "fields",
            nodes("id botId channel userId"),
            "{...F} fragment F on Query { a: botSessions { ...G } botSessions { ...G } } "
            "fragment G on BotSessionConnection { nodes { id botId channel userId kind } }",
        ),
        ("aliases", nodes("a: id b: id"), nodes("a: id b: id c: id")),
        (
            "root_fields",
            "{ a: __typename ...F } fragment F on Query { __typename }",
            "{ a: __typename b: __typename __typename ...F } fragment F on Query { __typename }",
        ),
        (
            "repeats",
            nodes("id ...F") + " fragment F on BotSession { id }",
            nodes("id ...F ... { id }") + " fragment F on BotSession { id }",
        ),
        (
            "directives",
            nodes("id @skip(if: false)"),
            nodes("id @skip(if: false) @include(if: true)"),
        ),
        ("cost", nodes("id", "first: 200"), nodes("id channel", "first: 200")),
        ("cost", nodes("id", "last: 200"), nodes("sessionLang id", "last: 300")),
    ],
)
def test_each_limit(small: Schema, limit: str, within: str, beyond: str) -> None:
    """What is just within runs; what is beyond is refused by that limit."""
    assert ask(small, within).limit is None
    assert ask(small, beyond).limit == limit


def test_root_fields_of_a_payload(small: Schema) -> None:
    """What is selected below a payload's `query` counts as root fields, in fragments too."""
    change = 'mutation { deleteBotSession(sessionId: "a") { query { a: __typename ...F } } }'
    caller = Caller("all", frozenset({"*:read", "*:write"}))
    assert ask(small, f"{change} fragment F on Query {{ __typename }}", caller).limit is None
    more = f"{change} fragment F on Query {{ __typename b: __typename }}"
    assert ask(small, more, caller).limit == "root_fields"


@pytest.mark.parametrize("name", sorted(READING))
def test_reading_fields_of_a_customer(small: Schema, name: str) -> None:
    """Each reads as much as a root field does, so it counts as one, in fragments too."""
    field = f"{name} {{ __typename }}"
    text = f'{{ customer(by: {{customerId: "a"}}) {{ ...F {field} %s }} }}'
    fragment = f"fragment F on Customer {{ a: {field} names }}"
    assert ask(small, f"{text % ''} {fragment}").limit is None
    assert ask(small, f"{text % f'... {{ b: {field} }}'} {fragment}").limit == "root_fields"


def test_every_field_that_reads_below_an_object_counts(usual: Schema) -> None:
    """Those of the schema are the ones that are measured by their names, and no others."""
    schema = core_schema(usual)
    types = [type_ for name, type_ in schema.type_map.items() if name != "Query"]
    fields = [
        (name, isinstance(definition_of(field), NestedField))
        for type_ in types
        if is_object_type(type_) and not type_.name.startswith("__")
        for name, field in type_.fields.items()
    ]
    assert {name for name, reads in fields if reads} == READING
    assert READING.isdisjoint(name for name, reads in fields if not reads)


def test_the_error_helps(small: Schema) -> None:
    """It says what the limit is, how much there was and how to get below."""
    (error,) = ask(small, nodes("id channel", "first: 200")).body["errors"]
    assert error["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "cost",
        "maximum": 500,
        "actual": 601,
    }
    assert (
        error["message"]
        == f"At most 500 rows times fields are allowed, and this has 601. {HINTS['cost']}"
    )


def test_every_limit_is_explained() -> None:
    """Each setting has words for the error."""
    assert {field.name for field in dataclasses.fields(Limits)} <= HINTS.keys() == NAMES.keys()


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        ("{ __typename }", {}, 1),
        (
            '{ botSession(sessionId: "b") { id tags { userTags { name } } } }',
            {},
            1 + 1 + 1 + 10 * 2,
        ),
        ("{ botSessions { nodes { id } } }", {}, 1 + 20 * 2),
        (
            "{ botSessions(first: 3) { edges { cursor node { id } } totalCount } }",
            {},
            1 + 1 + 3 * 4,
        ),
        ("query ($n: Int) { botSessions(first: $n) { nodes { id } } }", {"n": 7}, 1 + 7 * 2),
        ("query ($n: Int = 9) { botSessions(first: $n) { nodes { id } } }", {}, 1 + 9 * 2),
        ("query ($n: Int) { botSessions(first: $n) { nodes { id } } }", {"n": None}, 1 + 20 * 2),
        ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": []}, 0),
        (
            "{ botSessions(first: 2) { nodes { ... { id } ...F } } } "
            "fragment F on BotSession { kind }",
            {},
            1 + 2 * 3,
        ),
        ("{ __schema { types { name fields { name } } } }", {}, 1),
        ("{ botSessionSummary { count } }", {}, 2),
    ],
)
def test_costs(usual: Schema, query: str, variables: dict[str, Any], cost: int) -> None:
    """Rows times fields, as docs/limits.md says."""
    asked = ask(usual, query, **variables)
    assert asked.body.get("errors") is None
    assert asked.cost == cost


@pytest.mark.parametrize("value", [10**30, -5, 2.5e300, True, "x", {}, []])
def test_senseless_sizes(usual: Schema, value: Any) -> None:
    """A variable of any value gets GraphQL's own answer."""
    query = "query ($n: Int) { botSessions(first: $n) { nodes { id } } }"
    assert ask(usual, query, n=value).body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


def bomb(levels: int) -> str:
    """Fragments that double at each level."""
    steps = [
        f"fragment F{n} on Query {{ ...F{n + 1} ... {{ ...F{n + 1} }} }}" for n in range(levels)
    ]
    return " ".join(["{ ...F0 }", *steps, f"fragment F{levels} on Query {{ __typename }}"])


def chain(length: int, turned: bool = False) -> str:
    """Fragments that spread each other, one after another."""
    steps = [f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(length)]
    last = f"fragment F{length} on Query {{ __typename }}"
    return " ".join(["{ ...F0 }", *([last, *reversed(steps)] if turned else [*steps, last])])


ATTACKS = {
    "10,000 nested fields": "{a" * 10_000,
    "40 KB of brackets": "[" * 40_000,
    "40 KB of braces": "{" * 40_000,
    "nested lists": "{ botSessions(filter: {and: "
    + "[" * 20_000
    + "]" * 20_000
    + "}) { nodes { id } } }",
    "10,000 aliases": "{" + " ".join(f"a{n}: __typename" for n in range(10_000)) + "}",
    "1,000 aliases": "{" + " ".join(f"a{n}: __typename" for n in range(1000)) + "}",
    "1 MB of fields": "{" + "a " * 500_000 + "}",
    "a number of 4,900 digits": nodes("id", f"first: {'9' * 4900}"),
    "a field 1,000 times": nodes("id " * 1000),
    "fragment bomb": bomb(60),
    "chain of fragments": chain(500),
    "chain of fragments, turned": chain(500, turned=True),
    "directives": "{ __typename " + "@aa " * 500 + "}",
    "deep query": "{ botSessions { edges { node { tags "
    + "{ userTags " * 20
    + "{ name }"
    + "}" * 24,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks(usual: Schema, name: str) -> None:
    """Refused by a limit, at once."""
    before = time.process_time()
    assert ask(usual, ATTACKS[name]).limit is not None
    assert time.process_time() - before < SECONDS


CHEAP_ATTACKS = {
    "fragment cycle": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "fragment of itself": "{ ...A } fragment A on Query { __typename ...A }",
    "circular introspection": CIRCULAR,
    "unknown fields": nodes(" ".join(f"unknown{n}" for n in range(900))),
    "unknown arguments": nodes("id", " ".join(f"firs{n}: 1" for n in range(1500))),
    "unused fragments": "{ __typename } "
    + " ".join(f"fragment F{n} on BotSession {{ id }}" for n in range(700)),
    "brackets in a string": '{ node(id: "' + "{[(" * 40_000 + ") { id } }",
    "quotes": '"\\"' * 20_000,
}


@pytest.mark.parametrize("name", CHEAP_ATTACKS)
def test_attacks_within_the_limits(usual: Schema, name: str) -> None:
    """Refused by parsing or validation, at once."""
    before = time.process_time()
    errors = ask(usual, CHEAP_ATTACKS[name]).body["errors"]
    assert {error["extensions"]["code"] for error in errors} <= {
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
    }
    assert time.process_time() - before < SECONDS


def test_brackets_in_texts_and_comments() -> None:
    """They nest nothing."""
    scan(
        '{ a(b: "' + "{" * 500 + '") } #' + "[" * 500 + '\n"""' + "(" * 500 + '\\""" """', Limits()
    )


def test_graphiql_may_introspect(usual: Schema) -> None:
    """GraphiQL's own query is within the default limits."""
    assert ask(usual, INTROSPECTION).body["data"]["__schema"]["types"]


@pytest.mark.parametrize(
    ("setting", "scopes", "allowed"),
    [
        ("all", {"*:read"}, True),
        ("scoped", {"*:read"}, False),
        ("scoped", {"introspection"}, True),
        ("scoped", {"admin"}, True),
        ("none", {"admin"}, False),
    ],
)
def test_introspection(setting: Introspection, scopes: set[str], allowed: bool) -> None:
    """By the setting and the caller's scopes, known operation or not."""
    schema = build(introspection=setting)
    for query in ("{ __schema { queryType { name } } }", '{ __type(name: "Query") { name } }'):
        body = ask(schema, query, Caller("c", frozenset(scopes))).body
        codes = [error["extensions"]["code"] for error in body.get("errors", ())]
        assert codes == ([] if allowed else ["FORBIDDEN"])


def test_typename_is_no_introspection() -> None:
    """Clients add __typename everywhere."""
    assert ask(build(introspection="none"), "{ __typename }").body["data"]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "Cannot query field 'nod' on type 'Query'. Did you mean 'node' or 'nodes'?",
            "Cannot query field 'nod' on type 'Query'.",
        ),
        ("Unknown type 'A'. Did you mean 'B'?", "Unknown type 'A'."),
        ("Syntax Error: Unexpected Name 'a'.", "Syntax Error: Unexpected Name 'a'."),
    ],
)
def test_suggestions(message: str, expected: str) -> None:
    """A message can do without them."""
    assert without_suggestions(message) == expected
