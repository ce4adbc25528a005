"""Root fields: three queries and three mutations for a kind, made by one function each."""

import asyncio
import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Optional

import strawberry
from strawberry import ID, UNSET, Info
from strawberry.types.field import StrawberryField

from resolvers import sessions
from resolvers.context import Context
from resolvers.errors import BadInput
from resolvers.kind import Document, Kind
from resolvers.loader import Loader
from resolvers.paging import default_order, with_places
from resolvers.request import DEFAULT_PAGE, LARGEST_PAGE, Read
from schema import filters, paging
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
from schema.inputs import create_input, update_input
from schema.payloads import SessionId, context, deletion, described, payload
from schema.root import Arguments, Root, root_field

MOST_NODES = 100

FILTER = "Which sessions; all of them if left out."
ORDER_BY = "In which order; newest first if left out. The session id decides between equals."
INPUT = "The session's fields."
COUNT = f"1 to {LARGEST_PAGE}"
First = Annotated[int | None, described(f"How many sessions from the start: {COUNT}.")]
After = Annotated[str | None, described("Start after this cursor: a page's `endCursor`.")]
Last = Annotated[int | None, described(f"How many sessions from the end: {COUNT}.")]
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


def get_field(entry: KindType) -> StrawberryField:
    """`botSession(sessionId)`."""
    kind = entry.kind

    async def resolve(
        context: Context, wanted: selection.Lookup, arguments: Arguments
    ) -> Document | None:
        session_id = arguments["sessionId"]
        if wanted.alone:
            return await sessions.get(context, kind, session_id, wanted.columns)
        return await Loader.of(context).get(kind, session_id, wanted.columns)

    async def get(info, session_id: SessionId):  # type: ignore[no-untyped-def]  # see root_field()
        return await root.answer(info, sessionId=session_id)

    root = Root(resolve, lambda info: selection.of_lookup(info, kind))
    text = f"One {kind.type_name} by its own id; null if there is none."
    return root_field(root, get, text, Optional[entry.type])


def list_field(entry: KindType, filter_type: type) -> StrawberryField:
    """`botSessions(filter, orderBy, first, after, last, before)`."""
    kind, order_type = entry.kind, paging.order_input(entry.kind)

    async def resolve(context: Context, wanted: selection.Wanted, arguments: Arguments) -> Rows:
        order = paging.order(arguments.get("orderBy"), kind) or default_order(kind)
        read = Read(
            kind,
            filters.where(arguments.get("filter"), kind),
            order,
            paging.window(arguments),
            with_places(wanted.columns, order) if wanted.cursors else wanted.columns,
            count=wanted.count,
        )
        return Rows(await sessions.list_(context, read), read)

    async def list_(  # type: ignore[no-untyped-def]  # see root_field()
        info,
        filter=UNSET,  # noqa: A002  # the argument's GraphQL name
        order_by=UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ):
        return await root.answer(
            info,
            filter=filter,
            orderBy=order_by,
            first=first,
            after=after,
            last=last,
            before=before,
        )

    root = Root(resolve, lambda info: selection.of_connection(info, kind))
    text = (
        f"{kind.type_name}s, newest first unless `orderBy` says otherwise. Page with `first` and "
        f"`after`, or `last` and `before`: {DEFAULT_PAGE} sessions a page by default, at most "
        f"{LARGEST_PAGE}."
    )
    return root_field(
        root,
        list_,
        text,
        Connection[entry.type],  # type: ignore[name-defined]  # made at run time
        filter=Annotated[filter_type | None, described(FILTER)],
        order_by=Annotated[list[order_type] | None, described(ORDER_BY)],  # type: ignore[valid-type]  # made at run time
    )


def summary_field(entry: KindType, filter_type: type) -> StrawberryField:
    """`botSessionSummary(filter)`."""
    kind = entry.kind

    async def resolve(context: Context, _wanted: None, arguments: Arguments) -> SessionSummary:
        where = filters.where(arguments.get("filter"), kind)
        found = await sessions.summarise(context, kind, where)
        return SessionSummary(
            count=found.count, average_duration_seconds=found.average_duration_seconds
        )

    async def summarise(info, filter=UNSET):  # type: ignore[no-untyped-def]  # noqa: A002  # see root_field()
        return await root.answer(info, filter=filter)

    root = Root(resolve)
    text = f"How many {kind.type_name}s there are and how long they lasted."
    given: Any = Annotated[filter_type | None, described(FILTER)]
    return root_field(root, summarise, text, SessionSummary, filter=given)


def create_field(entry: KindType) -> StrawberryField:
    """`createBotSession(input)`."""
    kind = entry.kind

    async def resolve(context: Context, _wanted: None, arguments: Arguments) -> Payload[Any]:
        return await payload(sessions.create(context, kind, arguments["input"]), "input")

    async def create(info, input):  # type: ignore[no-untyped-def]  # noqa: A002  # see root_field()
        return await root.answer(info, input=input)

    root = Root(resolve)
    given: Any = Annotated[create_input(entry.type, kind), described(INPUT)]
    text = f"Store a new {kind.type_name}."
    return root_field(root, create, text, _payload_type(entry), input=given)


def update_field(entry: KindType) -> StrawberryField:
    """`updateBotSession(sessionId, input)`."""
    kind = entry.kind

    async def resolve(context: Context, _wanted: None, arguments: Arguments) -> Payload[Any]:
        session_id, values = arguments["sessionId"], arguments["input"]
        return await payload(sessions.update(context, kind, session_id, values), "input")

    async def update(info, session_id: SessionId, input):  # type: ignore[no-untyped-def]  # noqa: A002  # see root_field()
        return await root.answer(info, sessionId=session_id, input=input)

    root = Root(resolve)
    given: Any = Annotated[update_input(entry.type, kind), described(INPUT)]
    text = f"Change a {kind.type_name}: only the given fields."
    return root_field(root, update, text, _payload_type(entry), input=given)


def delete_field(entry: KindType) -> StrawberryField:
    """`deleteBotSession(sessionId)`."""
    kind = entry.kind

    async def resolve(
        context: Context, _wanted: None, arguments: Arguments
    ) -> DeleteSessionPayload:
        return await deletion(kind, sessions.delete(context, kind, arguments["sessionId"]))

    async def delete(info, session_id: SessionId):  # type: ignore[no-untyped-def]  # see root_field()
        return await root.answer(info, sessionId=session_id)

    root = Root(resolve)
    return root_field(root, delete, f"Remove a {kind.type_name} for good.", DeleteSessionPayload)


def _payload_type(entry: KindType) -> Any:
    return Payload[entry.type]  # type: ignore[name-defined]  # made at run time


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
    loader = Loader.of(context(info))
    places = [_place(kinds, text, argument) for text in ids]
    reads = []
    for type_name, session_id in places:
        kind = kinds[type_name]
        reads.append(loader.get(kind, session_id, selection.of_session(info._raw_info, kind)))
    rows: list[Any] = [
        row if row is None else located(type_name, row)
        for (type_name, _), row in zip(places, await asyncio.gather(*reads), strict=True)
    ]
    return rows


def _place(kinds: dict[str, Kind], text: str, argument: str) -> tuple[str, str]:
    place = parse_global_id(text)
    if place is None or place[0] not in kinds:
        raise BadInput(
            f"{argument}: {text[:100]!r} is no global id of ours. Use the `id` of a session just "
            "as it was returned.",
            argument=argument,
        )
    return place
