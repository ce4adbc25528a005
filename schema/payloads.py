"""Between Strawberry's resolvers and the core: requests in, payloads out."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any

import strawberry
from strawberry import ID, Info

from resolvers import sessions
from resolvers.across import of_kind
from resolvers.appending import Addition
from resolvers.context import Context
from resolvers.errors import BadInput, Conflict, Invalid, Outdated, UserError
from resolvers.kind import Document, Kind
from resolvers.values import clean
from schema.common import (
    DeleteSessionPayload,
    Payload,
    global_id,
    not_a_global_id,
    parse_global_id,
)
from schema.errors import UserError as ShownError
from schema.errors import user_error
from schema.execution.projection import columns_of
from schema.execution.run import Run
from schema.inputs import plain
from schema.root_field import wanted_at
from schema.strawberry_internals import core_info


def described(text: str) -> Any:
    """The description of an argument, for `Annotated`."""
    return strawberry.argument(description=text)


GLOBAL_ID = "The session's global `id`. Give this or `sessionId`."
SESSION_ID = "The session's own id (`sessionId`). Give this or `id`."
IF_REVISION = (
    "Change the session only if its `revision` is this; else the change is refused with CONFLICT, "
    "beside the session as it is now."
)
GlobalId = Annotated[ID | None, strawberry.argument(name="id", description=GLOBAL_ID)]
SessionId = Annotated[str | None, described(SESSION_ID)]
IfRevision = Annotated[int | None, described(IF_REVISION)]
EndedAt = Annotated[datetime | None, described("When it ended; now if not given.")]


@dataclass(frozen=True, slots=True)
class SessionRef:
    """A session as clients name it: by its global id, or by its own id within its kind."""

    global_id: str | None
    session_id: str | None
    if_revision: int | None = None
    """The revision that the change is made for; None: any."""

    def of(self, kind: Kind) -> str:
        """The session's own id; BadInput unless exactly one id of this kind was given."""
        if (self.global_id is None) == (self.session_id is None):
            raise BadInput("Give id or sessionId: exactly one of them.", argument=self.argument)
        if self.global_id is None:
            return str(self.session_id)
        place = parse_global_id(self.global_id)
        if place is None:
            raise not_a_global_id("id", self.global_id)
        type_name, session_id = place
        if type_name != kind.type_name:
            raise BadInput(
                f"id: this is the id of a {type_name[:100]}. Use the `id` of a {kind.type_name}.",
                argument="id",
            )
        return session_id

    @property
    def argument(self) -> str:
        """The argument that is to blame where there is no such session."""
        return "sessionId" if self.global_id is None else "id"


def context(info: Info) -> Context:
    """The resolvers' surroundings."""
    run: Run = info.context
    return run.context


def now(info: Info) -> datetime:
    """The request's clock: UTC, to the millisecond."""
    return context(info).now()


def checked(info: Info, kind: Kind, name: str, values: Any, above: tuple[str, ...] = ()) -> Any:
    """Values for one column, checked; a refusal's field path starts with the column's name.

    `above` is what the path has above the argument to blame: it is taken off.
    """
    try:
        cleaned = clean(context(info), (kind.by_name[name],), {name: plain(values)})
    except Invalid as error:
        if error.field[: len(above)] == above:
            error.field = error.field[len(above) :]
        raise
    return cleaned[kind.by_name[name].path]


async def payload(
    work: Awaitable[Document | None],
    ref: SessionRef | None = None,
    argument: str | None = None,
    arguments: Mapping[str, str] = MappingProxyType({}),
) -> Payload[Any]:
    """The session that `work` returns, or why it was refused.

    `ref` is the session to change, `argument` what is put before the field paths of refusals.
    `arguments` names the argument to blame for a column, where their names differ.
    """
    try:
        return Payload(session=await work, errors=[])
    except UserError as error:
        column = error.field[0] if error.field else ""
        if column in arguments:
            error.field = (arguments[column], *error.field[1:])
        present: Any = error.present
        return Payload(session=present, errors=[_shown(error, ref, argument)])


def _shown(error: UserError, ref: SessionRef | None, argument: str | None = None) -> ShownError:
    """A refusal for which the session as a whole is to blame names the argument that was given."""
    if ref is not None and error.field == ("sessionId",):
        error.field, argument = (ref.argument,), None
    if isinstance(error, Outdated):  # an argument of its own
        argument = None
    return user_error(error, argument)


async def act(
    info: Info,
    kind: Kind,
    ref: SessionRef,
    change: Callable[[Document], None],
    given: Mapping[str, Any] | None = None,
    *,
    create_missing: bool = False,
    arguments: Mapping[str, str] = MappingProxyType({}),
) -> Payload[Any]:
    """Carry out one of a kind's own verbs: `change`, on top of the `given` column values.

    `arguments` names the argument to blame for a column, where their names differ.
    """
    values = given or {}

    def whole(document: Document) -> None:
        change(document)
        sessions.assign(context(info), kind, document, values)

    missing = values if create_missing else None
    work = sessions.act(context(info), kind, ref.of(kind), whole, missing, ref.if_revision)
    return await payload(work, ref, arguments=arguments)


async def append(
    info: Info,
    kind: Kind,
    ref: SessionRef,
    addition: Addition,
    *,
    arguments: Mapping[str, str] = MappingProxyType({}),
) -> Payload[Any]:
    """Add entries to one of a session's lists; `arguments` as in `act`."""
    run: Run = info.context
    shown = wanted_at(
        run, core_info(info), lambda selected: columns_of(selected.named("session"), kind)
    )
    work = sessions.append(run.context, kind, ref.of(kind), addition, shown, ref.if_revision)
    return await payload(work, ref, arguments=arguments)


def require_active(document: Document) -> None:
    """Conflict if the session has ended."""
    if document.get("status") == "CLOSED":
        raise Conflict("The session has ended.", ("sessionId",))


async def end(
    info: Info,
    kind: Kind,
    ref: SessionRef,
    ended_at: datetime | None,
    given: Mapping[str, Any] | None = None,
) -> Payload[Any]:
    """End a session, now if no time is given, with the `given` columns; Conflict if it is over."""
    assert kind.ended is not None
    values = {kind.ended: ended_at or now(info), **(given or {})}
    arguments = {kind.ended: "endedAt"}
    return await act(info, kind, ref, require_active, values, arguments=arguments)


async def deletion(kind: Kind, work: Awaitable[Document], ref: SessionRef) -> DeleteSessionPayload:
    """The global id of the session that `work` deleted, or why it was not."""
    try:
        return deleted(kind, await work)
    except UserError as error:
        return deleted(kind, error, ref)


def deleted(
    kind: Kind, outcome: Document | UserError, ref: SessionRef | None = None
) -> DeleteSessionPayload:
    """The global id of the session that is gone, or why it is not."""
    if isinstance(outcome, UserError):
        present: Any = None if outcome.present is None else of_kind(kind, {**outcome.present})
        return DeleteSessionPayload(deleted_id=None, session=present, errors=[_shown(outcome, ref)])
    gone = ID(global_id(kind.type_name, outcome["_id"]))
    return DeleteSessionPayload(deleted_id=gone, session=None, errors=[])
