"""The cost of whole pages."""

import pytest
from graphql import (
    GraphQLNamedType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_object_type,
    parse,
)

from schema.build import build
from schema.execution.cost import LIST_SIZE, RELATED, cost
from schema.execution.operation import Operation
from schema.fields import KindType
from schema.kinds import KINDS
from schema.limits import Limits
from schema.strawberry_internals import core_schema


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return core_schema(build())


def everything(type_: GraphQLNamedType) -> str:
    """Every field of a type, and of the types below it; of a list in pages ten entries.

    Not `changes`, which is another read for each session, and priced as one.
    """
    shown = []
    for name, field in type_.fields.items():
        if name == "changes":
            continue
        below = get_named_type(field.type)
        if "first" in field.args:
            node = get_named_type(below.fields["nodes"].type)
            shown.append(f"{name}(first: 10) {{ nodes {{ {everything(node)} }} totalCount }}")
        else:
            shown.append(f"{name} {{ {everything(below)} }}" if is_object_type(below) else name)
    return " ".join(shown)


@pytest.mark.parametrize("entry", KINDS, ids=lambda entry: entry.kind.name)
def test_the_largest_page_is_allowed(schema: GraphQLSchema, entry: KindType) -> None:
    """500 sessions with all their fields, ten entries a list, fit into the default cost."""
    node = everything(schema.type_map[entry.kind.type_name])
    name = entry.kind.type_name[0].lower() + entry.kind.type_name[1:] + "s"
    query = f"{{ {name}(first: 500) {{ edges {{ cursor node {{ {node} }} }} totalCount }} }}"
    total = cost(Operation(parse(query)), None, schema).total({})
    assert 500 * 10 < total <= Limits().cost


def test_pages_within_a_page(schema: GraphQLSchema) -> None:
    """A list in pages counts the rows it is asked for, by variables too; else the default page.

    A text of up to 10,000 characters costs 3.
    """
    text = (
        "query ($n: Int, $m: Int = 7) { chatSessions(first: $n) { nodes {"
        " a: messages(last: $m) { nodes { message } } b: messages { edges { cursor } totalCount }"
        " } } }"
    )
    found = cost(Operation(parse(text)), None, schema)
    for n, m in ((2, 3), (1, 500)):
        session = 1 + (1 + m * (1 + 3)) + (1 + 20 * (1 + 1) + 1)
        assert found.total({"n": n, "m": m}) == 1 + n * session
    assert found.total({"n": 1}) == found.total({"n": 1, "m": 7})


def test_lists_within_lists_do_not_multiply() -> None:
    """They lie in one document: only the outermost list counts ten times."""
    nested = build_schema(
        "type Query { call: Call } type Call { legs: [Leg!] } "
        "type Leg { number: Int, note: Note, holds: [Hold!] } type Note { holds: [Hold!] } "
        "type Hold { since: Int, until: Int }"
    )
    text = "{ call { legs { number note { holds { since } } holds { since until } } } }"
    # call 1; each of ten legs: itself 1, number 1, note 1 with holds 2, holds 3
    assert cost(Operation(parse(text)), None, nested).total({}) == 1 + 10 * (1 + 1 + 1 + 2 + 3)


