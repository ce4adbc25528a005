"""Lists within a session that are shown in pages: their field, its arguments, its value.

    messages(first: 2) { nodes { message } totalCount }   on ChatSession

reads two messages and the stored count (resolvers.lists). Its cursors are places in
`ChatSession.messages`. A compiled function renders the same: schema.execution.source.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.utils.str_converters import to_camel_case

from resolvers import documents
from resolvers.kind import Document
from resolvers.lists import ListWindow
from resolvers.paging import decode_place, place_cursor
from resolvers.request import DEFAULT_PAGE, LARGEST_PAGE
from schema import paging
from schema.columns import NOTE, ColumnField
from schema.common import Edge, PageInfo
from schema.strawberry_internals import parent_type_name

COUNT = f"0 to {LARGEST_PAGE}; 0 gives the count alone"
ARGUMENTS: Mapping[str, tuple[Any, str]] = {
    "first": (int | None, f"How many from the start: {COUNT}. {DEFAULT_PAGE} if left out."),
    "after": (str | None, "Start after this cursor: a page's `endCursor`."),
    "last": (int | None, f"How many from the end: {COUNT}."),
    "before": (str | None, "End before this cursor: a page's `startCursor`."),
}


def list_tag(type_name: str, name: str) -> str:
    """What the cursors of a list are valid for."""
    return f"{type_name}.{name}"


def list_window(arguments: Mapping[str, Any], tag: str) -> ListWindow:
    """What the arguments of a field ask for; BadInput naming the argument."""
    checked = paging.window(arguments)
    after, before = (
        None if text is None else decode_place(text, tag, argument)
        for argument, text in (
            ("after", arguments.get("after")),
            ("before", arguments.get("before")),
        )
    )
    return ListWindow(checked.first, -1 if after is None else after, checked.last, before)


@dataclass(frozen=True, slots=True)
class ListPage:
    """The source value of a list's connection."""

    nodes: list[Any]
    """The elements shown, each with a CorruptDocument in its place if it is damaged."""
    start: int
    end: int
    total_count: int
    tag: str

    @property
    def edges(self) -> list[Edge[Any]]:
        """The elements with their cursors."""
        return [
            Edge(cursor=place_cursor(self.tag, place), node=node)
            for place, node in enumerate(self.nodes, self.start)
        ]

    @property
    def page_info(self) -> PageInfo:
        """What lies around the page."""
        some = self.end > self.start
        return PageInfo(
            has_next_page=self.end < self.total_count,
            has_previous_page=self.start > 0,
            start_cursor=place_cursor(self.tag, self.start) if some else None,
            end_cursor=place_cursor(self.tag, self.end - 1) if some else None,
        )


class PagedField(ColumnField):
    """A list of a session as a connection."""

    def get_result(self, source: Document, info: Any, args: list[Any], kwargs: Any) -> ListPage:
        """The page that the arguments ask for; CorruptDocument if the list is damaged."""
        tag = list_tag(parent_type_name(info), self.graphql_name or to_camel_case(self.python_name))
        window = list_window(kwargs, tag)
        column = self.metadata[NOTE]
        count = documents.count(column, source)
        start, end = window.bounds(count)
        nodes = documents.read_part(column, source, start, end)
        return ListPage(nodes, start, end, count, tag)


def paged(description: str, *, count: str, **note: Any) -> Any:
    """A stored list whose field is a connection: `messages: Connection[ChatMessage] | None`.

    `count` names the derived column that counts its elements, `last` in `note` the one that has the
    last of them: the class has both as fields. A kind's own lists of objects can be shown so.
    """
    field = PagedField(
        python_name=None,
        description=f"{description} Page with `first` and `after`, or `last` and `before`: "
        f"{DEFAULT_PAGE} a page by default, at most {LARGEST_PAGE}. Null, with an error, if it is "
        "refused.",
        metadata={NOTE: {"count": count, "description": description, **note}},
    )
    field.arguments = [
        StrawberryArgument(name, name, StrawberryAnnotation(annotation), description=text)
        for name, (annotation, text) in ARGUMENTS.items()
    ]
    return field
