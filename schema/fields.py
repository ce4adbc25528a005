"""Root fields: three queries and three mutations for a kind, made by one function each."""

import builtins
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Optional

import strawberry
from strawberry import ID, UNSET, Info
from strawberry.types.field import StrawberryField

from resolvers import sessions
from resolvers.errors import BadInput
from resolvers.kind import Document, Kind
from resolvers.request import Read
from resolvers.store.plan import ordering, sort_paths
from schema import filters, paging
from schema.answers import SessionId, context, deletion, described, payload
from schema.common import (
    Connection,
    DeleteSessionPayload,
    Node,
    Payload,
    SessionSummary,
    located,
    parse_global_id,
)
from schema.connection import Rows
from schema.execution import selection
from schema.inputs import create_input, plain, update_input

MOST_NODES = 100

FILTER = "Which sessions; all of them if left out."
ORDER_BY = "In which order; newest first if left out. The session id decides between equals."
INPUT = "The session's fields."
First = Annotated[int | None, described("How many sessions from the start: 1 to 500.")]
After = Annotated[str | None, described("Start after this cursor: a page's `endCursor`.")]
Last = Annotated[int | None, described("How many sessions from the end: 1 to 500.")]
Before = Annotated[str | None, described("End before this cursor: a page's `startCursor`.")]
GlobalId = Annotated[ID, described("A session's `id`.")]
GlobalIds = Annotated[list[ID], described("The `id`s of sessions.")]


@dataclass(frozen=True)
class KindType:
    """A kind with its GraphQL type and the mutations of its own."""

    kind: Kind
    type: type
    mutations: builtins.type | None = None

    @property
    def field_name(self) -> str:
        """`bot_session`."""
        return f"{self.kind.name}_session"


def annotated(resolver: Callable[..., Any], **annotations: Any) -> Callable[..., Any]:
    """The resolver with types that are known only at run time."""
    resolver.__annotations__ |= annotations
    return resolver


def get_field(entry: KindType) -> StrawberryField:
    """`botSession(sessionId)`."""
    kind = entry.kind

    async def get(info, session_id: SessionId):  # type: ignore[no-untyped-def]  # see annotated()
        columns = selection.of_session(info._raw_info, kind)
        return await sessions.get(context(info), kind, session_id, columns)

    resolver = annotated(get, info=Info, **{"return": Optional[entry.type]})
    return strawberry.field(
        resolver, description=f"One {kind.type_name} by its own id; null if there is none."
    )


def list_field(entry: KindType, filter_type: type) -> StrawberryField:
    """`botSessions(filter, orderBy, first, after, last, before)`."""
    kind, order_type = entry.kind, paging.order_input(entry.kind)

    async def list_(  # type: ignore[no-untyped-def]  # see annotated()
        info,
        filter=UNSET,  # noqa: A002  # the argument's GraphQL name
        order_by=UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ):
        wanted = selection.of_connection(info._raw_info, kind)
        read = Read(
            kind,
            filters.where(filter, kind),
            paging.order(order_by, kind),
            paging.window(first, after, last, before),
            wanted.columns,
            count=wanted.count,
        )
        return await _rows(info, read, wanted.cursors)

    resolver = annotated(
        list_,
        info=Info,
        filter=Annotated[filter_type | None, described(FILTER)],
        order_by=Annotated[list[order_type] | None, described(ORDER_BY)],  # type: ignore[valid-type]  # made at run time
        **{"return": Connection[entry.type]},  # type: ignore[name-defined]  # made at run time
    )
    return strawberry.field(
        resolver,
        description=f"{kind.type_name}s, newest first unless `orderBy` says otherwise. Page with "
        "`first` and `after`, or `last` and `before`: 20 sessions a page by default, at most 500.",
    )


async def _rows(info: Info, read: Read, cursors: bool) -> Rows:
    """The page as a connection's source; with what its cursors need, if they are wanted."""
    if cursors:
        read = read.selecting(sort_paths(ordering(read)))
    return Rows(await sessions.list_(context(info), read), read)


