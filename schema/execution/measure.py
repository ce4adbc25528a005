"""How large a parsed document is, with its fragments spread out, but without spreading them.

    query { a ...F }  fragment F on Query { b { c } }     gives  depth=2, fields=3

It does not use the walk of schema.execution.selections: that one spreads every fragment of a valid
document. This one runs before validation, on any document: fragments may be unknown or contain
themselves, types are not known, and a document that doubles at each of a hundred fragments must
be measured in a hundred steps. So it measures each fragment once.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from schema.execution.selections import fragments_of
from schema.limits import Limits, refusal, require

MOST_LEVELS: Final = 100
"""Of selections and fragments within each other; graphql-core's rules are recursive."""

PAYLOAD_QUERY: Final = "query"
"""The field of payloads below which root fields are selected (schema.payload_query)."""

READING: Final = frozenset({"sessions", "statistics"})
"""Fields below an object that read as much as root fields do (schema.root_field.NestedField)."""


@dataclass(slots=True)
class Size:
    """The size of a selection, fragments spread out."""

    depth: int = 0
    levels: int = 0
    """Like depth, but fragments count too."""
    fields: int = 0
    aliases: int = 0
    names: Counter[str] = field(default_factory=Counter)
    """How often each response name stands on the outermost level."""
    reading: int = 0
    """Those of READING on the outermost level."""
    further: int = 0
    """Fields below it that count as root fields: below the `query` of payloads, and READING."""

    def add(self, other: "Size") -> None:
        """Put another selection beside this one."""
        self.depth = max(self.depth, other.depth)
        self.levels = max(self.levels, other.levels + 1)
        self.fields += other.fields
        self.aliases += other.aliases
        self.names.update(other.names)
        self.reading += other.reading
        self.further += other.further

    def add_field(self, node: FieldNode, inner: "Size") -> None:
        """Put a field beside this selection."""
        name = node.name.value
        self.depth = max(self.depth, inner.depth + 1)
        self.levels = max(self.levels, inner.levels + 1)
        self.fields += inner.fields + 1
        self.aliases += inner.aliases + (node.alias is not None)
        self.names[(node.alias or node.name).value] += 1
        self.reading += name in READING
        self.further += inner.further
        self.further += inner.names.total() if name == PAYLOAD_QUERY else inner.reading


class Measure:
    """Measures one document; LimitExceeded as soon as something is too large."""

    def __init__(self, document: DocumentNode, limits: Limits) -> None:
        self.introspects = False
        """Whether the schema is asked about."""
        self._limits = limits
        self._sizes: dict[str, Size] = {}
        self._open: set[str] = set()
        self._fragments = fragments_of(document)
        for name in self._fragments:
            self._check(self._fragment(name, 0))
        for node in document.definitions:
            if isinstance(node, OperationDefinitionNode):
                self._operation(node)

    def _operation(self, node: OperationDefinitionNode) -> None:
        self._directives(node)
        size = self._selections(node.selection_set, 0)
        self._check(size)
        require(self._limits, "root_fields", size.names.total() + size.further)

    def _check(self, size: Size) -> None:
        require(self._limits, "depth", size.depth)
        require(self._limits, "fields", size.fields)
        require(self._limits, "aliases", size.aliases)

    def _selections(self, selections: SelectionSetNode | None, level: int) -> Size:
        size = Size()
        if selections is None:
            return size
        self._check_levels(level)
        for node in selections.selections:
            self._directives(node)
            self._selection(node, size, level)
        if size.names:
            require(self._limits, "repeats", max(size.names.values()))
        self._check_levels(size.levels)
        return size

    def _check_levels(self, levels: int) -> None:
        if levels > MOST_LEVELS:
            raise refusal("levels", MOST_LEVELS, levels, more=True)

    def _selection(self, node: SelectionNode, size: Size, level: int) -> None:
        if isinstance(node, FieldNode):
            name = node.name.value
            self.introspects = self.introspects or name in ("__schema", "__type")
            inner = self._selections(node.selection_set, level + 1)
            size.add_field(node, inner)
        elif isinstance(node, InlineFragmentNode):
            size.add(self._selections(node.selection_set, level + 1))
        elif isinstance(node, FragmentSpreadNode):
            size.add(self._fragment(node.name.value, level + 1))

    def _fragment(self, name: str, level: int) -> Size:
        """The size of a fragment; nothing if it is unknown or open, which validation refuses."""
        if name in self._sizes:
            return self._sizes[name]
        node = self._fragments.get(name)
        if node is None or name in self._open:
            return Size()
        self._directives(node)
        self._open.add(name)
        size = self._selections(node.selection_set, level)
        self._open.remove(name)
        self._check(size)
        self._sizes[name] = size
        return size

    def _directives(
        self, node: OperationDefinitionNode | FragmentDefinitionNode | SelectionNode
    ) -> None:
        require(self._limits, "directives", len(node.directives or ()))
