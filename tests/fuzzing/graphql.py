"""GraphQL requests from a grammar over the schema: mostly valid ones, with odd values and damage."""

import json
import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any
from urllib.parse import urlencode

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)

from tests.fuzzing import odd
from tests.fuzzing.requests import Header, Request

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\w+|\.\.\.|[^\s\w]')
TYPES = (b"application/json", b"application/json; charset=utf-8")
ACCEPTED = (b"application/json", b"application/graphql-response+json", b"*/*", b"text/html;q=0.1")
ODD_TYPES = (b"text/plain", b"application/graphql", b"multipart/form-data; boundary=x", b"")


class Word(str):
    """A value that GraphQL writes without quotes: one of an enum."""

    __slots__ = ()


def literal(value: Any) -> str:
    """A value as GraphQL writes it."""
    match value:
        case Word():
            return str(value)
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\ud800", "\\uD800")
        case list():
            return f"[{', '.join(map(literal, value))}]"
        case dict():
            return f"{{{', '.join(f'{_name(key)}: {literal(one)}' for key, one in value.items())}}}"
    return json.dumps(value)


def _name(key: str) -> str:
    return re.sub(r"\W", "_", key) or "_"


class Grammar:
    """Makes requests; what arguments are likely to find is given by their names."""

    def __init__(
        self, schema: GraphQLSchema, known: Mapping[str, Sequence[str]], headers: Sequence[Header]
    ) -> None:
        self.schema, self.known, self.headers = schema, known, tuple(headers)

    def request(self, random: Random) -> Request:
        """The next one."""
        document = Document(self, random)
        query = document.text()
        if random.random() < 0.1:
            query = _damaged_tokens(random, query)
        body: dict[str, Any] = {"query": query, "variables": document.variables}
        for name in ("operationName", "extensions", "id", "documentId"):
            if random.random() < 0.03:
                body[name] = odd.anything(random)
        if random.random() < 0.05:
            body[random.choice(list(body))] = odd.anything(random)
        if random.random() < 0.1:
            return self._by_get(body)
        return self._posted(random, body)

    def _by_get(self, body: Mapping[str, Any]) -> Request:
        given = {
            name: one if isinstance(one, str) else json.dumps(one) for name, one in body.items()
        }
        query = urlencode(given, errors="surrogatepass").encode()
        return Request("GET", "/graphql", query, self.headers)

    def _posted(self, random: Random, body: Any) -> Request:
        raw = json.dumps([body] if random.random() < 0.02 else body).encode()
        if random.random() < 0.03:
            raw = odd.damaged(random, raw)
        type_ = random.choice(ODD_TYPES if random.random() < 0.03 else TYPES)
        accepted = random.choice(ACCEPTED)
        headers = (*self.headers, (b"content-type", type_), (b"accept", accepted))
        return Request("POST", "/graphql", b"", headers, raw)


def _damaged_tokens(random: Random, query: str) -> str:
    tokens = TOKEN.findall(query)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(tokens))
        put = random.choice(([], [tokens[at]] * 2, [random.choice(tokens)], ["{"], ["}"], ["!"]))
        tokens[at : at + 1] = put
    return " ".join(tokens)


