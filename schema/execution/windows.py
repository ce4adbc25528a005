"""The windows of lists within sessions: from a field's arguments to a ListWindow.

    messages(first: $n, after: "WyJ…")   with   {"n": 2}   gives   ListWindow(first=2, after=19)

Arguments that are all constants give one window for all runs.
"""

from collections.abc import Mapping
from typing import Any

from graphql import FieldNode, Undefined, VariableNode, value_from_ast_untyped

from resolvers.lists import ListWindow
from schema.list_pages import list_tag, list_window

Variables = Mapping[str, Any]


class WindowOf:
    """The window of one field, for each setting of its operation's variables."""

    __slots__ = ("_arguments", "tag", "varies")

    def __init__(self, node: FieldNode, type_name: str) -> None:
        self._arguments = {one.name.value: one.value for one in node.arguments or ()}
        self.tag = list_tag(type_name, node.name.value)
        self.varies = any(isinstance(value, VariableNode) for value in self._arguments.values())

    def __call__(self, variables: Variables) -> ListWindow:
        """The window; BadInput naming the argument that is wrong."""
        given = {
            name: value_from_ast_untyped(value, dict(variables))
            for name, value in self._arguments.items()
        }
        given = {name: value for name, value in given.items() if value is not Undefined}
        return list_window(given, self.tag)
