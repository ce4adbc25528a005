"""The root fields that every kind has, those over all kinds, and `viewer`.

A kind's file gives them their names: `"createBotSession": CREATE`. Each row here says what such a
field takes, returns, reads and does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property, partial
from typing import Any, NoReturn, Optional

from strawberry import ID
from strawberry.types.base import get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.types.graphql import OperationType

from resolvers import sessions
from resolvers.access import Action
from resolvers.across import OfKind, found_of_kind
from resolvers.errors import BadInput
from resolvers.kind import Document, Kind
from resolvers.paging import cursors, default_order, with_places
from resolvers.request import DEFAULT_PAGE, LARGEST_PAGE, Paths, Read
from resolvers.statistics import of_kind as statistics_of_kind
from schema import filters, paging, statistics
from schema.common import (
    DeleteSessionPayload,
    Node,
    Payload,
    SessionConnection,
    SessionSummary,
    not_a_global_id,
    parse_global_id,
)
from schema.connection import ConnectionSource
from schema.errors import ErrorCode
from schema.execution import projection
from schema.execution.projection import PageRead, SessionRead
from schema.execution.run import Run
from schema.execution.selections import ByVariables, Selected
from schema.inputs import create_input, update_input
from schema.payloads import (
    GLOBAL_ID,
    IF_REVISION,
    SESSION_ID,
    SessionRef,
    deletion,
    payload,
)
from schema.root_field import NOTHING_WANTED, Argument, Arguments, RootField
from schema.statistics import StatisticsRead
from schema.statistics_types import StatisticsTypes, types_of
from schema.viewer import Viewer

MOST_NODES = 100


@dataclass(frozen=True)
class KindType:
    """A kind with its GraphQL type, its root fields, and a class with mutations of its own."""

    kind: Kind
    type: type
    _: KW_ONLY
    fields: "Mapping[str, Standard]"
    """By their GraphQL names: `{"botSession": GET, …}`."""
    mutations: Any = None

    @cached_property
    def filter_type(self) -> Any:
        """`BotSessionFilter`."""
        return filters.filter_input(self.type, self.kind)

    @cached_property
    def statistics(self) -> StatisticsTypes:
        """`BotSessionStatistics`, and what belongs to it."""
        return types_of(self.type, self.kind)

    @cached_property
    def queries(self) -> tuple[StrawberryField, ...]:
        """The kind's fields of Query."""
        return tuple(self._made(OperationType.QUERY))

    @cached_property
    def changes(self) -> tuple[StrawberryField, ...]:
        """The kind's fields of Mutation, those of its own last."""
        verbs = get_object_definition(self.mutations, strict=True) if self.mutations else None
        return (*self._made(OperationType.MUTATION), *(verbs.fields if verbs else ()))

    def _made(self, operation: OperationType) -> Iterable[RootField]:
        for name, row in self.fields.items():
            if row.operation is operation:
                yield row.field(name, self)


@dataclass(frozen=True, slots=True)
class Standard:
    """A root field that every kind has; `{}` in its description stands for the kind's type."""

    operation: OperationType
    description: str
    returns: Callable[[KindType], Any]
    """The annotation."""
    arguments: Callable[[KindType], Sequence[Argument]]
    resolve: Callable[[Kind, Run, Any, Arguments], Awaitable[Any]]
    wanted: Callable[[Selected, Kind], ByVariables] = lambda _selected, _kind: NOTHING_WANTED

    def field(self, name: str, entry: KindType) -> RootField:
        """The field of one kind."""
        return RootField(
            name,
            self.returns(entry),
            self.arguments(entry),
            self.description.format(entry.kind.type_name),
            partial(self.resolve, entry.kind),
            lambda selected: self.wanted(selected, entry.kind),
        )


async def get(kind: Kind, run: Run, wanted: SessionRead, arguments: Arguments) -> Document | None:
    """One session, together with others of its kind that are asked for at the same time."""
    session_id = _ref(arguments).of(kind)
    if wanted.alone:
        return await sessions.get(run.context, kind, session_id, wanted.columns)
    return await run.loader.get(kind, session_id, wanted.columns)


