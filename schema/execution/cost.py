"""What an operation costs: each selected field, times the rows it is asked for.

    field                1, and what is selected below it
    a long text          in a page within a session: 1 more for each LONG_TEXT characters that it
                         may have
    connection           its `edges` and nodes times `first` or `last`, else the default page
    nodes(ids)           times the number of ids; so are changes of many sessions
    statistics           its `groups` times `first`, else GROUPS; with `first`, RANKED besides
    any other list       times LIST_SIZE
    a list within one    counts once for each entry of the outer list or page
    a joined session     below a list: its own lists count times JOINED_SIZE, and those that join
                         further sessions times RELATED
    introspection        1: it reads nothing

    query ($n: Int) { botSessions(first: $n) { nodes { botId channel } } }

gives `1 + n * (1 + 2)`: worked out once for an operation, but for the arguments given by variables.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    value_from_ast_untyped,
)

from resolvers.groups import MOST_GROUPS, MOST_RANKED
from resolvers.request import DEFAULT_PAGE, LARGEST_PAGE
from schema.columns import NOTE, ColumnField
from schema.execution.operation import Operation
from schema.execution.selections import Selections
from schema.strawberry_internals import definition_of

LIST_SIZE: Final = 10
"""Entries that a stored list, such as a session's tags, is taken to have, all lists within them
together: one document has both, so nesting does not multiply what is read."""

LONG_TEXT: Final = 5_000
"""Characters: a text that may have so many costs 1 more, and so on."""

JOINED_SIZE: Final = 20
"""The same of a joined session: its lists are shown again for each session that names it."""

RELATED: Final = 250
"""Sessions that a joined one names: 50 for each of 50, where the outer list was taken to have ten.
Joins multiply what is answered: those within each other soon cost more than is allowed."""

GROUPS: Final = 100
"""Groups that an answer is taken to have: a day's hours or a quarter's days; 1,000 at most."""

RANKED: Final = MOST_RANKED // 2
"""What `first` costs besides the groups that it keeps: all of them are made and ordered before."""

SEVERAL: Final = ("ids", "sessionIds", "inputs")
"""Arguments that say how many entries a list has: one each."""

Variables = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class RowCount:
    """How many rows a field is asked for: a number, or what a variable says."""

    default: int
    variable: str | None = None
    within: bool = False
    """Whether they are elements of one document, in which lists count once."""

    def value(self, variables: Variables) -> int:
        """The number, whatever a client put into the variable: it is checked elsewhere."""
        given = variables.get(self.variable) if self.variable else None
        return self.default if given is None else _size(given, self.default)


@dataclass(frozen=True, slots=True)
class Cost:
    """A number, and parts that are multiplied by variables."""

    own: int
    parts: tuple[tuple[RowCount, "Cost"], ...] = ()

    def total(self, variables: Variables) -> int:
        """The cost with these variables."""
        total = self.own
        for rows, part in self.parts:
            total += rows.value(variables) * part.total(variables)
        return total

    def plus(self, other: "Cost") -> "Cost":
        """The cost of this and the other together."""
        return Cost(self.own + other.own, self.parts + other.parts)

    def times(self, rows: RowCount) -> "Cost":
        """The cost of this for so many rows."""
        if rows.variable is None and not self.parts:
            return Cost(self.own * rows.default)
        return Cost(0, ((rows, self),))


ONE: Final = RowCount(1)
ELEMENT: Final = RowCount(1, within=True)
"""The lists of an element of a page within a session."""
LIST: Final = RowCount(LIST_SIZE)
JOINED: Final = RowCount(JOINED_SIZE, within=True)
"""The lists of a session that an entry of a list names: another document, for each entry."""


def cost(operation: Operation, name: str | None, schema: GraphQLSchema) -> Cost:
    """What the operation of this name, or the only one, costs; the document must be valid."""
    definition = operation.named(name)
    assert definition is not None
    root = schema.get_root_type(definition.operation)
    assert root is not None
    price = _Price(Selections(schema, operation.fragments), definition)
    return price.selected(definition.selection_set, root, LIST)


class _Price:
    """Adds up one valid operation, whose size is known to be bounded.

    Fields under @skip and @include count: the price is an upper bound that needs no variables.
    """

    def __init__(self, selections: Selections, definition: OperationDefinitionNode) -> None:
        self._selections = selections
        self._defaults = {
            node.variable.name.value: value_from_ast_untyped(node.default_value)
            for node in definition.variable_definitions or ()
            if node.default_value
        }

    def selected(
        self, selections: SelectionSetNode, type_: GraphQLNamedType, lists: RowCount
    ) -> Cost:
        """What is selected on a type, whose lists have that many entries."""
        total = Cost(0)
        for node, on in self._selections.walk(selections, type_):
            total = total.plus(self._field(node, on, lists))
        return total

    def _field(self, node: FieldNode, type_: GraphQLNamedType, lists: RowCount) -> Cost:
        definition = _definition(node, type_)
        if definition is None or node.selection_set is None:
            return Cost(_of_value(definition) if lists is ELEMENT else 1)
        inner = get_named_type(definition.type)
        own, rows = 1, ONE
        below = lists if lists in (ONE, ELEMENT, JOINED) else LIST
        if "first" in definition.args and "after" in definition.args:
            below = replace(self._page(node), within=_is_within(inner))
        elif "groupBy" in definition.args:
            first = _argument(node, "first")
            below = self._rows(first, RowCount(GROUPS))
            own += RANKED if first else 0
        elif is_list_type(get_nullable_type(definition.type)):
            rows = lists
            if several := [name for name in SEVERAL if name in definition.args]:
                given = (_argument(node, name) for name in several)
                rows = self._rows(next(filter(None, given), None), lists)
            elif lists is LIST or lists.within:
                below = ELEMENT if lists.within and lists is not JOINED else ONE
            if lists is JOINED and _joins(inner):
                rows = RowCount(RELATED)
        elif lists in (ONE, ELEMENT) and _has_id(inner):
            below = JOINED
        return Cost(own).plus(self.selected(node.selection_set, inner, below)).times(rows)

    def _page(self, node: FieldNode) -> RowCount:
        """`first`, `last` or the default page; of both, the larger default, as one is refused."""
        given = _argument(node, "first") or _argument(node, "last")
        return self._rows(given, RowCount(DEFAULT_PAGE))

    def _rows(self, value: ValueNode | None, default: RowCount) -> RowCount:
        if isinstance(value, VariableNode):
            name = value.name.value
            return RowCount(_size(self._defaults.get(name), default.default), name)
        if isinstance(value, IntValueNode):
            return RowCount(_size(int(value.value), default.default))
        if isinstance(value, ListValueNode):
            return RowCount(len(value.values))
        return default


def _of_value(field: GraphQLField | None) -> int:
    """Of a text that may be long, more than of other values."""
    made = definition_of(field) if field and field.extensions else None
    note = made.metadata.get(NOTE) if isinstance(made, ColumnField) else None
    return 1 + ((note.max_length or 0) // LONG_TEXT if note else 0)


def _definition(node: FieldNode, type_: GraphQLNamedType) -> GraphQLField | None:
    """None for `__typename` and introspection, which are not fields of the type itself."""
    if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        return None
    field: GraphQLField | None = type_.fields.get(node.name.value)
    return field


def _is_within(connection: Any) -> bool:
    """Whether the nodes of a connection are parts of a session, which have no ids of their own."""
    edge: Any = get_named_type(connection.fields["edges"].type)
    node = get_named_type(edge.fields["node"].type)
    return not (_has_id(node) or _joins(node))  # a change of a session has the session


def _joins(type_: Any) -> bool:
    """Whether values name sessions, which are joined."""
    return any(_has_id(get_named_type(field.type)) for field in type_.fields.values())


def _has_id(type_: GraphQLNamedType) -> bool:
    """Whether values are sessions, of which each is a document of its own."""
    return isinstance(type_, GraphQLInterfaceType) or bool(getattr(type_, "interfaces", ()))


def _argument(node: FieldNode, name: str) -> ValueNode | None:
    return next(
        (argument.value for argument in node.arguments or () if argument.name.value == name), None
    )


def _size(given: Any, default: int) -> int:
    if isinstance(given, list):
        return len(given)
    if isinstance(given, bool) or not isinstance(given, int | float):
        return default
    return int(min(max(given, 0), max(LARGEST_PAGE, MOST_GROUPS)))
