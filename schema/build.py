"""The schema, put together from the kinds."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import strawberry
from graphql import GraphQLError, build_schema, lexicographic_sort_schema, print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import create_type
from strawberry.types.base import get_object_definition
from strawberry.types.execution import ExecutionContext, ExecutionResult
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from resolvers.errors import GatewayError
from resolvers.kind import Kind
from schema import fields, request
from schema.execution.executor import CompiledExecutor
from schema.execution.operations import CachedOperations, OperationCache
from schema.execution.program import Programs
from schema.fields import KindType
from schema.filters import filter_input
from schema.kinds import KINDS
from schema.limits import Introspection, Limits
from schema.root import ROOT
from schema.value_types import SCALARS

Work = Callable[..., Any]
"""The function behind a root field."""


class Schema(strawberry.Schema):
    """Strawberry's schema; errors are logged where they are formatted."""

    programs: Programs | None = None
    """None: everything runs on graphql-core."""

    async def execute(self, query: str | None, *arguments: Any, **options: Any) -> ExecutionResult:
        """Run a prepared operation directly, and any other as Strawberry does.

        It always returns an answer, whatever was sent.
        """
        try:
            request.check(query, options.get("variable_values"), options.get("operation_name"))
            if self.programs is not None and query and not arguments:
                result = await self.programs.run(self._schema, query, **options)
                if result is not None:
                    return result
            return await super().execute(query, *arguments, **options)
        except (GatewayError, *request.REFUSED) as error:
            return ExecutionResult(data=None, errors=[request.refusal(error)])

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Nothing: schema.errors.formatted logs what is unforeseen, and only that."""


def build(
    entries: Sequence[KindType] = KINDS,
    compiled: bool = True,
    limits: Limits | None = None,
    introspection: Introspection = "all",
    **options: Any,
) -> Schema:
    """The schema over these kinds; `options` go to strawberry.Schema.

    Without `compiled`, graphql-core renders everything field by field: the yardstick of tests.
    """
    operations = OperationCache(limits, introspection)
    queries: dict[str, StrawberryField] = fields.node_fields(entries)
    mutations: dict[str, StrawberryField] = {}
    for entry in entries:
        queries |= _queries(entry)
        mutations |= _mutations(entry)
    schema = Schema(
        query=_root("Query", "Everything that can be asked.", queries),
        mutation=_root("Mutation", "Everything that can be changed.", mutations),
        types=[entry.type for entry in entries],
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[lambda: CachedOperations(operations)],
        execution_context_class=CompiledExecutor if compiled else None,
        **options,
    )
    schema.programs = Programs(operations) if compiled else None
    return schema


def sdl(schema: Schema) -> str:
    """The schema as text, everything in alphabetical order: the content of schema.graphql."""
    return print_schema(lexicographic_sort_schema(build_schema(schema.as_str()))) + "\n"


def root_fields(entries: Sequence[KindType] = KINDS) -> Iterator[tuple[Kind | None, str, Work]]:
    """Every root field: its kind (None: any of them), its GraphQL name, and what does its work."""
    by_kind = [(entry.kind, _queries(entry) | _mutations(entry)) for entry in entries]
    for kind, members in [*by_kind, (None, fields.node_fields(entries))]:
        for name, field in members.items():
            resolver: Any = field.base_resolver
            found = field.metadata.get(ROOT)
            yield kind, to_camel_case(name), found.resolve if found else resolver.wrapped_func


def _queries(entry: KindType) -> dict[str, StrawberryField]:
    filter_type = filter_input(entry.type, entry.kind)
    name = entry.field_name
    return {
        name: fields.get_field(entry),
        f"{name}s": fields.list_field(entry, filter_type),
        f"{name}_summary": fields.summary_field(entry, filter_type),
    }


def _mutations(entry: KindType) -> dict[str, StrawberryField]:
    name = entry.field_name
    verbs = get_object_definition(entry.mutations, strict=True) if entry.mutations else None
    return {
        f"create_{name}": fields.create_field(entry),
        f"update_{name}": fields.update_field(entry),
        f"delete_{name}": fields.delete_field(entry),
        **{field.python_name: field for field in (verbs.fields if verbs else ())},
    }


def _root(name: str, description: str, members: dict[str, StrawberryField]) -> type:
    for python_name, field in members.items():
        field.python_name = python_name
    return create_type(name, list(members.values()), description=description)
