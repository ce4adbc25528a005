"""Private names of Strawberry and graphql-core are still what we use them for.

A new release that changes one fails here first; schema.strawberry_internals and
schema.graphql_core_internals say what else breaks.
"""

import asyncio
import inspect
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError, GraphQLSchema, parse, validate
from graphql.execution.executor import Executor
from graphql.pyutils.suggestion_list import LexicalDistance
from strawberry.types.execution import ExecutionContext

from resolvers.context import Context
from schema.build import Schema, build
from schema.errors import formatted
from schema.execution.executor import CompiledExecutor
from schema.execution.run import Run
from schema.graphql_core_internals import (
    RenderingExecutor,
    with_allowed,
    without_room,
    without_suggestions,
)
from schema.root_field import RootField
from schema.strawberry_internals import (
    core_info,
    core_schema,
    definition_of,
    given_operation_name,
    parent_type_name,
)

VARIABLES = "query ($n: Int!) { botSessions(first: $n) { totalCount } }"

FILTERED = "query ($f: BotSessionFilter) { botSessions(filter: $f) { totalCount } }"


@pytest.fixture(scope="module")
def schema() -> Schema:
    """The schema of all kinds."""
    return build()


def test_info() -> None:
    """graphql-core's info stands behind Strawberry's, with parent type and plain variables."""
    seen: dict[str, Any] = {}

    @strawberry.type
    class Query:
        @strawberry.field
        def probe(self, info: strawberry.Info, given: int) -> int:
            seen.update(parent=parent_type_name(info), values=core_info(info).variable_values)
            return given

    text = "query ($given: Int!) { probe(given: $given) }"
    result = asyncio.run(strawberry.Schema(Query).execute(text, {"given": 1}))
    assert result.errors is None
    assert seen == {"parent": "Query", "values": {"given": 1}}


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ('{ botSessionStatistics(groupBy: ["\u0130"]) { groupCount } }', {}),
        (
            "query ($f: BotSessionFilter) { botSessions(filter: $f) { totalCount } }",
            {"f": "\u0130"},
        ),
        (
            "query ($f: BotSessionFilter) { botSessions(filter: $f) { totalCount } }",
            {"f": {"\u0130d": {}}},
        ),
    ],
)
def test_similar_names_of_what_lower_case_lengthens(
    schema: Schema, text: str, variables: dict[str, Any]
) -> None:
    """A wrong enum value or field is the client's mistake; graphql-core alone would fail."""
    run = Run(Context.offline())
    result = asyncio.run(schema.execute(text, variables, context_value=run))
    assert result.errors
    assert not any(isinstance(one.original_error, IndexError) for one in result.errors)
    distance = LexicalDistance("")
    without_room(distance, "\u0130")
    with pytest.raises(IndexError):  # else ours is needed no longer
        distance.measure("ABC", 9)


def test_core_schema(schema: Schema) -> None:
    """graphql-core's schema stands behind Strawberry's, with our fields behind its fields."""
    core = core_schema(schema)
    assert isinstance(core, GraphQLSchema)
    assert core.query_type
    assert isinstance(definition_of(core.query_type.fields["botSessions"]), RootField)


def test_given_operation_name(schema: Schema) -> None:
    """The public name falls back to the first operation, the given one does not."""
    for name in (None, "B"):
        context = ExecutionContext("{ a }", schema, (), provided_operation_name=name)
        context.graphql_document = parse("query A { a } query B { b }")
        assert context.operation_name == (name or "A")
        assert given_operation_name(context) == name


def test_objects_are_rendered_by_us(schema: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    """The executor of a release still asks for each object, with the fields selected on it."""
    asked: list[tuple[str, list[str]]] = []

    def render(_self: Any, type_: Any, nodes: Any, _value: Any) -> Any:
        asked.append((type_.name, [node.name.value for node in nodes]))
        return {"count": 7}

    monkeypatch.setattr(CompiledExecutor, "render", render)
    name = "botSessionSummary"
    core = core_schema(schema)
    assert core.query_type
    field = definition_of(core.query_type.fields[name])

    async def resolve(*_: Any) -> object:
        return object()

    monkeypatch.setattr(field, "resolve", resolve)
    text = f"{{ {name} {{ count }} }}"
    result = asyncio.run(schema.execute(text, context_value=Context.offline()))
    assert (result.data, asked) == ({name: {"count": 7}}, [("SessionSummary", [name])])


def test_arguments_of_complete_object_value() -> None:
    """Our override takes what graphql-core gives."""
    ours, theirs = (
        list(inspect.signature(executor.complete_object_value).parameters)
        for executor in (RenderingExecutor, Executor)
    )
    assert ours == theirs


MISSPELT = (
    "{ botSesions { totalCount } }",
    "{ botSessions { totalCuont } }",
    "{ botSessions(fist: 1) { totalCount } }",
    "{ botSessions { ... on BotSesion { id } } }",
    "query ($f: BotSessionFiler) { botSessions(filter: $f) { totalCount } }",
    "{ botSessions(filter: {sessionType: {eq: INTERACTIV}}) { totalCount } }",
    "{ botSessions(orderBy: [{field: STARTED_ATT}]) { totalCount } }",
    "mutation { createBotSesion { errors { code } } }",
)


@pytest.mark.parametrize("text", MISSPELT)
def test_suggestions_are_all_found(schema: Schema, text: str) -> None:
    """Without suggestions, messages are those that graphql-core itself writes without them."""
    core, document = core_schema(schema), parse(text)
    messages = [error.message for error in validate(core, document)]
    hidden = [error.message for error in validate(core, document, hide_suggestions=True)]
    assert messages != hidden, "this text provokes no suggestion"
    assert [without_suggestions(message) for message in messages] == hidden


NOTHING_NEAR = (
    "{ botSessions { items } }",
    "{ botSessions(quantity: 1) { totalCount } }",
    "{ botSessions(filter: {status: {eq: OPEN}}) { totalCount } }",
    "{ botSessions(filter: {botId: {equals: 1}}) { totalCount } }",
    "{ botSessions(filter: {botId: 1}) { totalCount } }",
)


@pytest.mark.parametrize("text", NOTHING_NEAR)
def test_allowed_names_are_found_and_hidden(schema: Schema, text: str) -> None:
    """Each of these messages gets the allowed names, and loses them with the suggestions."""
    core = core_schema(schema)
    (message,) = (error.message for error in validate(core, parse(text)))
    advised = with_allowed(message, core)
    assert advised.startswith(f"{message} Did you mean '")
    assert without_suggestions(advised) == message
    assert with_allowed(advised, core) == advised


def only(errors: list[GraphQLError] | None) -> str:
    """The code of the only error."""
    (error,) = errors or []
    return str(formatted(error)["extensions"]["code"])


@pytest.mark.parametrize(
    ("text", "variables", "code"),
    [
        ("{ botSessions(", {}, "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", {}, "GRAPHQL_VALIDATION_FAILED"),
        (VARIABLES, {}, "BAD_USER_INPUT"),
        (VARIABLES, {"n": "x"}, "BAD_USER_INPUT"),
        (VARIABLES, {"n": -1}, "BAD_USER_INPUT"),
    ],
)
def test_codes_do_not_depend_on_words(
    schema: Schema,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    variables: dict[str, Any],
    code: str,
) -> None:
    """An error's code follows from where it arose: any message would have the same one."""
    for _ in range(2):  # parsed anew, and remembered
        run = Run(Context.offline())
        result = asyncio.run(schema.execute(text, variables, run))
        for error in result.errors or ():
            monkeypatch.setattr(error, "message", "Reworded.")
        assert only(result.errors) == code
