"""Changes of sessions: subscriptions that follow them, and `sessionChanges`, which reads them.

subscription { botSessionChanged(filter: {botId: {eq: "st-1"}}) { action session { status } } }
"""

import enum
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial, reduce
from operator import or_
from typing import Any, Generic, Optional, TypeVar

import strawberry
from strawberry import ID

from resolvers import live
from resolvers.across import for_kind, of_kind, readable
from resolvers.errors import BadInput
from resolvers.kind import Kind
from resolvers.request import DEFAULT_PAGE, LARGEST_PAGE, Columns
from schema import filters
from schema.all_kinds import KINDS_ARGUMENT, AllKinds, all_kinds
from schema.common import Edge, PageInfo, Session, SessionKind, global_id
from schema.execution.projection import columns_of
from schema.execution.run import Run
from schema.execution.selections import ByVariables, Selected
from schema.fields import KindType, filter_argument
from schema.root_field import Argument, Arguments, RootField, wanted_at
from schema.strawberry_internals import core_info

T = TypeVar("T")


@strawberry.enum(description="What happened to a session.")
class ChangeAction(enum.Enum):
    """The names of resolvers.store.change_stream.ChangeAction."""

    CREATED = strawberry.enum_value("CREATED", description="It was stored.")
    UPDATED = strawberry.enum_value(
        "UPDATED",
        description="It was changed. Without `session`, it met the filter before and does not now.",
    )
    DELETED = strawberry.enum_value("DELETED", description="It was deleted, or has expired.")


@strawberry.type(description="A change of a session.")
class Change(Generic[T]):
    """`BotSessionChange`, and so on; `SessionChange` of any kind."""

    action: ChangeAction = strawberry.field(description="What happened.")
    kind: SessionKind = strawberry.field(description="Which kind of session it is.")
    id: ID = strawberry.field(description="The session's global id.")
    session_id: str = strawberry.field(description="The session's own id.")
    session: T | None = strawberry.field(
        description="The session as it is now. Null if it no longer exists, or no longer meets "
        "the filter: take it out of your list."
    )
    at: datetime = strawberry.field(description="When it happened, by the database's clock.")
    cursor: str = strawberry.field(
        description="The place of this change: pass it as `after` to go on behind it. It stays "
        "valid as long as the database's log reaches back."
    )


@strawberry.type(description="A page of changes, oldest first.")
class SessionChangeConnection:
    """As the Relay specification has it; it goes forward only, and counts nothing."""

    edges: list[Edge[Change[Session]]] = strawberry.field(description="The changes with cursors.")
    nodes: list[Change[Session]] = strawberry.field(description="The changes.")
    page_info: PageInfo = strawberry.field(
        description="`endCursor` is always there: pass it as `after` for what comes next."
    )


AFTER = Argument(
    "after",
    str | None,
    "Go on behind this cursor of a change; from now on if left out. HISTORY_LOST if the database's "
    "log does not reach back to it.",
)
FIRST = Argument("first", int | None, f"How many changes: 1 to {LARGEST_PAGE}.")
FOLLOWED = (
    "{}, one by one as they happen: without end. A change is sent if the session meets the filter "
    "now, or met it before. Where it is over (HISTORY_LOST, SLOW_READER, UNAUTHENTICATED), its "
    "last message is an error with that code."
)
PULLED = (
    "What the subscription `sessionChanged` sends, read page by page: the changes after a cursor, "
    f"oldest first, deletions included; {DEFAULT_PAGE} by default. Without `after` there are none, "
    "and `endCursor` is where to go on from now. Null, with an error, if it is refused."
)

Source = Callable[[live.Change], Change[Any]]
PathsByKind = Mapping[str, Columns]
"""The stored paths that are shown of each kind's sessions, by its name."""


class SubscriptionField(RootField):
    """A field of Subscription: `resolve` gives what there is to follow."""

    def __init__(self, *arguments: Any) -> None:
        """The same as a RootField's."""
        super().__init__(*arguments)
        self.is_subscription = True

    async def get_result(
        self, source: Any, info: Any, args: list[Any], kwargs: Any
    ) -> AsyncIterator[Any]:
        """Called by Strawberry once, at the beginning."""
        run: Run = info.context
        core = core_info(info)
        wanted = wanted_at(run, core, self.wanted)
        return self._renewing(run, await self.resolve(run, wanted, self._given(core, kwargs)))

    async def _renewing(
        self, run: Run, followed: AsyncGenerator[Any, None]
    ) -> AsyncGenerator[Any, None]:
        """Each answer has a time and a room of its own."""
        try:
            async for source in followed:
                await run.begin_answer()
                yield source
        except Exception:
            run.over = True
            raise
        finally:
            await followed.aclose()


