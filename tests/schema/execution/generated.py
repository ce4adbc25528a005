"""GraphQL operations made from the schema: whatever it allows, and some things that it does not."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)

from schema.common import global_id
from tests.schema.execution.stored import IDS

DEEPEST = 6

SCALARS: dict[str, tuple[Any, ...]] = {
    "Int": (0, 1, 2, 20, 500, 501, -1, 2**31 - 1),
    "Float": (0, 1.5, -1, 1e10),
    "String": ("", "x", "ü", "text", "newuser"),
    "Boolean": (True, False),
    "DateTime": ("2026-03-01T09:30:00Z", "2026-02-01T08:00:00.1239+01:00"),
    "LocalDateTime": ("2026-03-01T09:30:00", "2026-03-01T09:30:00.5"),
}
REFUSED = {"DateTime": "2026-03-01T09:30:00", "LocalDateTime": "2026-03-01T09:30:00Z"}
ODD: tuple[Any, ...] = (None, 1.0, 2.5, 2**31, True, "", "x", [], {}, [1], {"x": 1}, 10**30)
"""Variables that may be of the wrong type; some of them are not."""


class Name(str):
    """An enum's value: written without quotes."""


@dataclass(frozen=True)
class Variable:
    """A variable in the place of a value."""

    name: str


@dataclass
class Operation:
    """What is sent."""

    text: str
    variables: dict[str, Any]
    name: str | None = None


