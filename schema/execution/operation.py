"""An operation's text, parsed, with everything that was worked out from it.

    Operation(parse("query ($s: Boolean!) { botSessions { totalCount @include(if: $s) } }"))

has `switch_names == ("s",)`: what is worked out for one value of `s` is remembered apart from what
is worked out for the other.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    parse,
    visit,
)

from resolvers.errors import BadInput
from schema.execution.selections import fragments_of
from schema.limits import MOST_CHARACTERS

T = TypeVar("T")

DERIVATIONS_KEPT = 200
BYTES, BYTES_A_TOKEN = 16_384, 650
BYTES_A_DERIVATION, BYTES_A_DERIVED_TOKEN = 1_024, 5
"""What operations take, measured with tracemalloc: of 80 to 3,000 tokens, run three times, 730
bytes a token, 450 in filters; another setting of their switches, 120 bytes a token."""


class Operation:
    """A parsed document and what follows from it."""

    __slots__ = (
        "_derived",
        "_tokens",
        "document",
        "errors",
        "fragments",
        "grown",
        "introspects",
        "prepares",
        "switch_names",
    )

    def __init__(self, document: DocumentNode, introspects: bool = False, tokens: int = 0) -> None:
        self.document = document
        self.grown: Callable[[], None] | None = None
        """Called when it remembers more."""
        self._tokens = tokens
        self.fragments = fragments_of(document)
        self.introspects = introspects
        self.errors: list[GraphQLError] | None = None
        """The findings of validation; None before it ran."""
        self.prepares = False
        """Whether functions are prepared for it: it comes again, and the compiler copes with it."""
        self.switch_names = tuple(sorted(_switches(document)))
        self._derived: dict[Hashable, Any] = {}

    def named(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation of that name, or the only one."""
        if name is not None and len(name) > MOST_CHARACTERS:  # no text has it: do not remember it
            return None
        return self.derive(("named", name), lambda: self._find(name))

    def _find(self, name: str | None) -> OperationDefinitionNode | None:
        found = [
            node
            for node in self.document.definitions
            if isinstance(node, OperationDefinitionNode)
            and (name is None or (node.name is not None and node.name.value == name))
        ]
        return found[0] if len(found) == 1 else None

    @property
    def changes(self) -> bool:
        """Whether it has a mutation."""
        return any(
            isinstance(node, OperationDefinitionNode) and node.operation is OperationType.MUTATION
            for node in self.document.definitions
        )

    def place(self, nodes: list[FieldNode], variables: Mapping[str, Any]) -> Hashable:
        """A key for what follows from these fields and the variables behind @skip and @include.

        It has the ids of syntax nodes in it: they live as long as this operation.
        """
        return (tuple(map(id, nodes)), self.switches(variables))

    def switches(self, variables: Mapping[str, Any]) -> Hashable:
        """The values of the variables that decide what @include and @skip let through."""
        return tuple(variables.get(name) for name in self.switch_names)

    def derive(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` returns, remembered under `key`."""
        try:
            return self._derived[key]  # type: ignore[no-any-return]  # stored by the line below
        except KeyError:
            made = make()
        if not self.full:
            self._derived[key] = made
            if self.grown:
                self.grown()
        return made

    def prepared(self, key: Hashable, make: Callable[[], T]) -> T | None:
        """The same for what only pays when it is used again: None where it could not be."""
        if not self.prepares or (self.full and key not in self._derived):
            return None
        return self.derive(key, make)

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes with what it remembers."""
        derived = len(self._derived) * (BYTES_A_DERIVATION + self._tokens * BYTES_A_DERIVED_TOKEN)
        return BYTES + self._tokens * BYTES_A_TOKEN + derived

    @property
    def full(self) -> bool:
        """Whether nothing more is remembered: the switches had too many settings."""
        return len(self._derived) >= DERIVATIONS_KEPT


def operation_names(text: str) -> list[str | None]:
    """The names of a text's operations, in their order; BadInput if it cannot be parsed."""
    try:
        document = parse(text)
    except GraphQLError as error:
        raise BadInput(str(error)) from None
    return [
        node.name.value if node.name else None
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    ]


class _SwitchFinder(Visitor):
    """Collects the names of variables in the arguments of directives."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        """A directive on a selection."""
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.names.add(argument.value.name.value)


def _switches(document: DocumentNode) -> set[str]:
    finder = _SwitchFinder()
    visit(document, finder)
    return finder.names