async def list_(kind: Kind, run: Run, wanted: PageRead, arguments: Arguments) -> ConnectionSource:
    """One page."""
    order = paging.order(arguments.get("orderBy"), kind) or default_order(kind)
    read = Read(
        kind,
        filters.where(arguments.get("filter"), kind),
        order,
        paging.window(arguments),
        with_places(wanted.columns, order) if wanted.cursors else wanted.columns,
        count=wanted.count,
    )
    return ConnectionSource(await sessions.list_(run.context, read), partial(cursors, read))


async def summarise(kind: Kind, run: Run, _wanted: None, arguments: Arguments) -> SessionSummary:
    """Figures over all matches."""
    found = await sessions.summarise(
        run.context, kind, filters.where(arguments.get("filter"), kind)
    )
    return SessionSummary(
        count=found.count, average_duration_seconds=found.average_duration_seconds
    )


async def statistics_of(
    kind: Kind, run: Run, wanted: StatisticsRead, arguments: Arguments
) -> Document:
    """Groups of all matches, counted and measured."""
    where = filters.where(arguments.get("filter"), kind)
    asked = statistics.question(kind, where, wanted, arguments)
    return statistics.document(asked, await statistics_of_kind(run.context, kind, asked))


async def create(kind: Kind, run: Run, _wanted: None, arguments: Arguments) -> Payload[Any]:
    """Store a new session; where its id is taken, the payload has the one that is stored."""
    values, context = arguments["input"], run.context
    made = await payload(sessions.create(context, kind, values), argument="input")
    taken = any(error.code is ErrorCode.ALREADY_EXISTS for error in made.errors)
    if taken and context.caller.may(kind, Action.READ) and values.get("sessionId") is not None:
        made.session = await sessions.get(context, kind, values["sessionId"])
    return made


async def update(kind: Kind, run: Run, _wanted: None, arguments: Arguments) -> Payload[Any]:
    """Change the given columns."""
    ref = _ref(arguments)
    work = sessions.update(run.context, kind, ref.of(kind), arguments["input"], ref.if_revision)
    return await payload(work, ref, "input")


async def delete(kind: Kind, run: Run, _wanted: None, arguments: Arguments) -> DeleteSessionPayload:
    """Remove a session."""
    ref = _ref(arguments)
    work = sessions.delete(run.context, kind, ref.of(kind), ref.if_revision)
    return await deletion(kind, work, ref)


def _ref(arguments: Arguments) -> SessionRef:
    return SessionRef(arguments.get("id"), arguments.get("sessionId"), arguments.get("ifRevision"))


COUNT = f"0 to {LARGEST_PAGE}; 0 gives the counts alone"
PAGE = (
    Argument("first", int | None, f"How many sessions from the start: {COUNT}."),
    Argument("after", str | None, "Start after this cursor: a page's `endCursor`."),
    Argument("last", int | None, f"How many sessions from the end: {COUNT}."),
    Argument("before", str | None, "End before this cursor: a page's `startCursor`."),
)
EITHER_ID = (
    Argument("id", ID | None, GLOBAL_ID),
    Argument("sessionId", str | None, SESSION_ID),
)
CHANGED = (*EITHER_ID, Argument("ifRevision", int | None, IF_REVISION))


def filter_argument(filter_type: Any) -> Argument:
    """The conditions of a list, a summary and the like."""
    return Argument(
        "filter",
        Optional[filter_type],
        "Which sessions; all if left out. A condition whose variable is not given is left out.",
        conditions=True,
    )


def order_argument(kind: Kind) -> Argument:
    """The ordering of a list."""
    return Argument(
        "orderBy",
        Optional[list[paging.order_input(kind)]],  # type: ignore[misc]  # made at run time
        "The ordering; newest first if left out. The session id decides between equal values.",
    )


def _input(made: Callable[[type, Kind], Any], entry: KindType) -> Argument:
    return Argument("input", made(entry.type, entry.kind), "The session's fields.")


def _over(generic: Any) -> Callable[[KindType], Any]:
    """`Payload[BotSession]`, and so on."""
    return lambda entry: generic[entry.type]