def test_lists_within_pages_of_parts() -> None:
    """A list in pages is of one document, too; the pages of sessions are not."""
    nested = build_schema(
        "interface Node { id: ID } type Query { calls(first: Int, after: ID, last: Int): Calls } "
        "type Calls { nodes: [Call] edges: [CallEdge] } type CallEdge { node: Call } "
        "type Call implements Node { id: ID, tags: [Tag!] "
        "legs(first: Int, after: ID, last: Int): Legs } type Legs { nodes: [Leg] edges: [Edge] } "
        "type Edge { node: Leg } type Leg { holds: [Tag!] } type Tag { name: Int }"
    )
    text = "{ calls(first: 2) { nodes { tags { name } legs(first: 3) { %s } } } }"
    for legs, counted in (
        ("nodes { holds { name } }", 3 * (1 + 2)),
        ("edges { node { holds { name } } }", 3 * (1 + 1 + 2)),
    ):
        found = cost(Operation(parse(text % legs)), None, nested).total({})
        assert found == 1 + 2 * (1 + 10 * 2 + 1 + counted)


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("sessions(first: 100) { nodes { id } }", 1 + 100 * 2),
        ("sessions { nodes { id kind } }", 1 + 20 * 3),
        ("sessions(first: 1) { nodes { relatedSessions { session { id } } } }", 1 + 31),
        ("sessions(first: 10) { nodes { relatedSessions { session { id } } } }", 1 + 10 * 31),
    ],
)
def test_a_customers_sessions(schema: GraphQLSchema, text: str, price: int) -> None:
    """A page within a customer costs what it costs alone; sessions that rows name count ten."""
    query = f'{{ customer(by: {{customerId: "a"}}) {{ {text} }} }}'
    assert cost(Operation(parse(query)), None, schema).total({}) == 1 + price


def related(levels: int, inner: str = "id") -> str:
    """What is selected of a session: those that it names, and so on."""
    for _ in range(levels):
        inner = f"relatedSessions {{ session {{ {inner} }} }}"
    return inner


@pytest.mark.parametrize(
    ("text", "price"),
    [
        (f'botSession(sessionId: "b") {{ {related(1)} }}', 1 + 10 * 3),
        (f'botSession(sessionId: "b") {{ {related(2)} }}', 1 + 10 * (2 + 250 * 3)),
        (f'botSession(sessionId: "b") {{ {related(3)} }}', 1 + 10 * (2 + 250 * (2 + 250 * 3))),
        (
            'botSession(sessionId: "b") { relatedSessions { session { customer { name } '
            "... on BotSession { tags { userTags { name } } } } } }",
            1 + 10 * (2 + 2 + 1 + 20 * 2),
        ),
        (f"botSessions {{ nodes {{ {related(1)} }} }}", 1 + 20 * (1 + 10 * 3)),
        (
            f'searchSessions(text: "a", first: 3) {{ nodes {{ {related(1)} }} }}',
            1 + 3 * (1 + 10 * 3),
        ),
    ],
)
def test_joins_multiply(schema: GraphQLSchema, text: str, price: int) -> None:
    """Each joined session has lists of its own, and those that join further ones are long."""
    assert cost(Operation(parse(f"{{ {text} }}")), None, schema).total({}) == price


@pytest.mark.parametrize(
    "text",
    [
        f'botSession(sessionId: "b") {{ {related(3)} }}',
        f"botSessions {{ nodes {{ {related(2)} }} }}",
        f'customer(by: {{customerId: "u"}}) {{ sessions {{ nodes {{ {related(2)} }} }} }}',
    ],
)
def test_deep_joins_cost_too_much(schema: GraphQLSchema, text: str) -> None:
    """What could be answered with more than fifty thousand sessions is refused."""
    assert cost(Operation(parse(f"{{ {text} }}")), None, schema).total({}) > Limits().cost


def test_a_usual_page_with_joined_sessions(schema: GraphQLSchema) -> None:
    """A page of 20, or of 500 with little of each joined session, is far below the limit."""
    joined = "relatedSessions { kind sessionId session { id kind status startedAt %s } }"
    more = "labels note customer { customerId name email } ... on ChatSession { visitor { name } }"
    for first, selected in ((20, more), (500, "")):
        text = f"{{ botSessions(first: {first}) {{ nodes {{ id {joined % selected} }} }} }}"
        assert cost(Operation(parse(text)), None, schema).total({}) <= Limits().cost / 2


@pytest.mark.parametrize("entry", KINDS, ids=lambda entry: entry.kind.name)
def test_as_many_as_a_session_can_name(entry: KindType) -> None:
    """The price of joins within joins is of what may be stored."""
    assert entry.kind.by_name["relatedSessions"].max_items ** 2 == LIST_SIZE * RELATED
