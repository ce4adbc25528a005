"""Which GraphQL requests change something, and what their answers may show besides."""

from typing import Any, Final

from graphql import DocumentNode, FieldNode, GraphQLError, OperationType, Visitor, visit

from app.graphql.parameters import Parameters
from resolvers.errors import GatewayError
from schema.build import Schema

WIDE: Final = frozenset(
    {"query", "relatedSessions", "linkCustomerIdentifiers", "unlinkCustomerIdentifiers"}
)
"""Fields of a mutation that may show other sessions than the changed one, or links."""


def changes(schema: Schema, text: str, asked: Parameters) -> bool:
    """Whether a request is a mutation; one that cannot be understood is none."""
    try:
        operation = schema.operations.get(text)
    except (GraphQLError, GatewayError):
        return False
    chosen = operation.named(asked.operation_name)
    return chosen is not None and chosen.operation is OperationType.MUTATION


def is_wide(document: DocumentNode) -> bool:
    """Whether an answer may show more than the sessions that were changed."""
    finder = _Finder()
    visit(document, finder)
    return finder.found


class _Finder(Visitor):
    """Looks for one of WIDE."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        """A selected field."""
        self.found = self.found or node.name.value in WIDE