GET = Standard(
    OperationType.QUERY,
    "One {} by one of its ids; null if there is none.",
    _over(Optional),
    lambda _entry: EITHER_ID,
    get,
    projection.of_session,
)
LIST = Standard(
    OperationType.QUERY,
    "{}s, newest first unless `orderBy` says otherwise. Page with `first` and `after`, or `last` "
    f"and `before`: {DEFAULT_PAGE} sessions a page by default, at most {LARGEST_PAGE}. Null, with "
    "an error, if it is refused.",
    lambda entry: Optional[_over(SessionConnection)(entry)],
    lambda entry: (filter_argument(entry.filter_type), order_argument(entry.kind), *PAGE),
    list_,
    projection.of_page,
)
SUMMARY = Standard(
    OperationType.QUERY,
    "How many {}s there are and how long they lasted. Null, with an error, if it is refused.",
    lambda _entry: Optional[SessionSummary],
    lambda entry: (filter_argument(entry.filter_type),),
    summarise,
)
STATISTICS = Standard(
    OperationType.QUERY,
    "{}s in groups: how many there are, over time, and figures of their numbers. One group of all "
    "without `groupBy` and `every`. Null, with an error, if it is refused.",
    lambda entry: Optional[entry.statistics.statistics],
    lambda entry: (
        filter_argument(entry.filter_type),
        *entry.statistics.arguments(entry.filter_type),
    ),
    statistics_of,
    statistics.wanted,
)
CREATE = Standard(
    OperationType.MUTATION,
    "Store a new {}.",
    lambda entry: Optional[_over(Payload)(entry)],
    lambda entry: (_input(create_input, entry),),
    create,
)
UPDATE = Standard(
    OperationType.MUTATION,
    "Change a {}: only the given fields.",
    lambda entry: Optional[_over(Payload)(entry)],
    lambda entry: (*CHANGED, _input(update_input, entry)),
    update,
)
DELETE = Standard(
    OperationType.MUTATION,
    "Remove a {} for good.",
    lambda _entry: Optional[DeleteSessionPayload],
    lambda _entry: CHANGED,
    delete,
)


async def viewer(run: Run, _wanted: None, _arguments: Arguments) -> Viewer:
    """Who asks; nothing is read, as the request has been authenticated."""
    return Viewer.of(run.context.caller)


VIEWER = RootField("viewer", Viewer, (), "Who asks, and what this credential may do.", viewer)


def node_fields(entries: Sequence[KindType]) -> tuple[RootField, ...]:
    """`node(id)` and `nodes(ids)` over all kinds."""
    kinds = {entry.kind.type_name: entry.kind for entry in entries}

    async def node(run: Run, wanted: PathsByType, arguments: Arguments) -> OfKind | None:
        return await _node(run, kinds, wanted, arguments["id"], "id")

    async def nodes(
        run: Run, wanted: PathsByType, arguments: Arguments
    ) -> list[OfKind | BaseException | None]:
        """An error in the place of a node is reported there, and costs no other."""
        ids = arguments["ids"]
        if len(ids) > MOST_NODES:
            raise BadInput(f"ids: at most {MOST_NODES} at once, not {len(ids)}.", argument="ids")
        found = [_node(run, kinds, wanted, text, "ids") for text in ids]
        return await asyncio.gather(*found, return_exceptions=True)

    def wanted(selected: Selected) -> ByVariables:
        columns = {name: projection.columns_of(selected, kind) for name, kind in kinds.items()}
        return lambda variables: {name: of(variables) for name, of in columns.items()}

    one = Argument("id", ID, "A session's `id`.")
    many = Argument("ids", list[ID], "The `id`s of sessions.")
    text = (
        f"Sessions of any kind by their global ids, in the same order (at most {MOST_NODES}). The "
        "place of an unknown id is null; that of a refused one too, with an error at its path."
    )
    return (
        RootField(
            "node",
            Optional[Node],
            [one],
            "A session of any kind by its global id; null if there is none.",
            node,
            wanted,
        ),
        RootField("nodes", Optional[list[Node | None]], [many], text, nodes, wanted),
    )


PathsByType = Mapping[str, Paths]
"""The stored paths to read of each kind, by its type's name."""


def _node(
    run: Run, kinds: Mapping[str, Kind], wanted: PathsByType, text: str, argument: str
) -> Awaitable[OfKind | None]:
    """The session with that global id, which is asked for by the call already.

    Sessions that are asked for at the same time are one read a kind.
    """
    place = parse_global_id(text)
    if place is None or place[0] not in kinds:
        return _refused(not_a_global_id(argument, text))
    name, session_id = place
    return found_of_kind(kinds[name], run.loader.get(kinds[name], session_id, wanted[name]))


async def _refused(error: BadInput) -> NoReturn:
    raise error
