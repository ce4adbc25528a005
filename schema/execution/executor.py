"""The executor: graphql-core's, with documents rendered by compiled functions.

Whatever a compiled function does not like about a value, it raises, and graphql-core completes
that value field by field: what it finds, and how it says so, is the answer.
"""

import logging
from typing import Any

from graphql import GraphQLObjectType
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.common import Payload
from schema.connection import Rows
from schema.execution import compiler
from schema.execution.operations import Operation

log = logging.getLogger(__name__)


class CompiledExecutor(StrawberryGraphQLCoreExecutionContext):
    """Completes document-backed objects in one call."""

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: Any,
        info: Any,
        path: Any,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Render what is compiled; leave everything else, and every doubt, to graphql-core."""
        if isinstance(result, (dict, Rows, Payload)):
            render = self.renderer(return_type, field_details_list)
            if render is not None:
                try:
                    return render(result)
                except Exception:  # the slow way says what is wrong
                    log.debug("rendered field by field: %s", path.as_list())
        return super().complete_object_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def renderer(
        self, return_type: GraphQLObjectType, field_details_list: Any
    ) -> compiler.Renderer | None:
        """The function for what is selected in this place; None if that needs graphql-core."""
        operation: Operation | None = self.context_value.cache.get(Operation)
        if operation is None:
            return None
        nodes = tuple(id(details.node) for details in field_details_list)
        key = (return_type.name, nodes, operation.switches(self.variable_values.coerced))
        return operation.prepared(
            key, lambda: self._compiled(operation, return_type, field_details_list)
        )

    def _compiled(
        self, operation: Operation, return_type: GraphQLObjectType, field_details_list: Any
    ) -> compiler.Renderer | None:
        try:
            return compiler.compiled(
                return_type, field_details_list, self.schema, self.collect_fields_of
            )
        except Exception:
            operation.prepares = False
            log.exception("an operation could not be compiled and runs field by field")
            return None

    def collect_fields_of(self, return_type: GraphQLObjectType, field_details_list: Any) -> Any:
        """Response names with their fields below a selection, fragments and directives applied."""
        return self.collect_subfields(return_type, field_details_list)[0]
