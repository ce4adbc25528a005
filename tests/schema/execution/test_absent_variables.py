"""An absent variable is an absent condition, at any depth of a filter and on every run."""

import re
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.build import Schema
from schema.errors import formatted
from schema.fields import LIST
from schema.kinds import KINDS
from schema.strawberry_internals import core_schema
from tests.properties import examples
from tests.schema.execution.generated import Generator, Variable, written
from tests.schema.execution.support import Asker

RUNS = 3
"""The first parses and validates, the second prepares, the third repeats."""
GONE = object()


def ask(schema: Schema, text: str, variables: dict[str, Any]) -> list[Any]:
    """The commands and the refusals of every run."""
    asker = Asker(schema)
    found = []
    for _ in range(RUNS):
        result = asker(text, **variables)
        errors = [formatted(error) for error in result.errors or ()]
        # The place in a list is that of the text.
        messages = [re.sub(r"\[\d+\]", "[]", error["message"]) for error in errors]
        found.append((asker.sent(), messages))
    return found


def without(value: Any, absent: set[str]) -> Any:
    """The filter as one would write it without those variables; GONE if nothing is left."""
    if isinstance(value, Variable):
        return GONE if value.name in absent else value
    if isinstance(value, dict):
        left = {name: without(part, absent) for name, part in value.items()}
        left = {name: part for name, part in left.items() if part is not GONE}
    elif isinstance(value, list):
        left = [part for item in value if (part := without(item, absent)) is not GONE]
    else:
        return value
    return left if left or not value else GONE


def operation(field: str, where: Any, definitions: list[str]) -> str:
    """A list with this filter, and the variables that occur in it."""
    arguments = "" if where is GONE else f"(filter: {written(where)})"
    used = set(re.findall(r"\$\w+", arguments))
    defined = ", ".join(one for one in definitions if one.partition(":")[0] in used)
    return f"query {f'({defined}) ' if defined else ''}{{ {field}{arguments} {{ totalCount }} }}"


@pytest.mark.parametrize("way", ["compiled", "plain"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind.name)
@pytest.mark.slow
@settings(max_examples=examples(40))
@given(seed=st.integers(0, 2**40))
def test_filters_are_as_if_absent_conditions_were_not_written(
    request: pytest.FixtureRequest, kind: Any, way: str, seed: int
) -> None:
    """Any filter, with any of its variables left out, reads what the shorter text reads."""
    schema: Schema = request.getfixturevalue(f"{way}_schema")
    generator = Generator(core_schema(schema), Random(seed))
    type_ = core_schema(schema).type_map[f"{kind.kind.type_name}Filter"]
    where = generator._object(type_, 0, variables=True)  # type: ignore[arg-type]  # a filter is an input object
    absent = {
        name
        for definition in generator.definitions
        if "=" not in definition
        and (name := definition.partition(":")[0][1:]) not in generator.variables
    }
    field = next(name for name, row in kind.fields.items() if row is LIST)
    full = operation(field, where, generator.definitions)
    short = operation(field, without(where, absent), generator.definitions)
    variables = generator.variables
    assert ask(schema, full, variables) == ask(schema, short, variables), (full, short, variables)


OPTIONAL = """query ($bot: String, $from: DateTime, $users: [String!]) {
  botSessions(filter: {
    botId: {eq: $bot}
    startedAt: {gte: $from}
    or: [{userId: {in: $users}}, {not: {and: [{userId: {eq: $bot}}]}}]
    not: {tags: {userTags: {some: {name: {eq: $bot}}}}}
  }) { totalCount }
}"""
EVERYTHING = "{ botSessions { totalCount } }"


def test_a_document_of_optional_conditions_finds_everything(asker: Asker) -> None:
    """None of its variables is given: the same commands as without a filter."""
    assert ask(asker.schema, OPTIONAL, {}) == ask(asker.schema, EVERYTHING, {})


def test_null_is_not_absent(asker: Asker) -> None:
    """It finds sessions without a value, and means nothing where order decides."""
    text = "query ($end: DateTime) { botSessions(filter: {endedAt: {%s: $end}}) { totalCount } }"
    none = "{ botSessions(filter: {endedAt: {eq: null}}) { totalCount } }"
    assert ask(asker.schema, text % "eq", {"end": None}) == ask(asker.schema, none, {})
    for _commands, messages in ask(asker.schema, text % "gte", {"end": None}):
        assert messages[0].startswith("filter.endedAt.gte: null means nothing here.")


@pytest.mark.parametrize("name", ["search", "and", "or", "not"])
def test_null_where_there_is_no_column(asker: Asker, name: str) -> None:
    """Nothing is advised that would be refused in its turn."""
    text = f"{{ botSessions(filter: {{{name}: null}}) {{ totalCount }} }}"
    for _commands, messages in ask(asker.schema, text, {}):
        assert messages[0].startswith(f"filter.{name}: null means nothing here. Leave it out")


@pytest.mark.parametrize(
    ("text", "variables", "place"),
    [
        ("query ($a: String) {%s(filter: {botId: {eq: $a}, userId: {}}) %s}", {}, "userId"),
        ("query ($a: StringFilter) {%s(filter: {botId: $a}) %s}", {"a": {}}, "botId"),
        ("query ($a: BotSessionFilter) {%s(filter: $a) %s}", {"a": {"botId": {}}}, "botId"),
        ("query ($a: BotSessionFilter) {%s(filter: {not: $a}) %s}", {"a": {}}, "not"),
        (
            "query ($a: String) {%s(filter: {and: [{botId: {eq: $a}}, {}]}) %s}",
            {},
            "and[1]",
        ),
    ],
)
def test_what_is_written_empty_is_refused(
    asker: Asker, text: str, variables: dict[str, Any], place: str
) -> None:
    """In the text as in a variable; its place is that of the text."""
    for _ in range(RUNS):
        (error,) = asker(text % ("botSessions", "{ totalCount }"), **variables).errors
        assert error.message.startswith(f"filter.{place}: an empty condition")
