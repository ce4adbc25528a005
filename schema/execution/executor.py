"""The executor: graphql-core's, with documents rendered by compiled functions.

    {"_id": "a", "botId": "b"}  with  { sessionId botId }   gives  {"sessionId": "a", "botId": "b"}

If a compiled function raises, graphql-core completes the same value field by field, finds out what
is wrong and reports it.
"""

import logging
from typing import Any

from graphql import FieldNode, GraphQLObjectType

from schema.common import Payload
from schema.connection import ConnectionSource
from schema.execution.compiler import renderer
from schema.execution.run import Run
from schema.execution.selections import Selections
from schema.graphql_core_internals import NOT_RENDERED, RenderingExecutor

log = logging.getLogger(__name__)


class CompiledExecutor(RenderingExecutor):
    """Completes document-backed objects in one call."""

    def begin(self, response_name: str) -> None:
        """The run knows which root field its next write is of."""
        self.context_value.begin_field(response_name)

    def render(self, type_: GraphQLObjectType, nodes: list[FieldNode], value: Any) -> Any:
        """The response object of a document, page or payload, if there is a function for it."""
        if not isinstance(value, (dict, ConnectionSource, Payload)):
            return NOT_RENDERED
        run: Run = self.context_value
        variables = self.variable_values.coerced
        selections = Selections(self.schema, run.operation.fragments, variables)
        render = renderer(run.operation, selections, type_, nodes)
        if render is not None:
            left = run.room.left
            try:
                return render(value, variables, run.room)
            except Exception:  # graphql-core finds out what is wrong
                run.room.left = left
                log.debug("a %s is rendered field by field", type_.name)
        return NOT_RENDERED
