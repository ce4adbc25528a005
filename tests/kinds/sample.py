"""What the suite has to know of a kind of session: one Sample, in `tests/kinds/<kind>.py`.

Every test that runs for each kind takes what it needs from there. Names, types and values are
written down once more on purpose: a kind that changes by mistake no longer fits its sample.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from resolvers.kind import Column, Kind
from resolvers.moments import print_datetime
from resolvers.value_types import DATETIME
from schema.json_lines import decode
from schema.kinds import KINDS
from tests.conftest import NOW

Values = dict[str, Any]

NOON = datetime(2026, 2, 1, 12, 0)
NOW_TEXT = print_datetime(NOW)
PII = "PII-"
"""How every personal text of a stocked session begins, so that it is found wherever it shows."""

SESSION = (
    "__typename id sessionId kind status startedAt endedAt durationSeconds"
    " customer { customerId name email } labels note assignee tenant createdAt updatedAt"
    " relatedSessions { kind sessionId }"
)
"""A selection of what every kind has."""
SESSION_FIELDS = """id: ID!, sessionId: String!, kind: SessionKind!, status: SessionStatus,
    startedAt: DateTime!, endedAt: DateTime, durationSeconds: Float, customer: SessionCustomer,
    labels: [String!]!, note: String, assignee: String, tenant: String,
    createdAt: DateTime!, updatedAt: DateTime!, relatedSessions: [RelatedSession!]!,
    changes: SessionAuditConnection, revision: Int!"""
COMMON: Values = {
    "status": "ACTIVE",
    "startedAt": NOW_TEXT,
    "endedAt": None,
    "durationSeconds": None,
    "labels": [],
    "note": None,
    "assignee": None,
    "tenant": None,
    "relatedSessions": [],
    "createdAt": NOW_TEXT,
    "updatedAt": NOW_TEXT,
}
"""How a session without an end is shown that was created now."""


def table(text: str) -> dict[str, str]:
    """`a: B, c: D` as a dict."""
    return dict(part.split(": ") for part in " ".join(text.split()).split(", "))


class Verb(NamedTuple):
    """A mutation of the kind's own."""

    arguments: str
    given: Mapping[str, Any] = {}
    """What its required arguments are given, besides `sessionId`."""


