"""What the gateway uses of graphql-core beyond its documentation: here and nowhere else.

    used                               for                              without it
    Executor.complete_object_value     rendering by compiled functions  nothing is compiled
    Executor.execute_field             which write of a request is it   a repeated request may err
    FieldDetails.node                  what is selected on an object    nothing is compiled
    the words " Did you mean … ?"      hiding the schema's names        names leak in messages
    LexicalDistance                    more room, see _with_room        INTERNAL for a wrong "İ"
    the words of WRONG_NAMES           naming what is allowed           only what is wrong is said

Codes of errors do not depend on messages: see schema.errors. tests/schema/test_internals.py fails
when a new release changes one of these.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
)
from graphql.pyutils.suggestion_list import LexicalDistance

from schema.strawberry_internals import BaseExecutor

NOT_RENDERED: Final = object()
"""What `render` returns for a value that graphql-core is to complete."""


class RenderingExecutor(BaseExecutor):
    """graphql-core's executor, which says what begins, and asks `render` for each object."""

    def render(self, type_: GraphQLObjectType, nodes: list[FieldNode], value: Any) -> Any:
        """The response object for a value, or NOT_RENDERED."""
        raise NotImplementedError

    def begin(self, response_name: str) -> None:
        """A root field begins."""
        raise NotImplementedError

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: Any,
        path: Any,
        position_context: Any,
    ) -> Any:
        """Called by graphql-core for each field that it resolves."""
        if path.prev is None:
            self.begin(path.key)
        return super().execute_field(
            parent_type, source, field_details_list, path, position_context
        )

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


MOST_NAMES: Final = 20
"""Nobody reads a longer list: then the message stays as it is."""
WRONG_NAMES: Final = (
    re.compile(r"Cannot query field '\w+' on type '(\w+)'\.$"),
    re.compile(r"Unknown argument '\w+' on field '(\w+)\.(\w+)'\.$"),
    re.compile(r"Value '.*' does not exist in '(\w+)' enum\.$", re.S),
    re.compile(r"Expected value of type '(\w+)' not to include unknown field .*\.$", re.S),
    re.compile(r"Expected value of type '(\w+)' to be an object, found: .*\.$", re.S),
    re.compile(r"OneOf Input Object '(\w+)' must specify exactly one key\.$"),
)
"""Messages about a name, of which none that is allowed comes near; the type that has the names."""


def with_allowed(message: str, schema: GraphQLSchema) -> str:
    """A message of graphql-core, with the allowed names where it suggests none.

    `Value 'OPEN' does not exist in 'SessionStatus' enum.` gets a second sentence: `Did you mean
    'ACTIVE' or 'CLOSED'?`.
    """
    if "Did you mean" in message:
        return message
    found = next((match for form in WRONG_NAMES if (match := form.search(message))), None)
    names = [*_names(schema, *found.groups())] if found else []
    if not 0 < len(names) <= MOST_NAMES:
        return message
    *most, last = (f"'{name}'" for name in names)
    return f"{message} Did you mean {' or '.join(filter(None, [', '.join(most), last]))}?"


def _names(schema: GraphQLSchema, type_name: str, field: str = "") -> Iterable[str]:
    """The names that a type has, or the arguments of one of its fields."""
    type_ = schema.type_map.get(type_name)
    if isinstance(type_, GraphQLEnumType):
        return list(type_.values)
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) and field:
        return list(type_.fields[field].args)
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        return list(type_.fields)
    return ()
