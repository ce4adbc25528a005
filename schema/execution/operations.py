"""Operations by their text: parsed and validated once, with what was derived from them.

    cache.get("{ botSessions { totalCount } }")    an Operation, the same one each time
    cache.get("{ botSessions {")                   GraphQLError: Syntax Error …

Everything here is bounded: the least recently used operation is forgotten, and an operation
remembers only so many derivations.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from graphql import GraphQLError, GraphQLSchema, parse
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import ExecutionContext

from resolvers.errors import BadInput, GatewayError
from schema import limits
from schema.bounded import Bounded
from schema.errors import VALIDATION_FAILED
from schema.execution.cost import Cost, Variables, cost
from schema.execution.measure import Measure
from schema.execution.operation import Operation
from schema.execution.orderings import require_short
from schema.execution.run import Run
from schema.graphql_core_internals import with_allowed
from schema.limits import Introspection, Limits
from schema.strawberry_internals import core_schema, given_operation_name

BYTES_KEPT = 29_360_128
"""About how much memory the operations of a schema take together; 28 MB."""
LONGEST_KEPT = 32_768
"""Texts longer than this many characters are worked through each time."""


class OperationCache:
    """The most recently used operations of one schema, all of them within the limits."""

    def __init__(
        self,
        most: Limits | None = None,
        introspection: Introspection = "all",
        size: int = BYTES_KEPT,
    ) -> None:
        self._limits = most or Limits()
        self._introspection = introspection
        self._operations: Bounded[Operation] = Bounded(size)

    def __len__(self) -> int:
        """How many operations are remembered."""
        return len(self._operations)

    @property
    def size(self) -> int:
        """About how many bytes of memory they take."""
        return self._operations.size

    def known(self, text: str) -> Operation | None:
        """The operation with this text if it was parsed and found valid before."""
        operation = self._operations.get(text)
        return operation if operation is not None and operation.errors == [] else None

    def get(self, text: str, **options: Any) -> Operation:
        """The operation with this text; GraphQLError if it cannot be parsed, or LimitExceeded."""
        operation = self._operations.get(text)
        if operation is not None:
            return operation
        operation = self._parse(text, **options)
        if len(text) <= LONGEST_KEPT:
            self._operations.put(text, operation, operation.size + len(text))
            operation.prepares = True
            operation.grown = partial(self._grown, text, operation)
        return operation

    def _grown(self, text: str, operation: Operation) -> None:
        if self._operations.peek(text) is operation:
            self._operations.resize(text, operation.size + len(text))

    def _parse(self, text: str, **options: Any) -> Operation:
        tokens = limits.scan(text, self._limits)
        document = parse(text, **{"max_tokens": self._limits.tokens, **options})
        return Operation(document, Measure(document, self._limits).introspects, tokens)

    def choose(self, run: Run, name: str | None) -> None:
        """BadInput if this names no single operation; Forbidden if it may not introspect."""
        if run.operation.named(name) is None:
            raise BadInput(
                "operationName: the text must have one operation, or this must name one of several."
                if name is None
                else f"operationName: the text has no operation named {name!r:.100}.",
                argument="operationName",
            )
        if run.operation.introspects:
            limits.require_introspection(run.context.caller, self._introspection)

    def charge(self, run: Run, name: str | None, given: Variables, schema: GraphQLSchema) -> None:
        """Note the cost of a valid operation in its run; LimitExceeded if it is too high.

        An ordering of too many levels is refused here, too, before variables are coerced.
        """
        operation = run.operation
        require_short(operation, name, given, schema)
        price = operation.derive((Cost, name), lambda: cost(operation, name, schema))
        run.cost = price.total(given)
        limits.require(self._limits, "cost", run.cost)

    def admits(self, run: Run, name: str | None, given: Variables, schema: GraphQLSchema) -> bool:
        """Whether a valid operation may run; it is charged if it may."""
        try:
            self.choose(run, name)
            self.charge(run, name, given, schema)
        except GatewayError:
            return False
        return True


class CachedOperations(SchemaExtension):
    """Takes parsed and validated operations from a cache, which lets none beyond the limits pass.

    The operation is left in the run, where the executor and the resolvers find it.
    """

    def __init__(self, cache: OperationCache) -> None:
        super().__init__()
        self._cache = cache

    def on_parse(self) -> Iterator[None]:
        """Parse, or remember."""
        context, run = self._now()
        if context.query:
            run.operation = self._cache.get(context.query, **context.parse_options)
            self._cache.choose(run, given_operation_name(context))
            context.graphql_document = run.operation.document
        yield

    def on_validate(self) -> Iterator[None]:
        """Skip validation where its findings are known, else remember them with their code."""
        context, run = self._now()
        operation = run.operation
        if operation.errors is not None:
            context.pre_execution_errors = operation.errors or []
        yield
        if operation.errors is None:
            operation.errors = context.pre_execution_errors or []
            for error in operation.errors:
                error.extensions = {**(error.extensions or {}), "code": VALIDATION_FAILED}
                error.message = with_allowed(error.message, core_schema(context.schema))

    def on_execute(self) -> Iterator[None]:
        """Charge for it."""
        context, run = self._now()
        name, schema = given_operation_name(context), core_schema(context.schema)
        self._cache.charge(run, name, context.variables or {}, schema)
        yield
        for error in getattr(context.result, "errors", None) or ():
            if isinstance(error.original_error, GraphQLError | None):  # one about variables
                error.message = with_allowed(error.message, schema)

    def _now(self) -> tuple[ExecutionContext, Run]:
        context = self.execution_context
        return context, context.context