class Document:
    """One text with its variables."""

    def __init__(self, grammar: Grammar, random: Random) -> None:
        self.grammar, self.random = grammar, random
        self.variables: dict[str, Any] = {}
        self.declared: list[str] = []
        self.left = random.choice((5, 20, 60, 400))
        """Fields that may still be selected."""

    def chance(self, likelihood: float) -> bool:
        """True that often."""
        return self.random.random() < likelihood

    def text(self) -> str:
        """The whole document."""
        schema = self.grammar.schema
        root, word = schema.query_type, "query"
        if self.chance(0.3):
            root, word = schema.mutation_type, "mutation"
        assert root
        count = self.random.choice((1, 1, 1, 2, 3, 30))
        fields = " ".join(self.field(root, 0) for _ in range(count))
        declared = f"({', '.join(self.declared)})" if self.declared else ""
        return f"{word} Any{declared} {{ {fields} }}"

    def field(self, parent: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
        """One field with its arguments and what is selected below."""
        self.left -= 1
        name = self.random.choice(list(parent.fields))
        field = parent.fields[name]
        alias = f"{self.random.choice('abc')}{self.random.randint(0, 99)}: "
        shown = alias if depth == 0 or self.chance(0.2) else ""
        below = self.selection(get_named_type(field.type), depth + 1)
        return f"{shown}{name}{self.arguments(field)}{self.directive()}{below}"

    def directive(self) -> str:
        """Seldom one."""
        if not self.chance(0.05):
            return ""
        value = self.value(self.grammar.schema.get_directive("skip").args["if"].type, "if", 0)  # type: ignore[union-attr]
        return f" @{self.random.choice(('skip', 'include', 'nope'))}(if: {literal(value)})"

    def selection(self, type_: GraphQLNamedType, depth: int) -> str:
        """Fields of a type, in braces; nothing below a scalar."""
        if not is_composite_type(type_):
            return ""
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) and depth < 9:
            count = self.random.randint(1, 5) if self.left > 0 else 0
            parts = [self.field(type_, depth) for _ in range(count)]
        else:
            parts = []
        if isinstance(type_, GraphQLInterfaceType) and self.left > 0 and self.chance(0.6):
            inner = self.random.choice(self.grammar.schema.get_possible_types(type_))
            parts.append(f"... on {inner.name}{self.selection(inner, depth + 1)}")
        return f" {{ {' '.join(parts or ['__typename'])} }}"

    def arguments(self, field: GraphQLField) -> str:
        """Some of a field's arguments, and those that are required nearly always."""
        given = [
            f"{name}: {self.written(argument, name)}"
            for name, argument in field.args.items()
            if self.chance(0.98 if is_required_argument(argument) else 0.35)
        ]
        if self.chance(0.01):
            given.append(f"nope: {literal(odd.anything(self.random, 0))}")
        return f"({', '.join(given)})" if given else ""

    def written(self, argument: GraphQLArgument, name: str) -> str:
        """A value in the text, or a variable that has it."""
        value = self.value(argument.type, name, 0)
        if not self.chance(0.3):
            return literal(value)
        variable = f"v{len(self.declared)}"
        self.declared.append(f"${variable}: {argument.type}")
        if not self.chance(0.03):
            self.variables[variable] = value
        return f"${variable}"

    def value(self, type_: GraphQLInputType, name: str, depth: int) -> Any:
        """A value of an input type: nearly always of the right one."""
        if self.chance(0.01):
            return odd.anything(self.random)
        if not is_non_null_type(type_) and self.chance(0.05):
            return None
        type_ = get_nullable_type(type_)
        if is_list_type(type_):
            count = 1200 if self.chance(0.01) else self.random.randint(0, 3)
            return [self.value(type_.of_type, name, depth + 1) for _ in range(count)]
        if isinstance(type_, GraphQLEnumType):
            return Word(self.random.choice(list(type_.values)) if not self.chance(0.01) else "NOPE")
        if isinstance(type_, GraphQLInputObjectType):
            return self.object(type_, depth)
        return self.scalar(type_.name, name)

    def object(self, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        """Some of an input object's fields."""
        likely = 0.0 if depth > 5 else min(1.0, 2.0 / len(type_.fields))
        return {
            name: self.value(field.type, name, depth + 1)
            for name, field in type_.fields.items()
            if is_required_input_field(field) or self.chance(likely)
        }

    def scalar(self, type_name: str, name: str) -> Any:
        """One value; texts that are known by the argument's name are likely."""
        if type_name in ("Int", "Float"):
            return odd.number(self.random)
        if type_name == "Boolean":
            return self.chance(0.5)
        return odd.text(self.random, self.grammar.known.get(name, self.grammar.known[type_name]))
