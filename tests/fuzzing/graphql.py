"""GraphQL requests from a grammar over the schema: valid ones with odd values, and damaged ones."""

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
    GraphQLNonNull,
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
ACCEPTED = (b"application/json", b"application/graphql-response+json", b"*/*")
LONGEST_ADDRESS = 60_000
"""Bytes; the server refuses longer heads before the application sees them."""
ONE_OF = ("id", "sessionId")
"""Arguments of which a field takes one."""
CHOSEN = ("after", "before", "timeZone")
"""Arguments for which any text would be refused."""
WILD = 0.33
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
        """The next one: two of three are valid but for what the values mean."""
        wild = random.random() < WILD
        document = Document(self, random, wild)
        query = document.text()
        body: dict[str, Any] = {"query": query, "variables": document.variables}
        if wild:
            self._damage(random, body)
        if random.random() < 0.1 and not query.startswith("mutation"):
            asked = self._by_get(body)
            if len(asked.query) < LONGEST_ADDRESS:
                return asked
        return self._posted(random, body, wild)

    def _damage(self, random: Random, body: dict[str, Any]) -> None:
        """Change the text or what is sent with it."""
        if random.random() < 0.3:
            body["query"] = _damaged_tokens(random, body["query"])
        for name in ("operationName", "extensions", "id", "documentId"):
            if random.random() < 0.05:
                body[name] = odd.anything(random)
        if random.random() < 0.1:
            body[random.choice(list(body))] = odd.anything(random)

    def _by_get(self, body: Mapping[str, Any]) -> Request:
        given = {
            name: one if isinstance(one, str) else json.dumps(one) for name, one in body.items()
        }
        query = urlencode(given, errors="surrogatepass").encode()
        return Request("GET", "/graphql", query, self.headers)

    def _posted(self, random: Random, body: Any, wild: bool) -> Request:
        type_ = random.choice(TYPES)
        if wild and random.random() < 0.05:
            type_, body = random.choice(ODD_TYPES), random.choice((body, [body]))
        raw = json.dumps(body).encode()
        if wild and random.random() < 0.1:
            raw = odd.damaged(random, raw)
        headers = (*self.headers, (b"content-type", type_), (b"accept", random.choice(ACCEPTED)))
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

    def __init__(self, grammar: Grammar, random: Random, wild: bool) -> None:
        self.grammar, self.random, self.wild = grammar, random, wild
        self.variables: dict[str, Any] = {}
        self.declared: list[str] = []
        self.left = random.choice((3, 6, 9, 12, 60))
        """Fields that may still be selected."""

    def chance(self, likelihood: float) -> bool:
        """True that often."""
        return self.random.random() < likelihood

    def slips(self, likelihood: float) -> bool:
        """True that often, in wild documents alone."""
        return self.wild and self.chance(likelihood)

    def text(self) -> str:
        """The whole document."""
        schema = self.grammar.schema
        root, word = schema.query_type, "query"
        if self.chance(0.3):
            root, word = schema.mutation_type, "mutation"
        assert root
        count = self.random.choice((1, 1, 1, 2, 3, 30 if self.slips(0.1) else 1))
        fields = " ".join(self.field(root, 0) for _ in range(count))
        declared = f"({', '.join(self.declared)})" if self.declared else ""
        return f"{word} Any{declared} {{ {fields} }}"

    def field(self, parent: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
        """One field with its arguments and what is selected below."""
        self.left -= 1
        name = self.random.choice(list(parent.fields))
        field = parent.fields[name]
        alias = f"{self.random.choice('abc')}{self.random.randint(0, 999)}: "
        given = self.arguments(field)
        shown = alias if given or self.chance(0.1) else ""
        below = self.selection(get_named_type(field.type), depth + 1)
        return f"{shown}{name}{given}{self.directive()}{below}"

    def directive(self) -> str:
        """Seldom one."""
        if not self.chance(0.05):
            return ""
        value = odd.anything(self.random) if self.slips(0.1) else self.chance(0.5)
        name = "nope" if self.slips(0.1) else self.random.choice(("skip", "include"))
        return f" @{name}(if: {literal(value)})"

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
        only = self.random.choice([name for name in ONE_OF if name in field.args] or ONE_OF)
        given = [
            f"{name}: {self.written(argument, name)}"
            for name, argument in field.args.items()
            if not self.slips(0.03)
            if is_required_argument(argument) or name == only or self.chance(0.35)
            if name not in ONE_OF or name == only or self.slips(0.3)
        ]
        if self.slips(0.02):
            given.append(f"nope: {literal(odd.anything(self.random, 0))}")
        return f"({', '.join(given)})" if given else ""

    def written(self, argument: GraphQLArgument, name: str) -> str:
        """A value in the text, or a variable that has it."""
        value = self.value(argument.type, name, 0)
        if not self.chance(0.3):
            return literal(value)
        variable = f"v{len(self.declared)}"
        self.declared.append(f"${variable}: {argument.type}")
        if not self.slips(0.05):
            self.variables[variable] = value
        return f"${variable}"

    def value(self, type_: GraphQLInputType, name: str, depth: int) -> Any:
        """A value of an input type: nearly always of the right one."""
        if self.slips(0.03):
            return odd.anything(self.random)
        if not is_non_null_type(type_) and self.chance(0.03):
            return None
        type_ = get_nullable_type(type_)
        if is_list_type(type_):
            count = 1200 if self.slips(0.02) else self.random.randint(0, 3)
            return [self.value(type_.of_type, name, depth + 1) for _ in range(count)]
        if isinstance(type_, GraphQLEnumType):
            return Word(self.random.choice(list(type_.values)) if not self.slips(0.02) else "NOPE")
        if isinstance(type_, GraphQLInputObjectType):
            return self.object(type_, depth)
        return self.scalar(type_.name, name)

    def object(self, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        """Some of an input object's fields."""
        if type_.is_one_of and not self.slips(0.1):
            name = self.random.choice(list(type_.fields))
            return {name: self.value(GraphQLNonNull(type_.fields[name].type), name, depth + 1)}
        likely = 0.0 if depth > 5 else min(1.0, 2.0 / len(type_.fields))
        return {
            name: self.value(field.type, name, depth + 1)
            for name, field in type_.fields.items()
            if is_required_input_field(field) or self.chance(likely)
        }

    def scalar(self, type_name: str, name: str) -> Any:
        """One value; texts that are known by the argument's name are likely."""
        known = self.grammar.known.get(name, self.grammar.known[type_name])
        if self.wild:
            is_odd = self.chance(0.2)
            return odd.anything(self.random, 0) if is_odd else odd.text(self.random, known)
        if type_name == "Int":
            return self.random.randint(0, 30)
        if type_name == "Float":
            return self.random.choice(
                (0, 0.5, 0.95, 1) if name == "p" else (0, 1.5, 60, 3600.25, 1e300)
            )
        if type_name == "Boolean":
            return self.chance(0.5)
        if type_name.endswith("DateTime") or name in CHOSEN:
            return self.random.choice(known)
        return odd.text(self.random, known).replace("\ud800", "")
