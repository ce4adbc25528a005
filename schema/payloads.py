"""Between Strawberry's resolvers and the core: requests in, payloads out."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import ID, Info

from resolvers import sessions
from resolvers.context import Context
from resolvers.errors import Invalid, UserError
from resolvers.kind import Document, Kind
from resolvers.values import clean
from schema.common import DeleteSessionPayload, Payload, global_id
from schema.errors import user_error
from schema.execution.run import Run
from schema.inputs import plain


def described(text: str) -> Any:
    """The description of an argument, for `Annotated`."""
    return strawberry.argument(description=text)


SESSION_ID = "The session's own id (`sessionId`)."
SessionId = Annotated[str, described(SESSION_ID)]


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


async def payload(work: Awaitable[Document], argument: str | None = None) -> Payload[Any]:
    """The session that `work` returns, or why it was refused."""
    try:
        return Payload(session=await work, errors=[])
    except UserError as error:
        return Payload(session=None, errors=[user_error(error, argument)])


async def act(
    info: Info,
    kind: Kind,
    session_id: str,
    change: Callable[[Document], None],
    given: Mapping[str, Any] | None = None,
    *,
    create_missing: bool = False,
) -> Payload[Any]:
    """Carry out one of a kind's own verbs: `change`, on top of the `given` column values."""
    values = given or {}

    def whole(document: Document) -> None:
        change(document)
        sessions.assign(context(info), kind, document, values)

    missing = values if create_missing else None
    return await payload(sessions.act(context(info), kind, session_id, whole, missing))


async def deletion(kind: Kind, work: Awaitable[Document]) -> DeleteSessionPayload:
    """The global id of the session that `work` deleted, or why it was not."""
    try:
        document = await work
    except UserError as error:
        return DeleteSessionPayload(deleted_id=None, errors=[user_error(error)])
    return DeleteSessionPayload(
        deleted_id=ID(global_id(kind.type_name, document["_id"])), errors=[]
    )
