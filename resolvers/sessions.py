"""The verbs: what can be asked of and done to sessions, through any API.

Reads return documents; writes return the session as it is afterwards or raise a UserError, with
the stored session unchanged.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from resolvers import creation, repeats, reservations
from resolvers.access import Action
from resolvers.appending import Addition, quickly
from resolvers.audit.attempts import attempt
from resolvers.audit.entries import Act
from resolvers.audit.showing import show
from resolvers.changes import Change, changed, revision
from resolvers.context import Context
from resolvers.errors import AlreadyExists, Contended, NotFound, Outdated, UserError
from resolvers.kind import Document, Kind
from resolvers.lists import add_counts
from resolvers.masks import needed, require_answerable, require_overwriting, view
from resolvers.request import EVERYTHING, Columns, Filter, Page, Read, Summary, both
from resolvers.steps import APPLIED, Step
from resolvers.store import read as reads
from resolvers.store import write as writes
from resolvers.texts import is_storable
from resolvers.values import merge

ATTEMPTS = 100
"""How often a write starts again because another process changed the session meanwhile."""


async def get(
    context: Context,
    kind: Kind,
    session_id: str,
    columns: Columns = None,
    where: Filter = EVERYTHING,
) -> Document | None:
    """The session with that id if it meets `where`, or None."""
    return (await get_many(context, kind, (session_id,), columns, where)).get(session_id)


async def get_many(
    context: Context,
    kind: Kind,
    session_ids: Iterable[str],
    columns: Columns = None,
    where: Filter = EVERYTHING,
) -> dict[str, Document]:
    """The sessions that meet `where`, by those ids; unknown ones are left out.

    A UUID is found in upper and lower case.
    """
    context.caller.require(kind, Action.READ)
    found = await _stored(context, kind, session_ids, columns, where)
    if columns is None:
        for row in found.values():
            add_counts(kind.columns, row)
    show(context, kind, columns, list(found.values()))
    return found


async def list_(context: Context, read: Read) -> Page:
    """One page of sessions."""
    context.caller.require(read.kind, Action.READ)
    require_answerable(context.caller, read.where, read.order)
    read = read._replace(
        where=both(read.where, context.visible(read.kind)),
        columns=needed(context.caller, read.kind, read.columns),
    )
    page = await reads.shared(context.store, read, view(context.caller, read.kind))
    show(context, read.kind, read.columns, page.documents)
    return page


async def count(context: Context, kind: Kind, where: Filter) -> int:
    """How many sessions meet `where`; Timeout if counting them takes too long."""
    context.caller.require(kind, Action.READ)
    require_answerable(context.caller, where)
    return await reads.count(context.store, kind, both(where, context.visible(kind)))


async def summarise(context: Context, kind: Kind, where: Filter) -> Summary:
    """How many sessions meet `where`, and how long they lasted on average."""
    context.caller.require(kind, Action.READ)
    require_answerable(context.caller, where)
    return await reads.summarise(context.store, kind, both(where, context.visible(kind)))


@attempt(Act.CREATED)
async def create(
    context: Context, kind: Kind, values: Mapping[str, Any], status: str | None = None
) -> Document:
    """Store a new session, under the id in `values` or a new one.

    `status` is for imports: a chat that is known to be over.
    """
    context.caller.require(kind, Action.WRITE)
    step = repeats.next_step(context)
    return _shown(context, kind, await creation.create(context, kind, values, status, step))


async def update(
    context: Context,
    kind: Kind,
    session_id: str,
    values: Mapping[str, Any],
    if_revision: int | None = None,
) -> Document:
    """Change the given columns of a session, and the given members of its objects."""

    def change(document: Document) -> None:
        assign(context, kind, document, values)

    return await act(context, kind, session_id, change, if_revision=if_revision)


def assign(context: Context, kind: Kind, document: Document, values: Mapping[str, Any]) -> None:
    """Change columns of a document; an object changes by its given members.

    A null takes a column or a member away. Protected if one is personal that the caller may not
    see: it would overwrite what it does not know.
    """
    require_overwriting(context.caller, kind.columns, values, document)
    if kind.ended and values.get(kind.ended, ...) is None:
        for name in kind.only_ended:
            document.pop(name, None)
    merge(context, kind.columns, document, values)


@attempt(Act.UPDATED)
async def act(
    context: Context,
    kind: Kind,
    session_id: str,
    change: Change,
    create_missing: Mapping[str, Any] | None = None,
    if_revision: int | None = None,
) -> Document:
    """Apply `change` to the session as it is now, atomically; nothing done meanwhile is lost.

    An unknown session is NotFound, unless `create_missing` has the values to create it with. One
    of another revision than `if_revision` is Outdated. The answer shows the session, so the caller
    must be allowed to read it as well as to write it.
    """
    async with _alone(context, kind, session_id):
        if create_missing is not None:  # before anything is created
            require_overwriting(context.caller, kind.columns, create_missing)
        if if_revision is not None:  # what is not there has none
            create_missing = None
        step = repeats.next_step(context)
        return await _acted(context, kind, session_id, change, step, if_revision, create_missing)


@attempt(Act.UPDATED)
async def append(
    context: Context,
    kind: Kind,
    session_id: str,
    addition: Addition,
    columns: Columns = None,
    if_revision: int | None = None,
) -> Document:
    """Add entries at the end of a list, atomically; what it costs does not grow with the list.

    The answer has of the list what `columns` show, or more. `if_revision` as in `act`.
    """
    async with _alone(context, kind, session_id):
        step = repeats.next_step(context)
        if is_storable(session_id):
            ids = kind.session_ids.spellings(session_id)
            after = await quickly(context, kind, ids, addition, columns, if_revision, step)
            if after is not None:
                _about(step, kind, session_id)
                return _shown(context, kind, after)

        def change(document: Document) -> None:
            addition.change(kind, document)

        return await _acted(context, kind, session_id, change, step, if_revision)


@asynccontextmanager
async def _alone(context: Context, kind: Kind, session_id: str) -> AsyncIterator[None]:
    """Let a caller that may do so change a session, one request of this process at a time."""
    context.caller.require(kind, Action.WRITE)
    context.caller.require(kind, Action.READ)
    place = (kind.name, kind.session_ids.canonical(session_id))
    async with context.store.write_locks.hold(place, context.store.left):
        yield


async def _acted(
    context: Context,
    kind: Kind,
    session_id: str,
    change: Change,
    step: Step | None,
    if_revision: int | None,
    create_missing: Mapping[str, Any] | None = None,
) -> Document:
    _about(step, kind, session_id)
    for _ in range(ATTEMPTS):
        before = await _one(context, kind, session_id)
        if before is None and create_missing is not None:
            before = await _create_or_get(context, kind, session_id, create_missing)
        if before is None:
            raise not_found(kind, session_id)
        if step and step.made(before):  # by an earlier request, which was not answered
            return _shown(context, kind, before)
        _require_revision(context, kind, before, if_revision)
        after = changed(context, kind, before, change)
        context.caller.require_own(kind, after)
        if step and after is not before:
            after[APPLIED] = await step.marks(before)
        if after is before or await _replace(context, kind, before, after):
            return _shown(context, kind, after)
    raise Contended("Other requests keep changing this session. Try again.")


@attempt(Act.DELETED)
async def delete(
    context: Context, kind: Kind, session_id: str, if_revision: int | None = None
) -> Document:
    """Remove a session and return what it was; `if_revision` as in `act`."""
    context.caller.require(kind, Action.WRITE)
    remove = writes.delete if if_revision is None else writes.delete_unchanged
    step = repeats.next_step(context)
    _about(step, kind, session_id)
    while True:
        document = await _one(context, kind, session_id)
        if step and (removed := _removed(step, document)):
            return removed
        if document is None:
            raise not_found(kind, session_id)
        _require_revision(context, kind, document, if_revision)
        if step:
            noted = {name: document.get(name) for name in ("_id", "createdAt")}
            await step.note([(kind, session_id)], noted)
        if await remove(context.store, kind, document):
            break
    await reservations.release(context, kind, reservations.of(kind, document), document["_id"])
    return _shown(context, kind, document)


def _removed(step: Step, found: Document | None) -> Document | None:
    """The id of the session that an earlier request removed; None if it is still stored."""
    noted: Document | None = step.noted
    if noted is None or (found is not None and found.get("createdAt") == noted["createdAt"]):
        return None
    return {"_id": noted["_id"]}


def _about(step: Step | None, kind: Kind, session_id: str) -> None:
    if step:
        step.about(kind, session_id)


def _require_revision(
    context: Context, kind: Kind, document: Document, expected: int | None
) -> None:
    """Outdated, with the session if the caller may read it, if it has another revision."""
    found = revision(document)
    if expected in (None, found):
        return
    error = Outdated(
        f"The session has the revision {found}, not {expected}: others changed it meanwhile.",
        ("ifRevision",),
    )
    if context.caller.may(kind, Action.READ):
        add_counts(kind.columns, document)
        error.present = _shown(context, kind, document)
    raise error


def not_found(kind: Kind, session_id: str) -> NotFound:
    """The refusal for an id that leads to no session."""
    return NotFound(
        f"There is no {kind.type_name} with the session id {session_id[:128]!r}.", ("sessionId",)
    )


async def _stored(
    context: Context,
    kind: Kind,
    session_ids: Iterable[str],
    columns: Columns = None,
    where: Filter = EVERYTHING,
) -> dict[str, Document]:
    """The visible sessions by those ids, as they are stored."""
    asked = {one: kind.session_ids.spellings(one) for one in session_ids if is_storable(one)}
    if not asked:
        return {}
    visible = both(where, context.visible(kind))
    ids = [spelled for spellings in asked.values() for spelled in spellings]
    columns = needed(context.caller, kind, columns)
    stored = await reads.get_many(context.store, kind, ids, visible, columns)
    found = ((one, next(filter(stored.get, spelled), None)) for one, spelled in asked.items())
    return {one: stored[spelled] for one, spelled in found if spelled}


async def _one(context: Context, kind: Kind, session_id: str) -> Document | None:
    return (await _stored(context, kind, (session_id,))).get(session_id)


def _shown(context: Context, kind: Kind, document: Document) -> Document:
    """The document as the caller may see it."""
    show(context, kind, None, [document])
    return document


async def _create_or_get(
    context: Context, kind: Kind, session_id: str, values: Mapping[str, Any]
) -> Document | None:
    try:
        return await creation.create(context, kind, {**values, "sessionId": session_id})
    except AlreadyExists:
        return await _one(context, kind, session_id)


async def _replace(context: Context, kind: Kind, before: Document, after: Document) -> bool:
    """Store the change; what it reserves is taken before, what it gives up is freed after."""
    had, has = reservations.of(kind, before), kind.reservation(after)
    if had == has:
        return await writes.update(context.store, kind, before, after)
    session_id = after["_id"]
    await reservations.take(context, kind, has, session_id)
    try:
        replaced = await writes.update(context.store, kind, before, after)
    except UserError:
        await reservations.release(context, kind, has, session_id)
        raise
    await reservations.release(context, kind, had if replaced else has, session_id)
    return replaced
