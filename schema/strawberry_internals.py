"""What the gateway uses of Strawberry beyond its documentation: here and nowhere else.

    used                                       for                         without it
    Info._raw_info                             parent type, field nodes    no id, no projection
    Schema._schema                             graphql-core's schema       no cost, no programs
    ExecutionContext._provided_operation_name  the name a client gave      a wrong operation runs
    GraphQLCoreConverter.DEFINITION_BACKREF    our field behind a type's   nothing is compiled
    StrawberryGraphQLCoreExecutionContext      the executor's base class   nothing is compiled

Subclasses of `StrawberryField` (schema.columns.ColumnField, schema.root_field.RootField) rely on
`get_result`, `is_basic_field` and `arguments`. tests/schema/test_internals.py fails when a new
release changes one of these.
"""

from typing import Any

import strawberry
from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.execution import ExecutionContext

CoreInfo = GraphQLResolveInfo[Any]
"""graphql-core's own; Strawberry puts the plain variables where graphql-core has more."""
BaseExecutor = StrawberryGraphQLCoreExecutionContext


def core_info(info: strawberry.Info) -> CoreInfo:
    """graphql-core's info behind Strawberry's."""
    return info._raw_info


def core_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """graphql-core's schema behind Strawberry's."""
    return schema._schema


def parent_type_name(info: strawberry.Info) -> str:
    """The name of the object type whose field is resolved: `BotSession`."""
    return core_info(info).parent_type.name


def parent_class(info: strawberry.Info) -> type:
    """The class of the object type whose field is resolved: BotSession."""
    found: type = definition_of(core_info(info).parent_type).origin
    return found


def given_operation_name(context: ExecutionContext) -> str | None:
    """The name that the client sent; the public one falls back to the first operation's."""
    return context._provided_operation_name


def made_from(definition: Any) -> dict[str, Any]:
    """The extensions of a field that graphql-core has, for `definition_of`."""
    return {GraphQLCoreConverter.DEFINITION_BACKREF: definition}


def definition_of(made: GraphQLObjectType | GraphQLField) -> Any:
    """Strawberry's definition of a type, or its field: what the schema was made from."""
    return made.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