def subscription_fields(entries: Sequence[KindType]) -> tuple[SubscriptionField, ...]:
    """`sessionChanged`, and one for each kind: `botSessionChanged`."""
    kinds = tuple(entry.kind for entry in entries)
    over = all_kinds(kinds)

    async def any_kind(
        run: Run, wanted: PathsByKind, arguments: Arguments
    ) -> AsyncGenerator[Change[Any], None]:
        wheres = _wheres(run, over, arguments)
        return await _followed(run, kinds, wheres, wanted, arguments, _of_any_kind)

    async def one_kind(
        kind: Kind, run: Run, wanted: PathsByKind, arguments: Arguments
    ) -> AsyncGenerator[Change[Any], None]:
        wheres = {kind: filters.where(arguments.get("filter"), kind)}
        return await _followed(run, kinds, wheres, wanted, arguments, _of_one_kind)

    return (
        SubscriptionField(
            "sessionChanged",
            Change[Session],
            (KINDS_ARGUMENT, filter_argument(over.filter_type), AFTER),
            FOLLOWED.format("Changes of sessions of all kinds that you may read"),
            any_kind,
            _wanted(kinds, ("session",)),
        ),
        *(
            SubscriptionField(
                f"{entry.kind.type_name[0].lower()}{entry.kind.type_name[1:]}Changed",
                Change[entry.type],  # type: ignore[name-defined]  # made at run time
                (filter_argument(entry.filter_type), AFTER),
                FOLLOWED.format(f"Changes of {entry.kind.type_name}s"),
                partial(one_kind, entry.kind),
                _wanted((entry.kind,), ("session",)),
            )
            for entry in entries
        ),
    )


def changes_field(entries: Sequence[KindType]) -> RootField:
    """`sessionChanges`."""
    kinds = tuple(entry.kind for entry in entries)
    over = all_kinds(kinds)

    async def pulled(
        run: Run, wanted: PathsByKind, arguments: Arguments
    ) -> SessionChangeConnection:
        wheres = _wheres(run, over, arguments)
        served, after = live.served(run.context, kinds), arguments.get("after")
        first = _first(arguments)
        return _connection(await live.page(run.context, served, wheres, after, first, wanted))

    return RootField(
        "sessionChanges",
        Optional[SessionChangeConnection],  # noqa: UP045  # as the other fields
        (KINDS_ARGUMENT, filter_argument(over.filter_type), AFTER, FIRST),
        PULLED,
        pulled,
        _wanted(kinds, ("nodes", "session"), ("edges", "node", "session")),
    )


def _wanted(kinds: Sequence[Kind], *paths: tuple[str, ...]) -> Callable[[Selected], ByVariables]:
    """What is shown of the sessions at these paths, by the kind's name."""

    def wanted(selected: Selected) -> ByVariables:
        columns = {
            kind.name: reduce(or_, (columns_of(selected.named(*path), kind) for path in paths))
            for kind in kinds
        }
        return lambda variables: {name: of(variables) for name, of in columns.items()}

    return wanted


async def _followed(
    run: Run,
    kinds: Sequence[Kind],
    wheres: live.Wheres,
    wanted: PathsByKind,
    arguments: Arguments,
    source: Source,
) -> AsyncGenerator[Change[Any], None]:
    """Refused here; what is given is only followed."""
    changes = await live.follow(
        run.context, live.served(run.context, kinds), wheres, arguments.get("after"), wanted
    )
    return _sources(changes, source)


async def _sources(
    changes: AsyncGenerator[live.Change, None], source: Source
) -> AsyncGenerator[Change[Any], None]:
    try:
        async for change in changes:
            yield source(change)
    finally:
        await changes.aclose()


def _wheres(run: Run, over: AllKinds, arguments: Arguments) -> live.Wheres:
    """What is asked of each kind, of those that the caller may read; or the refusal."""
    where, named = over.where(arguments), arguments.get("kinds")
    kinds = readable(run.context, over.kinds, named, where)
    if not named:
        kinds = live.served(run.context, kinds)
    return {kind: for_kind(where, kind) for kind in kinds}


def _first(arguments: Mapping[str, Any]) -> int:
    first = arguments.get("first")
    if first is None:
        return DEFAULT_PAGE
    if not 1 <= first <= LARGEST_PAGE:
        raise BadInput(f"first: from 1 to {LARGEST_PAGE}, not {first}.", argument="first")
    return int(first)


def _of_one_kind(change: live.Change) -> Change[Any]:
    return _source(change, change.document)


def _of_any_kind(change: live.Change) -> Change[Any]:
    document = change.document
    return _source(change, None if document is None else of_kind(change.kind, document))


def _source(change: live.Change, session: Any) -> Change[Any]:
    return Change(
        action=ChangeAction[change.action],
        kind=SessionKind[change.kind.enum_name],
        id=ID(global_id(change.kind.type_name, change.session_id)),
        session_id=change.session_id,
        session=session,
        at=change.at,
        cursor=change.cursor,
    )


def _connection(page: live.Changes) -> SessionChangeConnection:
    nodes = [_of_any_kind(change) for change in page.changes]
    return SessionChangeConnection(
        edges=[Edge(cursor=node.cursor, node=node) for node in nodes],
        nodes=nodes,
        page_info=PageInfo(
            has_next_page=page.more,
            has_previous_page=False,
            start_cursor=nodes[0].cursor if nodes else None,
            end_cursor=page.cursor,
        ),
    )