@dataclass(frozen=True)
class Example:
    """A small session as the core takes it, with dates as dates."""

    session_id: str
    values: Values
    """Without an id, and without what only one live session may have."""
    change: Values
    nullable: str
    """A column of `values` that a null removes."""
    too_long: tuple[str, Any]
    """A column and a value that its limit refuses."""
    started: Callable[[datetime], Values] = lambda _moment: {}
    """What makes a session start at a moment; by default it starts when it is created."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What a kind is tested with."""

    kind: str
    """As in scopes: `co_browse`."""
    session_id: str
    fields: str
    """The fields of the kind's own, with their types: `url: String!, duration: Int`."""
    types: Mapping[str, str] = field(default_factory=dict)
    """The same for each type that only this kind has."""
    enums: Mapping[str, str] = field(default_factory=dict)
    """Its enums, with their values: `OPERATOR VISITOR`."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Some of its input types, as `types`."""
    verbs: Mapping[str, Verb] = field(default_factory=dict)
    least: Values
    """The smallest input that is accepted."""
    least_shown: Values
    """What its own fields and the session's then are."""
    full: Values
    full_shown: Values
    change: Values
    """An update of one column of `full`; `change_shown` is how that is shown."""
    change_shown: Values
    nullable: str
    """A column of `full` that a null removes."""
    required: str
    """A column that refuses null; empty if there is none."""
    too_long: tuple[Values, list[str]]
    """An update with a text that is too long, and the field path of the refusal."""
    another: Values = field(default_factory=dict)
    """What a second live session must give differently: what the first one reserves."""
    example: Example = None  # type: ignore[assignment]  # made from the rest if it is not given
    personal: Values = None  # type: ignore[assignment]  # the same
    """A session as the core takes it, each personal column filled with a text that starts with
    PII; made from `full` if it is not given."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "example", self.example or self._example())
        object.__setattr__(self, "personal", self.personal or self._personal())

    @property
    def definition(self) -> Kind:
        """The kind itself."""
        return next(entry.kind for entry in KINDS if entry.kind.name == self.kind)

    @property
    def type(self) -> str:
        """`CoBrowseSession`."""
        return "".join(word.capitalize() for word in self.kind.split("_")) + "Session"

    @property
    def name(self) -> str:
        """The stem of its root fields: `coBrowseSession`."""
        return self.type[0].lower() + self.type[1:]

    @property
    def paged(self) -> Mapping[str, str]:
        """The connections of its lists, each with its fields."""
        named = (type_ for type_ in table(self.fields).values() if type_.endswith("Connection"))
        return {
            name: f"""edges: [{name.removesuffix("Connection")}Edge!]!,
                nodes: [{name.removesuffix("Connection")}]!, pageInfo: PageInfo!,
                totalCount: Int"""
            for name in named
        }

    @property
    def own(self) -> str:
        """A selection of all its own fields."""
        return self._selection(self.fields)

    @property
    def first(self) -> str:
        """A selection of the first of them."""
        return self._selection(self.fields.split(",")[0])

    @property
    def select(self) -> str:
        return f"{SESSION} {self.own}"

    @property
    def create(self) -> str:
        return (
            f"mutation ($input: Create{self.type}Input!) {{ create{self.type}(input: $input)"
            f" {{ session {{ {self.select} }} errors {{ code field message }} }} }}"
        )

    @property
    def update(self) -> str:
        return (
            f"mutation ($id: String!, $input: Update{self.type}Input!) {{"
            f" update{self.type}(sessionId: $id, input: $input)"
            f" {{ session {{ {self.select} }} errors {{ code field message }} }} }}"
        )

    @property
    def delete(self) -> str:
        return (
            f"mutation ($id: String!) {{ delete{self.type}(sessionId: $id)"
            " { deletedId errors { code field message } } }"
        )

    @property
    def get(self) -> str:
        return f"query ($id: String!) {{ {self.name}(sessionId: $id) {{ {self.select} }} }}"

    @property
    def list(self) -> str:
        return (
            f"query ($filter: {self.type}Filter, $orderBy: [{self.type}Order!], $first: Int,"
            f" $after: String, $last: Int, $before: String) {{ {self.name}s(filter: $filter,"
            " orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {"
            f" edges {{ cursor node {{ {self.select} }} }} nodes {{ sessionId }} totalCount"
            " pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
        )

    def _selection(self, fields: str) -> str:
        shown = []
        for name, type_ in table(fields).items():
            named = re.sub(r"\W", "", type_)
            inner = self.types.get(named.removesuffix("Connection"))
            below = f"{{ {self._selection(inner)} }}" if inner else ""
            shown.append(f"{name} " + (f"{{ nodes {below} }}" if named in self.paged else below))
        return " ".join(shown)

    def _decoded(self, values: Values) -> Values:
        return dict(decode(self.definition, values).values)

    def _example(self) -> Example:
        """`full` without what is reserved, and without its own times: it starts when created."""
        moments = {column.name for column in self.definition.columns if column.type is DATETIME}
        left_out = moments | self.another.keys()
        values = {name: value for name, value in self.full.items() if name not in left_out}
        (changed, *_) = self.too_long[1][1:]
        return Example(
            session_id=self.session_id,
            values=self._decoded(values),
            change=self._decoded(self.change),
            nullable=self.nullable,
            too_long=(changed, self._decoded(self.too_long[0])[changed]),
        )

    def _personal(self) -> Values:
        return _marked(self.definition.own_columns, self._decoded(self.full))


def _marked(columns: tuple[Column, ...], values: Values) -> Values:
    """The values with every personal text replaced."""
    marked = dict(values)
    for column in columns:
        value = marked.get(column.name)
        if value is None:
            continue
        many = value if isinstance(value, list) else [value]
        if column.personal:
            made: list[Any] = [f"https://example.com/{PII}" if column.format else PII] * len(many)
        elif column.columns:
            made = [_marked(column.columns, part) for part in many]
        else:
            continue
        marked[column.name] = made if isinstance(value, list) else made[0]
    return marked
