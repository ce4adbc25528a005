"""The field `query` of payloads: what else has changed can be read in the same request.

It is added to a schema once it is made: a payload's type belongs to its kind, and the type Query to
one schema.
"""

from typing import Final

from graphql import GraphQLField, GraphQLNonNull, GraphQLSchema, is_object_type
from strawberry.types.field import StrawberryField

from schema.common import DeleteSessionPayload, Payload
from schema.customers import CustomerLinksPayload
from schema.erasure import EraseCustomerPayload
from schema.execution.measure import PAYLOAD_QUERY
from schema.strawberry_internals import definition_of, made_from

DESCRIPTION = "Everything that can be asked, as it is after the change."

_ROOT: Final = object()
PAYLOADS: Final = (Payload, DeleteSessionPayload, CustomerLinksPayload, EraseCustomerPayload)


def add_query(schema: GraphQLSchema) -> None:
    """Give `query: Query!` to every payload of the schema."""
    assert schema.query_type
    field = GraphQLField(
        GraphQLNonNull(schema.query_type),
        description=DESCRIPTION,
        resolve=lambda *_: _ROOT,
        extensions=made_from(StrawberryField(python_name=PAYLOAD_QUERY, description=DESCRIPTION)),
    )
    for type_ in schema.type_map.values():
        if is_object_type(type_) and not type_.name.startswith("__"):
            definition = definition_of(type_)
            if (definition.concrete_of or definition).origin in PAYLOADS:
                type_.fields[PAYLOAD_QUERY] = field