@dataclass
class Generator:
    """Writes one operation."""

    schema: GraphQLSchema
    random: Random
    cursors: tuple[str, ...] = ()
    budget: int = 40
    """How many more fields are written."""
    variables: dict[str, Any] = field(default_factory=dict)
    definitions: list[str] = field(default_factory=list)
    fragments: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name → the type they are on, and their text."""
    names: int = 0

    def operation(self) -> Operation:
        """A query, or now and then a mutation."""
        mutation = self.chance(0.25)
        root = self.schema.mutation_type if mutation else self.schema.query_type
        assert root is not None
        body = self._root(root)
        head = "mutation" if mutation else "query"
        named = self.chance(0.5)
        if self.definitions or named or mutation or self.chance(0.5):
            definitions = f"({', '.join(self.definitions)})" if self.definitions else ""
            body = f"{head}{' Op' if named else ''}{definitions} {body}"
        text = "\n".join([body, *(text for _, text in self.fragments.values())])
        name: str | None = "Op" if named and self.chance(0.5) else None
        if named and self.chance(0.2):
            text, name = f"{text}\nquery Other {{ __typename }}", self.pick((name, "Op", "Other"))
        return Operation(text, self.variables, name)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def pick(self, values: Any) -> Any:
        return self.random.choice(tuple(values))

    def fresh(self, stem: str) -> str:
        self.names += 1
        return f"{stem}{self.names}"

    # Selections

    def _root(self, root: GraphQLObjectType) -> str:
        parts: list[str] = []
        for _ in range(self.pick((1, 1, 1, 2, 3, 5))):
            if self.chance(0.08):
                parts.append(self._typename())
                continue
            name = self.pick(root.fields)
            alias = self.fresh("r") if parts or self.chance(0.3) else ""
            head = f"{alias}: {name}" if alias else name
            head += self._arguments(root.fields[name])
            for _ in range(self.pick((1, 1, 1, 1, 2))):
                below = self._selection(root.fields[name], 1)
                parts.append(self._wrapped(f"{head}{self._directives()}{below}", root))
        return "{ " + " ".join(parts) + " }"

    def _wrapped(self, text: str, on: Any) -> str:
        """A field, sometimes inside of a fragment."""
        if self.chance(0.85):
            return text
        if self.chance(0.5):
            condition = f" on {on.name}" if self.chance(0.6) else ""
            return f"...{condition}{self._directives()} {{ {text} }}"
        name = self.fresh("F")
        self.fragments[name] = (on.name, f"fragment {name} on {on.name} {{ {text} }}")
        return f"...{name}{self._directives()}"

    def _selection(self, definition: GraphQLField, depth: int) -> str:
        type_ = get_named_type(definition.type)
        return f" {self._fields(type_, depth)}" if is_composite_type(type_) else ""

    def _fields(self, type_: Any, depth: int) -> str:
        parts = [self._part(type_, depth) for _ in range(self.pick((1, 2, 3, 4, 6)))]
        return "{ " + " ".join(parts) + " }"

    def _part(self, type_: Any, depth: int) -> str:
        if self.budget <= 0 or depth > DEEPEST or self.chance(0.1):
            return self._typename()
        related = self._related(type_)
        if related and self.chance(0.6 if isinstance(type_, GraphQLInterfaceType) else 0.12):
            return self._fragment(self.pick(related), depth)
        self.budget -= 1
        name = self.pick(type_.fields)
        alias = f"{self.fresh('x')}: " if self.chance(0.15) else ""
        below = self._selection(type_.fields[name], depth + 1)
        given = self._arguments(type_.fields[name])
        return f"{alias}{name}{given}{self._directives()}{below}"

    def _related(self, type_: Any) -> list[Any]:
        """Types that a fragment inside of this one may be on."""
        if isinstance(type_, GraphQLInterfaceType):
            found = self.schema.get_implementations(type_)
            return [type_, *found.interfaces, *found.objects, *type_.interfaces]
        return [type_, *type_.interfaces]

    def _fragment(self, on: Any, depth: int) -> str:
        known = [name for name, (type_name, _) in self.fragments.items() if type_name == on.name]
        if known and self.chance(0.4):
            return f"...{self.pick(known)}{self._directives()}"
        body = self._fields(on, depth + 1)
        if self.chance(0.6):
            return f"... on {on.name}{self._directives()} {body}"
        name = self.fresh("F")
        self.fragments[name] = (on.name, f"fragment {name} on {on.name} {body}")
        return f"...{name}{self._directives()}"

    def _typename(self) -> str:
        alias = f"{self.fresh('t')}: " if self.chance(0.3) else ""
        return f"{alias}__typename{self._directives()}"

    def _directives(self) -> str:
        if self.chance(0.88):
            return ""
        kinds = self.pick((("include",), ("skip",), ("skip", "include")))
        return "".join(f" @{kind}(if: {self._switch()})" for kind in kinds)

    def _switch(self) -> str:
        if self.chance(0.4):
            return self.pick(("true", "false"))
        known = [name for name in self.variables if name.startswith("s")]
        if known and self.chance(0.6):
            return "$" + self.pick(known)
        name = self.fresh("s")
        default = self.pick((" = true", " = false", ""))
        self.definitions.append(f"${name}: Boolean{'!' if not default else ''}{default}")
        if not default or self.chance(0.5):
            self.variables[name] = self.chance(0.6)
        return f"${name}"

    # Arguments

    def _arguments(self, definition: GraphQLField) -> str:
        given = []
        ids = self.pick((("id",), ("sessionId",))) if "sessionId" in definition.args else ()
        for name, argument in definition.args.items():
            needed = is_non_null_type(argument.type) or name in ids
            if ids and name in ("id", "sessionId") and not needed and self.chance(0.8):
                continue
            if needed or self.chance(0.4 if name in ("filter", "orderBy", "first") else 0.15):
                value = self._value(argument.type, name, 0)
                given.append(f"{name}: {written(value)}")
        return f"({', '.join(given)})" if given else ""

    def _value(self, type_: Any, name: str, depth: int, variables: bool = True) -> Any:
        if variables and self.chance(0.25):
            return self._variable(type_, name, depth)
        nullable = not is_non_null_type(type_)
        if nullable and self.chance(0.08):
            return None
        inner = get_nullable_type(type_)
        if is_list_type(inner):
            if self.chance(0.1):
                return self._value(inner.of_type, name, depth + 1, variables)
            count = self.pick((0, 1, 1, 2, 3))
            return [self._value(inner.of_type, name, depth + 1, variables) for _ in range(count)]
        if is_input_object_type(inner):
            return self._object(inner, depth, variables)
        if isinstance(inner, GraphQLEnumType):
            return Name(self.pick(inner.values))
        return self._scalar(inner.name, name)

    def _object(self, type_: GraphQLInputObjectType, depth: int, variables: bool) -> Any:
        given = {}
        for name, part in type_.fields.items():
            needed = is_non_null_type(part.type) and not self.chance(0.02)
            if needed or (depth < 4 and self.chance(0.2 if len(type_.fields) > 6 else 0.4)):
                given[name] = self._value(part.type, name, depth + 1, variables)
        return given

    def _scalar(self, type_name: str, name: str) -> Any:
        makers: dict[str, Callable[[], Any]] = {
            "sessionId": lambda: self.pick((*IDS, "none", "\x00")),
            "first": lambda: self.pick((1, 2, 5, 20, 100, 0)),
            "last": lambda: self.pick((0, 1, 2, 5, 20, 501)),
            "after": lambda: self.pick((*self.cursors, "bogus", "")),
            "before": lambda: self.pick((*self.cursors, "bogus", "")),
        }
        if type_name == "ID":
            stems = ("BotSession", "ChatSession", "CoBrowseSession", "KnowledgeSession", "User")
            return global_id(self.pick(stems), self.pick((*IDS, "none")))
        if type_name in REFUSED and self.chance(0.03):
            return REFUSED[type_name]
        return makers[name]() if name in makers else self.pick(SCALARS[type_name])

    def _variable(self, type_: Any, name: str, depth: int) -> Variable:
        variable = Variable(self.fresh("v"))
        default = ""
        if self.chance(0.2):
            default = f" = {written(self._value(type_, name, depth, variables=False))}"
        self.definitions.append(f"${variable.name}: {type_}{default}")
        optional = default or not is_non_null_type(type_)
        if not (optional and self.chance(0.4)):
            value = self._value(type_, name, depth, variables=False)
            self.variables[variable.name] = self.pick(ODD) if self.chance(0.06) else value
        return variable


def written(value: Any) -> str:
    """A value as GraphQL's literal."""
    if isinstance(value, Variable):
        return f"${value.name}"
    if isinstance(value, Name):
        return str(value)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {written(part)}' for name, part in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return json.dumps(value)
