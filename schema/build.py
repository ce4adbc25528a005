"""The schema, put together from the kinds."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import strawberry
from graphql import GraphQLError, build_schema, lexicographic_sort_schema, print_schema
from strawberry.exceptions import MissingQueryError
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.tools import create_type
from strawberry.types.execution import ExecutionContext, ExecutionResult
from strawberry.types.field import StrawberryField
from strawberry.types.graphql import OperationType

from resolvers.context import Context
from resolvers.errors import BadInput, GatewayError
from resolvers.kind import Kind
from schema.all_kinds import across_fields
from schema.customer_export import export_fields
from schema.customers import customer_fields, link_fields
from schema.erasure import erasure_fields
from schema.execution.executor import CompiledExecutor
from schema.execution.operations import BYTES_KEPT, CachedOperations, OperationCache
from schema.execution.program import Programs
from schema.execution.room import AnswerTooLargeError, too_large
from schema.execution.run import Run
from schema.execution.selections import Selections
from schema.fields import VIEWER, KindType, node_fields
from schema.kinds import KINDS
from schema.labels import label_fields
from schema.limits import Introspection, Limits
from schema.live import changes_field, subscription_fields
from schema.payload_query import add_query
from schema.root_field import RootField
from schema.search import search_fields
from schema.strawberry_internals import core_schema
from schema.value_types import SCALARS

Work = Callable[..., Any]
"""The function behind a root field."""
NOT_ANSWERED = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)
"""What Strawberry raises instead of answering."""


DESCRIPTION = """\
Support sessions of several systems: bot conversations, chats, co-browsing, remote
support and searches of a knowledge centre.

Each kind has a lookup, a list (a Relay connection with `filter` and `orderBy`), a summary,
statistics, and mutations. `sessions` and `sessionStatistics` are about all kinds, `searchSessions`
finds words, and `customer` finds the sessions of one person. `node` and `nodes` find a session of
any kind by its global `id`, and `viewer` says who asks. Subscriptions send changes as they happen,
and `sessionChanges` reads them page by page. A field that is refused is null, with an error at its
path; the others arrive."""


class Schema(strawberry.Schema):
    """Strawberry's schema; errors are logged where they are formatted."""

    operations: OperationCache
    programs: Programs | None = None
    """None: everything runs on graphql-core."""

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Context | Run | None = None,
        root_value: None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Run a prepared operation directly, and any other as Strawberry does.

        It always returns an answer, whatever was sent. Who wants to know what the run cost gives a
        Run as `context_value`; a Context gets one of its own.
        """
        run = context_value if isinstance(context_value, Run) else _run(context_value)
        try:
            text = checked_request(query, variable_values, operation_name)
            variables = variable_values or {}
            if self.programs is not None:
                schema, types = core_schema(self), allowed_operation_types
                found = await self.programs.run(schema, text, variables, run, operation_name, types)
                if found is not None:
                    return found
            result = await super().execute(
                text,
                variables,
                run,
                root_value,
                operation_name,
                allowed_operation_types,
                operation_extensions,
            )
            self._order_errors(result, run, operation_name)
            return result
        except AnswerTooLargeError:
            error = too_large(run.room.most, run.operation.changes)
            return ExecutionResult(data=None, errors=[refusal(error)])
        except (GatewayError, *NOT_ANSWERED) as error:
            return ExecutionResult(data=None, errors=[refusal(error)])

    def _order_errors(self, result: ExecutionResult, run: Run, name: str | None) -> None:
        """Errors of root fields come in the order of the response, not of their time."""
        definition = run.operation.named(name)
        if definition and result.errors and len(result.errors) > 1:
            schema = core_schema(self)
            root = schema.get_root_type(definition.operation)
            assert root is not None
            groups = Selections(schema, run.operation.fragments).grouped([definition], root)
            places = {name: place for place, name in enumerate(groups)}
            result.errors.sort(key=lambda error: places[str(error.path[0])] if error.path else -1)

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Nothing: schema.errors.formatted logs what is unforeseen, and only that."""


def _run(context: Context | None) -> Run:
    return Run(context or Context.offline())


