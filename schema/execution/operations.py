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
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    visit,
)
from strawberry.extensions import SchemaExtension

from resolvers.errors import BadInput, GatewayError
from schema import limits
from schema.execution.cost import Cost, cost
from schema.execution.measure import Measure
from schema.limits import Introspection, Limits

T = TypeVar("T")
Switches = tuple[Any, ...]

OPERATIONS_KEPT = 500
DERIVATIONS_KEPT = 200
LONGEST_KEPT = 32_768
"""Texts longer than this many characters are worked through each time."""


class Operation:
    """A parsed document and what follows from it."""

    __slots__ = ("_derived", "document", "errors", "introspects", "prepares", "switch_names")

    def __init__(self, document: DocumentNode, introspects: bool = False) -> None:
        self.document = document
        self.introspects = introspects
        self.errors: list[GraphQLError] | None = None
        """The findings of validation; None before it ran."""
        self.prepares = False
        """Whether functions are prepared for it: it comes again, and the compiler copes with it."""
        self.switch_names = tuple(sorted(_switches(document)))
        self._derived: dict[Any, Any] = {}

    def named(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation of that name, or the only one."""
        return self.derive(("named", name), lambda: self._find(name))

    def _find(self, name: str | None) -> OperationDefinitionNode | None:
        found = [
            node
            for node in self.document.definitions
            if isinstance(node, OperationDefinitionNode)
            and (name is None or (node.name is not None and node.name.value == name))
        ]
        return found[0] if len(found) == 1 else None

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
        if not self.full:
            self._derived[key] = made
        return made

    def prepared(self, key: Any, make: Callable[[], T]) -> T | None:
        """The same for what only pays when it is used again: None where it could not be."""
        if not self.prepares or (self.full and key not in self._derived):
            return None
        return self.derive(key, make)

    @property
    def full(self) -> bool:
        """Whether nothing more is remembered: the switches had too many settings."""
        return len(self._derived) >= DERIVATIONS_KEPT


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


class OperationCache:
    """The most recently used operations of one schema, all of them within the limits."""

    def __init__(
        self,
        most: Limits | None = None,
        introspection: Introspection = "all",
        size: int = OPERATIONS_KEPT,
    ) -> None:
        self._size = size
        self._limits = most or Limits()
        self._introspection = introspection
        self._operations: OrderedDict[str, Operation] = OrderedDict()

    def __len__(self) -> int:
        """How many operations are remembered."""
        return len(self._operations)

    def known(self, text: str) -> Operation | None:
        """The operation with this text if it was parsed and found valid before."""
        operation = self._operations.get(text)
        if operation is None or operation.errors != []:
            return None
        self._operations.move_to_end(text)
        return operation

    def get(self, text: str, **options: Any) -> Operation:
        """The operation with this text; GraphQLError if it cannot be parsed, or LimitExceeded."""
        operation = self._operations.get(text)
        if operation is not None:
            self._operations.move_to_end(text)
            return operation
        operation = self._parse(text, **options)
        if len(text) <= LONGEST_KEPT:
            self._operations[text] = operation
            operation.prepares = True
            if len(self._operations) > self._size:
                self._operations.popitem(last=False)
        return operation

    def _parse(self, text: str, **options: Any) -> Operation:
        limits.scan(text, self._limits)
        document = parse(text, **{"max_tokens": self._limits.tokens, **options})
        return Operation(document, Measure(document, self._limits).introspects)

    def choose(self, operation: Operation, name: str | None, context: Any) -> None:
        """BadInput if this names no single operation; Forbidden if it may not introspect."""
        if operation.named(name) is None:
            raise BadInput(
                "operationName: the text must hold one operation, or this name one of several."
                if name is None
                else f"operationName: the text holds no operation named {name!r:.100}.",
                argument="operationName",
            )
        if operation.introspects:
            limits.require_introspection(context.caller, self._introspection)

    def charge(
        self,
        operation: Operation,
        name: str | None,
        variables: Mapping[str, Any] | None,
        schema: GraphQLSchema,
        context: Any,
    ) -> None:
        """Note the cost of a valid operation in the context's cache; LimitExceeded if too high."""
        price = operation.derive((Cost, name), lambda: cost(operation.document, name, schema))
        total = context.cache[Cost] = price.total(variables or {})
        limits.require(self._limits, "cost", total)

    def admits(
        self,
        operation: Operation,
        name: str | None,
        variables: Mapping[str, Any] | None,
        schema: GraphQLSchema,
        context: Any,
    ) -> bool:
        """Whether a valid operation may run; it is charged if it may."""
        try:
            self.choose(operation, name, context)
            self.charge(operation, name, variables, schema, context)
        except GatewayError:
            return False
        return True


class CachedOperations(SchemaExtension):
    """Takes parsed and validated operations from a cache, which lets none beyond the limits pass.

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
            # The public operation_name falls back to the first operation's.
            self._cache.choose(operation, context._provided_operation_name, context.context)
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

    def on_execute(self) -> Iterator[None]:
        """Charge for it."""
        context = self.execution_context
        self._cache.charge(
            context.context.cache[Operation],
            context._provided_operation_name,
            context.variables,
            context.schema._schema,
            context.context,
        )
        yield