def summary_field(entry: KindType, filter_type: type) -> StrawberryField:
    """`botSessionSummary(filter)`."""
    kind = entry.kind

    async def summarise(info, filter=UNSET):  # type: ignore[no-untyped-def]  # noqa: A002  # see annotated()
        found = await sessions.summarise(context(info), kind, filters.where(filter, kind))
        return SessionSummary(
            count=found.count, average_duration_seconds=found.average_duration_seconds
        )

    resolver = annotated(
        summarise,
        info=Info,
        filter=Annotated[filter_type | None, described(FILTER)],
        **{"return": SessionSummary},
    )
    return strawberry.field(
        resolver, description=f"How many {kind.type_name}s there are and how long they lasted."
    )


def create_field(entry: KindType) -> StrawberryField:
    """`createBotSession(input)`."""
    kind = entry.kind

    async def create(info, input):  # type: ignore[no-untyped-def]  # noqa: A002  # see annotated()
        return await payload(sessions.create(context(info), kind, plain(input)), "input")

    return _mutation(
        create, entry, f"Store a new {kind.type_name}.", input=create_input(entry.type, kind)
    )


def update_field(entry: KindType) -> StrawberryField:
    """`updateBotSession(sessionId, input)`."""
    kind = entry.kind

    async def update(info, session_id: SessionId, input):  # type: ignore[no-untyped-def]  # noqa: A002  # see annotated()
        return await payload(
            sessions.update(context(info), kind, session_id, plain(input)), "input"
        )

    return _mutation(
        update,
        entry,
        f"Change a {kind.type_name}: only the given fields.",
        input=update_input(entry.type, kind),
    )


def delete_field(entry: KindType) -> StrawberryField:
    """`deleteBotSession(sessionId)`."""
    kind = entry.kind

    async def delete(info, session_id: SessionId):  # type: ignore[no-untyped-def]  # see annotated()
        return await deletion(kind, sessions.delete(context(info), kind, session_id))

    resolver = annotated(delete, info=Info, **{"return": DeleteSessionPayload})
    return strawberry.mutation(resolver, description=f"Remove a {kind.type_name} for good.")


def _mutation(
    resolver: Callable[..., Any], entry: KindType, description: str, **types: type
) -> StrawberryField:
    result = Payload[entry.type]  # type: ignore[name-defined]  # made at run time
    inputs = {name: Annotated[type_, described(INPUT)] for name, type_ in types.items()}
    resolver = annotated(resolver, info=Info, **inputs, **{"return": result})
    return strawberry.mutation(resolver, description=description)


def node_fields(entries: Sequence[KindType]) -> dict[str, StrawberryField]:
    """`node(id)` and `nodes(ids)` over all kinds."""
    by_type = {entry.kind.type_name: entry.kind for entry in entries}

    async def node(info: Info, id: GlobalId) -> Node | None:  # noqa: A002  # the argument's GraphQL name
        return (await _nodes(info, by_type, [id], "id"))[0]

    async def nodes(info: Info, ids: GlobalIds) -> list[Node | None]:
        if len(ids) > MOST_NODES:
            raise BadInput(f"ids: at most {MOST_NODES} at once, not {len(ids)}.", argument="ids")
        return await _nodes(info, by_type, ids, "ids")

    return {
        "node": strawberry.field(
            node, description="Anything by its global id; null if it is gone."
        ),
        "nodes": strawberry.field(
            nodes,
            description="Several things by their global ids, in their order "
            f"(at most {MOST_NODES}).",
        ),
    }


async def _nodes(
    info: Info, kinds: dict[str, Kind], ids: Sequence[str], argument: str
) -> list[Node | None]:
    """The sessions with those global ids, in their order: one read for each kind among them."""
    places = [_place(kinds, text, argument) for text in ids]
    found: dict[tuple[str, str], Document] = {}
    for type_name in {type_name for type_name, _ in places}:
        kind = kinds[type_name]
        wanted = [session_id for name, session_id in places if name == type_name]
        columns = selection.of_session(info._raw_info, kind)
        rows = await sessions.get_many(context(info), kind, wanted, columns)
        found |= {(type_name, session_id): row for session_id, row in rows.items()}
    rows_: list[Any] = [
        located(place[0], found[place]) if place in found else None for place in places
    ]
    return rows_


def _place(kinds: dict[str, Kind], text: str, argument: str) -> tuple[str, str]:
    place = parse_global_id(text)
    if place is None or place[0] not in kinds:
        raise BadInput(
            f"{argument}: {text[:100]!r} is no global id of ours. Use the `id` of a session just "
            "as it was returned.",
            argument=argument,
        )
    return place
