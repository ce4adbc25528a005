"""Operations by their text: parsed and validated once, with what was derived from them.

Everything here is bounded: the least recently used operation is forgotten, and an operation
remembers only so many derivations.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLError,
    VariableNode,
    Visitor,
    parse,
    visit,
)
from strawberry.extensions import SchemaExtension

T = TypeVar("T")
Switches = tuple[Any, ...]

OPERATIONS_KEPT = 500
DERIVATIONS_KEPT = 200
LONGEST_KEPT = 32_768
"""Texts longer than this many characters are worked through each time."""


class Operation:
    """A parsed document and what follows from it."""

    __slots__ = ("_derived", "document", "errors", "switch_names")

    def __init__(self, document: DocumentNode) -> None:
        self.document = document
        self.errors: list[GraphQLError] | None = None
        """The findings of validation; None before it ran."""
        self.switch_names = tuple(sorted(_switches(document)))
        self._derived: dict[Any, Any] = {}

    def switches(self, variables: Mapping[str, Any]) -> Switches:
        """The values of the variables that decide what @include and @skip let through."""
        return tuple(variables.get(name) for name in self.switch_names)

    def derive(self, key: Any, make: Callable[[], T]) -> T:
        """What `make` returns, remembered under `key`.

        A key may hold the ids of syntax nodes: they live as long as this operation.
        """
        try:
            return self._derived[key]  # type: ignore[no-any-return]  # stored by the line below
        except KeyError:
            made = make()
        if len(self._derived) < DERIVATIONS_KEPT:
            self._derived[key] = made
        return made


class _SwitchFinder(Visitor):
    """Collects the names of variables in the arguments of directives."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        """A directive on a selection."""
        for argument in node.arguments:
            if isinstance(argument.value, VariableNode):
                self.names.add(argument.value.name.value)


def _switches(document: DocumentNode) -> set[str]:
    finder = _SwitchFinder()
    visit(document, finder)
    return finder.names


class OperationCache:
    """The most recently used operations of one schema."""

    def __init__(self, size: int = OPERATIONS_KEPT) -> None:
        self._size = size
        self._operations: OrderedDict[str, Operation] = OrderedDict()

    def __len__(self) -> int:
        """How many operations are remembered."""
        return len(self._operations)

    def get(self, text: str, **options: Any) -> Operation:
        """The operation with this text; GraphQLError if it cannot be parsed."""
        operation = self._operations.get(text)
        if operation is not None:
            self._operations.move_to_end(text)
            return operation
        operation = Operation(parse(text, **options))
        if len(text) <= LONGEST_KEPT:
            self._operations[text] = operation
            if len(self._operations) > self._size:
                self._operations.popitem(last=False)
        return operation


class CachedOperations(SchemaExtension):
    """Takes parsed and validated operations from a cache.

    The operation is left in the context's cache, where the executor and the resolvers find it.
    """

    def __init__(self, cache: OperationCache) -> None:
        super().__init__()
        self._cache = cache

    def on_parse(self) -> Iterator[None]:
        """Parse, or remember."""
        context = self.execution_context
        if context.query:
            operation = self._cache.get(context.query, **context.parse_options)
            context.graphql_document = operation.document
            context.context.cache[Operation] = operation
        yield

    def on_validate(self) -> Iterator[None]:
        """Skip validation where its findings are known, else remember them."""
        context = self.execution_context
        operation: Operation = context.context.cache[Operation]
        if operation.errors is not None:
            context.pre_execution_errors = operation.errors or []
        yield
        if operation.errors is None:
            operation.errors = context.pre_execution_errors or []
