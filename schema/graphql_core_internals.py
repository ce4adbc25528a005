"""What the gateway uses of graphql-core beyond its documentation: here and nowhere else.

    used                               for                              without it
    Executor.complete_object_value     rendering by compiled functions  nothing is compiled
    FieldDetails.node                  what is selected on an object    nothing is compiled
    the words " Did you mean … ?"      hiding the schema's names        names leak in messages
    LexicalDistance                    more room, see _with_room        INTERNAL for a wrong "İ"

Codes of errors do not depend on messages: see schema.errors. tests/schema/test_internals.py fails
when a new release changes one of these.
"""

import re
from typing import Any, Final

from graphql import FieldNode, GraphQLObjectType
from graphql.pyutils.suggestion_list import LexicalDistance

from schema.strawberry_internals import BaseExecutor

NOT_RENDERED: Final = object()
"""What `render` returns for a value that graphql-core is to complete."""


class RenderingExecutor(BaseExecutor):
    """graphql-core's executor, which asks `render` before it completes an object."""

    def render(self, type_: GraphQLObjectType, nodes: list[FieldNode], value: Any) -> Any:
        """The response object for a value, or NOT_RENDERED."""
        raise NotImplementedError

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: Any,
        info: Any,
        path: Any,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Called by graphql-core for each object of a response."""
        nodes = [details.node for details in field_details_list]
        rendered = self.render(return_type, nodes, result)
        if rendered is not NOT_RENDERED:
            return rendered
        return super().complete_object_value(
            return_type, field_details_list, info, path, result, position_context
        )


without_room: Final = LexicalDistance.__init__


def _with_room(distance: LexicalDistance, input_: str) -> None:
    """Look for similar names also where a given one is longer in lower case, such as "İ".

    graphql-core has no room for it, and raises an IndexError for a mistake of the client's.
    """
    without_room(distance, input_)
    distance._rows = [[0] * (len(distance._input_list) + 1) for _ in range(3)]


LexicalDistance.__init__ = _with_room  # type: ignore[method-assign,assignment]  # ours

_SUGGESTION: Final = re.compile(r" ?Did you mean [^?]*\?")


def without_suggestions(message: str) -> str:
    """A message of graphql-core without the names that it suggests.

    `Cannot query field 'a' on type 'Query'. Did you mean 'ab'?` loses its second sentence.
    """
    return _SUGGESTION.sub("", message)