def checked_request(query: Any, variables: Any, operation_name: Any) -> str:
    """The operation's text; BadInput for a parameter of the wrong type."""
    if not isinstance(query, str) or not query.strip():
        raise BadInput("query: a GraphQL operation is required, as text.", argument="query")
    if variables is not None and not isinstance(variables, Mapping):
        raise BadInput(
            "variables: an object is required, with a value for each variable.",
            argument="variables",
        )
    if operation_name is not None and not isinstance(operation_name, str):
        raise BadInput("operationName: a text is required.", argument="operationName")
    return query


def refusal(error: Exception) -> GraphQLError:
    """The GraphQL error for a request that leads to no operation."""
    if isinstance(error, CannotGetOperationTypeError):
        error = BadInput(
            f"operationName: the query has no operation named {error.operation_name!r:.100}.",
            argument="operationName",
        )
    elif isinstance(error, InvalidOperationTypeError):
        error = BadInput(f"A {error.operation_type.value} cannot be sent like this: use POST.")
    return GraphQLError(str(error), original_error=error)


def build(
    entries: Sequence[KindType] = KINDS,
    compiled: bool = True,
    limits: Limits | None = None,
    introspection: Introspection = "all",
    cached: int = BYTES_KEPT,
    **options: Any,
) -> Schema:
    """The schema over these kinds; `options` go to strawberry.Schema.

    About `cached` bytes of memory are used for known operations. Without `compiled`, graphql-core
    renders everything field by field: the yardstick of tests.
    """
    operations = OperationCache(limits, introspection, cached)
    queries = [
        *_queries(entries),
        *(field for entry in entries for field in entry.queries),
    ]
    changes = [*_changes(entries), *(field for entry in entries for field in entry.changes)]
    schema = Schema(
        query=create_type("Query", queries, description="Everything that can be asked."),
        mutation=create_type("Mutation", changes, description="Everything that can be changed."),
        subscription=create_type(
            "Subscription",
            [*subscription_fields(entries)],
            description="Everything that can be followed.",
        ),
        types=[entry.type for entry in entries],
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[lambda: CachedOperations(operations)],
        execution_context_class=CompiledExecutor if compiled else None,
        **options,
    )
    schema.operations = operations
    schema.programs = Programs(operations) if compiled else None
    core = core_schema(schema)
    core.description = DESCRIPTION
    add_query(core)
    return schema


def sdl(schema: Schema) -> str:
    """The schema as text, everything in alphabetical order: the content of schema.graphql."""
    core = build_schema(schema.as_str())
    core.description = DESCRIPTION  # Strawberry leaves it out
    return print_schema(lexicographic_sort_schema(core)) + "\n"


def root_fields(entries: Sequence[KindType] = KINDS) -> Iterator[tuple[Kind | None, str, Work]]:
    """Every root field: its kind (None: any of them), its GraphQL name, and what does its work."""
    for entry in entries:
        for field in (*entry.queries, *entry.changes):
            yield entry.kind, str(field.graphql_name), _work(field)
    for field in (*_queries(entries), *_changes(entries)):
        yield None, str(field.graphql_name), _work(field)


def _queries(entries: Sequence[KindType]) -> tuple[RootField, ...]:
    """The fields of Query that do not belong to one kind."""
    kinds = [entry.kind for entry in entries]
    return (
        VIEWER,
        *node_fields(entries),
        *across_fields(tuple(entries)),
        *search_fields(entries),
        *customer_fields(kinds),
        *export_fields(kinds),
        changes_field(entries),
    )


def _changes(entries: Sequence[KindType]) -> tuple[RootField, ...]:
    """The fields of Mutation that do not belong to one kind."""
    kinds = [entry.kind for entry in entries]
    return (*label_fields(kinds), *link_fields(), *erasure_fields(kinds))


def _work(field: StrawberryField) -> Work:
    if isinstance(field, RootField):
        return getattr(field.resolve, "func", field.resolve)
    resolver: Any = field.base_resolver
    work: Work = resolver.wrapped_func
    return work
